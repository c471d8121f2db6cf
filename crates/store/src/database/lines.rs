//! Who waits in which line for the database, so that a flood of passwords delays nothing else.
//!
//! ```text
//!   codes, set-ups, links, records ──▶ ordinary   all of the writer, all connections
//!   passwords of anybody ── a place ─▶ passwords  SQLite: after everything else, a few at a time
//!                                                 PostgreSQL: half of the connections
//! ```
//!
//! Anybody may type a password; all else is begun by people who proved one.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::DatabaseOptions;
use crate::Fault;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    Ordinary,
    Passwords,
}

/// The right to wait with a password; given up when it is dropped.
pub struct PasswordPlace(
    #[expect(dead_code, reason = "held, never read: dropping it frees the place")] OwnedSemaphorePermit,
);

impl PasswordPlace {
    pub(super) fn take(places: &Arc<Semaphore>) -> Result<Self, Fault> {
        let place = Arc::clone(places).try_acquire_owned();
        place.map(Self).map_err(|_none| Fault::turned_away("too many passwords are waiting"))
    }
}

impl DatabaseOptions {
    /// Passwords that may be under way at once: a quarter of what may wait at all, and several times what may wait
    /// to be hashed.
    pub(super) fn password_places(&self) -> usize {
        (self.queue_length / 4).max(1)
    }

    /// Connections to PostgreSQL that passwords may take.
    pub(super) fn password_connections(&self) -> usize {
        (self.pool_size / 2).max(1)
    }
}
