//! What was recorded about a person lately, for themselves.

use countersign_core::{
    audit::event::AuditKind, id::AuditEventId, timestamp::Timestamp, token::SessionToken,
};
use countersign_store::{activity, sessions};

use crate::{Fault, Service};

/// One record about the person who looks.
pub struct Activity {
    pub at: Timestamp,
    /// `None` for what another version of this program recorded.
    pub kind: Option<AuditKind>,
    pub reason: String,
    pub source: String,
    pub user_agent: String,
    /// Whether an operator did it, whose source and browser these are.
    pub is_by_operator: bool,
}

pub struct ActivityPage {
    pub newest_first: Vec<Activity>,
    /// Where the next page begins.
    pub older: Option<AuditEventId>,
}

impl Service {
    /// At most `limit` records from behind `before`; `None` without a live session.
    pub async fn activity(
        &self,
        token: &SessionToken,
        before: Option<AuditEventId>,
        limit: usize,
    ) -> Result<Option<ActivityPage>, Fault> {
        let (hash, now) = (token.hash(), self.now());
        let found = self.0.database.read(move |tx| {
            let before = before.clone();
            Box::pin(async move {
                let found = sessions::with_user(tx, &hash).await?;
                let Some((_, user)) = found.filter(|(session, user)| session.is_live(user, now)) else {
                    return Ok(None);
                };
                // One more than is shown tells whether there is a next page.
                activity::of_user(tx, &user.id, before.as_ref(), limit + 1).await.map(Some)
            })
        });
        Ok(found.await?.map(|lines| {
            let has_older = lines.len() > limit;
            let last = limit.checked_sub(1).and_then(|last| lines.get(last)).map(|line| line.id.clone());
            let shown = lines.into_iter().take(limit).map(|line| Activity {
                at: line.at,
                kind: AuditKind::parse(&line.kind),
                reason: line.reason,
                source: line.source,
                user_agent: line.user_agent,
                is_by_operator: line.actor.is_some(),
            });
            ActivityPage { newest_first: shown.collect(), older: last.filter(|_| has_older) }
        }))
    }
}
