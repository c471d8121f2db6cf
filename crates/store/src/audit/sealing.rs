//! Gives events their places in the chain, a batch in each transaction.
//!
//! ```text
//!   to_seal    head and the next events, read beside everybody else
//!   (links are made, outside of any transaction)
//!   seal       lease ─▶ head moves on, if it still stands where it was read ─▶ each event gets its link
//! ```

use countersign_core::{
    audit::{
        chain::{Head, Link, Stamp, Stamped},
        verify::Entry,
    },
    id::AuditEventId,
    keys::AuditKey,
    timestamp::Timestamp,
};

use super::reading::{self, event_columns};
use crate::{
    Database, Fault, Row, Tx,
    leases::{self, LeaseAsked},
    params, rows,
};

/// The events that come next, and the head that they go behind.
#[derive(Clone, Debug)]
pub struct Unsealed {
    /// `None` before the chain has begun.
    pub head: Option<Stamped<Head>>,
    pub events: Vec<(AuditEventId, Stamp)>,
}

/// What came of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sealed {
    All,
    /// Somebody else holds the lease, or was faster.
    NotOurs,
}

/// How far sealing is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lag {
    /// When the oldest event happened that is not sealed.
    pub oldest: Option<Timestamp>,
    pub has_begun: bool,
}

/// In the order of their ids, which is that of their birth but for transactions that took longer: those become
/// visible late, and get the place in which the sealer sees them.
pub async fn to_seal(database: &Database, limit: usize) -> Result<Unsealed, Fault> {
    let reading = database.read(move |tx| {
        Box::pin(async move {
            let head = reading::head(tx).await?;
            let rows = tx.query(&TO_SEAL, &params![rows::limit(limit)]).await?;
            let events = rows.iter().filter_map(|row| event(row).transpose()).collect::<Result<_, _>>()?;
            Ok(Unsealed { head, events })
        })
    });
    reading.await
}

/// Writes links that were made behind `before`, unless the head has moved since.
pub async fn seal(
    database: &Database,
    lease: LeaseAsked,
    before: Head,
    links: Vec<(AuditEventId, Link)>,
    head: Stamped<Head>,
) -> Result<Sealed, Fault> {
    let sealing = database.write(move |tx| {
        let (lease, links) = (lease.clone(), links.clone());
        Box::pin(async move {
            if !leases::take(tx, &lease).await? || !advance(tx, &before, &head).await? {
                return Ok(Sealed::NotOurs);
            }
            let now = lease.now.as_millis();
            let place = |(id, link): &(AuditEventId, Link)| -> (&_, _) {
                (&SEAL, params![id.as_str(), link.position, link.stamp.to_stored(), now])
            };
            let sealed = tx.execute_all(links.iter().map(place).collect()).await?;
            if sealed.iter().any(|rows| *rows != 1) {
                return Err(Fault::broken("an event that was to be sealed is gone, or has a place already"));
            }
            Ok(Sealed::All)
        })
    });
    sealing.await
}

/// Stamps events that were there before the chain, as they are found; says whether there may be more.
pub async fn stamp_found(database: &Database, key: &AuditKey, limit: usize) -> Result<bool, Fault> {
    let key = key.clone();
    let stamping = database.write(move |tx| {
        let key = key.clone();
        Box::pin(async move {
            let rows = tx.query(&FOUND, &params![rows::limit(limit)]).await?;
            let found: Vec<Entry> = rows.iter().map(reading::entry).collect::<Result<_, _>>()?;
            let stamp = |Entry { record, .. }: &Entry| -> (&_, _) {
                (&STAMP_FOUND, params![record.id.as_str(), record.stamp(&key).to_stored()])
            };
            let stamped = tx.execute_all(found.iter().map(stamp).collect()).await?;
            Ok(stamped.contains(&1))
        })
    });
    stamping.await
}

/// Begins the chain. From then on only what carries a stamp is sealed. Nothing happens if it has begun.
pub async fn begin(database: &Database, key: &AuditKey, now: Timestamp) -> Result<(), Fault> {
    let key = key.clone();
    let beginning = database.write(move |tx| {
        let key = key.clone();
        Box::pin(async move {
            let found = tx.query_one(&COUNT_FOUND, &params![]).await?.int(0)?;
            let head = Head { begun_at: now, found, last: None }.stamped(&key);
            let values = params![now.as_millis(), found, head.stamp.to_stored()];
            tx.execute(&BEGIN, &values).await.map(drop)
        })
    });
    beginning.await
}

pub async fn lag(database: &Database) -> Result<Lag, Fault> {
    let row = database.read_one(&LAG, &params![]).await?.ok_or_else(|| Fault::broken("no head"))?;
    Ok(Lag { oldest: rows::time(row.optional_int(0)?), has_begun: row.optional_int(1)?.is_some() })
}

/// `None` if its stamp is none, which only somebody else can have written: the walk over the chain finds it.
fn event(row: &Row) -> Result<Option<(AuditEventId, Stamp)>, Fault> {
    let id = AuditEventId::from_stored(row.text(0)?.to_owned());
    Ok(reading::stamp_at(row, 1)?.map(|stamp| (id, stamp)))
}

/// False if the head is not the one that was read.
async fn advance(tx: &mut Tx<'_>, before: &Head, head: &Stamped<Head>) -> Result<bool, Fault> {
    let Some(last) = head.row.last else { return Ok(false) };
    let before = before.last.map_or(0, |link| link.position);
    let values = params![before, last.position, last.stamp.to_stored(), head.stamp.to_stored()];
    Ok(tx.execute(&ADVANCE, &values).await? == 1)
}

crate::statements! {
    TO_SEAL: new(
        "SELECT id, stamp FROM audit_events WHERE position IS NULL AND stamp IS NOT NULL ORDER BY id LIMIT $1"
    );
    ADVANCE: new(
        "UPDATE audit_head SET position = $2, link = $3, stamp = $4 \
         WHERE id = 1 AND begun_at IS NOT NULL AND position = $1"
    );
    SEAL: new(
        "UPDATE audit_events SET position = $2, link = $3, sealed_at = $4 WHERE id = $1 AND position IS NULL"
    );
    FOUND: new(concat!(
        "SELECT ", event_columns!(), " FROM audit_events WHERE position IS NULL AND stamp IS NULL ORDER BY id LIMIT $1"
    ));
    /// Once the chain has begun, nothing without a stamp is taken for ours any more.
    STAMP_FOUND: new(
        "UPDATE audit_events SET stamp = $2 WHERE id = $1 AND stamp IS NULL AND position IS NULL \
             AND EXISTS (SELECT 1 FROM audit_head WHERE id = 1 AND begun_at IS NULL)"
    );
    COUNT_FOUND: new("SELECT COUNT(*) FROM audit_events");
    BEGIN: new("UPDATE audit_head SET begun_at = $1, found = $2, stamp = $3 WHERE id = 1 AND begun_at IS NULL");
    LAG: new(
        "SELECT (SELECT MIN(at) FROM (SELECT at FROM audit_events WHERE position IS NULL ORDER BY id LIMIT 1) AS next), \
             begun_at FROM audit_head WHERE id = 1"
    );
}
