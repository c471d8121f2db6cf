//! What must be true of every database, after whatever happened to it: rules that find what breaks them.
//!
//! A rule is a statement that finds what must not be there. What a statement cannot say, about what stands inside
//! the evidence of sessions, the service says over [`sessions_after`] and [`used_codes`].

use std::{collections::HashMap, sync::Arc};

use countersign_core::{
    assurance::Evidence,
    authenticator::AuthenticatorKind,
    id::{AuthenticatorId, SessionId},
    timestamp::Timestamp,
};

use crate::{Fault, Row, Sql, Tx, params, rows};

/// One sentence about the database that is true or has findings.
pub struct Rule {
    /// SECURITY.md 4.1: I1 … I10.
    pub invariant: &'static str,
    /// What would be wrong.
    pub what: &'static str,
    /// How many rows it looks at.
    over: &'static Sql,
    find: &'static Sql,
}

/// What a rule found.
pub struct Found {
    pub examined: i64,
    /// Ids; not all of them, where there are many.
    pub findings: Vec<String>,
}

/// A session, with the authenticators of its user.
pub struct SessionFacts {
    pub id: SessionId,
    pub created_at: Timestamp,
    pub evidence: Evidence,
    /// Those that were ever bound to its user.
    pub authenticators: Arc<Vec<Bound>>,
}

/// An authenticator that was bound at some time.
pub struct Bound {
    pub id: AuthenticatorId,
    pub kind: AuthenticatorKind,
    pub at: Timestamp,
}

/// A lock that was recorded, and what the ladder of its name says now.
pub struct RecordedLock {
    pub user: String,
    /// `until=… failures=…`.
    pub reason: String,
    pub locked_until: Option<i64>,
}

pub static RULES: &[Rule] = &[
    rule("I1", "a ceremony with two live codes", &ALL_CODES, &TWO_LIVE_CODES),
    rule("I1", "a code or link that was used and replaced", &ALL_CODES_AND_LINKS, &USED_AND_SUPERSEDED),
    rule("I4", "a session without exactly one event of its sign-in", &ALL_SESSIONS, &SESSION_EVENTS),
    rule("I4", "a signed-out session without exactly one event of it", &ALL_SESSIONS, &SIGN_OUT_EVENTS),
    rule("I4", "a bound second factor without exactly one event of it", &ALL_AUTHENTICATORS, &FACTOR_EVENTS),
    rule("I4", "a bound password without an event of it", &ALL_AUTHENTICATORS, &PASSWORD_EVENTS),
    rule("I4", "a person without exactly one event of their making", &ALL_USERS, &USER_EVENTS),
    rule("I4", "a company without exactly one event of its making", &ALL_COMPANIES, &COMPANY_EVENTS),
    rule("I4", "a recovery key without exactly one event of it", &ALL_AUTHENTICATORS, &RECOVERY_KEY_EVENTS),
    rule(
        "I4",
        "a set of backup codes without exactly one event of it",
        &ALL_AUTHENTICATORS,
        &BACKUP_CODES_EVENTS,
    ),
    rule(
        "I4",
        "a used backup code without exactly one event of it",
        &ALL_USED_BACKUP_CODES,
        &BACKUP_CODE_EVENTS,
    ),
    rule("I6", "a change that its person was to be told of, without a notice", &ALL_EVENTS, &UNTOLD),
    rule("I6", "a person with a notice that is no email, or an email of none", &ALL_NOTICES, &UNMAILED),
    rule("I6", "a notice that was dropped", &ALL_MESSAGES, &DROPPED_NOTICES),
    rule("I6", "a message that waits without its body, or was sent and still has it", &ALL_MESSAGES, &BODIES),
    rule("I10", "a session that was used after its end", &ALL_SESSIONS, &USED_AFTER_END),
    rule("I10", "a session that was used after a change ended it", &ALL_SESSIONS, &USED_AFTER_CHANGE),
];

const fn rule(invariant: &'static str, what: &'static str, over: &'static Sql, find: &'static Sql) -> Rule {
    Rule { invariant, what, over, find }
}

impl Rule {
    pub async fn check(&self, tx: &mut Tx<'_>) -> Result<Found, Fault> {
        let examined = tx.query_one(self.over, &[]).await?.int(0)?;
        let findings = texts(&tx.query(self.find, &[]).await?)?;
        Ok(Found { examined, findings })
    }
}

