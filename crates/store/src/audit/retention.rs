//! Removes the oldest events and leaves a tombstone, against which the rest still verifies.

use countersign_core::{
    audit::chain::{Link, Stamped, Tombstone},
    timestamp::Timestamp,
};

use super::reading::stamp_at;
use crate::{Fault, Row, Tx, params, rows};

/// A sealed event at the beginning of what is left.
#[derive(Clone, Copy, Debug)]
pub struct Oldest {
    pub link: Link,
    pub at: Timestamp,
}

/// The beginning of what is left, in the order of the chain.
pub async fn oldest(tx: &mut Tx<'_>, limit: usize) -> Result<Vec<Oldest>, Fault> {
    let rows = tx.query(&OLDEST, &params![rows::limit(limit)]).await?;
    let oldest = |row: &Row| {
        let no_link = || Fault::broken("a sealed audit event has no link");
        let stamp = stamp_at(row, 1)?.ok_or_else(no_link)?;
        Ok(Oldest { link: Link { position: row.int(0)?, stamp }, at: Timestamp::from_millis(row.int(2)?) })
    };
    rows.iter().map(oldest).collect()
}

/// Removes the events that the tombstone stands for, and answers how many these were.
pub async fn remove(tx: &mut Tx<'_>, tombstone: &Stamped<Tombstone>) -> Result<u64, Fault> {
    let Tombstone { last, until } = tombstone.row;
    let values =
        params![last.position, last.stamp.to_stored(), until.as_millis(), tombstone.stamp.to_stored(),];
    tx.execute(&PUT_TOMBSTONE, &values).await?;
    tx.execute(&REMOVE, &params![last.position]).await
}

crate::statements! {
    OLDEST: new("SELECT position, link, at FROM audit_events WHERE position > 0 ORDER BY position LIMIT $1");
    PUT_TOMBSTONE: new(
        "INSERT INTO audit_tombstone (id, position, link, until, stamp) VALUES (1, $1, $2, $3, $4) \
         ON CONFLICT (id) DO UPDATE SET position = excluded.position, link = excluded.link, \
             until = excluded.until, stamp = excluded.stamp"
    );
    REMOVE: new("DELETE FROM audit_events WHERE position <= $1");
}
