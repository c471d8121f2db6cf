//! Leases: of many processes, one at a time does what is done for all of them.
//!
//! A lease saves work and excludes nobody: whoever holds one may have lost it a moment ago. What must not happen
//! twice is claimed by a conditional write as well.

use std::time::Duration;

use countersign_core::timestamp::Timestamp;

use crate::{Database, Fault, Tx, params};

/// Who asks for which lease, and for how long.
#[derive(Clone)]
pub struct LeaseAsked {
    pub name: &'static str,
    /// No two processes have the same.
    pub holder: String,
    pub now: Timestamp,
    pub span: Duration,
}

/// Takes the lease or keeps it; false while somebody else has it.
pub async fn take(tx: &mut Tx<'_>, asked: &LeaseAsked) -> Result<bool, Fault> {
    let until = asked.now.plus(asked.span);
    let values = params![asked.name, asked.holder.as_str(), until.as_millis(), asked.now.as_millis()];
    Ok(tx.execute(&TAKE, &values).await? == 1)
}

/// Gives the lease back, so that nobody has to wait until it is over.
pub async fn give_back(database: &Database, name: &'static str, holder: &str) -> Result<(), Fault> {
    let values = params![name, holder];
    let giving = database.write(move |tx| {
        let values = values.clone();
        Box::pin(async move { tx.execute(&GIVE_BACK, &values).await.map(drop) })
    });
    giving.await
}

/// Notes that the work was done to its end.
pub async fn note_run(tx: &mut Tx<'_>, asked: &LeaseAsked) -> Result<(), Fault> {
    let values = params![asked.name, asked.holder.as_str(), asked.now.as_millis()];
    tx.execute(&NOTE_RUN, &values).await.map(drop)
}

/// Notes that something was done for which nobody takes a lease.
pub async fn note(tx: &mut Tx<'_>, name: &'static str, now: Timestamp) -> Result<(), Fault> {
    tx.execute(&NOTE, &params![name, now.as_millis()]).await.map(drop)
}

/// When the work was last done to its end, by whomever.
pub async fn last_run(database: &Database, name: &'static str) -> Result<Option<Timestamp>, Fault> {
    let row = database.read_one(&LAST_RUN, &params![name]).await?;
    Ok(row.map(|row| row.optional_int(0)).transpose()?.flatten().map(Timestamp::from_millis))
}

crate::statements! {
    /// A lease that ends later than one that is taken now was taken by a clock that has been set back since; it
    /// would hold everybody up (C-08).
    TAKE: new(
        "INSERT INTO leases (name, holder, until) VALUES ($1, $2, $3) \
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until \
         WHERE leases.holder = excluded.holder OR leases.until <= $4 OR leases.until > excluded.until"
    );
    GIVE_BACK: new("UPDATE leases SET until = 0 WHERE name = $1 AND holder = $2");
    NOTE_RUN: new("UPDATE leases SET ran_at = $3 WHERE name = $1 AND holder = $2");
    NOTE: new(
        "INSERT INTO leases (name, holder, until, ran_at) VALUES ($1, '', 0, $2) \
         ON CONFLICT (name) DO UPDATE SET ran_at = excluded.ran_at"
    );
    LAST_RUN: new("SELECT ran_at FROM leases WHERE name = $1");
}
