//! The inside of one transaction, the same on both databases.
//!
//! Once a statement has failed, the transaction is lost: later statements repeat the fault and the commit
//! becomes a rollback. PostgreSQL insists on that; SQLite is held to it, so that no body works on one only.

use countersign_core::audit::event::AuditEvent;

use super::injection::Injector;
use super::postgres::{Answer, Transaction};
use super::{Dialect, Row, Sql, Value, sqlite};
use crate::Fault;
use crate::metrics::Tally;

/// Statements that do not need each other's answers, each with its values.
pub type Statements = Vec<(&'static Sql, Vec<Value>)>;

/// What a body may await, and nothing else: no clock, no network, no hashing, no other lock.
pub struct Tx<'c> {
    arm: Arm<'c>,
    injector: Option<&'c Injector>,
    statements: u32,
    failed: Option<Fault>,
    /// Whether it puts something into the outbox, so that senders are woken after its commit.
    has_messages: bool,
    tally: Tally,
}

pub(super) enum Arm<'c> {
    /// `&mut` though most calls need less: a shared reference to a connection may not cross threads, and then
    /// no future that holds a `Tx` could.
    Sqlite(&'c mut rusqlite::Connection),
    Postgres(Transaction<'c>),
}

impl<'c> Tx<'c> {
    pub(super) fn new(arm: Arm<'c>, injector: Option<&'c Injector>) -> Self {
        Self { arm, injector, statements: 0, failed: None, has_messages: false, tally: Tally::default() }
    }

    pub fn dialect(&self) -> Dialect {
        match self.arm {
            Arm::Sqlite(_) => Dialect::Sqlite,
            Arm::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs a statement that returns no rows; the answer is how many rows it changed.
    pub async fn execute(&mut self, sql: &Sql, values: &[Value]) -> Result<u64, Fault> {
        self.begin_statement()?;
        let changed = match &mut self.arm {
            Arm::Sqlite(connection) => sqlite::execute(connection, sql.text(Dialect::Sqlite), values),
            Arm::Postgres(transaction) => transaction.ask_one(sql, values).await.map(|answer| answer.changed),
        };
        self.remember_fault(changed)
    }

    pub async fn query(&mut self, sql: &Sql, values: &[Value]) -> Result<Vec<Row>, Fault> {
        self.begin_statement()?;
        let rows = match &mut self.arm {
            Arm::Sqlite(connection) => sqlite::query(connection, sql.text(Dialect::Sqlite), values),
            Arm::Postgres(transaction) => transaction.ask_one(sql, values).await.and_then(Answer::rows),
        };
        self.remember_fault(rows)
    }

    /// At most one row; a second one is a mistake in the statement.
    pub async fn query_optional(&mut self, sql: &Sql, values: &[Value]) -> Result<Option<Row>, Fault> {
        let row = self.query(sql, values).await.and_then(at_most_one);
        self.remember_fault(row)
    }

    /// Exactly one row, as from `COUNT(*)` or `RETURNING`.
    pub async fn query_one(&mut self, sql: &Sql, values: &[Value]) -> Result<Row, Fault> {
        let row = self.query_optional(sql, values).await?;
        self.remember_fault(
            row.ok_or_else(|| Fault::broken("a statement that must return a row returned none")),
        )
    }

    /// Runs the statements in order and without waiting in between: on PostgreSQL one round trip for all.
    pub async fn execute_all(&mut self, statements: Statements) -> Result<Vec<u64>, Fault> {
        for _ in &statements {
            self.begin_statement()?;
        }
        let changed = match &mut self.arm {
            Arm::Sqlite(connection) => statements
                .iter()
                .map(|(sql, values)| sqlite::execute(connection, sql.text(Dialect::Sqlite), values))
                .collect(),
            Arm::Postgres(transaction) => {
                let answers = transaction.ask_all(&statements).await;
                answers.map(|answers| answers.into_iter().map(|answer| answer.changed).collect())
            }
        };
        self.remember_fault(changed)
    }

    /// Like [`Tx::execute_all`] for statements that return rows.
    pub async fn query_all(&mut self, statements: Statements) -> Result<Vec<Vec<Row>>, Fault> {
        for _ in &statements {
            self.begin_statement()?;
        }
        let rows = match &mut self.arm {
            Arm::Sqlite(connection) => statements
                .iter()
                .map(|(sql, values)| sqlite::query(connection, sql.text(Dialect::Sqlite), values))
                .collect(),
            Arm::Postgres(transaction) => {
                let answers = transaction.ask_all(&statements).await;
                answers.and_then(|answers| answers.into_iter().map(Answer::rows).collect())
            }
        };
        self.remember_fault(rows)
    }

    /// Writes whose counts nobody looks at: on PostgreSQL they go out with what comes next, at the latest with the
    /// commit, and cost no round trip. One that fails is the fault of whatever it went out with.
    pub fn write_all(&mut self, statements: Statements) -> Result<(), Fault> {
        for _ in &statements {
            self.begin_statement()?;
        }
        let written = match &mut self.arm {
            Arm::Sqlite(connection) => statements.iter().try_for_each(|(sql, values)| {
                sqlite::execute(connection, sql.text(Dialect::Sqlite), values).map(drop)
            }),
            Arm::Postgres(transaction) => {
                transaction.write_later(statements);
                Ok(())
            }
        };
        self.remember_fault(written)
    }

    /// Has senders woken as soon as this transaction is committed: those of this process by the callback of
    /// [`super::Database::listen`], those of other nodes by PostgreSQL.
    pub(crate) fn wake_senders(&mut self) -> Result<(), Fault> {
        self.has_messages = true;
        match self.dialect() {
            Dialect::Sqlite => Ok(()),
            Dialect::Postgres => self.write_all(vec![(&WAKE_SENDERS, Vec::new())]),
        }
    }

    pub(super) fn has_messages(&self) -> bool {
        self.has_messages
    }

    /// Has a security event counted as soon as this transaction is committed.
    pub(crate) fn count(&mut self, event: &AuditEvent) {
        self.tally.add(event);
    }

    pub(super) fn take_tally(&mut self) -> Tally {
        std::mem::take(&mut self.tally)
    }

    /// Several statements in one text, without values: migrations.
    pub(super) async fn batch(&mut self, text: &str) -> Result<(), Fault> {
        self.begin_statement()?;
        let done = match &mut self.arm {
            Arm::Sqlite(connection) => connection.execute_batch(text).map_err(sqlite::fault),
            Arm::Postgres(transaction) => transaction.batch(text).await,
        };
        self.remember_fault(done)
    }

    /// Lets the database parse a statement and resolve its names without running it.
    pub(super) async fn prepare(&mut self, sql: &Sql) -> Result<(), Fault> {
        let prepared = match &mut self.arm {
            Arm::Sqlite(connection) => {
                connection.prepare(sql.text(Dialect::Sqlite)).map(drop).map_err(sqlite::fault)
            }
            Arm::Postgres(transaction) => transaction.prepare(sql.text(Dialect::Postgres)).await,
        };
        self.remember_fault(prepared)
    }

    /// What the transaction ends in: the body's answer, unless the body went on after a failed statement.
    pub(super) fn verdict<T>(self, answer: Result<T, Fault>) -> Result<T, Fault> {
        match self.failed {
            Some(fault) => Err(fault),
            None => answer,
        }
    }

    /// Ends a transaction of PostgreSQL. On SQLite the writer ends them, a whole group at once.
    pub(super) async fn end<T>(mut self, answer: Result<T, Fault>) -> Result<T, Fault> {
        let answer = self.failed.take().map_or(answer, Err);
        let answer = match self.injector {
            Some(injector) => answer.and_then(|answer| injector.before_commit().map(|()| answer)),
            None => answer,
        };
        match self.arm {
            Arm::Sqlite(_) => answer,
            Arm::Postgres(transaction) => transaction.end(answer).await,
        }
    }

    fn begin_statement(&mut self) -> Result<(), Fault> {
        if let Some(fault) = &self.failed {
            return Err(fault.clone());
        }
        self.statements += 1;
        let struck = self.injector.map_or(Ok(()), |injector| injector.before_statement(self.statements));
        self.remember_fault(struck)
    }

    fn remember_fault<T>(&mut self, result: Result<T, Fault>) -> Result<T, Fault> {
        if let Err(fault) = &result {
            self.failed.get_or_insert_with(|| fault.clone());
        }
        result
    }
}

pub(super) fn at_most_one(rows: Vec<Row>) -> Result<Option<Row>, Fault> {
    if rows.len() > 1 {
        return Err(Fault::broken(format!("a statement for one row returned {}", rows.len())));
    }
    Ok(rows.into_iter().next())
}

crate::statements! {
    /// On SQLite nobody is there to be told.
    WAKE_SENDERS: per_dialect("SELECT 1", "SELECT pg_notify('countersign_outbox', '')");
}
