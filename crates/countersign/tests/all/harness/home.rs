//! Where a test's database lives: in a folder, or in the PostgreSQL cluster that the environment names.

use std::{
    env,
    path::Path,
    process,
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use countersign::config::DatabaseAddress;
use tempfile::TempDir;
use tokio_postgres::NoTls;

use super::in_time;

/// Which of the two databases a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum On {
    Sqlite,
    Postgres,
}

/// An empty database; it is gone when this is dropped.
pub(crate) enum Home {
    Sqlite(TempDir),
    Postgres { cluster: String, name: String },
}

const CLUSTER: &str = "COUNTERSIGN_TEST_POSTGRES";

/// Whether there is a PostgreSQL to test on. None is a failure, unless a quick run was asked for.
pub(crate) fn has_postgres() -> bool {
    if env::var_os(CLUSTER).is_some() {
        return true;
    }
    assert!(
        env::var_os("COUNTERSIGN_TEST_QUICK").is_some_and(|value| value == "1"),
        "no PostgreSQL to test on: run `cargo xtask test`, which starts PostgreSQL, \
         or set COUNTERSIGN_TEST_QUICK=1 to test on SQLite only"
    );
    false
}

/// Whether the long sizes were asked for: `cargo xtask soak` does.
pub(crate) fn is_soak() -> bool {
    env::var_os("COUNTERSIGN_TEST_SOAK").is_some_and(|value| value == "1")
}

impl Home {
    pub(crate) async fn make(on: On) -> Self {
        match on {
            On::Sqlite => Self::Sqlite(tempfile::tempdir().unwrap()),
            On::Postgres => Self::make_in(env::var(CLUSTER).expect("has_postgres was asked first")).await,
        }
    }

    /// A database in the cluster of this address.
    pub(crate) async fn make_in(cluster: String) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("story_{}_{number}", process::id());
        administer(&cluster, &format!("CREATE DATABASE {name}")).await;
        Self::Postgres { cluster, name }
    }

    /// A SQLite file in this folder, such as one on a disk of its own.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self::Sqlite(tempfile::tempdir_in(folder).unwrap())
    }

    pub(crate) fn address(&self) -> DatabaseAddress {
        match self {
            Self::Sqlite(folder) => DatabaseAddress::Sqlite(folder.path().join("countersign.db")),
            Self::Postgres { cluster, name } => {
                let (server, _) = cluster.rsplit_once('/').expect("the cluster's address names a database");
                DatabaseAddress::Postgres(format!("{server}/{name}"))
            }
        }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let Self::Postgres { cluster, name } = self else {
            return;
        };
        let (cluster, drop) = (cluster.clone(), format!("DROP DATABASE {name} WITH (FORCE)"));
        // A runtime of its own: this one may be about to end.
        let dropping = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                // A server that a test froze accepts connections and never answers.
                in_time("the database is dropped", administer(&cluster, &drop)).await;
            });
        });
        // A database that stays behind is no reason to hide why a test failed.
        if dropping.join().is_err() {
            eprintln!("the database {name} was left behind");
        }
    }
}

/// One statement on a connection of its own, past everything that is tested.
async fn administer(url: &str, statement: &str) {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    let running = tokio::spawn(connection);
    client.simple_query(statement).await.unwrap();
    drop(client);
    running.await.unwrap().unwrap();
}
