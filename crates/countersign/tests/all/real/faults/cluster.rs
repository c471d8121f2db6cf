//! A PostgreSQL of the test's own, with or without a synchronous standby: to be killed, frozen and promoted.
//!
//! ```text
//!   primary ── streams ──▶ standby          each commit waits for both
//!      ✕                   promoted ──▶ primary
//! ```

use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

use crate::{
    harness::{in_time, until},
    real::{
        background::{Background, as_servers_user, free_port, servers_user},
        output_of,
    },
};

pub(super) struct Server {
    running: Option<Background>,
    /// While its processes stand still.
    keeper: Option<Child>,
    data: PathBuf,
    pub(super) port: u16,
    /// After the server that uses it: fields are dropped in this order.
    folder: TempDir,
}

const PASSWORD: &str = Server::PASSWORD;
/// The same in an address.
const PASSWORD_IN_ADDRESS: &str = "a%20password%20of%20this%20test";

impl Server {
    pub(super) const PASSWORD: &str = "a password of this test";

    pub(super) async fn start() -> Self {
        let (folder, port) = (folder(), free_port());
        let data = folder.path().join("data");
        fs::write(folder.path().join("password"), PASSWORD).unwrap();
        let mut make = program("initdb");
        make.arg("-D").arg(&data).args([
            "-U",
            "postgres",
            "-A",
            "scram-sha-256",
            "-E",
            "UTF8",
            "--no-locale",
        ]);
        output_of(make.arg("--no-sync").arg("--pwfile").arg(folder.path().join("password")));
        append(&data, "pg_hba.conf", "host replication all 127.0.0.1/32 scram-sha-256\n");
        append(&data, "postgresql.conf", &settings(folder.path(), port));
        Self::run(folder, data, port).await
    }

    /// A synchronous standby: from when it streams on, every commit of this server waits for it.
    pub(super) async fn standby(&self) -> Self {
        let (folder, port) = (folder(), free_port());
        let data = folder.path().join("data");
        let from = format!("postgres://postgres:{PASSWORD_IN_ADDRESS}@127.0.0.1:{}/postgres", self.port);
        let mut copy = program("pg_basebackup");
        copy.arg("-D").arg(&data).args(["-R", "-X", "stream", "-c", "fast", "--no-sync", "-d", &from]);
        output_of(&mut copy);
        append(&data, "postgresql.conf", &settings(folder.path(), port));
        let primary = fs::read_to_string(data.join("postgresql.auto.conf")).unwrap();
        let named =
            primary.replacen("primary_conninfo = '", "primary_conninfo = 'application_name=standby ", 1);
        fs::write(data.join("postgresql.auto.conf"), named).unwrap();
        let mut standby = Self::run(folder, data, port).await;
        self.administer("ALTER SYSTEM SET synchronous_standby_names = 'FIRST 1 (standby)'").await;
        self.administer("SELECT pg_reload_conf()").await;
        let streams = async || {
            let state = self.administer("SELECT sync_state FROM pg_stat_replication").await;
            (state.as_deref() == Some("sync")).then_some(())
        };
        standby.running.as_mut().unwrap().until("replication", streams).await;
        standby
    }

    async fn run(folder: TempDir, data: PathBuf, port: u16) -> Self {
        let mut server = program("postgres");
        let mut running = Background::start(server.arg("-D").arg(&data), &folder.path().join("log"));
        running.until_it_listens(port).await;
        let mut server = Self { running: None, keeper: None, data, port, folder };
        running.until("answer", async || server.try_administer("SELECT 1").await.ok()).await;
        server.running = Some(running);
        server
    }

    /// Its own, which its user may read.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// `kill -9` of the postmaster, at which its processes end, also those that stand still.
    pub(super) fn kill(&mut self) {
        drop(self.running.take());
        self.thaw();
    }

    /// Makes a standby the primary, for which no commit waits.
    pub(super) async fn promote(&self) {
        output_of(program("pg_ctl").arg("-D").arg(&self.data).args(["-w", "promote"]));
        // What it copied from its primary: otherwise every commit would wait for a standby that there is not.
        self.administer("ALTER SYSTEM SET synchronous_standby_names = ''").await;
        self.administer("SELECT pg_reload_conf()").await;
    }

