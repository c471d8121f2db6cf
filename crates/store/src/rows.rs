//! From rows to the types of `core`: the one place that decodes them.

use countersign_core::{
    assurance::Evidence,
    authenticator::{Authenticator, AuthenticatorKind, totp::UsedSteps},
    ceremony::{Ceremony, CeremonyPurpose, PendingAuthenticator},
    id::{AuthenticatorId, CeremonyId, OrganizationId, SessionId, UserId},
    moment::BrowserMark,
    organization::{Membership, Organization, Role},
    secret::Sealed,
    session::Session,
    throttle::{
        cap::FailureRecord,
        ladder::{Ladder, LadderSubject, Lock},
    },
    timestamp::Timestamp,
    user::{EmailAddress, PasswordChangeDue, PasswordChangeReason, User},
};

use crate::{Fault, Row};

/// Column lists stand beside the functions that read them, so that the order cannot drift apart.
macro_rules! user_columns {
    () => {
        "users.id, users.email, users.email_verified_at, users.name, users.epoch, \
         users.password_change_due_at, users.password_change_reason, users.disabled_at"
    };
}

pub(crate) fn user(row: &Row) -> Result<User, Fault> {
    user_at(row, 0)
}

/// Reads a user whose columns begin at `first`, behind those of another table.
pub(crate) fn user_at(row: &Row, first: usize) -> Result<User, Fault> {
    Ok(User {
        id: UserId::from_stored(row.text(first)?.to_owned()),
        email: EmailAddress::from_stored(row.text(first + 1)?.to_owned()),
        email_verified_at: time(row.optional_int(first + 2)?),
        name: row.text(first + 3)?.to_owned(),
        epoch: row.int(first + 4)?,
        password_change: password_change(row.optional_int(first + 5)?, row.optional_text(first + 6)?)?,
        disabled_at: time(row.optional_int(first + 7)?),
    })
}

fn password_change(since: Option<i64>, reason: Option<&str>) -> Result<Option<PasswordChangeDue>, Fault> {
    let Some(since) = time(since) else { return Ok(None) };
    let reason = reason.unwrap_or_default();
    let known = PasswordChangeReason::parse(reason);
    let reason = known.ok_or_else(|| unknown("users.password_change_reason", reason))?;
    Ok(Some(PasswordChangeDue { since, reason }))
}

macro_rules! ladder_columns {
    () => {
        "failures, last_failure_at, locked_until, locked_by"
    };
}

pub(crate) fn ladder(row: &Row) -> Result<Ladder, Fault> {
    let lock = match (row.optional_int(2)?, row.optional_bytes(3)?) {
        (Some(until), Some(browser)) => Some(Lock {
            until: Timestamp::from_millis(until),
            caused_by: BrowserMark(
                browser.try_into().map_err(|_| Fault::broken("a browser mark has 32 bytes"))?,
            ),
        }),
        _ => None,
    };
    Ok(Ladder { failures: count(row.int(0)?), last_failure_at: time(row.optional_int(1)?), lock })
}

macro_rules! authenticator_columns {
    () => {
        "id, kind, secret, bound_at, last_used_at, disabled_at, failures_in_a_row, failures_by_day, \
         accepted_step, replayed_step"
    };
}

pub(crate) fn authenticator(row: &Row) -> Result<Authenticator, Fault> {
    let kind = row.text(1)?;
    Ok(Authenticator {
        id: AuthenticatorId::from_stored(row.text(0)?.to_owned()),
        kind: AuthenticatorKind::parse(kind).ok_or_else(|| unknown("authenticators.kind", kind))?,
        secret: Sealed(row.bytes(2)?.to_vec()),
        bound_at: Timestamp::from_millis(row.int(3)?),
        last_used_at: time(row.optional_int(4)?),
        disabled_at: time(row.optional_int(5)?),
        failures: FailureRecord::from_stored(count(row.int(6)?), row.text(7)?)
            .ok_or_else(|| Fault::broken("authenticators.failures_by_day does not read"))?,
        steps: UsedSteps { accepted: row.optional_int(8)?, replayed: row.optional_int(9)? },
    })
}

