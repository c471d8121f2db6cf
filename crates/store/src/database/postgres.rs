//! PostgreSQL: a pool of connections, and bodies that may run more than once.
//!
//! Connections are not encrypted by this crate: run the database on the same machine, on a private network,
//! or behind a tunnel. An address with `sslmode=require` is refused rather than quietly downgraded.

mod listen;
mod nodes;
mod values;

use std::error::Error;
use std::future::{Future, poll_fn};
use std::io;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use deadpool_postgres::{
    Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime, StatementCache, TimeoutType,
};
use futures_util::FutureExt;
use futures_util::future::{MaybeDone, maybe_done};
use tokio::sync::Semaphore;
use tokio_postgres::{Client, Config, IsolationLevel};

use super::injection::Injector;
use super::tx::{Arm, Statements};
use super::{Body, DatabaseOptions, Dialect, Line, Load, Row, Tx, Value};
use crate::Fault;
use nodes::Nodes;
use values::{decode_row, typed, untyped};

/// How often a body is run at most. A victim that tries again queues behind the winner, so the third run is
/// rare and a fourth loss means something else is wrong.
const RUNS_MAX: u32 = 4;

/// What the winner gets before the victim tries again, once more in each run: time to take the rows that it
/// waited for, or the two meet in the same deadlock again.
const HEAD_START: Duration = Duration::from_millis(5);

/// Until a server that does not answer counts as unreachable; sooner where answers have less time.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// For a transaction between two statements. Bodies await nothing else, so one that pauses has lost its
/// program, and without a limit its row locks would keep a person from signing in until an operator comes.
const IDLE_LIMIT: Duration = Duration::from_secs(10);

/// Until the other machine counts as gone, for data that it does not acknowledge and for the questions that
/// follow silence. The system's own limits are hours, during which a dead connection would hold its place.
const PEER_LIMIT: Duration = Duration::from_secs(10);

pub(super) struct Postgres {
    pool: Pool,
    /// One for each connection that passwords may take.
    for_passwords: Semaphore,
    busy_wait: Duration,
    nodes: Nodes,
    /// Until a server that says nothing counts as gone. Its own limit comes first if it lives: a frozen one has
    /// none, and its machine may go on acknowledging what is sent to it.
    silence: Duration,
    injector: Injector,
    statement_cache: bool,
    /// What each writing transaction says first: settings that its connection cannot be trusted to have.
    opening: String,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Mode {
    Write,
    Read,
}

impl Postgres {
    pub(super) async fn open(
        url: &str,
        options: &DatabaseOptions,
        injector: Injector,
    ) -> Result<Self, Fault> {
        // The cause is left out: it may quote the address, and that holds a password.
        let mut config: Config = url
            .parse()
            .map_err(|_hidden: tokio_postgres::Error| Fault::broken("the PostgreSQL address is not valid"))?;
        let connect_limit = CONNECT_LIMIT.min(options.answer_limit);
        config.connect_timeout(connect_limit);
        limit_silence(&mut config);
        let limits = limits(options);
        let mut opening = String::new();
        if options.statement_cache {
            limit_sessions(&mut config, &limits);
        } else {
            opening.extend(limits.map(|(name, limit)| format!("SET LOCAL {name} = {};", limit.as_millis())));
        }
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let nodes = Nodes::of(&config, connect_limit);
        let pool = Pool::builder(Manager::from_connect(config, nodes.clone(), recycling))
            .max_size(options.pool_size)
            .wait_timeout(Some(options.busy_wait))
            .create_timeout(Some(nodes.limit()))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| Fault::unavailable_by("its pool cannot be made", error))?;
        let (silence, statement_cache) = (options.answer_limit * 3 / 2, options.statement_cache);
        let (for_passwords, busy_wait) = (Semaphore::new(options.password_connections()), options.busy_wait);
        let mut postgres =
            Self { pool, for_passwords, busy_wait, nodes, silence, injector, statement_cache, opening };
        let setting = postgres.read_rows("SELECT current_setting('synchronous_commit')", &[]).await?;
        // Such a server would acknowledge commits that a crash forgets.
        if setting.first().is_some_and(|row| row.text(0).is_ok_and(|text| text == "off")) {
            postgres.opening.push_str("SET LOCAL synchronous_commit = on;");
        }
        Ok(postgres)
    }

