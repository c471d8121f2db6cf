//! Group commit: one thread owns the only writing SQLite connection.
//!
//! ```text
//!   write() ──► bounded queue ──► BEGIN IMMEDIATE
//!   write() ──►                     SAVEPOINT  body 1  RELEASE
//!   write() ──►                     SAVEPOINT  body 2  ROLLBACK TO, RELEASE     (its fault, alone)
//!                                   …                                           (until the queue is empty)
//!                                 COMMIT          one flush to the disk for all
//!   answers ◄───────────────────── and only then
//! ```
//!
//! No timer holds anybody up: the queue fills while the last commit is being flushed.

use std::thread;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::injection::Injector;
use super::sqlite::{fault, run_body, run_cached};
use super::{Body, DatabaseOptions};
use crate::{Fault, metrics};

/// Jobs in one group. Enough that the flush is a small part of each, few enough that the first of a group
/// waits some milliseconds at most for the last.
const GROUP_MAX: usize = 256;

#[derive(Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Message>,
}

enum Message {
    Job(Box<dyn Job>),
    Stop(oneshot::Sender<()>),
}

impl Writer {
    pub(super) fn start(
        connection: Connection,
        options: &DatabaseOptions,
        injector: Injector,
    ) -> Result<Self, Fault> {
        let (queue, waiting) = mpsc::channel(options.queue_length.max(1));
        let thread = WriterThread { connection, waiting, injector };
        thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || thread.run())
            .map_err(|error| Fault::unavailable_by("its writer cannot be started", error))?;
        Ok(Self { queue })
    }

    pub(super) async fn write<T, F>(&self, body: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: Body<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(TypedJob { body, answer: None, reply });
        self.queue.try_send(Message::Job(job)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Fault::turned_away("too many writes are waiting"),
            mpsc::error::TrySendError::Closed(_) => Fault::unavailable("it was closed"),
        })?;
        answer.await.unwrap_or_else(|_dropped| Err(Fault::unavailable("it was closed")))
    }

    /// How many jobs are in the queue.
    pub(super) fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    /// Returns when every job that was accepted has been answered and the connection is closed.
    pub(super) async fn stop(&self) {
        let (stopped, wait) = oneshot::channel();
        if self.queue.send(Message::Stop(stopped)).await.is_ok() {
            // An error means that the thread ended before it read the message: stopped as well.
            let _ = wait.await;
        }
    }
}

/// One caller's transaction with its types hidden.
trait Job: Send {
    fn is_abandoned(&self) -> bool;
    /// Runs the body and keeps its answer; says whether its writes are wanted.
    fn run(&mut self, connection: &mut Connection, injector: &Injector) -> bool;
    fn answer(self: Box<Self>, group: Result<(), Fault>);
}

struct TypedJob<T, F> {
    body: F,
    answer: Option<Result<T, Fault>>,
    reply: oneshot::Sender<Result<T, Fault>>,
}

impl<T, F> Job for TypedJob<T, F>
where
    T: Send,
    F: Body<T> + Send,
{
    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn run(&mut self, connection: &mut Connection, injector: &Injector) -> bool {
        let answer = run_body(connection, Some(injector), &self.body);
        self.answer.insert(answer).is_ok()
    }

    /// A body's own fault is told rather than the group's: it says more.
    fn answer(self: Box<Self>, group: Result<(), Fault>) {
        let answer = match (self.answer, group) {
            (Some(Err(own)), _) => Err(own),
            (_, Err(group)) => Err(group),
            (Some(answer), Ok(())) => answer,
            (None, Ok(())) => Err(Fault::unavailable("its writer did not run the transaction")),
        };
        // A caller who has gone does not hear what became of a job that had begun.
        let _ = self.reply.send(answer);
    }
}

struct WriterThread {
    connection: Connection,
    waiting: mpsc::Receiver<Message>,
    injector: Injector,
}

impl WriterThread {
    fn run(mut self) {
        while let Some(message) = self.waiting.blocking_recv() {
            let stop = match message {
                Message::Job(first) => self.commit_group(first),
                Message::Stop(stopped) => Some(stopped),
            };
            if let Some(stopped) = stop {
                // From here on callers are told that the database was closed.
                self.waiting.close();
                drop(self.connection);
                let _ = stopped.send(());
                return;
            }
        }
    }

    /// Returns the request to stop that was found behind the last job, if there was one.
    fn commit_group(&mut self, first: Box<dyn Job>) -> Option<oneshot::Sender<()>> {
        let begun = run_cached(&self.connection, "BEGIN IMMEDIATE").map_err(Fault::before_the_body);
        let mut intact = begun.clone();
        let mut group = Vec::new();
        let mut stop = None;
        let mut next = Some(first);
        while let Some(mut job) = next.take() {
            if begun.is_ok() && !job.is_abandoned() {
                intact = self.run_job(job.as_mut());
            }
            group.push(job);
            // A group that was lost midway takes nobody else along. If it could not begin, though, it would
            // not begin for those who wait either, and each would wait for the same lock in turn.
            let may_grow = intact.is_ok() || begun.is_err();
            if may_grow && group.len() < GROUP_MAX {
                match self.waiting.try_recv() {
                    Ok(Message::Job(job)) => next = Some(job),
                    Ok(Message::Stop(stopped)) => stop = Some(stopped),
                    Err(_none_waiting) => {}
                }
            }
        }
        metrics::commit_group(group.len());
        let outcome = intact.and_then(|()| self.commit());
        if outcome.is_err() && !self.connection.is_autocommit() {
            self.roll_back();
        }
        for job in group {
            job.answer(outcome.clone());
        }
        stop
    }

    /// Fails when the group is lost: SQLite gave up the whole transaction, or the job cannot be taken out.
    fn run_job(&mut self, job: &mut dyn Job) -> Result<(), Fault> {
        run_cached(&self.connection, "SAVEPOINT job")?;
        let wanted = job.run(&mut self.connection, &self.injector);
        if self.connection.is_autocommit() {
            return Err(Fault::unavailable("it rolled back the group of this transaction"));
        }
        if !wanted {
            run_cached(&self.connection, "ROLLBACK TO job")?;
        }
        run_cached(&self.connection, "RELEASE job")
    }

    fn commit(&mut self) -> Result<(), Fault> {
        self.injector.before_commit()?;
        self.connection.execute_batch("COMMIT").map_err(|error| match fault(error) {
            Fault::Broken { what: _, cause } => {
                Fault::Broken { what: "a group could not be committed".to_owned(), cause }
            }
            other => other,
        })
    }

    /// If even this fails, the next `BEGIN IMMEDIATE` fails as well and everybody is told so.
    fn roll_back(&mut self) {
        if let Err(error) = self.connection.execute_batch("ROLLBACK") {
            tracing::error!(error = &error as &dyn std::error::Error, "a group could not be rolled back");
        }
    }
}
