//! Removes what is over, a small batch in each transaction, each rule in one statement.
//!
//! ```text
//!   sweep   the oldest rows of a table, found by an index on their age: nothing is left behind to be read again
//!   walk    some rows at each turn, around the whole table: for what ends with something else and not with time
//! ```
//!
//! Ids begin with the time of their birth, so that the primary key is an index on age.

use std::time::Duration;

use countersign_core::{
    ceremony::NEW_KEY_SHOWN,
    id::{CeremonyId, NoticeId, SentCodeId, SessionId, WishId},
    throttle::shelf::KEPT,
    timestamp::Timestamp,
};

use crate::{
    Database, Fault, Sql, Value,
    leases::{self, LeaseAsked},
    params, rows,
};

/// What has an age at which it goes.
pub struct Sweep {
    pub name: &'static str,
    /// The age.
    pub after: Duration,
    older_than: fn(Timestamp) -> Value,
    remove: &'static Sql,
}

/// What is looked at again and again.
pub struct Walk {
    pub name: &'static str,
    end_of_stretch: &'static Sql,
    remove: &'static [&'static Sql],
}

/// How far a walk came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walked {
    pub removed: u64,
    /// Where it goes on; empty at the end of the table, which is its beginning again.
    pub end: String,
}

const DAY: Duration = Duration::from_hours(24);

/// In an order in which nothing is removed that something else still refers to.
pub static SWEEPS: [Sweep; 15] = [
    // The longest window in which codes are counted is a day; another one for clocks that were wrong.
    Sweep { name: "sent_codes", after: DAY.saturating_mul(2), older_than: sent_code, remove: &SENT_CODES },
    // The longest ceremony lives for half an hour. Its codes go before it.
    Sweep { name: "ceremonies", after: DAY.saturating_mul(3), older_than: ceremony, remove: &CEREMONIES },
    // What nobody saved is shown no more (P7).
    Sweep { name: "new_keys", after: NEW_KEY_SHOWN, older_than: millis, remove: &NEW_KEYS },
    // Set-ups that nobody finished, with the secrets that they were to bind.
    Sweep {
        name: "pending_authenticators",
        after: DAY.saturating_mul(3),
        older_than: millis,
        remove: &PENDING,
    },
    // Of sets that are void; a session that a code opened is told of for a month.
    Sweep {
        name: "used_backup_codes",
        after: DAY.saturating_mul(31),
        older_than: millis,
        remove: &USED_BACKUP_CODES,
    },
    // A session lives for a day; then people see for a month where they were signed in.
    Sweep { name: "sessions", after: DAY.saturating_mul(31), older_than: session, remove: &SESSIONS },
    // The longest life of a link is three days. For a month its page says what became of it.
    Sweep { name: "links", after: DAY.saturating_mul(30), older_than: millis, remove: &LINKS },
    // What a link lets its reader answer stays as long as the link.
    Sweep { name: "notices", after: DAY.saturating_mul(31), older_than: notice, remove: &NOTICES },
    // Gateways report for days on what they took. Dead letters wait for an operator.
    Sweep { name: "outbox", after: DAY.saturating_mul(30), older_than: millis, remove: &OUTBOX },
    // Without a route nobody looks at what is past its life; a sender would have dropped it long before.
    Sweep { name: "bodies", after: Duration::from_hours(1), older_than: millis, remove: &BODIES },
    // The shelves make room for new names by themselves; here the last ones go as well.
    Sweep { name: "unknown_names", after: KEPT, older_than: millis, remove: &UNKNOWN_NAMES },
    // The longest window in which failures of a network are counted is ten minutes.
    Sweep {
        name: "source_failures",
        after: Duration::from_hours(1),
        older_than: millis,
        remove: &SOURCE_FAILURES,
    },
    // A network's wishes are counted for an hour, and nobody looks at older ones.
    Sweep { name: "reset_wishes", after: Duration::from_hours(2), older_than: wish, remove: &RESET_WISHES },
    // What was entered behind an operator's link and never confirmed, with the secrets in it.
    Sweep {
        name: "operator_set_ups",
        after: DAY.saturating_mul(3),
        older_than: millis,
        remove: &OPERATOR_SET_UPS,
    },
    Sweep {
        name: "operator_links",
        after: DAY.saturating_mul(30),
        older_than: millis,
        remove: &OPERATOR_LINKS,
    },
];

