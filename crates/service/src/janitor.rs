//! Removes what is over, once a minute, by one process for all of them.
//!
//! What may go and when stands in `store::janitor`, a rule in each line. Nothing here ends anything: what is over
//! is over by its own times, and the janitor only takes it away.

use std::{collections::HashMap, sync::Arc, time::Duration};

use countersign_core::{
    audit::{
        event::{AuditEvent, AuditKind},
        retention,
    },
    ceremony::{Decision, Write},
    keys::KeyRing,
    moment::{Moment, Seed, Visitor},
    timestamp::Timestamp,
};
use countersign_store::{
    self as store, Database, Tx, audit,
    commit::commit,
    janitor::{self, SWEEPS, WALKS},
    leases::{self, LeaseAsked},
};

use crate::{
    Fault, Service,
    background::{Background, Task},
    clock::Clock,
    seeds::Seeds,
};

pub struct Janitor {
    pub database: Database,
    pub keys: Arc<KeyRing>,
    pub clock: Clock,
    pub seeds: Seeds,
    /// The name under which this process holds leases; no other may have it.
    pub node: String,
    /// How long audit events are kept; `None` for ever.
    pub audit_kept: Option<Duration>,
}

/// The loop, and how far its walks are.
struct Rounds {
    janitor: Janitor,
    walked: HashMap<&'static str, String>,
}

/// A batch of audit events to be removed.
struct Removal {
    lease: LeaseAsked,
    until: Timestamp,
    keys: Arc<KeyRing>,
    seed: Seed,
}

const LEASE: &str = "janitor";
const ONCE_IN: Duration = Duration::from_mins(1);
/// On SQLite others wait for a batch, some milliseconds.
const BATCH: usize = 500;
/// Audit events go a day's worth at a time, because their going is an event as well.
const AUDIT_AT_A_TIME: Duration = Duration::from_hours(24);

impl Janitor {
    /// Must be called inside the runtime.
    pub fn start(self) -> Background {
        Background::start(Rounds { janitor: self, walked: HashMap::new() })
    }

    /// One round; false if it is another process that does it.
    pub async fn tidy(&self, walked: &mut HashMap<&'static str, String>) -> Result<bool, Fault> {
        for sweep in &SWEEPS {
            loop {
                match janitor::sweep(&self.database, &self.lease(), sweep, BATCH).await? {
                    None => return Ok(false),
                    Some(removed) if removed < BATCH as u64 => break,
                    Some(_) => {}
                }
            }
        }
        for walk in &WALKS {
            let after = walked.entry(walk.name).or_default();
            match janitor::walk(&self.database, &self.lease(), walk, after, BATCH).await? {
                None => return Ok(false),
                Some(done) => *after = done.end,
            }
        }
        self.forget_audit_events().await?;
        self.note_run().await?;
        Ok(true)
    }

    /// Nothing goes before a whole day's worth may go.
    async fn forget_audit_events(&self) -> Result<(), Fault> {
        let Some(kept) = self.audit_kept else { return Ok(()) };
        let until = self.clock.now().minus(kept);
        let oldest = self.database.read(|tx| Box::pin(audit::retention::oldest(tx, 1))).await?;
        if oldest.first().is_none_or(|oldest| until.since(oldest.at) < AUDIT_AT_A_TIME) {
            return Ok(());
        }
        loop {
            let removal = Arc::new(Removal {
                lease: self.lease(),
                until,
                keys: Arc::clone(&self.keys),
                seed: self.seeds.seed()?,
            });
            let removing = self.database.write(move |tx| {
                let removal = Arc::clone(&removal);
                Box::pin(async move { removal.commit(tx).await })
            });
            if removing.await? < BATCH as u64 {
                return Ok(());
            }
        }
    }

    async fn note_run(&self) -> Result<(), Fault> {
        let lease = self.lease();
        let noting = self.database.write(move |tx| {
            let lease = lease.clone();
            Box::pin(async move { leases::note_run(tx, &lease).await })
        });
        Ok(noting.await?)
    }

    fn lease(&self) -> LeaseAsked {
        let (holder, now) = (self.node.clone(), self.clock.now());
        LeaseAsked { name: LEASE, holder, now, span: ONCE_IN }
    }
}

impl Removal {
    async fn commit(&self, tx: &mut Tx<'_>) -> Result<u64, store::Fault> {
        if !leases::take(tx, &self.lease).await? {
            return Ok(0);
        }
        let beginning = audit::retention::oldest(tx, BATCH).await?;
        let beginning = beginning.iter().map(|oldest| (oldest.link, oldest.at));
        let before = audit::reading::tombstone(tx).await?;
        let tombstone = retention::tombstone(before.as_ref(), beginning, self.until, &self.keys);
        let Some(tombstone) = tombstone else { return Ok(0) };
        let removed = audit::retention::remove(tx, &tombstone.stamped(&self.keys.audit_key())).await?;
        let visitor = Visitor::janitor();
        let mut moment = Moment::new(self.lease.now, &visitor, &self.keys, &self.seed);
        let event =
            AuditEvent::new(AuditKind::AuditRemoved, format!("retention events={removed}"), &mut moment);
        commit(tx, Decision::new((), vec![Write::Audit(event)])).await?;
        Ok(removed)
    }
}

impl Task for Rounds {
    const NAME: &'static str = "janitor";
    const REST: Duration = ONCE_IN;

    async fn turn(&mut self) -> Result<(), Fault> {
        self.janitor.tidy(&mut self.walked).await.map(drop)
    }

    async fn wind_up(self) -> Result<(), Fault> {
        let Janitor { database, node, .. } = &self.janitor;
        Ok(leases::give_back(database, LEASE, node).await?)
    }
}

impl Service {
    /// When a janitor last did a whole round.
    pub async fn last_tidied(&self) -> Result<Option<Timestamp>, Fault> {
        Ok(leases::last_run(&self.0.database, LEASE).await?)
    }
}
