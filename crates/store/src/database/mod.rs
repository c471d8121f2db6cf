//! One database, two kinds: a transaction is an async body that awaits nothing but its [`Tx`].
//!
//! ```text
//!                    write(body)     read(body)                       read_one(statement)
//!   SQLite           writer thread   reader connection, one snapshot  reader connection
//!   PostgreSQL       READ COMMITTED  REPEATABLE READ, read only       no transaction
//! ```

mod injection;
mod lines;
mod migrations;
mod postgres;
mod sql;
mod sqlite;
mod tx;
mod value;
mod writer;

use std::future::Future;
use std::num::NonZero;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::Fault;
use crate::metrics::{Tally, Timer};
use crate::migrations::MIGRATIONS;
use injection::Injector;
use postgres::{Mode, Postgres};
use sqlite::Sqlite;

#[cfg(feature = "fault-injection")]
pub use injection::Injection;
use lines::Line;
pub use lines::PasswordPlace;
pub(crate) use migrations::ALL as MIGRATION_STATEMENTS;
pub use migrations::Migration;
pub use sql::{Dialect, Sql};
pub(crate) use tx::ALL as TX_STATEMENTS;
pub use tx::{Statements, Tx};
pub use value::{Row, Value};

/// What a body returns: its future, boxed, so that one type serves both databases.
pub type BodyFuture<'t, T> = Pin<Box<dyn Future<Output = Result<T, Fault>> + Send + 't>>;

/// The body of a transaction.
///
/// It is `Fn`, not `FnOnce`: PostgreSQL may have it run again. So it draws no randomness and reads no clock;
/// what it needs of either is captured.
///
/// ```
/// # use countersign_store::{Fault, Tx, database::BodyFuture, params, statements};
/// # statements! { USE_CODE: new("UPDATE code SET used_at = $2 WHERE id = $1 AND used_at IS NULL"); }
/// # fn body() -> impl for<'t, 'c> Fn(&'t mut Tx<'c>) -> BodyFuture<'t, bool> {
/// move |tx| Box::pin(async move { Ok(tx.execute(&USE_CODE, &params!["cod_1", 17]).await? == 1) })
/// # }
/// # let _ = (body(), ALL);
/// ```
pub trait Body<T>: for<'t, 'c> Fn(&'t mut Tx<'c>) -> BodyFuture<'t, T> {}

impl<T, F> Body<T> for F where F: for<'t, 'c> Fn(&'t mut Tx<'c>) -> BodyFuture<'t, T> {}

#[derive(Clone, Debug)]
pub struct DatabaseOptions {
    /// SQLite: writes that may wait for the writer; one more is refused as busy. At some thousand writes a
    /// second, 1024 are a fraction of a second, which is as long as a person may wait.
    pub queue_length: usize,
    /// SQLite: reading connections kept open. Reads run on the calling threads, so one for each core is enough.
    pub readers: usize,
    /// PostgreSQL: connections.
    pub pool_size: usize,
    /// PostgreSQL: whether statements stay prepared. Off for poolers that hand each transaction to another
    /// connection; time limits are then said in each transaction, because poolers refuse them in the greeting.
    pub statement_cache: bool,
    /// PostgreSQL: how long one statement may take. All that people wait for are lookups by key, done in
    /// milliseconds; nobody waits longer for a page.
    pub answer_limit: Duration,
    /// How long to wait for a lock of another process (SQLite) or transaction (PostgreSQL), or for a connection.
    pub busy_wait: Duration,
}

/// Where the system does not tell how many threads it runs at once.
const READERS_IF_UNKNOWN: usize = 4;

impl Default for DatabaseOptions {
    fn default() -> Self {
        Self {
            queue_length: 1024,
            readers: thread::available_parallelism().map_or(READERS_IF_UNKNOWN, NonZero::get),
            pool_size: 16,
            statement_cache: true,
            answer_limit: Duration::from_secs(10),
            busy_wait: Duration::from_secs(5),
        }
    }
}