pub static WALKS: [Walk; 2] = [
    // Another epoch than the user's: the browser is known no more, and its ladder is nobody's.
    Walk {
        name: "known_browsers",
        end_of_stretch: &END_OF_KNOWN_BROWSERS,
        remove: &[&LADDERS_OF_OLD_EPOCHS, &BROWSERS_OF_OLD_EPOCHS],
    },
    // Rows to queue up behind, for numbers to which nothing is sent any more.
    Walk { name: "destinations", end_of_stretch: &END_OF_DESTINATIONS, remove: &[&UNUSED_DESTINATIONS] },
];

/// Removes a batch; `None` if the lease is somebody else's.
pub async fn sweep(
    database: &Database,
    lease: &LeaseAsked,
    sweep: &'static Sweep,
    limit: usize,
) -> Result<Option<u64>, Fault> {
    let lease = lease.clone();
    let removing = database.write(move |tx| {
        let lease = lease.clone();
        Box::pin(async move {
            if !leases::take(tx, &lease).await? {
                return Ok(None);
            }
            let older_than = (sweep.older_than)(lease.now.minus(sweep.after));
            tx.execute(sweep.remove, &[older_than, Value::from(rows::limit(limit))]).await.map(Some)
        })
    });
    removing.await
}

/// Goes one stretch on; `None` if the lease is somebody else's.
pub async fn walk(
    database: &Database,
    lease: &LeaseAsked,
    walk: &'static Walk,
    after: &str,
    limit: usize,
) -> Result<Option<Walked>, Fault> {
    let (lease, after) = (lease.clone(), after.to_owned());
    let walking = database.write(move |tx| {
        let (lease, after) = (lease.clone(), after.clone());
        Box::pin(async move {
            if !leases::take(tx, &lease).await? {
                return Ok(None);
            }
            let stretch = params![after.as_str(), rows::limit(limit)];
            let row = tx.query_one(walk.end_of_stretch, &stretch).await?;
            let Some(end) = row.optional_text(0)? else {
                return Ok(Some(Walked { removed: 0, end: String::new() }));
            };
            let remove = |sql: &&'static Sql| (*sql, params![after.as_str(), end]);
            let removed = tx.execute_all(walk.remove.iter().map(remove).collect()).await?;
            Ok(Some(Walked { removed: removed.iter().sum(), end: end.to_owned() }))
        })
    });
    walking.await
}

fn millis(at: Timestamp) -> Value {
    Value::from(at.as_millis())
}

fn sent_code(at: Timestamp) -> Value {
    Value::from(SentCodeId::earliest(at).as_str())
}

fn ceremony(at: Timestamp) -> Value {
    Value::from(CeremonyId::earliest(at).as_str())
}

fn session(at: Timestamp) -> Value {
    Value::from(SessionId::earliest(at).as_str())
}

fn notice(at: Timestamp) -> Value {
    Value::from(NoticeId::earliest(at).as_str())
}

fn wish(at: Timestamp) -> Value {
    Value::from(WishId::earliest(at).as_str())
}

macro_rules! stretch {
    ($table:literal, $key:literal) => {
        concat!(
            "SELECT MAX(",
            $key,
            ") FROM (SELECT ",
            $key,
            " FROM ",
            $table,
            " WHERE ",
            $key,
            " > $1 \
             ORDER BY ",
            $key,
            " LIMIT $2) AS stretch"
        )
    };
}

macro_rules! of_old_epochs {
    () => {
        "FROM known_browsers WHERE id > $1 AND id <= $2 AND user_epoch <> \
             (SELECT users.epoch FROM users WHERE users.id = known_browsers.user_id)"
    };
}

