//! What this node does when its clock was set back: nothing that was over may begin again (C-08).
//!
//! ```text
//!   serving ─▶ what time is it? ─▶ noted once a minute ─▶ stopped … the clock is set back … ─▶ serving
//!                                                              set back since what was noted? ◀──┘
//! ```
//!
//! On PostgreSQL nothing is noted: it has a clock of its own, and a node that is apart from it is not ready.

use std::{sync::Arc, time::Duration};

use countersign_core::{
    audit::event::{AuditEvent, AuditKind},
    ceremony::{Decision, Write},
    moment::Visitor,
    timestamp::Timestamp,
};
use countersign_store::{self as store, Database, Dialect, Tx, commit::commit, expiry, leases};

use crate::{Circumstances, Fault, Service, clock::Clock};

/// Under this name it is noted what time it was.
const CLOCK: &str = "clock";

/// A clock that is set back by less than this while nobody serves goes unnoticed.
const NOTE_EVERY: Duration = Duration::from_mins(1);

/// So long time stands still at most after a jump back, if the database answers.
const LOOK_EVERY: Duration = Duration::from_secs(1);

struct SetBack {
    /// The latest time that was told.
    latest: Timestamp,
    circumstances: Circumstances,
}

/// Goes on from the time that was noted by whoever served before: to be called before anybody is served.
pub async fn recall(database: &Database, clock: &Clock) -> Result<(), Fault> {
    if notes_the_time(database)
        && let Some(noted) = leases::last_run(database, CLOCK).await?
    {
        clock.recall(noted);
    }
    Ok(())
}

fn notes_the_time(database: &Database) -> bool {
    database.dialect() == Dialect::Sqlite
}

impl Service {
    /// Looks at the clock every second, for as long as this is polled. It is looked at by every request as well;
    /// this one sees a jump where nobody asks for anything.
    pub async fn watch_the_clock(&self) {
        let mut noted_at = None;
        loop {
            if let Err(fault) = self.go_back_if_set_back().await {
                let (code, cause) = (fault.code(), &fault as &dyn std::error::Error);
                tracing::error!(code, cause, "time stands still: what was over could not be ended");
            }
            let now = self.now();
            if noted_at.is_none_or(|noted_at| now < noted_at || now.since(noted_at) >= NOTE_EVERY) {
                if let Err(fault) = self.note_the_time().await {
                    let (code, cause) = (fault.code(), &fault as &dyn std::error::Error);
                    tracing::warn!(code, cause, "the time could not be noted for whoever serves next");
                }
                noted_at = Some(now);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// For whoever serves next.
    pub async fn note_the_time(&self) -> Result<(), Fault> {
        if notes_the_time(&self.0.database) && self.0.clock.waits_to_go_back().is_none() {
            let now = self.now();
            let noting = self.0.database.write(move |tx| Box::pin(leases::note(tx, CLOCK, now)));
            noting.await?;
        }
        Ok(())
    }

    async fn go_back_if_set_back(&self) -> Result<(), Fault> {
        let _noticed = self.now();
        let Some(latest) = self.0.clock.waits_to_go_back() else { return Ok(()) };
        let set_back = Arc::new(SetBack { latest, circumstances: self.circumstances(Visitor::console())? });
        self.transact(&set_back, |set_back, tx| Box::pin(set_back.commit(tx))).await?;
        self.0.clock.go_back();
        Ok(())
    }
}

impl SetBack {
    async fn commit(&self, tx: &mut Tx<'_>) -> Result<(), store::Fault> {
        let ended = expiry::end_what_is_over(tx, self.latest).await?;
        let mut moment = self.circumstances.moment();
        let reason = format!("latest={} ended={ended}", self.latest.as_millis());
        let event = AuditEvent::new(AuditKind::ClockWentBack, reason, &mut moment);
        commit(tx, Decision::new((), vec![Write::Audit(event)])).await
    }
}