    /// A writing transaction. Passwords wait for their share of the connections first, as long as anybody waits for
    /// a connection.
    pub(super) async fn write<T>(&self, line: Line, body: &impl Body<T>) -> Result<T, Fault> {
        let _share = match line {
            Line::Ordinary => None,
            Line::Passwords => {
                let share = tokio::time::timeout(self.busy_wait, self.for_passwords.acquire()).await;
                let share = share.map_err(|_late| Fault::turned_away("no connection became free in time"))?;
                Some(share.map_err(|_closed| Fault::unavailable("it was closed"))?)
            }
        };
        self.run(Mode::Write, body).await
    }

    /// Runs the body in a transaction; again, if PostgreSQL sacrificed it to a concurrent one.
    pub(super) async fn run<T>(&self, mode: Mode, body: &impl Body<T>) -> Result<T, Fault> {
        let mut run = 1;
        loop {
            match self.run_once(mode, body).await {
                Err(Fault::Conflict { .. }) if run < RUNS_MAX => tokio::time::sleep(HEAD_START * run).await,
                Err(fault) if run > 1 => return Err(fault.after_the_body()),
                answer => return answer,
            }
            run += 1;
        }
    }

    /// One statement that reads, without the two round trips of a transaction around it.
    pub(super) async fn read_rows(&self, text: &str, values: &[Value]) -> Result<Vec<Row>, Fault> {
        let connection = self.connection().await?;
        let rows = self.session(&connection, &connection.statement_cache).query(text, values).await;
        self.discard_if_useless(connection, &rows);
        rows
    }

    pub(super) fn load(&self) -> Load {
        let status = self.pool.status();
        let connections_used = status.size.saturating_sub(status.available);
        Load { writes_waiting: status.waiting, connections_used }
    }

    pub(super) fn close(&self) {
        self.pool.close();
    }

    async fn run_once<T>(&self, mode: Mode, body: &impl Body<T>) -> Result<T, Fault> {
        let mut connection = self.connection().await?;
        let answer = self.run_on(&mut connection, mode, body).await;
        self.discard_if_useless(connection, &answer);
        answer
    }

    async fn run_on<T>(&self, connection: &mut Object, mode: Mode, body: &impl Body<T>) -> Result<T, Fault> {
        let start = connection.build_transaction();
        let start = match mode {
            Mode::Write => start.isolation_level(IsolationLevel::ReadCommitted),
            // One snapshot for all statements; such a transaction never has to be retried.
            Mode::Read => start.isolation_level(IsolationLevel::RepeatableRead).read_only(true),
        };
        // If this future is dropped anywhere below, dropping `transaction` sends the rollback, ahead of
        // whatever the connection's next user sends.
        let transaction = answered(self.silence, start.start()).await.map_err(Fault::before_the_body)?;
        if mode == Mode::Write && !self.opening.is_empty() {
            let opened = answered(self.silence, transaction.batch_execute(&self.opening)).await;
            opened.map_err(Fault::before_the_body)?;
        }
        let session = self.session(transaction.client(), &transaction.statement_cache);
        let injector = (mode == Mode::Write).then_some(&self.injector);
        let mut tx = Tx::new(Arm::Postgres(session), injector);
        let answer = match AssertUnwindSafe(async { body(&mut tx).await }).catch_unwind().await {
            Ok(answer) => tx.verdict(answer),
            Err(_panic) => Err(Fault::Panicked),
        };
        let committable = match injector {
            Some(injector) => answer.and_then(|answer| injector.before_commit().map(|()| answer)),
            None => answer,
        };
        match committable {
            Ok(answer) => answered(self.silence, transaction.commit()).await.map(|()| answer),
            // The connection goes, and its transaction with it.
            Err(reason @ Fault::Unavailable { .. }) => Err(reason),
            Err(reason) => {
                // Awaited, so that its locks are gone when the caller hears of it. If it fails, the
                // connection is broken, and a broken connection ends its transaction.
                let _ = answered(self.silence, transaction.rollback()).await;
                Err(reason)
            }
        }
    }

