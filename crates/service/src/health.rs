//! Whether this node can serve: its database answers, both agree on the time, and its keys are the database's.

use std::{sync::atomic::Ordering, time::Duration};

use countersign_core::{
    audit::chain::Fit,
    keys::{KeyRing, Place, SealFault},
    timestamp::{CLOCKS_APART_MAX, Timestamp},
};
use countersign_store::{Database, accounts, audit::sealing};
use thiserror::Error;

use crate::{Fault, Service, clock::Jump};

#[derive(Debug, Error)]
pub enum Unready {
    #[error("the database does not answer")]
    Database(#[from] Fault),
    /// Told for a minute, so that whoever watches sees it (C-08).
    #[error("this machine's clock jumped by {by_secs} s within the last minute")]
    ClockJumped { by_secs: i64 },
    /// Asked to stop, and serving until nobody is sent here any more.
    #[error("this node is about to stop")]
    Stopping,
    /// The application's clock decides about codes and locks, so nodes must agree on the time (C-09).
    #[error("this machine's clock and the database's lie {} ms apart; at most {} are allowed", apart.as_millis(), CLOCKS_APART_MAX.as_millis())]
    Clock { apart: Duration },
}

/// How our keys fit what was made with those of the database.
#[derive(Debug)]
pub enum KeysFit {
    /// Nothing was.
    Unknown,
    Yes,
    No(Misfit),
}

/// What shows that keys are another database's.
#[derive(Debug, Error)]
pub enum Misfit {
    #[error("a sealed secret does not open: {0}")]
    Secret(SealFault),
    #[error("the head of the audit chain was not stamped with them")]
    Head,
}

impl Unready {
    pub fn code(&self) -> &'static str {
        match self {
            Self::Database(fault) => fault.code(),
            Self::Clock { .. } => "clocks_apart",
            Self::ClockJumped { .. } => "clock_jumped",
            Self::Stopping => "stopping",
        }
    }
}

impl Service {
    /// From now on this node is not ready, and serves all the same.
    pub fn begin_to_stop(&self) {
        self.0.is_stopping.store(true, Ordering::Relaxed);
    }

    pub fn is_stopping(&self) -> bool {
        self.0.is_stopping.load(Ordering::Relaxed)
    }

    /// An answer for whoever sends people here. One that is not ready serves all the same: what it counts and
    /// uses up is in the database, which knows no clock, and turning everybody away would be worse.
    pub async fn is_ready(&self) -> Result<(), Unready> {
        if self.is_stopping() {
            return Err(Unready::Stopping);
        }
        // A SQLite file has no clock to ask for, but it must answer all the same.
        self.0.database.schema_number().await.map_err(Fault::from)?;
        let before = self.now();
        let theirs = self.0.database.clock_ms().await.map_err(Fault::from)?.map(Timestamp::from_millis);
        let after = self.now();
        let apart = match theirs {
            // The question took from `before` to `after`: only what lies outside is a difference.
            Some(theirs) => before.since(theirs).max(theirs.since(after)),
            None => Duration::ZERO,
        };
        if apart > CLOCKS_APART_MAX {
            return Err(Unready::Clock { apart });
        }
        match self.0.clock.recent_jump() {
            Some(Jump { by_millis }) => Err(Unready::ClockJumped { by_secs: by_millis / 1000 }),
            None => Ok(()),
        }
    }

    pub async fn do_keys_fit(&self) -> Result<KeysFit, Fault> {
        do_keys_fit(&self.0.database, &self.0.keys).await
    }
}

/// Opens one secret; which of them does not matter: all were sealed by keys of one file. Before there is one, the
/// head of the audit chain tells, which was stamped when the database was made. Beside a secret that opens it tells
/// something else: that somebody altered it, which stops the sealer and nobody's sign-in.
pub async fn do_keys_fit(database: &Database, keys: &KeyRing) -> Result<KeysFit, Fault> {
    if let Some((user, authenticator, secret)) = accounts::newest_sealed(database).await? {
        let place = Place::of_authenticator(&user, &authenticator);
        let opened = keys.open(&place, &secret);
        return Ok(opened.map_or_else(|fault| KeysFit::No(Misfit::Secret(fault)), |_| KeysFit::Yes));
    }
    Ok(match sealing::lag(database).await?.head {
        None => KeysFit::Unknown,
        Some(head) if head.fits(keys) == Fit::Yes => KeysFit::Yes,
        Some(_) => KeysFit::No(Misfit::Head),
    })
}