/// A page of all sessions, in the order of their ids, which begins behind this one.
pub async fn sessions_after(tx: &mut Tx<'_>, after: &str, at_most: u32) -> Result<Vec<SessionFacts>, Fault> {
    let mut bound: HashMap<String, Vec<Bound>> = HashMap::new();
    for row in tx.query(&AUTHENTICATORS_BEHIND, &params![after, at_most]).await? {
        bound.entry(row.text(0)?.to_owned()).or_default().push(Bound {
            id: AuthenticatorId::from_stored(row.text(1)?.to_owned()),
            kind: rows::authenticator_kind(row.text(2)?)?,
            at: Timestamp::from_millis(row.int(3)?),
        });
    }
    // Whoever uses the service for years has many of both: each is read once.
    let bound: HashMap<String, Arc<Vec<Bound>>> =
        bound.into_iter().map(|(user, bound)| (user, Arc::new(bound))).collect();
    let session = |row: &Row| {
        Ok(SessionFacts {
            id: SessionId::from_stored(row.text(0)?.to_owned()),
            created_at: Timestamp::from_millis(row.int(1)?),
            evidence: rows::evidence(row.text(2)?)?,
            authenticators: bound.get(row.text(3)?).cloned().unwrap_or_default(),
        })
    };
    tx.query(&SESSIONS_AFTER, &params![after, at_most]).await?.iter().map(session).collect()
}

/// Each use of a code that was sent: of which authenticator, and when.
pub async fn used_codes(tx: &mut Tx<'_>) -> Result<Vec<(AuthenticatorId, Timestamp)>, Fault> {
    let found = tx.query(&USED_CODES, &[]).await?;
    found.iter().map(used).collect()
}

/// The same of backup codes: how many were used of a set at one time.
pub async fn used_backup_codes(tx: &mut Tx<'_>) -> Result<Vec<(AuthenticatorId, Timestamp)>, Fault> {
    let found = tx.query(&USED_BACKUP_CODES, &[]).await?;
    found.iter().map(used).collect()
}

fn used(row: &Row) -> Result<(AuthenticatorId, Timestamp), Fault> {
    let id = AuthenticatorId::from_stored(row.text(0)?.to_owned());
    Ok((id, Timestamp::from_millis(row.int(1)?)))
}

/// The last lock of each person that nothing lifted since, by the record.
pub async fn recorded_locks(tx: &mut Tx<'_>) -> Result<Vec<RecordedLock>, Fault> {
    let found = tx.query(&RECORDED_LOCKS, &[]).await?;
    let lock = |row: &Row| {
        let (user, reason) = (row.text(0)?.to_owned(), row.text(1)?.to_owned());
        Ok(RecordedLock { user, reason, locked_until: row.optional_int(2)? })
    };
    found.iter().map(lock).collect()
}

/// The time of the newest event: what the database knows of the present.
pub async fn newest_event(tx: &mut Tx<'_>) -> Result<i64, Fault> {
    tx.query_one(&NEWEST_EVENT, &[]).await?.int(0)
}

/// How many events of a kind are filed under the person of an address.
pub async fn events_of(tx: &mut Tx<'_>, email: &str, kind: &str) -> Result<i64, Fault> {
    tx.query_one(&EVENTS_OF, &params![email, kind]).await?.int(0)
}

/// Rows in which a text stands that must stand nowhere.
pub async fn rows_with(tx: &mut Tx<'_>, canary: &str) -> Result<Vec<String>, Fault> {
    let escaped = canary.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    texts(&tx.query(&ROWS_WITH, &params![format!("%{escaped}%")]).await?)
}

fn texts(found: &[Row]) -> Result<Vec<String>, Fault> {
    found.iter().map(|row| row.text(0).map(str::to_owned)).collect()
}

/// Twenty hours before the newest event, in milliseconds: what is older may have been cleared away from one table
/// and not yet from the other.
macro_rules! recent {
    () => {
        "(SELECT COALESCE(MAX(at), 0) FROM audit_events) - 72000000"
    };
}

/// The oldest event that retention has left: what was done before has none.
macro_rules! recorded {
    () => {
        "(SELECT COALESCE(MIN(at), 0) FROM audit_events)"
    };
}

/// Whether an event is of a link that made an operator, with all that they sign in with.
macro_rules! by_a_link {
    () => {
        "(kind IN ('operator.added', 'operator.set_up_anew') AND reason = 'by a link')"
    };
}

