//! A connection as statements see it: several go out together and are answered in one round trip.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use deadpool_postgres::StatementCache;
use futures_util::TryStreamExt;
use futures_util::future::{MaybeDone, maybe_done};
use tokio_postgres::{Client, Statement};

use super::fault;
use super::values::{decode_row, typed};
use crate::Fault;
use crate::database::{Row, Value};

/// Without a cache every statement is sent as text with the types of its values, unnamed: poolers that give each
/// transaction another connection know no names.
#[derive(Clone, Copy)]
pub(super) struct Session<'c> {
    pub(super) client: &'c Client,
    pub(super) cache: Option<&'c StatementCache>,
    pub(super) silence: Duration,
}

/// What came of one statement. Its rows are decoded by who wants them only: where nobody does, nothing but the
/// server can fail once it was sent.
#[derive(Default)]
pub(in crate::database) struct Answer {
    rows: Vec<tokio_postgres::Row>,
    pub(in crate::database) changed: u64,
}

impl Answer {
    pub(in crate::database) fn rows(self) -> Result<Vec<Row>, Fault> {
        self.rows.iter().map(decode_row).collect()
    }
}

/// A text and its values.
pub(in crate::database) type Question<'q> = (&'q str, &'q [Value]);

/// A question with what the server prepared for it, where there is a cache for that. Several that go out together are
/// prepared before: one that had to be prepared first would be sent after its successors.
pub(super) struct Prepared<'q> {
    question: Question<'q>,
    statement: Option<Statement>,
}

impl Session<'_> {
    pub(super) async fn ask_one(&self, text: &str, values: &[Value]) -> Result<Answer, Fault> {
        let prepared = self.prepare((text, values)).await?;
        self.in_time(self.send(prepared)).await
    }

    pub(super) async fn prepare<'q>(&self, question: Question<'q>) -> Result<Prepared<'q>, Fault> {
        let statement = match self.cache {
            Some(cache) => {
                let preparing = async { cache.prepare(self.client, question.0).await.map_err(fault) };
                Some(self.in_time(preparing).await?)
            }
            None => None,
        };
        Ok(Prepared { question, statement })
    }

    pub(super) async fn prepare_all<'q>(
        &self,
        questions: impl Iterator<Item = Question<'q>>,
    ) -> Result<Vec<Prepared<'q>>, Fault> {
        let mut prepared = Vec::new();
        for question in questions {
            prepared.push(self.prepare(question).await?);
        }
        Ok(prepared)
    }

    /// One statement, sent when this is first polled.
    pub(super) async fn send(&self, Prepared { question, statement }: Prepared<'_>) -> Result<Answer, Fault> {
        let (text, values) = question;
        let sent = match statement {
            Some(statement) => self.client.query_raw(&statement, values).await,
            None => self.client.query_typed_raw(text, typed(values)).await,
        };
        let mut answer = pin!(sent.map_err(fault)?);
        let mut rows = Vec::new();
        while let Some(row) = answer.as_mut().try_next().await.map_err(fault)? {
            rows.push(row);
        }
        Ok(Answer { rows, changed: answer.rows_affected().unwrap_or(0) })
    }

    /// A text without values, perhaps of several statements.
    pub(super) async fn say(&self, text: &str) -> Result<(), Fault> {
        self.client.batch_execute(text).await.map_err(fault)
    }

    /// The answer of a server that may have frozen, or a fault once it has been silent for too long.
    pub(super) async fn in_time<T>(
        &self,
        asking: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Fault> {
        let in_time = tokio::time::timeout(self.silence, asking).await;
        in_time.unwrap_or_else(|_silent| Err(Fault::unavailable("the server did not answer in time")))
    }
}

/// Polls all in order until all are done or one has failed. A statement is sent when it is first polled, so they
/// reach the server in order, and no answer is waited for before the last is sent.
pub(super) async fn in_order<T, F>(futures: impl Iterator<Item = F>) -> Result<Vec<T>, Fault>
where
    F: Future<Output = Result<T, Fault>>,
{
    let mut running: Vec<Pin<Box<MaybeDone<F>>>> =
        futures.map(|future| Box::pin(maybe_done(future))).collect();
    poll_fn(|context| {
        let mut all = Poll::Ready(());
        for future in &mut running {
            if future.as_mut().poll(context).is_pending() {
                all = Poll::Pending;
            } else if let Some(Err(fault)) = future.as_mut().output_mut() {
                return Poll::Ready(Err(fault.clone()));
            }
        }
        all.map(Ok)
    })
    .await?;
    running.iter_mut().filter_map(|future| future.as_mut().take_output()).collect()
}
