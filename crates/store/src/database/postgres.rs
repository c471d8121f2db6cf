//! PostgreSQL: a pool of connections, and bodies that may run more than once.
//!
//! Connections are not encrypted by this crate: run the database on the same machine, on a private network,
//! or behind a tunnel. An address with `sslmode=require` is refused rather than quietly downgraded.

mod listen;
mod nodes;
mod session;
mod transaction;
mod values;

use std::error::Error;
use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{
    Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime, TimeoutType,
};
use futures_util::FutureExt;
use tokio::sync::Semaphore;
use tokio_postgres::Config;

use super::injection::Injector;
use super::tx::Arm;
use super::{Body, DatabaseOptions, Line, Load, Row, Tx, Value};
use crate::Fault;
use nodes::Nodes;
pub(super) use session::Answer;
use session::Session;
pub(super) use transaction::Transaction;

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

const BEGIN_WRITE: &str = "START TRANSACTION ISOLATION LEVEL READ COMMITTED;";
/// One snapshot for all statements; such a transaction never has to be retried.
const BEGIN_READ: &str = "START TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY";

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
    /// What each writing transaction says first, with settings that its connection cannot be trusted to have.
    begin_write: String,
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
        let mut begin_write = BEGIN_WRITE.to_owned();
        if options.statement_cache {
            limit_sessions(&mut config, &limits);
        } else {
            begin_write
                .extend(limits.map(|(name, limit)| format!("SET LOCAL {name} = {};", limit.as_millis())));
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
            Self { pool, for_passwords, busy_wait, nodes, silence, injector, statement_cache, begin_write };
        let setting = postgres.read_rows("SELECT current_setting('synchronous_commit')", &[]).await?;
        // Such a server would acknowledge commits that a crash forgets.
        if setting.first().is_some_and(|row| row.text(0).is_ok_and(|text| text == "off")) {
            postgres.begin_write.push_str("SET LOCAL synchronous_commit = on;");
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
        let answer = self.session(&connection).ask_one(text, values).await;
        self.discard_if_useless(connection, &answer);
        answer?.rows()
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
        let connection = self.connection().await?;
        let answer = self.run_on(&connection, mode, body).await;
        self.discard_if_useless(connection, &answer);
        answer
    }

    async fn run_on<T>(&self, connection: &Object, mode: Mode, body: &impl Body<T>) -> Result<T, Fault> {
        let session = self.session(connection);
        let transaction = match mode {
            Mode::Write => Transaction::new(session, mode, &self.begin_write),
            Mode::Read => Transaction::new(session, mode, BEGIN_READ),
        };
        let injector = (mode == Mode::Write).then_some(&self.injector);
        let mut tx = Tx::new(Arm::Postgres(transaction), injector);
        let answer = match AssertUnwindSafe(async { body(&mut tx).await }).catch_unwind().await {
            Ok(answer) => answer,
            Err(_panic) => Err(Fault::Panicked),
        };
        tx.end(answer).await
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

    fn session<'c>(&self, connection: &'c Object) -> Session<'c> {
        let cache = self.statement_cache.then_some(&*connection.statement_cache);
        Session { client: connection, cache, silence: self.silence }
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