    async fn connection(&self) -> Result<Object, Fault> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Timeout(TimeoutType::Wait) => Fault::turned_away("no connection became free in time"),
            PoolError::Timeout(_) => Fault::unavailable("the server did not answer in time"),
            PoolError::Closed => Fault::unavailable("it was closed"),
            PoolError::Backend(error) => fault(error).before_the_body(),
            other => Fault::unavailable_by("the pool gave no connection", other),
        })
    }

    /// A connection on which the server is gone, silent or not to be written to is of no use to the next caller: a
    /// new one may lead to another server. Nor are those that lay in the pool when it was asked: whoever took one
    /// of them would wait for nothing as long again, one caller after the other.
    fn discard_if_useless<T>(&self, connection: Object, answer: &Result<T, Fault>) {
        if matches!(answer, Err(Fault::Unavailable { .. })) {
            drop(Object::take(connection));
            self.pool.retain(|_, metrics| metrics.age() < self.silence);
        }
    }

    fn session<'c>(&self, client: &'c Client, cache: &'c StatementCache) -> Session<'c> {
        Session { client, cache: self.statement_cache.then_some(cache), silence: self.silence }
    }
}

/// The answer of a server that may have frozen, or a fault once it has been silent for too long.
async fn answered<T>(
    silence: Duration,
    asking: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, Fault> {
    match tokio::time::timeout(silence, asking).await {
        Ok(answer) => answer.map_err(fault),
        Err(_silent) => Err(Fault::unavailable("the server did not answer in time")),
    }
}

/// What the server ends by itself: by then it has freed every lock, whether or not this program still runs.
fn limits(options: &DatabaseOptions) -> [(&'static str, Duration); 3] {
    [
        ("statement_timeout", options.answer_limit),
        ("lock_timeout", options.busy_wait),
        ("idle_in_transaction_session_timeout", IDLE_LIMIT),
    ]
}

/// The server takes the last of two equal settings, and the address comes last: what it sets stays.
fn limit_sessions(config: &mut Config, limits: &[(&str, Duration)]) {
    let ours = limits.iter().map(|(name, limit)| format!("-c {name}={}", limit.as_millis()));
    let theirs = config.get_options().map(ToOwned::to_owned);
    config.options(ours.chain(theirs).collect::<Vec<_>>().join(" "));
}

/// Again only where the address sets nothing, as far as the client's own default for silence lets that be seen.
fn limit_silence(config: &mut Config) {
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(PEER_LIMIT);
    }
    if config.get_keepalives_idle() == Config::new().get_keepalives_idle() {
        config.keepalives_idle(PEER_LIMIT);
    }
    if config.get_keepalives_interval().is_none() {
        config.keepalives_interval(PEER_LIMIT);
    }
}

/// A connection as one transaction sees it. Without a cache every statement is sent as text with the types
/// of its values, unnamed: poolers that give each transaction another connection know no names.
#[derive(Clone, Copy)]
pub(super) struct Session<'c> {
    client: &'c Client,
    cache: Option<&'c StatementCache>,
    silence: Duration,
}

