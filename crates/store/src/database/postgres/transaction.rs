//! One transaction in as few round trips as its statements allow.
//!
//! ```text
//!   BEGIN, lock, reads        ──────▶        the first question takes BEGIN along
//!                             ◀──────  rows
//!   claims                    ──────▶
//!                             ◀──────  counts
//!   other writes, COMMIT      ──────▶        nobody looks at their counts: they wait for what comes next
//!                             ◀──────  done
//! ```
//!
//! The server works off in order what it is sent together. Once a statement has failed, it refuses whatever
//! follows until the end of the transaction, and takes a `COMMIT` for a `ROLLBACK`.

use std::mem;
use std::pin::pin;

use futures_util::FutureExt;
use futures_util::future::{Either, join, maybe_done};

use super::session::{Answer, Question, Session, in_order};
use super::{Mode, fault};
use crate::Fault;
use crate::database::{Dialect, Sql, Statements, Value};

pub(in crate::database) struct Transaction<'c> {
    session: Session<'c>,
    mode: Mode,
    begin: &'c str,
    is_open: bool,
    /// Writes that go out with what comes next.
    waiting: Statements,
}

impl<'c> Transaction<'c> {
    pub(super) fn new(session: Session<'c>, mode: Mode, begin: &'c str) -> Self {
        Self { session, mode, begin, is_open: false, waiting: Vec::new() }
    }

    /// Runs the statements in order, all in one round trip.
    async fn ask(&mut self, questions: &[Question<'_>]) -> Result<Vec<Answer>, Fault> {
        // A write that ran though BEGIN had failed would stay. Of a question nothing stays but a useless answer.
        let writes = |(text, _): &Question<'_>| !text.starts_with("SELECT");
        if !self.waiting.is_empty() || questions.iter().any(writes) {
            self.open().await?;
        }
        let waiting = mem::take(&mut self.waiting);
        let session = self.session;
        let all = session.prepare_all(spelled(&waiting).chain(questions.iter().copied())).await?;
        let opening = (!mem::replace(&mut self.is_open, true)).then(|| Either::Left(self.begin()));
        let asking = all.into_iter().map(|question| Either::Right(session.send(question)));
        let mut answers = session.in_time(in_order(opening.into_iter().chain(asking))).await?;
        Ok(answers.split_off(answers.len() - questions.len()))
    }

    pub(in crate::database) async fn ask_all(
        &mut self,
        statements: &Statements,
    ) -> Result<Vec<Answer>, Fault> {
        self.ask(&spelled(statements).collect::<Vec<_>>()).await
    }

    pub(in crate::database) async fn ask_one(
        &mut self,
        sql: &Sql,
        values: &[Value],
    ) -> Result<Answer, Fault> {
        let answers = self.ask(&[(sql.text(Dialect::Postgres), values)]).await?;
        answers.into_iter().next().ok_or_else(|| Fault::broken("a statement got no answer"))
    }

    /// Has writes sent with what comes next, at the latest with the commit.
    pub(in crate::database) fn write_later(&mut self, writes: Statements) {
        self.waiting.extend(writes);
    }

    /// Several statements in one text, without values, for steps of the schema: they take as long as they take.
    pub(in crate::database) async fn batch(&mut self, text: &str) -> Result<(), Fault> {
        self.open().await?;
        self.session.say(text).await
    }

    pub(in crate::database) async fn prepare(&mut self, text: &str) -> Result<(), Fault> {
        self.session.client.prepare(text).await.map(drop).map_err(fault)
    }

    /// Commits, or rolls back what came to nothing.
    pub(in crate::database) async fn end<T>(mut self, answer: Result<T, Fault>) -> Result<T, Fault> {
        // Nothing was written, so nobody has to wait until it is taken back.
        if self.mode == Mode::Read {
            return answer;
        }
        let ended = match answer {
            Ok(answer) => self.commit().await.map(|()| answer),
            Err(reason) => Err(reason),
        };
        match &ended {
            // The connection goes, and its transaction with it.
            Ok(_) | Err(Fault::Unavailable { .. }) => {}
            Err(_) => self.roll_back().await,
        }
        ended
    }

    async fn open(&mut self) -> Result<(), Fault> {
        if mem::replace(&mut self.is_open, true) {
            return Ok(());
        }
        self.session.in_time(self.begin()).await.map(drop)
    }

    async fn begin(&self) -> Result<Answer, Fault> {
        self.session.say(self.begin).await.map_err(Fault::before_the_body)?;
        Ok(Answer::default())
    }

    async fn commit(&mut self) -> Result<(), Fault> {
        let writes = mem::take(&mut self.waiting);
        if !writes.is_empty() {
            self.open().await?;
        }
        if !self.is_open {
            return Ok(());
        }
        let session = self.session;
        let writes = session.prepare_all(spelled(&writes)).await?;
        let mut writing = pin!(maybe_done(in_order(writes.into_iter().map(|write| session.send(write)))));
        writing.as_mut().now_or_never();
        // What fails at once was never sent, and without it nothing may be committed.
        if let Some(Err(unsent)) = writing.as_mut().output_mut() {
            return Err(unsent.clone());
        }
        self.is_open = false;
        let ending = join(writing.as_mut(), session.say("COMMIT")).map(|((), committed)| committed);
        let committed = session.in_time(ending).await;
        match writing.take_output() {
            Some(Err(refused)) => Err(refused),
            _ => committed,
        }
    }

    /// Awaited, so that its locks are gone when the caller hears of it. If it fails, the connection is broken, and
    /// a broken connection ends its transaction.
    async fn roll_back(&mut self) {
        if mem::replace(&mut self.is_open, false) {
            let _ = self.session.in_time(self.session.say(ROLLBACK)).await;
        }
    }
}

/// What nobody ended is rolled back ahead of whatever the connection's next user sends.
impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if self.is_open {
            let _sent = self.session.say(ROLLBACK).now_or_never();
        }
    }
}

fn spelled(statements: &Statements) -> impl Iterator<Item = Question<'_>> {
    statements.iter().map(|(sql, values)| (sql.text(Dialect::Postgres), values.as_slice()))
}

const ROLLBACK: &str = "ROLLBACK";
