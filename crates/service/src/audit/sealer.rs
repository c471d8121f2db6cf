//! Seals audit events: gives each its place in the chain, twice a second and many at a time.
//!
//! It is not woken by commits: events that come one by one are sealed together that way, and under load every
//! commit would have woken it. A sign-in pays for it with its share of a batch and waits for none of it.

use std::{sync::Arc, time::Duration};

use countersign_core::{
    audit::chain::{Fit, Head, Stamp},
    id::AuditEventId,
    keys::KeyRing,
    timestamp::Timestamp,
};
use countersign_store::{
    Database,
    audit::sealing::{self, Sealed, Unsealed},
    leases::{self, LeaseAsked},
};

use crate::{
    Fault,
    background::{Background, Task},
    clock::Clock,
};

pub struct Sealer {
    pub database: Database,
    pub keys: Arc<KeyRing>,
    pub clock: Clock,
    /// The name under which this process holds leases; no other may have it.
    pub node: String,
}

/// The loop around a sealer.
struct Sealing {
    sealer: Sealer,
    /// When it was last told that an event has no stamp: that stays so, and must not slow what is in order.
    warned_at: Option<Timestamp>,
}

const LEASE: &str = "audit_sealer";
/// When a sealer dies, another one goes on after so long.
const LEASE_SPAN: Duration = Duration::from_secs(2);
/// On SQLite others wait for a batch, some milliseconds.
const BATCH: usize = 250;
const WARN_EVERY: Duration = Duration::from_secs(30);

impl Sealer {
    /// Must be called inside the runtime.
    pub fn start(self) -> Background {
        Background::start(Sealing { sealer: self, warned_at: None })
    }

    /// Seals everything that waits and was stamped, unless another process does so. It never begins a chain and
    /// stamps nothing: what has no stamp was written by somebody else.
    pub async fn seal(&self) -> Result<(), Fault> {
        loop {
            let Unsealed { head, events, has_unstamped } = sealing::to_seal(&self.database, BATCH).await?;
            // To go on from a head that somebody else wrote, or to begin anew where there is none, would make it
            // ours, and hide what it hides.
            let head = head.filter(|head| head.fits(&self.keys) == Fit::Yes).ok_or(Fault::AuditHead)?;
            let is_all = events.len() < BATCH;
            if events.is_empty() || self.append(head.row, events).await? == Sealed::NotOurs || is_all {
                return if has_unstamped { Err(Fault::AuditUnstamped) } else { Ok(()) };
            }
        }
    }

    async fn append(&self, before: Head, events: Vec<(AuditEventId, Stamp)>) -> Result<Sealed, Fault> {
        let (ids, stamps): (Vec<_>, Vec<Stamp>) = events.into_iter().unzip();
        let (links, head) = before.append(&stamps, &self.keys.audit_key());
        let links = ids.into_iter().zip(links).collect();
        Ok(sealing::seal(&self.database, self.lease(), before, links, head).await?)
    }

    fn lease(&self) -> LeaseAsked {
        let (holder, now) = (self.node.clone(), self.clock.now());
        LeaseAsked { name: LEASE, holder, now, span: LEASE_SPAN }
    }
}

impl Sealing {
    fn warn_of_unstamped(&mut self) {
        let now = self.sealer.clock.now();
        if self.warned_at.is_none_or(|warned_at| now.since(warned_at) >= WARN_EVERY) {
            let fault = Fault::AuditUnstamped;
            tracing::error!(task = Self::NAME, %fault, code = fault.code(), "a turn failed");
            self.warned_at = Some(now);
        }
    }
}

impl Task for Sealing {
    const NAME: &'static str = "audit_sealer";
    const REST: Duration = Duration::from_millis(500);

    async fn turn(&mut self) -> Result<(), Fault> {
        match self.sealer.seal().await {
            Err(Fault::AuditUnstamped) => {
                self.warn_of_unstamped();
                Ok(())
            }
            sealed => sealed,
        }
    }

    async fn wind_up(self) -> Result<(), Fault> {
        let Sealer { database, node, .. } = &self.sealer;
        self.sealer.seal().await?;
        Ok(leases::give_back(database, LEASE, node).await?)
    }
}
