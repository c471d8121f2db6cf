//! Messages that wait to be sent: taken under a lease, so that of many senders one has each.
//!
//! ```text
//!   commit ──▶ waiting ── claim ──▶ leased ──┬── sent      the body is gone
//!                ▲                           ├── dropped   past its life; the body is gone
//!                ├── again, later ───────────┤
//!                └── retry, by an operator ──┴── dead      for good; the body waits for an operator,
//!                                                          but for a code, which is of no use by then: dropped
//! ```
//!
//! A sender that dies loses its lease with time, and another one sends the message: perhaps twice, never not
//! at all.

use countersign_core::{
    id::{MessageId, UserId},
    message::Channel,
    secret::Sealed,
    timestamp::Timestamp,
};

use crate::{Database, Fault, Row, Tx, params, rows};

/// A message to send, held under a lease.
#[derive(Clone, Debug)]
pub struct Claimed {
    pub id: MessageId,
    pub channel: Channel,
    pub to: String,
    pub user: Option<UserId>,
    pub kind: String,
    pub body: Sealed,
    pub at: Timestamp,
    pub expires_at: Option<Timestamp>,
    /// This one included.
    pub attempts: u32,
}

/// Who holds a message, and how long nobody else takes it.
#[derive(Clone, Copy, Debug)]
pub struct Lease<'a> {
    pub node: &'a str,
    pub until: Timestamp,
}

/// What came of an attempt to send. Errors are codes and the other side's words, never what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendResult {
    Sent { provider_id: Option<String> },
    Again { at: Timestamp, error: String },
    Dead { error: String },
    Dropped,
}

/// What the gateway heard of a message that it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    Delivered,
    Undelivered { error: String },
}

/// How far a message came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    Waiting {
        attempts: u32,
    },
    Sent,
    Delivered,
    /// Dead, dropped, or not delivered by the gateway that took it.
    Failed,
}

/// A message that could not be sent, for an operator.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    pub id: MessageId,
    pub channel: Channel,
    pub to: String,
    pub kind: String,
    pub at: Timestamp,
    pub dead_at: Timestamp,
    pub attempts: u32,
    pub error: String,
}

/// What waits, per channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub channel: Channel,
    pub messages: u64,
    pub oldest: Timestamp,
}

/// Codes that a gateway refused for good: of no use any more, but an operator must know why.
#[derive(Clone, Debug)]
pub struct RefusedCodes {
    pub codes: u64,
    /// What the gateway said to the last of them.
    pub error: String,
}

/// Takes messages that are due, codes first, and hides them from everybody else until the lease is over.
pub async fn claim(
    database: &Database,
    channel: Channel,
    limit: usize,
    now: Timestamp,
    lease: &Lease<'_>,
) -> Result<Vec<Claimed>, Fault> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let values = params![channel.as_str(), now.as_millis(), limit, lease.node, lease.until.as_millis()];
    let claiming = database.write(move |tx| {
        let values = values.clone();
        Box::pin(async move { tx.query(&CLAIM, &values).await?.iter().map(claimed).collect() })
    });
    claiming.await
}

/// Writes down what came of a message. False if its lease was lost meanwhile: somebody else answers for it.
pub async fn record(
    database: &Database,
    id: &MessageId,
    node: &str,
    result: &SendResult,
    now: Timestamp,
) -> Result<bool, Fault> {
    let (id, node, now) = (id.as_str(), node, now.as_millis());
    let (sql, values) = match result {
        SendResult::Sent { provider_id } => (&SENT, params![id, node, now, provider_id.as_deref()]),
        SendResult::Again { at, error } => (&AGAIN, params![id, node, at.as_millis(), error.as_str()]),
        SendResult::Dead { error } => (&DEAD, params![id, node, now, error.as_str()]),
        SendResult::Dropped => (&DROPPED, params![id, node, now]),
    };
    let recording = database.write(move |tx| {
        let values = values.clone();
        Box::pin(async move { Ok(tx.execute(sql, &values).await? == 1) })
    });
    recording.await
}

/// When the next waiting message is due; a leased one is due when its lease is over.
pub async fn next_due(database: &Database, channel: Channel) -> Result<Option<Timestamp>, Fault> {
    let row = database.read_one(&NEXT_DUE, &params![channel.as_str()]).await?;
    Ok(row.map(|row| row.optional_int(0)).transpose()?.flatten().map(Timestamp::from_millis))
}