impl Session<'_> {
    pub(super) async fn execute(&self, text: &str, values: &[Value]) -> Result<u64, Fault> {
        match self.cache {
            Some(cache) => {
                let statement = answered(self.silence, cache.prepare(self.client, text)).await?;
                answered(self.silence, self.client.execute(&statement, &untyped(values))).await
            }
            None => answered(self.silence, self.client.execute_typed(text, &typed(values))).await,
        }
    }

    pub(super) async fn query(&self, text: &str, values: &[Value]) -> Result<Vec<Row>, Fault> {
        let rows = match self.cache {
            Some(cache) => {
                let statement = answered(self.silence, cache.prepare(self.client, text)).await?;
                answered(self.silence, self.client.query(&statement, &untyped(values))).await
            }
            None => answered(self.silence, self.client.query_typed(text, &typed(values))).await,
        };
        rows?.iter().map(decode_row).collect()
    }

    pub(super) async fn execute_all(&self, statements: &Statements) -> Result<Vec<u64>, Fault> {
        self.prepare_each(statements).await?;
        let running =
            statements.iter().map(|(sql, values)| self.execute(sql.text(Dialect::Postgres), values));
        in_order(running).await.into_iter().collect()
    }

    pub(super) async fn query_all(&self, statements: &Statements) -> Result<Vec<Vec<Row>>, Fault> {
        self.prepare_each(statements).await?;
        let running = statements.iter().map(|(sql, values)| self.query(sql.text(Dialect::Postgres), values));
        in_order(running).await.into_iter().collect()
    }

    /// For steps of the schema, which take as long as they take.
    pub(super) async fn batch(&self, text: &str) -> Result<(), Fault> {
        self.client.batch_execute(text).await.map_err(fault)
    }

    pub(super) async fn prepare(&self, text: &str) -> Result<(), Fault> {
        self.client.prepare(text).await.map(drop).map_err(fault)
    }

    /// Before a pipeline: a statement that has to be prepared first would be sent after its successors.
    async fn prepare_each(&self, statements: &Statements) -> Result<(), Fault> {
        if let Some(cache) = self.cache {
            for (sql, _) in statements {
                answered(self.silence, cache.prepare(self.client, sql.text(Dialect::Postgres))).await?;
            }
        }
        Ok(())
    }
}

/// Polls all in order until all are done. A statement is sent when it is first polled, so they reach the
/// server in order, and no answer is waited for before the last is sent.
async fn in_order<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<Pin<Box<MaybeDone<F>>>> =
        futures.map(|future| Box::pin(maybe_done(future))).collect();
    poll_fn(|context| {
        let mut all = Poll::Ready(());
        for future in &mut running {
            if future.as_mut().poll(context).is_pending() {
                all = Poll::Pending;
            }
        }
        all
    })
    .await;
    running.iter_mut().filter_map(|future| future.as_mut().take_output()).collect()
}

/// What the server said, without the detail in which it quotes the row.
#[derive(Debug, thiserror::Error)]
#[error("{message} (SQLSTATE {sqlstate})")]
struct ServerError {
    message: String,
    sqlstate: String,
}

fn fault(error: tokio_postgres::Error) -> Fault {
    let Some(said) = error.as_db_error() else {
        let lost = error.is_closed() || error.source().is_some_and(<dyn Error>::is::<io::Error>);
        return if lost {
            Fault::unavailable_by("the connection failed", error)
        } else {
            Fault::Broken { what: "a statement is wrong".to_owned(), cause: Some(Arc::new(error)) }
        };
    };
    let sqlstate = said.code().code();
    let cause = ServerError { message: said.message().to_owned(), sqlstate: sqlstate.to_owned() };
    match sqlstate {
        "40001" | "40P01" => Fault::Conflict { cause: Arc::new(cause) },
        "23505" => Fault::UniqueViolation { cause: Arc::new(cause) },
        // Canceled or ended by a time limit; a lock that was not to be had; too many connections.
        "57014" | "25P03" | "55P03" | "53300" => {
            Fault::Busy { reason: "the server is at a limit", cause: Some(Arc::new(cause)) }
        }
        // A standby that was not promoted, or a server that an operator made read-only.
        "25006" => Fault::unavailable_by("it cannot be written here", cause),
        _ => match sqlstate.get(..2) {
            // Connection, authorization, resources, operator intervention, system.
            Some("08" | "28" | "53" | "57" | "58") => Fault::unavailable_by("the server refused", cause),
            _ => Fault::Broken { what: "a statement was refused".to_owned(), cause: Some(Arc::new(cause)) },
        },
    }
}
