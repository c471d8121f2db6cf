//! The program itself, `countersign serve`, as an operator runs it: a process with a configuration of its own.

use std::{
    fs::{self, File},
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use countersign::config::key_file;
use countersign_core::{keys::KeyRing, secret::Secret};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::{Outcome, clock, probe};

/// What requests name as `Host`: every node goes by one public address.
pub(crate) const HOST: &str = "bench.localhost:8080";

/// A folder with keys, logs and SQLite files, gone when it is dropped.
pub(crate) struct Site {
    program: PathBuf,
    folder: TempDir,
    pub(crate) keys: KeyRing,
}

/// A running node; it is killed when it is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// From its start to its first good answer.
    pub(crate) started_in: Duration,
}

impl Site {
    pub(crate) fn make(program: &Path) -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("countersign.keys");
        key_file::create(&path, &Secret::new([7; 32]))?;
        let keys = key_file::read(&path)?;
        Ok(Self { program: program.canonicalize()?, folder, keys })
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts a node on a database: a path, or the address of PostgreSQL.
    pub(crate) async fn serve(&self, database: &str) -> Outcome<Server> {
        let configuration = self.file("countersign.toml");
        fs::write(&configuration, CONFIGURATION.replace("DATABASE", database))?;
        fs::set_permissions(&configuration, fs::Permissions::from_mode(0o600))?;
        let begun = clock::stopwatch();
        let mut child = Command::new(&self.program)
            .args(["serve", "--json", "--config"])
            .arg(&configuration)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::options().create(true).append(true).open(self.file("log"))?)
            .kill_on_drop(true)
            .spawn()?;
        let output = child.stdout.take().ok_or("a server has no output")?;
        let line = timeout(START_MAX, BufReader::new(output).lines().next_line()).await??;
        let line = line.ok_or_else(|| format!("the server did not start:\n{}", self.last_words()))?;
        let ready: Value = serde_json::from_str(&line)?;
        let listening =
            ready.get("listening").and_then(Value::as_str).ok_or("a server says where it listens")?;
        let address: SocketAddr = listening.parse()?;
        probe::first_page(address).await?;
        Ok(Server { child, address, started_in: begun.elapsed() })
    }

    fn last_words(&self) -> String {
        let log = fs::read_to_string(self.file("log")).unwrap_or_default();
        log.lines().last().unwrap_or_default().to_owned()
    }
}

impl Server {
    /// Memory that is held in RAM, in MiB.
    pub(crate) fn resident_mib(&self) -> Outcome<f64> {
        self.memory("VmRSS:")
    }

    /// The most that it ever was, in MiB.
    pub(crate) fn resident_mib_max(&self) -> Outcome<f64> {
        self.memory("VmHWM:")
    }

    pub(crate) async fn stop(mut self) -> Outcome {
        self.child.start_kill()?;
        self.child.wait().await?;
        Ok(())
    }

    fn memory(&self, line: &str) -> Outcome<f64> {
        let id = self.child.id().ok_or("the server has ended")?;
        let status = fs::read_to_string(format!("/proc/{id}/status"))?;
        let found = status.lines().find_map(|found| found.strip_prefix(line)).ok_or("no such line")?;
        let kib: f64 = found.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib / 1024.0)
    }
}

/// A server that needs longer did not start.
const START_MAX: Duration = Duration::from_secs(30);

/// As shipped but for the addresses; logs go to a file, a line for each request, as in production.
const CONFIGURATION: &str = r#"listen = "127.0.0.1:0"
public_url = "http://bench.localhost:8080"
database = "DATABASE"
keys_file = "countersign.keys"
"#;
