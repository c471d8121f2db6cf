//! What was recorded about one person, for themselves and for operators.

use countersign_core::{
    audit::actor::Actor,
    id::{AuditEventId, UserId},
    timestamp::Timestamp,
};

use crate::{Fault, Row, Tx, params};

/// A record about a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventLine {
    pub id: AuditEventId,
    pub at: Timestamp,
    /// As `AuditKind` spells it, perhaps another version's.
    pub kind: String,
    pub reason: String,
    pub source: String,
    pub user_agent: String,
    /// Who did it, if it was not the person; source and browser are theirs then.
    pub actor: Option<Actor>,
}

/// Newest first, from behind the event `before`: ids sort by the time of what they name.
pub async fn of_user(
    tx: &mut Tx<'_>,
    user: &UserId,
    before: Option<&AuditEventId>,
    limit: usize,
) -> Result<Vec<EventLine>, Fault> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = match before {
        Some(before) => tx.query(&BEFORE, &params![user.as_str(), before.as_str(), limit]).await?,
        None => tx.query(&NEWEST, &params![user.as_str(), limit]).await?,
    };
    let line = |row: &Row| {
        Ok(EventLine {
            id: AuditEventId::from_stored(row.text(0)?.to_owned()),
            at: Timestamp::from_millis(row.int(1)?),
            kind: row.text(2)?.to_owned(),
            reason: row.text(3)?.to_owned(),
            source: row.text(4)?.to_owned(),
            user_agent: row.text(5)?.to_owned(),
            actor: row.optional_text(6)?.map(|actor| Actor::from_stored(actor.to_owned())),
        })
    };
    rows.iter().map(line).collect()
}

crate::statements! {
    NEWEST: new(
        "SELECT id, at, kind, reason, source, user_agent, actor_id FROM audit_events \
         WHERE user_id = $1 ORDER BY id DESC LIMIT $2"
    );
    BEFORE: new(
        "SELECT id, at, kind, reason, source, user_agent, actor_id FROM audit_events \
         WHERE user_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
    );
}