crate::statements! {
    SENT_CODES: new(
        "DELETE FROM sent_codes WHERE id IN (SELECT id FROM sent_codes WHERE id < $1 ORDER BY id LIMIT $2)"
    );
    CEREMONIES: new(
        "DELETE FROM ceremonies WHERE id IN ( \
             SELECT id FROM ceremonies WHERE id < $1 \
                 AND NOT EXISTS (SELECT 1 FROM sent_codes WHERE sent_codes.ceremony_id = ceremonies.id) \
             ORDER BY id LIMIT $2)"
    );
    NEW_KEYS: new(
        "UPDATE ceremonies SET new_key = NULL WHERE id IN ( \
             SELECT id FROM ceremonies WHERE new_key IS NOT NULL AND new_key_at <= $1 LIMIT $2)"
    );
    PENDING: new(
        "DELETE FROM authenticators WHERE id IN ( \
             SELECT id FROM authenticators WHERE bound_at IS NULL AND created_at < $1 \
                 AND NOT EXISTS (SELECT 1 FROM sent_codes WHERE sent_codes.authenticator_id = authenticators.id) \
             LIMIT $2)"
    );
    USED_BACKUP_CODES: new(
        "DELETE FROM used_backup_codes WHERE (authenticator_id, number) IN ( \
             SELECT used_backup_codes.authenticator_id, used_backup_codes.number FROM used_backup_codes \
             JOIN authenticators ON authenticators.id = used_backup_codes.authenticator_id \
                 AND authenticators.revoked_at IS NOT NULL \
             WHERE used_backup_codes.used_at < $1 LIMIT $2)"
    );
    SESSIONS: new("DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE id < $1 ORDER BY id LIMIT $2)");
    RESET_WISHES: new("DELETE FROM reset_wishes WHERE id IN (SELECT id FROM reset_wishes WHERE id < $1 ORDER BY id LIMIT $2)");
    LINKS: new(
        "DELETE FROM links WHERE token_hash IN ( \
             SELECT token_hash FROM links WHERE created_at < $1 ORDER BY created_at LIMIT $2)"
    );
    NOTICES: new(
        "DELETE FROM notices WHERE id IN ( \
             SELECT id FROM notices WHERE id < $1 \
                 AND NOT EXISTS (SELECT 1 FROM links WHERE links.notice_id = notices.id) \
             ORDER BY id LIMIT $2)"
    );
    OUTBOX: new(
        "DELETE FROM outbox WHERE id IN ( \
             SELECT id FROM outbox WHERE created_at < $1 AND (sent_at IS NOT NULL OR dropped_at IS NOT NULL) \
             ORDER BY created_at LIMIT $2)"
    );
    /// As a sender ends them: a code is dropped, a link becomes a dead letter. `$1` is one rule's age after their end.
    BODIES: new(
        "UPDATE outbox SET body = NULL, \
             dropped_at = CASE WHEN kind = 'code' THEN expires_at END, \
             dead_at = CASE WHEN kind <> 'code' THEN COALESCE(dead_at, expires_at) END, \
             last_error = CASE WHEN kind <> 'code' \
                 THEN COALESCE(last_error, 'past_its_life: it ran out before it could be sent; send a new one') END \
         WHERE id IN ( \
             SELECT id FROM outbox WHERE sent_at IS NULL AND dead_at IS NULL AND dropped_at IS NULL \
                 AND expires_at < $1 AND (leased_until IS NULL OR leased_until < $1) \
             UNION ALL \
             SELECT id FROM outbox WHERE dead_at IS NOT NULL AND body IS NOT NULL AND expires_at < $1 \
             LIMIT $2)"
    );
    /// Ladders of names that somebody has stand on no shelf.
    UNKNOWN_NAMES: new(
        "DELETE FROM ladders WHERE subject IN ( \
             SELECT subject FROM ladders WHERE shelf IS NOT NULL \
                 AND (last_failure_at IS NULL OR last_failure_at < $1) \
                 AND (locked_until IS NULL OR locked_until < $1) \
             LIMIT $2)"
    );
    SOURCE_FAILURES: new(
        "DELETE FROM source_failures WHERE (network, name) IN ( \
             SELECT network, name FROM source_failures WHERE failed_at < $1 ORDER BY failed_at LIMIT $2)"
    );
    OPERATOR_SET_UPS: new(
        "DELETE FROM operator_set_ups WHERE token_hash IN ( \
             SELECT token_hash FROM operator_set_ups WHERE created_at < $1 LIMIT $2)"
    );
    OPERATOR_LINKS: new(
        "DELETE FROM operator_links WHERE token_hash IN ( \
             SELECT token_hash FROM operator_links WHERE created_at < $1 AND NOT EXISTS ( \
                 SELECT 1 FROM operator_set_ups WHERE operator_set_ups.link_hash = operator_links.token_hash) \
             LIMIT $2)"
    );
    END_OF_KNOWN_BROWSERS: new(stretch!("known_browsers", "id"));
    /// Spells subjects as `LadderSubject::known_browser` does.
    LADDERS_OF_OLD_EPOCHS: new(concat!(
        "DELETE FROM ladders WHERE subject IN (SELECT user_id || '/' || id ", of_old_epochs!(), ")"
    ));
    BROWSERS_OF_OLD_EPOCHS: new(concat!("DELETE ", of_old_epochs!()));
    END_OF_DESTINATIONS: new(stretch!("destinations", "number"));
    UNUSED_DESTINATIONS: new(
        "DELETE FROM destinations WHERE number > $1 AND number <= $2 \
             AND NOT EXISTS (SELECT 1 FROM sent_codes WHERE sent_codes.destination = destinations.number)"
    );
}
