//! Gives events their places in the chain, a batch in each transaction.
//!
//! ```text
//!   to_seal    head and the next events, read beside everybody else
//!   (links are made, outside of any transaction)
//!   seal       lease ─▶ head moves on, if it still stands where it was read ─▶ each event gets its link
//! ```

use countersign_core::{
    audit::chain::{Head, Link, Stamp, Stamped},
    id::AuditEventId,
    timestamp::Timestamp,
};

use super::reading;
use crate::{
    Database, Fault, Row, Tx,
    leases::{self, LeaseAsked},
    params, rows,
};

/// The events that come next, and the head that they go behind.
#[derive(Clone, Debug)]
pub struct Unsealed {
    /// `None` if there is none that carries a stamp.
    pub head: Option<Stamped<Head>>,
    pub events: Vec<(AuditEventId, Stamp)>,
    /// Whether events without a stamp were seen, which only somebody else can have written.
    pub has_unstamped: bool,
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
    pub head: Option<Stamped<Head>>,
    /// Events that are not sealed.
    pub waiting: u64,
    /// When the oldest of them happened.
    pub oldest: Option<Timestamp>,
    /// Those of them that carry no stamp.
    pub unstamped: u64,
}

/// In the order of their ids, which is that of their birth but for transactions that took longer: those become
/// visible late, and get the place in which the sealer sees them.
pub async fn to_seal(database: &Database, limit: usize) -> Result<Unsealed, Fault> {
    let reading = database.read(move |tx| {
        Box::pin(async move {
            let head = reading::head(tx).await?;
            let rows = tx.query(&TO_SEAL, &params![rows::limit(limit)]).await?;
            let events: Vec<_> =
                rows.iter().filter_map(|row| event(row).transpose()).collect::<Result<_, _>>()?;
            // Not looked for behind a whole batch: under load that would be looking through all that wait.
            let has_unstamped = rows.len() > events.len()
                || rows.len() < limit && tx.query_optional(&UNSTAMPED, &params![]).await?.is_some();
            Ok(Unsealed { head, events, has_unstamped })
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

pub async fn lag(database: &Database) -> Result<Lag, Fault> {
    let reading = database.read(|tx| {
        Box::pin(async move {
            let head = reading::head(tx).await?;
            let row = tx.query_one(&LAG, &params![]).await?;
            let oldest = rows::time(row.optional_int(1)?);
            Ok(Lag {
                head,
                waiting: rows::count(row.int(0)?).into(),
                oldest,
                unstamped: rows::count(row.int(2)?).into(),
            })
        })
    });
    reading.await
}

/// `None` if what it carries is no stamp, which only somebody else can have written: the walk finds it.
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
    UNSTAMPED: new("SELECT 1 FROM audit_events WHERE position IS NULL AND stamp IS NULL LIMIT 1");
    LAG: new(
        "SELECT COUNT(*), (SELECT MIN(at) FROM (SELECT at FROM audit_events WHERE position IS NULL ORDER BY id LIMIT 1) AS next), \
             COUNT(CASE WHEN stamp IS NULL THEN 1 END) FROM audit_events WHERE position IS NULL"
    );
}
