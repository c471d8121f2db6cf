//! Sessions as they were found a moment ago: all that one page asks for is one look-up.
//!
//! ```text
//!   found in the database ─▶ kept, with the time, and with the number of this process's changes before the look-up
//!   asked for again       ─▶ within half a second, and nothing was changed here since: the same answer
//! ```
//!
//! What ends a session here is seen here at once; what ends it on another node half a second later, where a second is
//! promised. Only what was found is kept: whoever has just signed in elsewhere is known everywhere. On an embedded
//! database nothing is kept: it answers as fast, and commands change it from beside the server.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use countersign_core::{session::Session, timestamp::Timestamp, token::TokenHash, user::User};
use countersign_store::{Dialect, sessions};

use crate::{Fault, Service};

const KEPT_FOR: Duration = Duration::from_millis(500);
/// Some megabytes. More people than this within half a second are looked up as if nothing were kept.
const KEPT_MAX: usize = 10_000;

#[derive(Default)]
pub(crate) struct RecentSessions(Mutex<HashMap<TokenHash, Kept>>);

struct Kept {
    found: Found,
    at: Timestamp,
    /// [`countersign_store::Database::session_changes`] before it was looked up.
    changes: u64,
}

type Found = Arc<(Session, User)>;

impl Service {
    /// A session and its user, as they are now or, at a database that other nodes share, were half a second ago.
    pub(crate) async fn recent_session(
        &self,
        token: &TokenHash,
        now: Timestamp,
    ) -> Result<Option<Found>, Fault> {
        let database = &self.0.database;
        let (keeps, changes) = (database.dialect() == Dialect::Postgres, database.session_changes());
        if keeps && let Some(found) = self.0.recent_sessions.find(token, now, changes) {
            return Ok(Some(found));
        }
        let found = sessions::check(database, token).await?.map(Arc::new);
        if keeps && let Some(found) = &found {
            let kept = Kept { found: Arc::clone(found), at: now, changes };
            self.0.recent_sessions.keep(token, kept);
        }
        Ok(found)
    }
}

impl RecentSessions {
    fn find(&self, token: &TokenHash, now: Timestamp, changes: u64) -> Option<Found> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.get(token)?;
        let is_recent = now >= kept.at && now < kept.at.plus(KEPT_FOR);
        (is_recent && kept.changes == changes).then(|| Arc::clone(&kept.found))
    }

    fn keep(&self, token: &TokenHash, found: Kept) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(*token, found);
    }
}
