//! Begins the chain, where the database is made and nothing has happened in it yet.
//!
//! What was there before a chain cannot be told from what somebody wrote there, so that nothing is: whoever finds
//! events without a head, or people without events, has found something that was done to the database.

use countersign_core::{audit::chain::Head, keys::AuditKey, timestamp::Timestamp};

use crate::{Database, Fault, params};

/// Writes the first head, stamped, unless there is one or anything happened. Then nothing is written or locked, so
/// that a role that may only serve can start the program.
pub async fn begin(database: &Database, key: &AuditKey, now: Timestamp) -> Result<(), Fault> {
    if database.read_one(&IS_NEW, &params![]).await?.is_none() {
        return Ok(());
    }
    let head = Head::first(now).stamped(key);
    let beginning = database.write(move |tx| {
        let values = params![now.as_millis(), head.stamp.to_stored()];
        Box::pin(async move { tx.execute(&BEGIN, &values).await })
    });
    beginning.await.map(drop)
}

macro_rules! is_new {
    () => {
        "id = 1 AND begun_at IS NULL AND position = 0 AND link IS NULL AND stamp IS NULL \
         AND NOT EXISTS (SELECT 1 FROM audit_events) AND NOT EXISTS (SELECT 1 FROM audit_tombstone) \
         AND NOT EXISTS (SELECT 1 FROM organizations) AND NOT EXISTS (SELECT 1 FROM users)"
    };
}

crate::statements! {
    IS_NEW: new(concat!("SELECT 1 FROM audit_head WHERE ", is_new!()));
    BEGIN: new(concat!("UPDATE audit_head SET begun_at = $1, stamp = $2 WHERE ", is_new!()));
}
