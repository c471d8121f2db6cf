//! Group commit: one thread owns the only writing SQLite connection.
//!
//! ```text
//!   write() ──► bounded queue ──► BEGIN IMMEDIATE
//!   write() ──►                     body 1
//!   write() ──►                     body 2  …                     (until the queue is empty)
//!   passwords ► a queue of their    body 3  …                     (some of them, after all others)
//!               own
//!                                 COMMIT          one flush to the disk for all
//!   answers ◄───────────────────── and only then
//!
//!   a body fails ──► ROLLBACK, BEGIN IMMEDIATE
//!                      SAVEPOINT  each other body, once more  RELEASE, or ROLLBACK TO (its fault, alone)
//!                    COMMIT
//! ```
//!
//! No timer holds anybody up: the queue fills while the last commit is being flushed. A savepoint keeps a copy
//! of every page that its body changes, a fifth of all the work; bodies that fail are rare, and every body may
//! run again, so they are only set where one did fail.

use std::thread::{self, Thread};

use rusqlite::Connection;
use tokio::sync::{mpsc, mpsc::error::TryRecvError, oneshot};

use super::injection::Injector;
use super::sqlite::{fault, run_body, run_cached};
use super::{Body, DatabaseOptions, Line};
use crate::{Fault, metrics};

/// Jobs in one group. Enough that the flush is a small part of each, few enough that the first of a group
/// waits some milliseconds at most for the last.
const GROUP_MAX: usize = 256;

/// Passwords in one group: whoever comes with anything else waits for so many of them at most, and more than are
/// hashed meanwhile.
const PASSWORDS_IN_GROUP_MAX: usize = 32;

/// Fields are dropped in this order: the thread finds its queues closed when it is woken for the last time.
pub(super) struct Writer {
    queue: mpsc::Sender<Message>,
    passwords: mpsc::Sender<Box<dyn Job>>,
    thread: WriterHandle,
}

/// The thread, which sleeps while both queues are empty.
struct WriterHandle(Thread);

