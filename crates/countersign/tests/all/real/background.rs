//! A real part that runs beside a test, on a port of its own, for as long as the test holds it.
//!
//! ```text
//!   test ──starts──▶ part ──▶ log file, shown where the part failed
//!     └────stdin────▶        (open until the part is stopped)
//! ```
//!
//! Parts stay in the test's process group, so that whoever ends a test that hangs ends them as well.

use std::{
    ffi::OsStr,
    fs::{self, File},
    hash::{BuildHasher, RandomState},
    net::{TcpListener, UdpSocket},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Mutex,
};

use super::{missing, output_of};
use crate::harness::{patiently, wait_for};

/// A program under way; it is stopped when this is dropped.
pub(super) struct Background {
    child: Child,
    log: PathBuf,
    stop: fn(&mut Child),
}

impl Background {
    /// Starts a program that loses nothing when it is killed. What it prints goes to the end of the log.
    pub(super) fn start(command: &mut Command, log: &Path) -> Self {
        let output = File::options().create(true).append(true).open(log).unwrap();
        command.stdin(Stdio::piped()).stdout(output.try_clone().unwrap()).stderr(output);
        let child = command.spawn().unwrap_or_else(|cause| panic!("{}", missing(command, &cause)));
        Self { child, log: log.to_owned(), stop: kill }
    }

    /// Starts a program that has processes of its own to end, and needs to be root. Others call it by `sudo`.
    pub(super) fn start_as_root(program: &str, arguments: &[&str], log: &Path) -> Self {
        let mut background = Self::start(as_root(program).args(arguments), log);
        background.stop = terminate_as_root;
        background
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks until there is an answer, which must come before the program ends.
    pub(super) async fn until<T>(&mut self, what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
        let asking = async || match ask().await {
            Some(answer) => Some(Ok(answer)),
            None => self.child.try_wait().unwrap().map(Err),
        };
        match patiently(asking).await {
            Some(Ok(answer)) => answer,
            Some(Err(status)) => panic!("no {what}: the part ended ({status})\n{}", self.log()),
            None => panic!("waited in vain: {what}\n{}", self.log()),
        }
    }

    /// Waits until the program accepts connections at this port of 127.0.0.1.
    pub(super) async fn until_it_listens(&mut self, port: u16) {
        let connect = async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok();
        self.until(&format!("connection to port {port}"), connect).await;
    }

    fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        (self.stop)(&mut self.child);
    }
}

/// Waits until the answer is long enough, and gives all of it: more than was waited for is for the test to see.
pub(super) async fn until_there_are<T>(count: usize, mut look: impl AsyncFnMut() -> Vec<T>) -> Vec<T> {
    let looking = async || Some(look().await).filter(|found| found.len() >= count);
    wait_for(&format!("{count} of them"), looking).await
}

/// A port of 127.0.0.1 that nobody listens at. It lies below those that the system gives to whoever asks for any
/// (from 32768), so that a part can be stopped and come back to it.
pub(super) fn free_port() -> u16 {
    /// Of the ports that this process drew, by their numbers alone: as long as it runs, no other test draws them.
    static DRAWN: Mutex<Vec<UdpSocket>> = Mutex::new(Vec::new());
    loop {
        let random = RandomState::new().hash_one(()) % 20_000;
        let port = 12_000 + u16::try_from(random).unwrap();
        let drawn = UdpSocket::bind(("127.0.0.1", port));
        if let (Ok(drawn), Ok(_free)) = (drawn, TcpListener::bind(("127.0.0.1", port))) {
            DRAWN.lock().unwrap().push(drawn);
            return port;
        }
    }
}

/// A command with root's rights.
pub(super) fn as_root(program: &str) -> Command {
    let id = Command::new("id").arg("-u").output().unwrap().stdout;
    if id == b"0\n" {
        return Command::new(program);
    }
    let mut sudo = Command::new("sudo");
    sudo.arg(program);
    sudo
}

/// A command with the rights of whoever runs Debian's PostgreSQL, which refuses to be run by root. It is the process
/// itself, and no other starts it.
pub(super) fn as_servers_user(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/");
    if let Some(id) = servers_user() {
        command.uid(id).gid(id);
    }
    command
}

/// Who that is; nobody but root can become them.
pub(super) fn servers_user() -> Option<u32> {
    let id = |arguments: &[&str]| output_of(Command::new("id").args(arguments)).parse().unwrap();
    (id(&["-u"]) == 0_u32).then(|| id(&["-u", "postgres"]))
}

fn kill(child: &mut Child) {
    // It may have ended already.
    let _ended = child.kill();
    let _reaped = child.wait();
}

/// Servers end their own processes, and are given the time to do so.
fn terminate_as_root(child: &mut Child) {
    let _asked = as_root("kill").args(["-TERM", &child.id().to_string()]).status();
    let _reaped = child.wait();
}