    /// All its processes stand still, as if their machine did. The system goes on accepting connections for them.
    pub(super) async fn freeze(&mut self) {
        let postmaster = self.running.as_ref().expect("it runs").id();
        // Before anything stands still, and in a group of its own: whoever ends this test does not end it.
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER_SCRIPT]).process_group(0).stdin(Stdio::piped()).stderr(Stdio::null());
        let keeper = self.keeper.insert(keeper.spawn().unwrap());
        let mut stop = |ids: &str| {
            keeper.stdin.as_mut().unwrap().write_all(format!("{ids}\n").as_bytes()).unwrap();
            let mut kill = Command::new("kill");
            kill.arg("-STOP").args(ids.split_whitespace()).stderr(Stdio::null());
            // A process may end by itself before it gets the signal.
            let _delivered = kill.status().unwrap();
        };
        // The postmaster first, which makes the others.
        stop(&postmaster.to_string());
        let status = format!("/proc/{postmaster}/status");
        let stands = async || fs::read_to_string(&status).unwrap().contains("State:\tT");
        until("the postmaster stands still", stands).await;
        stop(&fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children")).unwrap());
    }

    pub(super) fn thaw(&mut self) {
        if let Some(mut keeper) = self.keeper.take() {
            drop(keeper.stdin.take());
            keeper.wait().unwrap();
        }
    }

    /// The address of the postgres database on these servers.
    pub(super) fn url(servers: &[&Self]) -> String {
        let hosts: Vec<_> = servers.iter().map(|server| format!("127.0.0.1:{}", server.port)).collect();
        format!("postgres://postgres:{PASSWORD_IN_ADDRESS}@{}/postgres", hosts.join(","))
    }

    /// The same by way of another port, such as a proxy's.
    pub(super) fn url_by_way_of(port: u16, database: &str) -> String {
        format!("postgres://postgres:{PASSWORD_IN_ADDRESS}@127.0.0.1:{port}/{database}")
    }

    async fn administer(&self, statement: &str) -> Option<String> {
        in_time(statement, self.try_administer(statement)).await.unwrap()
    }

    /// The first value of the first row.
    async fn try_administer(&self, statement: &str) -> Result<Option<String>, tokio_postgres::Error> {
        let (client, connection) =
            tokio_postgres::connect(&Self::url(&[self]), tokio_postgres::NoTls).await?;
        let running = tokio::spawn(connection);
        let answer = client.simple_query(statement).await;
        drop(client);
        let _ended = running.await;
        Ok(answer?.iter().find_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        }))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Frozen processes would not notice that their postmaster is gone.
        self.kill();
    }
}

/// Waits for the end of its input, which comes with the end of the test, then has those go on that it read of.
const KEEPER_SCRIPT: &str = "kill -CONT $(cat)";

fn settings(folder: &Path, port: u16) -> String {
    format!(
        "port = {port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{}'\nwal_level = replica\n\
         max_wal_senders = 5\nsynchronous_commit = on\nmax_connections = 100\nfsync = off\n",
        folder.display()
    )
}

fn append(data: &Path, file: &str, text: &str) {
    OpenOptions::new().append(true).open(data.join(file)).unwrap().write_all(text.as_bytes()).unwrap();
}

/// A folder that the servers' user owns.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    if let Some(id) = servers_user() {
        std::os::unix::fs::chown(folder.path(), Some(id), Some(id)).unwrap();
    }
    folder
}

/// One of PostgreSQL's programs, as a user that they accept. It is the process itself, and no other starts it.
fn program(name: &str) -> Command {
    let folders = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = folders.map(|folder| folder.path().join("bin").join(name)).collect();
    found.retain(|path| path.is_file());
    found.sort();
    let mut command = as_servers_user(found.pop().unwrap_or_else(|| name.into()));
    command.env("PGPASSWORD", PASSWORD);
    command
}

/// The part without Countersign: what was committed before the kill is there after the promotion.
#[tokio::test]
async fn a_promoted_standby_has_what_was_committed() {
    let mut primary = Server::start().await;
    let standby = primary.standby().await;
    primary.administer("CREATE TABLE example (n BIGINT)").await;
    primary.administer("INSERT INTO example VALUES (17)").await;
    primary.kill();
    standby.promote().await;
    assert_eq!(standby.administer("SELECT n FROM example").await.as_deref(), Some("17"));
}