impl Drop for WriterHandle {
    fn drop(&mut self) {
        self.0.unpark();
    }
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
        let (passwords, waiting_passwords) = mpsc::channel(options.password_places());
        let thread = WriterThread { connection, waiting, waiting_passwords, stop: None, injector };
        let running = thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || thread.run())
            .map_err(|error| Fault::unavailable_by("its writer cannot be started", error))?;
        Ok(Self { queue, passwords, thread: WriterHandle(running.thread().clone()) })
    }

    pub(super) async fn write<T, F>(&self, line: Line, body: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: Body<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(TypedJob { body, answer: None, reply });
        match line {
            Line::Ordinary => self.queue.try_send(Message::Job(job)).map_err(refused)?,
            Line::Passwords => self.passwords.try_send(job).map_err(refused)?,
        }
        self.thread.0.unpark();
        answer.await.unwrap_or_else(|_dropped| Err(Fault::unavailable("it was closed")))
    }

    /// How many jobs are in both queues.
    pub(super) fn waiting(&self) -> usize {
        let ordinary = self.queue.max_capacity() - self.queue.capacity();
        ordinary + self.passwords.max_capacity() - self.passwords.capacity()
    }

    /// Returns when every job that was accepted has been answered and the connection is closed.
    pub(super) async fn stop(&self) {
        let (stopped, wait) = oneshot::channel();
        if self.queue.send(Message::Stop(stopped)).await.is_ok() {
            self.thread.0.unpark();
            // An error means that the thread ended before it read the message: stopped as well.
            let _ = wait.await;
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn refused<M>(error: mpsc::error::TrySendError<M>) -> Fault {
    match error {
        mpsc::error::TrySendError::Full(_) => Fault::turned_away("too many writes are waiting"),
        mpsc::error::TrySendError::Closed(_) => Fault::unavailable("it was closed"),
    }
}

/// One caller's transaction with its types hidden.
trait Job: Send {
    fn is_abandoned(&self) -> bool;
    /// Whether the body ran and ended in a fault, which stands.
    fn has_failed(&self) -> bool;
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

    fn has_failed(&self) -> bool {
        matches!(self.answer, Some(Err(_)))
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
    waiting_passwords: mpsc::Receiver<Box<dyn Job>>,
    /// Who asked to stop; what was accepted before is done first.
    stop: Option<oneshot::Sender<()>>,
    injector: Injector,
}

/// What the writer does next.
enum Next {
    Run(Box<dyn Job>, Line),
    /// Nothing waits.
    Sleep,
    /// Nothing waits, and nothing will come any more.
    End,
}

impl WriterThread {
    fn run(mut self) {
        loop {
            match self.next(true) {
                Next::Run(first, line) => self.commit_group(first, line),
                Next::Sleep => thread::park(),
                Next::End => break,
            }
        }
        // From here on callers are told that the database was closed.
        self.waiting.close();
        self.waiting_passwords.close();
        drop(self.connection);
        if let Some(stopped) = self.stop {
            let _ = stopped.send(());
        }
    }

    /// Passwords come last, so that a flood of them delays nothing else.
    fn next(&mut self, takes_passwords: bool) -> Next {
        let mut is_last = self.stop.is_some();
        if !is_last {
            match self.waiting.try_recv() {
                Ok(Message::Job(job)) => return Next::Run(job, Line::Ordinary),
                Ok(Message::Stop(stopped)) => {
                    self.stop = Some(stopped);
                    is_last = true;
                }
                Err(TryRecvError::Disconnected) => is_last = true,
                Err(TryRecvError::Empty) => {}
            }
        }
        if !takes_passwords {
            return Next::Sleep;
        }
        match self.waiting_passwords.try_recv() {
            Ok(job) => Next::Run(job, Line::Passwords),
            Err(_) if is_last => Next::End,
            Err(_) => Next::Sleep,
        }
    }

    fn commit_group(&mut self, first: Box<dyn Job>, line: Line) {
        let begun = self.begin();
        let mut intact = begun.clone();
        let mut group = Vec::new();
        let (mut passwords, mut is_spoiled) = (0, false);
        let mut next = Some((first, line));
        while let Some((mut job, line)) = next.take() {
            passwords += usize::from(line == Line::Passwords);
            if begun.is_ok() && !job.is_abandoned() {
                is_spoiled = !job.run(&mut self.connection, &self.injector);
                intact = self.still_in_transaction();
            }
            group.push(job);
            // A group that was lost midway takes nobody else along. If it could not begin, though, it would
            // not begin for those who wait either, and each would wait for the same lock in turn.
            let may_grow = (intact.is_ok() && !is_spoiled) || begun.is_err();
            let takes_passwords = begun.is_err() || passwords < PASSWORDS_IN_GROUP_MAX;
            if may_grow
                && group.len() < GROUP_MAX
                && let Next::Run(job, line) = self.next(takes_passwords)
            {
                next = Some((job, line));
            }
        }
        if is_spoiled && intact.is_ok() {
            intact = self.run_others_again(&mut group);
        }
        metrics::commit_group(group.len());
        let outcome = intact.and_then(|()| self.commit());
        if outcome.is_err() && !self.connection.is_autocommit() {
            self.roll_back();
        }
        for job in group {
            job.answer(outcome.clone());
        }
    }

    fn begin(&self) -> Result<(), Fault> {
        run_cached(&self.connection, "BEGIN IMMEDIATE").map_err(Fault::before_the_body)
    }

    /// Takes back what the failed body wrote, and with it what the others did, who then run each by itself.
    fn run_others_again(&mut self, group: &mut [Box<dyn Job>]) -> Result<(), Fault> {
        self.roll_back();
        self.begin()?;
        for job in group.iter_mut().filter(|job| !job.has_failed() && !job.is_abandoned()) {
            run_cached(&self.connection, "SAVEPOINT job")?;
            let is_wanted = job.run(&mut self.connection, &self.injector);
            self.still_in_transaction()?;
            if !is_wanted {
                run_cached(&self.connection, "ROLLBACK TO job")?;
            }
            run_cached(&self.connection, "RELEASE job")?;
        }
        Ok(())
    }

    /// Fails when SQLite gave up the whole transaction, and the group with it.
    fn still_in_transaction(&self) -> Result<(), Fault> {
        if self.connection.is_autocommit() {
            return Err(Fault::unavailable("it rolled back the group of this transaction"));
        }
        Ok(())
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
