//! A database of its own for each test, of either kind.

use std::env;
use std::future::Future;
use std::path::PathBuf;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use countersign_store::{Database, DatabaseOptions, Fault, Sql};
use tempfile::TempDir;
use tokio_postgres::{NoTls, SimpleQueryMessage};

/// Makes two tests of each body: `sqlite::name` and `postgres::name`.
macro_rules! on_both_databases {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::support::Home::sqlite()).await;
            })+
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                crate::support::on_postgres(super::$name).await;
            })+
        }
    };
}

/// Where a test's database lives, so that it can be opened more than once.
#[derive(Clone)]
pub(crate) enum Home {
    Sqlite(Arc<TempDir>),
    Postgres(String),
}

/// Whether the long sizes were asked for: `cargo xtask soak` does.
pub(crate) fn is_soak() -> bool {
    env::var_os("COUNTERSIGN_TEST_SOAK").is_some_and(|value| value == "1")
}

impl Home {
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(Arc::new(tempfile::tempdir().unwrap()))
    }

    pub(crate) async fn open(&self) -> Database {
        self.open_with(&DatabaseOptions::default()).await.unwrap()
    }

    pub(crate) async fn open_with(&self, options: &DatabaseOptions) -> Result<Database, Fault> {
        match self {
            Self::Sqlite(_) => Database::open_sqlite(&self.file(), options).await,
            Self::Postgres(url) => Database::open_postgres(url, options).await,
        }
    }

    /// Opened, with the table that most tests use.
    pub(crate) async fn with_example(&self) -> Database {
        self.with_example_by(&DatabaseOptions::default()).await
    }

    pub(crate) async fn with_example_by(&self, options: &DatabaseOptions) -> Database {
        let database = self.open_with(options).await.unwrap();
        run(&database, &CREATE_EXAMPLE).await.unwrap();
        database
    }

    pub(crate) fn file(&self) -> PathBuf {
        match self {
            Self::Sqlite(folder) => folder.path().join("countersign.db"),
            Self::Postgres(_) => panic!("a PostgreSQL database is not a file"),
        }
    }
}

/// Nobody is turned away: for tests in which many wait for each other, or for the test itself.
pub(crate) fn patient() -> DatabaseOptions {
    DatabaseOptions { busy_wait: PATIENCE, answer_limit: PATIENCE, ..DatabaseOptions::default() }
}

/// One statement without values in a transaction of its own.
pub(crate) async fn run(database: &Database, sql: &'static Sql) -> Result<u64, Fault> {
    database.write(move |tx| Box::pin(tx.execute(sql, &[]))).await
}

pub(crate) async fn count(database: &Database) -> i64 {
    database.read_one(&COUNT_EXAMPLES, &[]).await.unwrap().unwrap().int(0).unwrap()
}

/// Looks until it is so.
pub(crate) async fn until<F: Future<Output = bool>>(holds: impl Fn() -> F) {
    let looking = async {
        while !holds().await {
            tokio::time::sleep(GLANCE).await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.unwrap();
}

/// Runs the test in a new database of the cluster that the environment names, and drops it afterwards.
pub(crate) async fn on_postgres<F: Future<Output = ()> + Send + 'static>(test: impl FnOnce(Home) -> F) {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let Some(cluster) = env::var("COUNTERSIGN_TEST_POSTGRES").ok() else {
        assert!(
            env::var_os("COUNTERSIGN_TEST_QUICK").is_some_and(|value| value == "1"),
            "no PostgreSQL to test against: run `cargo xtask test`, which starts one, \
             or set COUNTERSIGN_TEST_QUICK=1 to test on SQLite only"
        );
        return;
    };
    let name = format!("contract_{}_{}", process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    administer(&cluster, &format!("CREATE DATABASE {name}")).await;
    let (server, _) = cluster.rsplit_once('/').unwrap();
    let outcome = tokio::spawn(test(Home::Postgres(format!("{server}/{name}")))).await;
    // The server gives those that it ends five seconds.
    let drop = format!("DROP DATABASE {name} WITH (FORCE)");
    until(|| async { try_to_administer(&cluster, &drop).await.is_ok() }).await;
    if let Err(failed) = outcome {
        std::panic::resume_unwind(failed.into_panic());
    }
}

/// On a connection of its own, past everything that is tested.
pub(crate) async fn administer(url: &str, text: &str) -> Vec<SimpleQueryMessage> {
    try_to_administer(url, text).await.unwrap()
}

async fn try_to_administer(url: &str, text: &str) -> Result<Vec<SimpleQueryMessage>, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    let running = tokio::spawn(connection);
    let answer = client.simple_query(text).await;
    drop(client);
    running.await.unwrap()?;
    answer
}

/// Far longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
const GLANCE: Duration = Duration::from_millis(2);
static CREATE_EXAMPLE: Sql = Sql::per_dialect(
    "CREATE TABLE example (id INTEGER PRIMARY KEY, name TEXT UNIQUE, blob BLOB, n INTEGER) STRICT",
    "CREATE TABLE example (id BIGINT PRIMARY KEY, name TEXT UNIQUE, blob BYTEA, n BIGINT)",
);
static COUNT_EXAMPLES: Sql = Sql::new("SELECT COUNT(*) FROM example");
pub(crate) static INSERT: Sql = Sql::new("INSERT INTO example (id, name, blob, n) VALUES ($1, $2, $3, $4)");
pub(crate) static INSERT_ID: Sql = Sql::new("INSERT INTO example (id) VALUES ($1)");
pub(crate) static FIND: Sql = Sql::new("SELECT id, name, blob, n FROM example WHERE id = $1");