/// Writes a gateway's report down; one that says nothing new changes nothing (A47). What arrived was sent, even
/// if the gateway's answer was lost: it is not sent again.
pub async fn record_arrival(
    database: &Database,
    id: &MessageId,
    arrival: &Arrival,
    now: Timestamp,
) -> Result<bool, Fault> {
    let (sql, values) = match arrival {
        Arrival::Delivered => (&DELIVERED, params![id.as_str(), now.as_millis()]),
        Arrival::Undelivered { error } => {
            (&UNDELIVERED, params![id.as_str(), now.as_millis(), error.as_str()])
        }
    };
    let reporting = database.write(move |tx| {
        let values = values.clone();
        Box::pin(async move { Ok(tx.execute(sql, &values).await? == 1) })
    });
    reporting.await
}

/// How far a message came.
pub async fn progress(tx: &mut Tx<'_>, id: &MessageId) -> Result<Option<Progress>, Fault> {
    let row = tx.query_optional(&PROGRESS, &params![id.as_str()]).await?;
    row.map(|row| {
        Ok(match row.text(0)? {
            "delivered" => Progress::Delivered,
            "sent" => Progress::Sent,
            "failed" => Progress::Failed,
            _ => Progress::Waiting { attempts: rows::count(row.int(1)?) },
        })
    })
    .transpose()
}

/// The dead letters, newest first.
pub async fn dead_letters(tx: &mut Tx<'_>, limit: usize) -> Result<Vec<DeadLetter>, Fault> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    tx.query(&DEAD_LETTERS, &params![limit]).await?.iter().map(dead_letter).collect()
}

/// What waits, and since when.
pub async fn waiting(tx: &mut Tx<'_>) -> Result<Vec<Waiting>, Fault> {
    let rows = tx.query(&WAITING, &params![]).await?;
    let waiting = |row: &Row| {
        Ok(Waiting {
            channel: rows::channel(row.text(0)?)?,
            messages: u64::try_from(row.int(1)?).unwrap_or(0),
            oldest: Timestamp::from_millis(row.int(2)?),
        })
    };
    rows.iter().map(waiting).collect()
}

/// The codes that were refused since then; `None` without any.
pub async fn refused_codes(tx: &mut Tx<'_>, since: Timestamp) -> Result<Option<RefusedCodes>, Fault> {
    let rows = tx.query(&REFUSED_CODES, &params![since.as_millis()]).await?;
    let Some(last) = rows.first() else { return Ok(None) };
    let codes = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    Ok(Some(RefusedCodes { codes, error: last.text(0)?.to_owned() }))
}

/// Has a dead letter sent again. False if there is no dead letter of this id.
pub async fn retry(tx: &mut Tx<'_>, id: &MessageId, now: Timestamp) -> Result<bool, Fault> {
    let is_dead = tx.execute(&RETRY, &params![id.as_str(), now.as_millis()]).await? == 1;
    if is_dead {
        tx.wake_senders()?;
    }
    Ok(is_dead)
}

fn claimed(row: &Row) -> Result<Claimed, Fault> {
    Ok(Claimed {
        id: MessageId::from_stored(row.text(0)?.to_owned()),
        channel: rows::channel(row.text(1)?)?,
        to: row.text(2)?.to_owned(),
        user: row.optional_text(3)?.map(|id| UserId::from_stored(id.to_owned())),
        kind: row.text(4)?.to_owned(),
        body: Sealed(row.bytes(5)?.to_vec()),
        at: Timestamp::from_millis(row.int(6)?),
        expires_at: rows::time(row.optional_int(7)?),
        attempts: rows::count(row.int(8)?),
    })
}

fn dead_letter(row: &Row) -> Result<DeadLetter, Fault> {
    Ok(DeadLetter {
        id: MessageId::from_stored(row.text(0)?.to_owned()),
        channel: rows::channel(row.text(1)?)?,
        to: row.text(2)?.to_owned(),
        kind: row.text(3)?.to_owned(),
        at: Timestamp::from_millis(row.int(4)?),
        dead_at: Timestamp::from_millis(row.int(5)?),
        attempts: rows::count(row.int(6)?),
        error: row.optional_text(7)?.unwrap_or_default().to_owned(),
    })
}

