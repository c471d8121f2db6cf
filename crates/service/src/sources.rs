//! Which networks wait because too many names failed from them: see `core::throttle::source` for the rule.
//!
//! ```text
//!   wrong password ─▶ row in the database, counted in the same transaction ─▶ remembered here, if that slows it
//!   next password  ─▶ asked here: no hash, no transaction, nothing counted ─▶ Refused
//! ```
//!
//! The database holds what all nodes saw; what is remembered here is only until when a network waits. A node that
//! has just been started, or that another node did not tell, learns it by the next failure from that network.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use countersign_core::{
    moment::Visitor, refusal::Refusal, throttle::source::Slowed, timestamp::Timestamp,
    token::KnownBrowserToken, user::EmailAddress,
};
use countersign_store::{accounts, sources::Counted};

use crate::{Circumstances, Fault, Service, sign_in::Carried};

/// The networks that wait, and the end of the flood if there is one.
#[derive(Default)]
pub(crate) struct Sources(Mutex<Known>);

#[derive(Default)]
struct Known {
    networks: HashMap<String, Slowed>,
    flood_until: Option<Timestamp>,
}

/// Some megabytes. Whoever is forgotten beyond that is remembered again by their next failure.
const NETWORKS_MAX: usize = 20_000;

impl Sources {
    /// Keeps what was counted behind a failure, and says whether a flood has just begun.
    pub(crate) fn learn(&self, visitor: &Visitor, counted: Counted, now: Timestamp) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let was_flood = known.flood_until.is_some_and(|until| now < until);
        known.flood_until = known.flood_until.max(counted.flood_until);
        if known.networks.len() >= NETWORKS_MAX {
            known.networks.retain(|_, slowed| !slowed.is_past(now));
        }
        if !counted.slowed.is_past(now) && known.networks.len() < NETWORKS_MAX {
            known.networks.insert(visitor.network(), counted.slowed);
        }
        !was_flood && counted.flood_until.is_some_and(|until| now < until)
    }

    /// How many networks wait now, and whether there is a flood.
    pub(crate) fn now_slowed(&self, now: Timestamp) -> (usize, bool) {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = |slowed: &&Slowed| slowed.wait_at(now, known.flood_until).is_some();
        let is_flood = known.flood_until.is_some_and(|until| now < until);
        (known.networks.values().filter(waits).count(), is_flood)
    }

    fn wait_of(&self, visitor: &Visitor, now: Timestamp) -> Option<Timestamp> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.networks.get(&visitor.network())?.wait_at(now, known.flood_until)
    }
}

impl Service {
    /// Keeps what was counted behind a failure that is committed.
    pub(crate) fn learn(&self, circumstances: &Circumstances, counted: Counted) {
        let (visitor, now) = (&circumstances.visitor, circumstances.now);
        if self.0.sources.learn(visitor, counted, now) {
            tracing::warn!(
                code = "many_failures",
                network = visitor.network(),
                "very many names fail to sign in: networks wait after two"
            );
        }
    }

    /// The refusal for a browser whose network waits, unless the person with this name used it before.
    pub(crate) async fn slowed(
        &self,
        email: &EmailAddress,
        carried: &Carried,
        visitor: &Visitor,
    ) -> Result<Option<Refusal>, Fault> {
        let Some(until) = self.0.sources.wait_of(visitor, self.now()) else { return Ok(None) };
        let Some(browser) = carried.known_browser.as_ref().map(KnownBrowserToken::hash) else {
            return Ok(Some(Refusal::SourceSlowed { until }));
        };
        let email = email.clone();
        let asking = self.0.database.read(move |tx| {
            let email = email.clone();
            Box::pin(async move { accounts::knows_browser(tx, &email, browser).await })
        });
        Ok((!asking.await?).then_some(Refusal::SourceSlowed { until }))
    }
}
