//! One private PostgreSQL for a whole test run, gone when the run is, however the run ended.
//!
//! ```text
//!   xtask ──starts──► postgres           (own folder, own port, loopback only)
//!     │
//!     └──pipe──► keeper                  (a shell that waits for the pipe's end, then stops
//!                                         the server and removes the folder)
//! ```
//!
//! The keeper lives in a process group of its own: Ctrl-C ends xtask, not the keeper, and the pipe
//! ends with xtask even where xtask was killed.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::Outcome;
use crate::{parts, shell};

/// A running server; dropping it stops the server and removes its data.
pub(crate) struct Postgres {
    url: String,
    keeper: Child,
}

/// Whether a commit is on the disk before it is answered.
#[derive(Clone, Copy)]
pub(crate) enum Durability {
    /// Test data need not survive a power cut.
    Unsynced,
    /// As in production: for figures, and for whatever is killed.
    Synced,
}

impl Postgres {
    pub(crate) fn start(durability: Durability) -> Outcome<Self> {
        let server = Installation::prepare()?;
        let keeper = server.keeper()?;
        // From here on whatever fails is cleared away by the drop of this value.
        let mut postgres = Self { url: String::new(), keeper };
        let password = server.create_data(durability)?;
        let port = server.start()?;
        postgres.url = format!("postgres://postgres:{password}@127.0.0.1:{port}/postgres");
        Ok(postgres)
    }

    /// A superuser's address: each test makes a database of its own.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        if let Err(fault) = self.keeper.wait() {
            eprintln!("the test run's PostgreSQL may still be running: {fault}");
        }
    }
}

/// PostgreSQL's programs, and the folder that one server of theirs is made in.
struct Installation {
    programs: PathBuf,
    folder: PathBuf,
    is_root: bool,
}

impl Installation {
    fn prepare() -> Outcome<Self> {
        let programs = parts::postgres_folder().ok_or("PostgreSQL's server programs are not installed")?;
        let folder = std::env::temp_dir().join(format!("countersign-test-{}", random_hex()?));
        let made = DirBuilder::new().mode(0o700).create(&folder);
        made.map_err(|fault| format!("cannot make {}: {fault}", folder.display()))?;
        let installation = Self { programs, folder, is_root: shell::is_root()? };
        if installation.is_root {
            shell::output(Command::new("chown").arg("postgres").arg(&installation.folder))?;
        }
        Ok(installation)
    }

    /// Starts the process that clears everything away once its input ends.
    fn keeper(&self) -> Outcome<Child> {
        let mut stop = self.command("pg_ctl");
        stop.arg("-D").arg(self.data()).args(["-w", "-m", "immediate", "stop"]);
        Command::new("sh")
            .args(["-c", KEEPER_SCRIPT, "keeper"])
            .arg(&self.folder)
            .arg(stop.get_program())
            .args(stop.get_args())
            .current_dir(std::env::temp_dir())
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|fault| format!("cannot start the keeper of the test server: {fault}"))
    }

    /// Makes an empty database cluster and returns its superuser's password.
    fn create_data(&self, durability: Durability) -> Outcome<String> {
        let password = random_hex()?;
        // A file, since a shell's `<(…)` of root could not be read by the user postgres.
        let password_file = self.folder.join("password");
        fs::write(&password_file, &password).map_err(|fault| format!("cannot write a password: {fault}"))?;
        let mut create = self.command("initdb");
        create.arg("-D").arg(self.data()).args(["-U", "postgres", "-A", "scram-sha-256"]);
        create.arg("--pwfile").arg(&password_file).args(["-E", "UTF8", "--no-locale", "--no-sync"]);
        shell::output(&mut create)?;
        let unsynced = if matches!(durability, Durability::Unsynced) { UNSYNCED } else { "" };
        let settings = format!("{SETTINGS}{unsynced}unix_socket_directories = '{}'\n", self.folder.display());
        OpenOptions::new()
            .append(true)
            .open(self.data().join("postgresql.conf"))
            .and_then(|mut file| file.write_all(settings.as_bytes()))
            .map_err(|fault| format!("cannot configure PostgreSQL: {fault}"))?;
        Ok(password)
    }

    /// Starts the server and returns its port. A free port can be taken before the server has it: then the next.
    fn start(&self) -> Outcome<u16> {
        let mut last_failure = String::new();
        for _ in 0..PORT_TRIES_MAX {
            let port = free_port()?;
            let mut start = self.command("pg_ctl");
            start.arg("-D").arg(self.data()).arg("-l").arg(self.log());
            start.args(["-w", "-o", &format!("-p {port}"), "start"]);
            match shell::output(&mut start) {
                Ok(_) => return Ok(port),
                Err(reason) => last_failure = reason,
            }
        }
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        Err(format!("{last_failure}\nPostgreSQL's log:\n{log}"))
    }

    /// One of PostgreSQL's programs, which refuse to run as root: then as the user that Debian made for them.
    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = if self.is_root {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(&self.folder);
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("postgres.log")
    }
}

fn free_port() -> Outcome<u16> {
    TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|fault| format!("no free port on 127.0.0.1: {fault}"))
}

/// 128 random bits: the password must not be guessable by other users of the machine.
fn random_hex() -> Outcome<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .map_err(|fault| format!("cannot read /dev/urandom: {fault}"))?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}

/// Ports lost to others in a row before something else must be wrong.
const PORT_TRIES_MAX: u32 = 5;

/// Waits for the end of its input, then runs its arguments after the first, which is the folder to remove.
const KEEPER_SCRIPT: &str = r#"cat >/dev/null; folder=$1; shift; "$@"; rm -rf -- "$folder""#;

/// Every test holds pools of its own, hence many connections.
const SETTINGS: &str = "\
listen_addresses = '127.0.0.1'
max_connections = 300
";
/// Nor is it cleared up: who does that is in the way of who copies `template1`.
const UNSYNCED: &str = "\
fsync = off
full_page_writes = off
autovacuum = off
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_random_values_differ_and_are_full_length() {
        let (one, other) = (random_hex().unwrap(), random_hex().unwrap());
        assert_ne!(one, other);
        assert_eq!((one.len(), other.len()), (32, 32));
    }

    #[test]
    fn the_keeper_runs_its_command_and_removes_its_folder_when_its_input_ends() {
        let folder = std::env::temp_dir().join(format!("countersign-keeper-{}", random_hex().unwrap()));
        let witness = folder.with_extension("witness");
        fs::create_dir(&folder).unwrap();
        let mut keeper = Command::new("sh")
            .args(["-c", KEEPER_SCRIPT, "keeper"])
            .arg(&folder)
            .arg("touch")
            .arg(&witness)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        assert!(folder.exists());

        drop(keeper.stdin.take());
        keeper.wait().unwrap();

        assert!(!folder.exists());
        fs::remove_file(&witness).expect("the keeper ran its command");
    }
}