/// Ends that a message can come to only while it waits and under its own lease.
macro_rules! held {
    () => {
        " WHERE id = $1 AND leased_by = $2 AND sent_at IS NULL AND dead_at IS NULL AND dropped_at IS NULL"
    };
}

crate::statements! {
    /// Materialized: a sub-select that PostgreSQL runs twice would skip what it took the first time, and take more.
    CLAIM: claiming(
        "WITH due AS MATERIALIZED ( \
             SELECT id AS due_id FROM outbox \
             WHERE channel = $1 AND due_at <= $2 AND (leased_until IS NULL OR leased_until <= $2) \
                 AND sent_at IS NULL AND dead_at IS NULL AND dropped_at IS NULL \
             ORDER BY urgency, due_at LIMIT $3 {SKIP}) \
         UPDATE outbox SET leased_by = $4, leased_until = $5, attempts = attempts + 1 \
         FROM due WHERE outbox.id = due.due_id \
         RETURNING id, channel, recipient, user_id, kind, body, created_at, expires_at, attempts"
    );
    SENT: new(concat!(
        "UPDATE outbox SET sent_at = $3, provider_id = $4, body = NULL, leased_by = NULL, leased_until = NULL, \
             last_error = NULL", held!()
    ));
    AGAIN: new(concat!(
        "UPDATE outbox SET due_at = $3, last_error = $4, leased_by = NULL, leased_until = NULL", held!()
    ));
    DEAD: new(concat!(
        "UPDATE outbox SET dead_at = CASE WHEN kind <> 'code' THEN CAST($3 AS BIGINT) END, \
             dropped_at = CASE WHEN kind = 'code' THEN CAST($3 AS BIGINT) END, \
             body = CASE WHEN kind <> 'code' THEN body END, \
             last_error = $4, leased_by = NULL, leased_until = NULL", held!()
    ));
    DROPPED: new(concat!(
        "UPDATE outbox SET dropped_at = $3, body = NULL, last_error = NULL, leased_by = NULL, \
             leased_until = NULL", held!()
    ));
    NEXT_DUE: new(
        "SELECT MIN(CASE WHEN leased_until > due_at THEN leased_until ELSE due_at END) FROM outbox \
         WHERE channel = $1 AND sent_at IS NULL AND dead_at IS NULL AND dropped_at IS NULL"
    );
    DELIVERED: new(
        "UPDATE outbox SET delivered_at = $2, \
             sent_at = CASE WHEN dead_at IS NULL AND dropped_at IS NULL THEN COALESCE(sent_at, $2) END, \
             body = NULL, leased_by = NULL, leased_until = NULL \
         WHERE id = $1 AND delivered_at IS NULL AND undelivered_at IS NULL"
    );
    UNDELIVERED: new(
        "UPDATE outbox SET undelivered_at = $2, last_error = $3 \
         WHERE id = $1 AND delivered_at IS NULL AND undelivered_at IS NULL"
    );
    PROGRESS: new(
        "SELECT CASE WHEN delivered_at IS NOT NULL THEN 'delivered' \
             WHEN undelivered_at IS NOT NULL OR dead_at IS NOT NULL OR dropped_at IS NOT NULL THEN 'failed' \
             WHEN sent_at IS NOT NULL THEN 'sent' ELSE 'waiting' END, attempts \
         FROM outbox WHERE id = $1"
    );
    DEAD_LETTERS: new(
        "SELECT id, channel, recipient, kind, created_at, dead_at, attempts, last_error \
         FROM outbox WHERE dead_at IS NOT NULL ORDER BY dead_at DESC, id LIMIT $1"
    );
    WAITING: new(
        "SELECT channel, COUNT(*), MIN(created_at) FROM outbox \
         WHERE sent_at IS NULL AND dead_at IS NULL AND dropped_at IS NULL GROUP BY channel ORDER BY channel"
    );
    REFUSED_CODES: new(
        "SELECT last_error FROM outbox \
         WHERE dropped_at > $1 AND last_error IS NOT NULL AND kind = 'code' ORDER BY dropped_at DESC LIMIT 1000"
    );
    RETRY: new(
        "UPDATE outbox SET dead_at = NULL, due_at = $2, last_error = NULL \
         WHERE id = $1 AND dead_at IS NOT NULL AND body IS NOT NULL"
    );
}
