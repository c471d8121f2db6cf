//! What this node does when its clock was set back: nothing that was over may begin again (C-08).

use std::{sync::Arc, time::Duration};

use countersign_core::{
    audit::event::{AuditEvent, AuditKind},
    ceremony::{Decision, Write},
    moment::Visitor,
    timestamp::Timestamp,
};
use countersign_store::{self as store, Tx, commit::commit, expiry};

use crate::{Circumstances, Fault, Service};

/// So long time stands still at most after a jump back, if the database answers.
const LOOK_EVERY: Duration = Duration::from_secs(1);

struct SetBack {
    /// The latest time that was told.
    latest: Timestamp,
    circumstances: Circumstances,
}

impl Service {
    /// Looks at the clock every second, for as long as this is polled. It is looked at by every request as well;
    /// this one sees a jump where nobody asks for anything.
    pub async fn watch_the_clock(&self) {
        loop {
            if let Err(fault) = self.go_back_if_set_back().await {
                let (code, cause) = (fault.code(), &fault as &dyn std::error::Error);
                tracing::error!(code, cause, "time stands still: what was over could not be ended");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
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