/// A handle to the open database; a clone is another handle to the same one.
#[derive(Clone)]
pub struct Database {
    backend: Arc<Backend>,
    /// Wakes the senders of this process.
    wake: Arc<OnceLock<Arc<dyn Fn() + Send + Sync>>>,
    /// Of people who typed a password; see [`PasswordPlace`].
    password_places: Arc<Semaphore>,
    injector: Injector,
}

/// How busy the way to the database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// SQLite: writes in the writer's queue. PostgreSQL: callers that wait for a connection.
    pub writes_waiting: usize,
    /// PostgreSQL: connections in use. SQLite has none.
    pub connections_used: usize,
}

enum Backend {
    Sqlite(Sqlite),
    Postgres(Box<Postgres>),
}

impl Database {
    /// Opens the file, or creates it readable by its owner only.
    pub async fn open_sqlite(path: &Path, options: &DatabaseOptions) -> Result<Self, Fault> {
        let injector = Injector::new();
        let sqlite = Sqlite::open(path, options, injector.clone())?;
        Self::checked(Backend::Sqlite(sqlite), options, injector).await
    }

    /// Connects to `postgres://user:password@host:port/database`, without TLS; of several hosts, separated by
    /// commas, to the one that takes writes.
    pub async fn open_postgres(url: &str, options: &DatabaseOptions) -> Result<Self, Fault> {
        let injector = Injector::new();
        let postgres = Postgres::open(url, options, injector.clone()).await?;
        Self::checked(Backend::Postgres(Box::new(postgres)), options, injector).await
    }