crate::statements! {
    ALL_CODES: new("SELECT COUNT(*) FROM sent_codes");
    ALL_CODES_AND_LINKS: new(
        "SELECT (SELECT COUNT(*) FROM sent_codes) + (SELECT COUNT(*) FROM links) \
             + (SELECT COUNT(*) FROM operator_links)"
    );
    ALL_USED_BACKUP_CODES: new("SELECT COUNT(*) FROM used_backup_codes");
    ALL_SESSIONS: new("SELECT COUNT(*) FROM sessions");
    ALL_AUTHENTICATORS: new("SELECT COUNT(*) FROM authenticators");
    ALL_USERS: new("SELECT COUNT(*) FROM users");
    ALL_COMPANIES: new("SELECT COUNT(*) FROM organizations");
    ALL_EVENTS: new("SELECT COUNT(*) FROM audit_events");
    ALL_NOTICES: new("SELECT COUNT(*) FROM notices");
    ALL_MESSAGES: new("SELECT COUNT(*) FROM outbox");

    TWO_LIVE_CODES: new(
        "SELECT ceremony_id FROM sent_codes WHERE used_at IS NULL AND superseded_at IS NULL \
         GROUP BY ceremony_id HAVING COUNT(*) > 1 LIMIT 20"
    );
    USED_AND_SUPERSEDED: new(
        "SELECT id FROM sent_codes WHERE used_at IS NOT NULL AND superseded_at IS NOT NULL \
         UNION ALL SELECT 'a link of ' || user_id FROM links \
             WHERE used_at IS NOT NULL AND superseded_at IS NOT NULL \
         UNION ALL SELECT 'an operator''s link of ' || COALESCE(user_id, 'nobody') FROM operator_links \
             WHERE used_at IS NOT NULL AND superseded_at IS NOT NULL \
         LIMIT 20"
    );
    SESSION_EVENTS: new(concat!(
        "SELECT sessions.id FROM sessions \
         LEFT JOIN (SELECT session_id, COUNT(*) AS n FROM audit_events WHERE kind = 'sign_in.signed_in' \
             GROUP BY session_id) AS events ON events.session_id = sessions.id \
         WHERE COALESCE(events.n, 0) <> 1 AND sessions.created_at >= ", recorded!(), " LIMIT 20"
    ));
    SIGN_OUT_EVENTS: new(concat!(
        "SELECT sessions.id FROM sessions \
         LEFT JOIN (SELECT session_id, COUNT(*) AS n FROM audit_events WHERE kind = 'session.signed_out' \
             GROUP BY session_id) AS events ON events.session_id = sessions.id \
         WHERE (CASE WHEN sessions.end_reason = 'signed_out' THEN 1 ELSE 0 END) <> COALESCE(events.n, 0) \
             AND sessions.created_at >= ", recorded!(), " LIMIT 20"
    ));
    FACTOR_EVENTS: new(concat!(
        "SELECT authenticators.id FROM authenticators \
         LEFT JOIN (SELECT user_id, at, COUNT(*) AS n FROM audit_events \
             WHERE kind IN ('two_factor.turned_on', 'method.added', 'method.replaced') OR ", by_a_link!(), " \
             GROUP BY user_id, at) AS events \
             ON events.user_id = authenticators.user_id AND events.at = authenticators.bound_at \
         WHERE authenticators.kind IN ('app', 'phone', 'email') AND authenticators.bound_at IS NOT NULL \
             AND COALESCE(events.n, 0) <> 1 AND authenticators.bound_at >= ", recorded!(), " LIMIT 20"
    ));
    PASSWORD_EVENTS: new(concat!(
        "SELECT authenticators.id FROM authenticators \
         LEFT JOIN (SELECT user_id, at, COUNT(*) AS n FROM audit_events \
             WHERE kind IN ('user.created', 'password.changed') OR ", by_a_link!(), " \
             GROUP BY user_id, at) AS events \
             ON events.user_id = authenticators.user_id AND events.at = authenticators.bound_at \
         WHERE authenticators.kind = 'password' AND authenticators.bound_at IS NOT NULL \
             AND COALESCE(events.n, 0) <> 1 AND authenticators.bound_at >= ", recorded!(), " LIMIT 20"
    ));
    RECOVERY_KEY_EVENTS: new(concat!(
        "SELECT authenticators.id FROM authenticators \
         LEFT JOIN (SELECT user_id, at, COUNT(*) AS n FROM audit_events \
             WHERE kind IN ('recovery_key.used', 'recovery_key.made') GROUP BY user_id, at) AS events \
             ON events.user_id = authenticators.user_id AND events.at = authenticators.bound_at \
         WHERE authenticators.kind = 'recovery_key' AND COALESCE(events.n, 0) <> 1 \
             AND authenticators.bound_at >= ", recorded!(), " LIMIT 20"
    ));
    BACKUP_CODES_EVENTS: new(concat!(
        "SELECT authenticators.id FROM authenticators \
         LEFT JOIN (SELECT user_id, at, COUNT(*) AS n FROM audit_events \
             WHERE kind = 'backup_codes.made' GROUP BY user_id, at) AS events \
             ON events.user_id = authenticators.user_id AND events.at = authenticators.bound_at \
         WHERE authenticators.kind = 'backup_codes' AND COALESCE(events.n, 0) <> 1 \
             AND authenticators.bound_at >= ", recorded!(), " LIMIT 20"
    ));
    BACKUP_CODE_EVENTS: new(concat!(
        "SELECT uses.user_id FROM (SELECT authenticators.user_id, used_backup_codes.used_at, COUNT(*) AS n \
             FROM used_backup_codes JOIN authenticators ON authenticators.id = used_backup_codes.authenticator_id \
             GROUP BY authenticators.user_id, used_backup_codes.used_at) AS uses \
         LEFT JOIN (SELECT user_id, at, COUNT(*) AS n FROM audit_events \
             WHERE kind = 'backup_codes.used' GROUP BY user_id, at) AS events \
             ON events.user_id = uses.user_id AND events.at = uses.used_at \
         WHERE COALESCE(events.n, 0) <> uses.n AND uses.used_at >= ", recorded!(), " LIMIT 20"
    ));
    USER_EVENTS: new(concat!(
        "SELECT users.id FROM users \
         LEFT JOIN (SELECT user_id, COUNT(*) AS n FROM audit_events \
             WHERE kind = 'user.created' OR (kind = 'operator.added' AND ", by_a_link!(), ") \
             GROUP BY user_id) AS events ON events.user_id = users.id \
         WHERE COALESCE(events.n, 0) <> 1 AND users.created_at >= ", recorded!(), " LIMIT 20"
    ));
    COMPANY_EVENTS: new(concat!(
        "SELECT organizations.id FROM organizations \
         LEFT JOIN (SELECT organization_id, COUNT(*) AS n FROM audit_events WHERE kind = 'organization.created' \
             GROUP BY organization_id) AS events ON events.organization_id = organizations.id \
         WHERE COALESCE(events.n, 0) <> 1 AND organizations.created_at >= ", recorded!(), " LIMIT 20"
    ));
    UNTOLD: new(concat!(
        "SELECT audit_events.id FROM audit_events \
         LEFT JOIN (SELECT user_id, at, COUNT(*) AS n FROM notices GROUP BY user_id, at) AS told \
             ON told.user_id = audit_events.user_id AND told.at = audit_events.at \
         WHERE audit_events.kind IN ('two_factor.turned_on', 'two_factor.turned_off', 'method.added', \
             'method.replaced', 'method.reset', 'two_factor.reset', 'recovery_key.used', 'recovery_key.made', \
             'backup_codes.used', 'backup_codes.made', \
             'name.locked', 'code.replayed', \
             'operator.added', 'operator.removed', 'operator.reset', 'operator.set_up_anew') \
             AND audit_events.at > ", recent!(), " AND told.n IS NULL LIMIT 20"
    ));
    UNMAILED: new(concat!(
        "SELECT users.id FROM users \
         LEFT JOIN (SELECT user_id, COUNT(*) AS n FROM notices WHERE at > ", recent!(),
            " GROUP BY user_id) AS told ON told.user_id = users.id \
         LEFT JOIN (SELECT user_id, COUNT(*) AS n FROM outbox WHERE kind = 'notice' AND created_at > ", recent!(),
            " GROUP BY user_id) AS mailed ON mailed.user_id = users.id \
         WHERE COALESCE(told.n, 0) <> COALESCE(mailed.n, 0) LIMIT 20"
    ));
    DROPPED_NOTICES: new("SELECT id FROM outbox WHERE kind = 'notice' AND dropped_at IS NOT NULL LIMIT 20");
    BODIES: new(
        "SELECT id FROM outbox WHERE (body IS NULL AND sent_at IS NULL AND dropped_at IS NULL AND dead_at IS NULL) \
             OR (body IS NOT NULL AND (sent_at IS NOT NULL OR dropped_at IS NOT NULL)) LIMIT 20"
    );
    // A second for the clocks of two nodes, which may lie so far apart.
    USED_AFTER_END: new(
        "SELECT id FROM sessions WHERE ended_at IS NOT NULL AND last_seen_at > ended_at + 1000 LIMIT 20"
    );
    USED_AFTER_CHANGE: new(
        "SELECT DISTINCT sessions.id FROM sessions \
         JOIN users ON users.id = sessions.user_id AND users.epoch > sessions.user_epoch \
         JOIN audit_events ON audit_events.user_id = sessions.user_id \
             AND audit_events.kind IN ('password.changed', 'two_factor.turned_on', 'two_factor.turned_off', \
                 'method.added', 'method.replaced', 'method.reset', 'two_factor.reset', 'recovery_key.made', \
                 'backup_codes.made', \
                 'user.signed_out_everywhere', \
                 'account.not_me', 'operator.added', 'operator.removed', 'operator.reset', 'operator.set_up_anew') \
             AND (audit_events.session_id IS NULL OR audit_events.session_id <> sessions.id) \
         WHERE sessions.created_at < audit_events.at AND sessions.last_seen_at > audit_events.at + 1000 LIMIT 20"
    );

    SESSIONS_AFTER: new(
        "SELECT id, created_at, evidence, user_id FROM sessions WHERE id > $1 ORDER BY id LIMIT $2"
    );
    AUTHENTICATORS_BEHIND: new(
        "SELECT user_id, id, kind, bound_at FROM authenticators WHERE bound_at IS NOT NULL AND user_id IN \
             (SELECT user_id FROM (SELECT user_id FROM sessions WHERE id > $1 ORDER BY id LIMIT $2) AS page)"
    );
    USED_BACKUP_CODES: new("SELECT authenticator_id, used_at FROM used_backup_codes");
    USED_CODES: new("SELECT authenticator_id, used_at FROM sent_codes WHERE used_at IS NOT NULL");
    NEWEST_EVENT: new("SELECT COALESCE(MAX(at), 0) FROM audit_events");
    EVENTS_OF: new(
        "SELECT COUNT(*) FROM audit_events JOIN users ON users.id = audit_events.user_id \
         WHERE users.email = $1 AND audit_events.kind = $2"
    );
    RECORDED_LOCKS: new(
        "SELECT locked.user_id, locked.reason, \
             (SELECT MAX(ladders.locked_until) FROM ladders \
              WHERE ladders.subject = locked.user_id OR ladders.subject LIKE locked.user_id || '/%') \
         FROM audit_events AS locked \
         WHERE locked.kind = 'name.locked' AND NOT EXISTS (SELECT 1 FROM audit_events AS later \
             WHERE later.user_id = locked.user_id AND later.at >= locked.at AND later.id <> locked.id \
                 AND later.kind IN ('name.locked', 'name.unlocked', 'name.unlocked_by_operator', \
                     'sign_in.signed_in', 'password.changed', 'operator.set_up_anew'))"
    );
    ROWS_WITH: new(
        "SELECT 'audit_events ' || id FROM audit_events WHERE reason LIKE $1 ESCAPE '\\' \
             OR user_agent LIKE $1 ESCAPE '\\' OR source LIKE $1 ESCAPE '\\' \
         UNION ALL SELECT 'outbox ' || id FROM outbox WHERE last_error LIKE $1 ESCAPE '\\' \
             OR recipient LIKE $1 ESCAPE '\\' OR provider_id LIKE $1 ESCAPE '\\' \
         UNION ALL SELECT 'notices ' || id FROM notices WHERE user_agent LIKE $1 ESCAPE '\\' \
         UNION ALL SELECT 'sessions ' || id FROM sessions WHERE user_agent LIKE $1 ESCAPE '\\' \
             OR evidence LIKE $1 ESCAPE '\\' \
         UNION ALL SELECT 'ceremonies ' || id FROM ceremonies WHERE evidence LIKE $1 ESCAPE '\\' \
             OR withheld LIKE $1 ESCAPE '\\' \
         UNION ALL SELECT 'operator_set_ups ' || user_id FROM operator_set_ups \
             WHERE name LIKE $1 ESCAPE '\\' OR email LIKE $1 ESCAPE '\\' \
         UNION ALL SELECT 'organizations ' || id FROM organizations WHERE name LIKE $1 ESCAPE '\\' \
         UNION ALL SELECT 'source_failures ' || network FROM source_failures WHERE name LIKE $1 ESCAPE '\\' \
         UNION ALL SELECT 'users ' || id FROM users WHERE name LIKE $1 ESCAPE '\\' OR email LIKE $1 ESCAPE '\\' \
         LIMIT 20"
    );
}