macro_rules! membership_columns {
    () => {
        "organizations.id, organizations.name, organizations.policy, memberships.role"
    };
}

pub(crate) fn membership(row: &Row) -> Result<Membership, Fault> {
    let role = row.text(3)?;
    Ok(Membership {
        organization: Organization {
            id: OrganizationId::from_stored(row.text(0)?.to_owned()),
            name: row.text(1)?.to_owned(),
            policy: json(row.text(2)?, "organizations.policy")?,
        },
        role: Role::parse(role).ok_or_else(|| unknown("memberships.role", role))?,
    })
}

macro_rules! ceremony_columns {
    () => {
        "ceremonies.id, ceremonies.purpose, ceremonies.user_id, ceremonies.user_epoch, ceremonies.session_id, \
         ceremonies.lane, ceremonies.evidence, ceremonies.created_at, ceremonies.expires_at, \
         ceremonies.ended_at, pending.id, pending.secret"
    };
}

pub(crate) fn ceremony(row: &Row) -> Result<Ceremony, Fault> {
    let purpose = row.text(1)?;
    let pending = match (row.optional_text(10)?, row.optional_bytes(11)?) {
        (Some(id), Some(secret)) => Some(PendingAuthenticator {
            id: AuthenticatorId::from_stored(id.to_owned()),
            secret: Sealed(secret.to_vec()),
        }),
        _ => None,
    };
    Ok(Ceremony {
        id: CeremonyId::from_stored(row.text(0)?.to_owned()),
        purpose: CeremonyPurpose::parse(purpose).ok_or_else(|| unknown("ceremonies.purpose", purpose))?,
        user: UserId::from_stored(row.text(2)?.to_owned()),
        user_epoch: row.int(3)?,
        session: row.optional_text(4)?.map(|id| SessionId::from_stored(id.to_owned())),
        lane: LadderSubject::from_stored(row.text(5)?.to_owned()),
        evidence: evidence(row.text(6)?)?,
        pending,
        created_at: Timestamp::from_millis(row.int(7)?),
        expires_at: Timestamp::from_millis(row.int(8)?),
        ended_at: time(row.optional_int(9)?),
    })
}

macro_rules! session_columns {
    () => {
        "sessions.id, sessions.user_id, sessions.user_epoch, sessions.evidence, sessions.created_at, \
         sessions.last_seen_at, sessions.ended_at, sessions.step_up_failures"
    };
}

/// How many columns [`session`] reads: what is joined behind them starts here.
pub(crate) const SESSION_COLUMNS: usize = 8;

pub(crate) fn session(row: &Row) -> Result<Session, Fault> {
    Ok(Session {
        id: SessionId::from_stored(row.text(0)?.to_owned()),
        user: UserId::from_stored(row.text(1)?.to_owned()),
        user_epoch: row.int(2)?,
        evidence: evidence(row.text(3)?)?,
        created_at: Timestamp::from_millis(row.int(4)?),
        last_seen_at: Timestamp::from_millis(row.int(5)?),
        ended_at: time(row.optional_int(6)?),
        step_up_failures: count(row.int(7)?),
    })
}

pub(crate) fn time(millis: Option<i64>) -> Option<Timestamp> {
    millis.map(Timestamp::from_millis)
}

/// A stored count; whatever is no count reads as the highest, which never opens anything.
fn count(stored: i64) -> u32 {
    u32::try_from(stored).unwrap_or(u32::MAX)
}

fn evidence(text: &str) -> Result<Evidence, Fault> {
    json(text, "evidence")
}

fn json<T: serde::de::DeserializeOwned>(text: &str, column: &str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|error| Fault::broken(format!("{column} does not read: {error}")))
}

fn unknown(column: &str, value: &str) -> Fault {
    Fault::broken(format!("{column} holds {value:?}, which this program does not know"))
}

pub(crate) use {
    authenticator_columns, ceremony_columns, ladder_columns, membership_columns, session_columns,
    user_columns,
};
