//! The program itself, run as an operator runs it: in a folder, with arguments, and stopped by a signal.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
};

use countersign::config::DatabaseAddress;
use tempfile::TempDir;

use super::{Browser, On, home::Home};

/// A folder to work in, and a database that the environment names.
pub(crate) struct Installation {
    folder: TempDir,
    home: Home,
}

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) succeeded: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A server under way; it is killed if a test ends without stopping it.
pub(crate) struct Running {
    child: Child,
    /// The line by which it said that it is ready.
    pub(crate) ready: serde_json::Value,
    log: std::path::PathBuf,
}

impl Installation {
    pub(crate) async fn empty(on: On) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), home: Home::make(on).await }
    }

    /// With configuration and keys.
    pub(crate) async fn initialized(on: On) -> Self {
        Self::initialized_in(Home::make(on).await)
    }

    /// With the newest schema as well, so that people can be made.
    pub(crate) async fn migrated(on: On) -> Self {
        Self::migrated_in(Home::make(on).await)
    }

    /// The same, with a database of the test's own.
    pub(crate) fn migrated_in(home: Home) -> Self {
        let installation = Self::initialized_in(home);
        installation.run(&["migrate"]).must_succeed();
        installation
    }

    fn initialized_in(home: Home) -> Self {
        let installation = Self { folder: tempfile::tempdir().unwrap(), home };
        installation.run(&["init", "--without-database"]).must_succeed();
        installation
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn database(&self) -> DatabaseAddress {
        self.home.address()
    }

    /// As the environment says it.
    pub(crate) fn database_url(&self) -> String {
        match self.database() {
            DatabaseAddress::Sqlite(path) => path.display().to_string(),
            DatabaseAddress::Postgres(url) => url,
        }
    }

    pub(crate) fn configure(&self, text: &str) {
        fs::write(self.path().join("countersign.toml"), text).unwrap();
    }

    /// Runs a command to its end, with nothing on standard input.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with_input(arguments, "")
    }

    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that asks for nothing may be gone before it is told anything.
        let _unread = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        Ran {
            succeeded: output.status.success(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs a line as somebody pastes it into a shell.
    #[track_caller]
    pub(crate) fn run_line(&self, line: &str, input: &str) {
        let mut shell = self.in_the_folder(Command::new("sh"));
        let mut child = shell.args(["-c", line]).stdin(Stdio::piped()).spawn().unwrap();
        // A command that asks for nothing may be gone before it is told anything.
        let _unread = child.stdin.take().unwrap().write_all(input.as_bytes());
        assert!(child.wait().unwrap().success(), "{line}");
    }

    /// Starts a server on a port of its own choice and waits until it says that it is ready.
    pub(crate) fn start(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Running {
        let log = self.path().join("log");
        let mut command = self.command(arguments);
        command.arg("--json").envs(environment.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(&log).unwrap());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready = serde_json::from_str(&line)
            .unwrap_or_else(|_| panic!("not ready: {line:?}\n{}", fs::read_to_string(&log).unwrap()));
        Running { child, ready, log }
    }

    pub(crate) fn serve(&self) -> Running {
        self.start(&["serve"], &[("COUNTERSIGN_LISTEN", "127.0.0.1:0")])
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.in_the_folder(Command::new(env!("CARGO_BIN_EXE_countersign")));
        command.args(arguments);
        command
    }

    fn in_the_folder(&self, mut command: Command) -> Command {
        // A test that wants the server to linger says so.
        command.current_dir(self.path()).env("COUNTERSIGN_DRAIN_SECS", "0");
        command.env("COUNTERSIGN_DATABASE", self.database_url());
        command
    }
}

impl Ran {
    #[track_caller]
    pub(crate) fn must_succeed(self) -> Self {
        assert!(self.succeeded, "{}", self.stderr);
        self
    }

    /// The one sentence of a command that did not do its work.
    #[track_caller]
    pub(crate) fn refusal(&self) -> &str {
        assert!(!self.succeeded, "it did its work: {}", self.stdout);
        assert_eq!(self.stdout, "", "whoever reads the answer finds none");
        self.stderr.strip_prefix("countersign: ").unwrap_or(&self.stderr).trim_end()
    }

    /// The one line of JSON that a program reads.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        let text = if self.succeeded { &self.stdout } else { &self.stderr };
        assert_eq!(text.lines().count(), 1, "{text}");
        serde_json::from_str(text).unwrap()
    }
}

impl Running {
    /// Where a `serve` listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.ready["listening"].as_str().unwrap().parse().unwrap()
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.address(), self.ready["url"].as_str().unwrap().to_owned())
    }

    /// What the kernel writes of one of its limits: the one in force, and how far it may be raised again.
    pub(crate) fn limit(&self, name: &str) -> String {
        let limits = fs::read_to_string(format!("/proc/{}/limits", self.child.id())).unwrap();
        let limit = limits.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        limit.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
    }

    /// How many of its threads have a name that begins so.
    pub(crate) fn threads_named(&self, beginning: &str) -> usize {
        let threads = fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        let names = threads.filter_map(|thread| fs::read_to_string(thread.unwrap().path().join("comm")).ok());
        names.filter(|name| name.starts_with(beginning)).count()
    }

    /// Asks it to stop, as a supervisor does.
    pub(crate) fn ask_to_stop(&self) {
        self.send_signal("TERM");
    }

    pub(crate) fn send_signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }

    /// Waits for its end, which somebody asked for.
    pub(crate) fn wait(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        (status, fs::read_to_string(&self.log).unwrap())
    }

    /// Asks it to stop and gives its log.
    pub(crate) fn stop(self) -> String {
        self.ask_to_stop();
        let (status, log) = self.wait();
        assert!(status.success(), "{status}\n{log}");
        log
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already, as it should.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}