    pub fn dialect(&self) -> Dialect {
        match *self.backend {
            Backend::Sqlite(_) => Dialect::Sqlite,
            Backend::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Makes this process the one server of a SQLite file until it ends; operator commands run beside it and
    /// do not ask for this. On PostgreSQL there may be many servers, and nothing is locked.
    pub fn lock_for_serving(&self) -> Result<(), Fault> {
        match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.lock_for_serving(),
            Backend::Postgres(_) => Ok(()),
        }
    }

    /// Runs the body in one transaction and answers after its commit; an `Err` from the body rolls back.
    ///
    /// If the returned future is dropped, the transaction happens or not, never in part.
    pub async fn write<T, F>(&self, body: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: for<'t, 'c> Fn(&'t mut Tx<'c>) -> BodyFuture<'t, T> + Send + Sync + 'static,
    {
        self.write_in(Line::Ordinary, body).await
    }

    /// A place for one password entry in the line of its own, or at once the news that there is none.
    pub fn password_place(&self) -> Result<PasswordPlace, Fault> {
        PasswordPlace::take(&self.password_places)
    }

    /// Like [`Database::write`] for a transaction of a password entry, whose place is held from its first one to
    /// its last: such entries wait behind everything else, and never take all connections.
    pub async fn write_password<T, F>(&self, _place: &PasswordPlace, body: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: for<'t, 'c> Fn(&'t mut Tx<'c>) -> BodyFuture<'t, T> + Send + Sync + 'static,
    {
        self.write_in(Line::Passwords, body).await
    }

    async fn write_in<T, F>(&self, line: Line, body: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: for<'t, 'c> Fn(&'t mut Tx<'c>) -> BodyFuture<'t, T> + Send + Sync + 'static,
    {
        let (body, timer) = (and_what_follows(Arc::new(body)), Timer::start());
        let written = match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.writer.write(line, body).await,
            Backend::Postgres(postgres) => postgres.write(line, &body).await,
        };
        timer.stop("write");
        let (answer, Following { has_messages, tally }) = written?;
        tally.committed();
        if has_messages && let Some(wake) = self.wake.get() {
            wake();
        }
        Ok(answer)
    }

    /// Runs a body that only looks up rows by key, all from one state of the database. On SQLite it runs on
    /// the calling thread, so nothing that scans a table belongs here.
    pub async fn read<T, F>(&self, body: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: for<'t, 'c> Fn(&'t mut Tx<'c>) -> BodyFuture<'t, T> + Send + Sync + 'static,
    {
        self.injector.before_read()?;
        let timer = Timer::start();
        let answer = match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.read(&body),
            Backend::Postgres(postgres) => postgres.run(Mode::Read, &body).await,
        };
        timer.stop("read");
        answer
    }

    /// One lookup by key in a single statement: the cheapest read on both databases.
    pub async fn read_one(&self, sql: &Sql, values: &[Value]) -> Result<Option<Row>, Fault> {
        self.injector.before_read()?;
        let rows = match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.read_rows(sql.text(Dialect::Sqlite), values),
            Backend::Postgres(postgres) => postgres.read_rows(sql.text(Dialect::Postgres), values).await,
        };
        rows.and_then(tx::at_most_one)
    }

    /// The database's own clock in milliseconds; `None` on SQLite, which has none but this process's.
    pub async fn clock_ms(&self) -> Result<Option<i64>, Fault> {
        match &*self.backend {
            Backend::Sqlite(_) => Ok(None),
            Backend::Postgres(_) => match self.read_one(&POSTGRES_CLOCK, &[]).await? {
                Some(row) => row.int(0).map(Some),
                None => Err(Fault::broken("the clock returned no row")),
            },
        }
    }

    /// Has `wake` called whenever a message was committed, here or by another node, until the database is
    /// closed. Once for each database: a second one is not called.
    pub async fn listen(&self, wake: impl Fn() + Send + Sync + 'static) {
        let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(wake);
        let _only_the_first = self.wake.set(Arc::clone(&wake));
        match &*self.backend {
            Backend::Sqlite(_) => {}
            Backend::Postgres(postgres) => postgres.listen(move || wake()).await,
        }
    }

    /// What waits for the database at this moment.
    pub fn load(&self) -> Load {
        match &*self.backend {
            Backend::Sqlite(sqlite) => Load { writes_waiting: sqlite.writer.waiting(), connections_used: 0 },
            Backend::Postgres(postgres) => postgres.load(),
        }
    }

    /// Has the database parse every statement against the present schema.
    pub async fn prepare_all(&self, statements: &[&'static Sql]) -> Result<(), Fault> {
        for &sql in statements {
            let prepared = self.read(|tx| Box::pin(tx.prepare(sql))).await;
            prepared.map_err(|fault| match fault {
                Fault::Broken { cause, .. } => {
                    Fault::Broken { what: format!("not a statement: {}", sql.text(self.dialect())), cause }
                }
                other => other,
            })?;
        }
        Ok(())
    }

    /// Answers what was accepted, then closes every connection and gives up the lock for serving. Later calls
    /// on any handle find the database unavailable.
    pub async fn close(&self) {
        match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.close().await,
            Backend::Postgres(postgres) => postgres.close(),
        }
    }

    /// Strikes so many of the transactions and reads to come, those that reach the place.
    #[cfg(feature = "fault-injection")]
    pub fn inject(&self, injection: Injection, strikes: u32) {
        self.injector.arm(injection, strikes);
    }

    async fn checked(backend: Backend, options: &DatabaseOptions, injector: Injector) -> Result<Self, Fault> {
        let database = Self {
            backend: Arc::new(backend),
            wake: Arc::default(),
            password_places: Arc::new(Semaphore::new(options.password_places())),
            injector,
        };
        database.refuse_newer_schema(MIGRATIONS).await?;
        Ok(database)
    }
}

/// What is done about a transaction once it is committed.
struct Following {
    /// There is something to send.
    has_messages: bool,
    tally: Tally,
}

/// The same body; beside its answer it says what follows from its commit.
fn and_what_follows<T, F>(
    body: Arc<F>,
) -> impl for<'t, 'c> Fn(&'t mut Tx<'c>) -> BodyFuture<'t, (T, Following)> + Send + Sync + 'static
where
    T: Send + 'static,
    F: for<'t, 'c> Fn(&'t mut Tx<'c>) -> BodyFuture<'t, T> + Send + Sync + 'static,
{
    move |tx| {
        let body = Arc::clone(&body);
        Box::pin(async move {
            let answer = body(tx).await?;
            Ok((answer, Following { has_messages: tx.has_messages(), tally: tx.take_tally() }))
        })
    }
}

crate::statements! {
    /// `clock_timestamp` and not `now`, which stands still inside a transaction.
    POSTGRES_CLOCK: per_dialect(
        "SELECT 0",
        "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
    );
}
