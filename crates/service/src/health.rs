//! Whether this node can serve: its database answers, both agree on the time, and its keys are the database's.

use std::time::Duration;

use countersign_core::{
    keys::{Place, SealFault},
    timestamp::{CLOCKS_APART_MAX, Timestamp},
};
use countersign_store::accounts;
use thiserror::Error;

use crate::{Fault, Service};

#[derive(Debug, Error)]
pub enum Unready {
    #[error("the database does not answer")]
    Database(#[from] Fault),
    /// The application's clock decides about codes and locks, so nodes must agree on the time (C-09).
    #[error("this machine's clock and the database's lie {} ms apart; at most {} are allowed", apart.as_millis(), CLOCKS_APART_MAX.as_millis())]
    Clock { apart: Duration },
}

/// How our keys fit what is sealed in the database.
#[derive(Debug)]
pub enum KeysFit {
    NothingIsSealed,
    Yes,
    No(SealFault),
}

impl Unready {
    pub fn code(&self) -> &'static str {
        match self {
            Self::Database(fault) => fault.code(),
            Self::Clock { .. } => "clocks_apart",
        }
    }
}

impl Service {
    pub async fn is_ready(&self) -> Result<(), Unready> {
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
        if apart > CLOCKS_APART_MAX { Err(Unready::Clock { apart }) } else { Ok(()) }
    }

    /// Opens one secret; which of them does not matter: all were sealed by keys of one file.
    pub async fn do_keys_fit(&self) -> Result<KeysFit, Fault> {
        let Some((user, authenticator, secret)) = accounts::newest_sealed(&self.0.database).await? else {
            return Ok(KeysFit::NothingIsSealed);
        };
        let place = Place::of_authenticator(&user, &authenticator);
        Ok(self.0.keys.open(&place, &secret).map_or_else(KeysFit::No, |_| KeysFit::Yes))
    }
}
