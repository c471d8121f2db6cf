//! From rows to the types of `core`: the one place that decodes them.

use countersign_core::{
    assurance::Evidence,
    authenticator::{
        Authenticator, AuthenticatorKind, Material,
        backup_codes::{CodeSet, Used},
        phone::PhoneNumber,
        recovery_key::KeyDigest,
        sent_code::SentCode,
        totp::UsedSteps,
    },
    ceremony::{Ceremony, CeremonyPurpose, PendingAuthenticator, UnsavedKey},
    id::{AuthenticatorId, CeremonyId, NoticeId, OrganizationId, SentCodeId, SessionId, UserId},
    link::{Link, LinkPurpose},
    message::Channel,
    moment::BrowserMark,
    notice::{NoticeKind, Told},
    organization::{Membership, Organization, Role},
    secret::Sealed,
    session::Session,
    throttle::{
        budget::{Sends, SendsBy, Withheld},
        cap::FailureRecord,
        ladder::{Ladder, LadderSubject, Lock},
    },
    timestamp::Timestamp,
    token::TokenHash,
    user::{EmailAddress, PasswordChangeDue, PasswordChangeReason, User},
};

use crate::{Fault, Row};

/// Column lists stand beside the functions that read them, so that the order cannot drift apart.
macro_rules! user_columns {
    () => {
        "users.id, users.email, users.email_verified_at, users.name, users.epoch, \
         users.password_change_due_at, users.password_change_reason, users.disabled_at, users.operator_since"
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
        operator_since: time(row.optional_int(first + 8)?),
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
        "failures, last_failure_at, locked_until, locked_by, opened_for"
    };
}

/// How many columns [`ladder`] reads: what is selected behind them starts here.
pub(crate) const LADDER_COLUMNS: usize = 5;

pub(crate) fn ladder(row: &Row) -> Result<Ladder, Fault> {
    let lock = match (row.optional_int(2)?, row.optional_bytes(3)?) {
        (Some(until), Some(browser)) => Some(Lock {
            until: Timestamp::from_millis(until),
            caused_by: browser_mark(browser)?,
            opened_for: row.optional_bytes(4)?.map(browser_mark).transpose()?,
        }),
        _ => None,
    };
    Ok(Ladder { failures: count(row.int(0)?), last_failure_at: time(row.optional_int(1)?), lock })
}

/// A ladder that may have no row beside what it was joined to: then it holds nothing.
pub(crate) fn ladder_if_any(row: &Row) -> Result<Ladder, Fault> {
    if row.optional_int(0)?.is_none() { Ok(Ladder::default()) } else { ladder(row) }
}

fn browser_mark(bytes: &[u8]) -> Result<BrowserMark, Fault> {
    bytes.try_into().map(BrowserMark).map_err(|_| Fault::broken("a browser mark has 32 bytes"))
}

macro_rules! authenticator_columns {
    () => {
        "id, kind, secret, phone_number, bound_at, last_used_at, disabled_at, failures_in_a_row, \
         failures_by_day, accepted_step, replayed_step, held_until, \
         CASE WHEN kind = 'backup_codes' THEN (SELECT SUM(1 << CAST(used_backup_codes.number AS INTEGER)) \
             FROM used_backup_codes WHERE used_backup_codes.authenticator_id = authenticators.id) END"
    };
}

pub(crate) fn authenticator(row: &Row) -> Result<Authenticator, Fault> {
    Ok(Authenticator {
        id: AuthenticatorId::from_stored(row.text(0)?.to_owned()),
        material: material(row.text(1)?, row.bytes(2)?, row.optional_text(3)?, row.optional_int(12)?)?,
        bound_at: Timestamp::from_millis(row.int(4)?),
        last_used_at: time(row.optional_int(5)?),
        disabled_at: time(row.optional_int(6)?),
        failures: FailureRecord::from_stored(count(row.int(7)?), row.text(8)?)
            .ok_or_else(|| Fault::broken("authenticators.failures_by_day does not read"))?,
        steps: UsedSteps { accepted: row.optional_int(9)?, replayed: row.optional_int(10)? },
        held_until: time(row.optional_int(11)?),
    })
}

pub(crate) fn authenticator_kind(stored: &str) -> Result<AuthenticatorKind, Fault> {
    AuthenticatorKind::parse(stored).ok_or_else(|| unknown("authenticators.kind", stored))
}

/// `used` are the backup codes of a set that were used.
fn material(kind: &str, secret: &[u8], number: Option<&str>, used: Option<i64>) -> Result<Material, Fault> {
    let parsed = authenticator_kind(kind)?;
    let secret = Sealed(secret.to_vec());
    Ok(match parsed {
        AuthenticatorKind::Password => Material::Password(secret),
        AuthenticatorKind::RecoveryKey => Material::RecoveryKey(key_digest(&secret.0)?),
        AuthenticatorKind::BackupCodes => {
            Material::BackupCodes(code_set(&secret.0, used.unwrap_or_default())?)
        }
        AuthenticatorKind::App => Material::App(secret),
        AuthenticatorKind::Email => Material::Email,
        AuthenticatorKind::Phone => {
            let number = number.ok_or_else(|| Fault::broken("a phone has no number"))?;
            Material::Phone(PhoneNumber::from_stored(number.to_owned()))
        }
    })
}

fn key_digest(stored: &[u8]) -> Result<KeyDigest, Fault> {
    KeyDigest::from_stored(stored).ok_or_else(|| Fault::broken("what is kept of a recovery key has 36 bytes"))
}

fn code_set(stored: &[u8], used: i64) -> Result<CodeSet, Fault> {
    let used = Used::from_stored(used).ok_or_else(|| Fault::broken("a set has ten backup codes"))?;
    let set = CodeSet::from_stored(stored, used);
    set.ok_or_else(|| Fault::broken("what is kept of backup codes has 324 bytes"))
}

macro_rules! organization_columns {
    () => {
        "organizations.id, organizations.name, organizations.policy, organizations.two_factor_opened_at"
    };
}

pub(crate) fn organization(row: &Row) -> Result<Organization, Fault> {
    Ok(Organization {
        id: OrganizationId::from_stored(row.text(0)?.to_owned()),
        name: row.text(1)?.to_owned(),
        policy: json(row.text(2)?, "organizations.policy")?,
        two_factor_opened_at: time(row.optional_int(3)?),
    })
}

/// A person's role behind the columns of the organization.
pub(crate) fn membership(row: &Row) -> Result<Membership, Fault> {
    let role = row.text(4)?;
    Ok(Membership {
        organization: organization(row)?,
        role: Role::parse(role).ok_or_else(|| unknown("memberships.role", role))?,
    })
}

macro_rules! ceremony_columns {
    () => {
        "ceremonies.id, ceremonies.purpose, ceremonies.user_id, ceremonies.user_epoch, ceremonies.session_id, \
         ceremonies.lane, ceremonies.evidence, ceremonies.created_at, ceremonies.expires_at, \
         ceremonies.ended_at, ceremonies.sends, ceremonies.last_send_at, ceremonies.withheld, \
         pending.id, pending.kind, pending.secret, pending.phone_number, pending.created_at, \
         sent_codes.id, sent_codes.authenticator_id, sent_codes.digest, sent_codes.expires_at, \
         sent_codes.guesses, ceremonies.new_key, ceremonies.new_key_at, ceremonies.send_channel, \
         ceremonies.last_mail_at, ceremonies.mail_withheld"
    };
}

/// What [`ceremony`] reads beside the ceremony itself.
macro_rules! ceremony_joins {
    () => {
        " LEFT JOIN authenticators AS pending ON pending.id = ceremonies.authenticator_id \
             AND pending.bound_at IS NULL \
         LEFT JOIN sent_codes ON sent_codes.ceremony_id = ceremonies.id \
             AND sent_codes.used_at IS NULL AND sent_codes.superseded_at IS NULL"
    };
}

pub(crate) fn ceremony(row: &Row) -> Result<Ceremony, Fault> {
    let purpose = row.text(1)?;
    let pending = match row.optional_text(13)? {
        Some(id) => Some(PendingAuthenticator {
            id: AuthenticatorId::from_stored(id.to_owned()),
            material: material(row.text(14)?, row.bytes(15)?, row.optional_text(16)?, None)?,
            since: Timestamp::from_millis(row.int(17)?),
        }),
        None => None,
    };
    let sent = match row.optional_text(18)? {
        Some(id) => Some(SentCode {
            id: SentCodeId::from_stored(id.to_owned()),
            authenticator: AuthenticatorId::from_stored(row.text(19)?.to_owned()),
            digest: digest(row.bytes(20)?)?,
            expires_at: Timestamp::from_millis(row.int(21)?),
            guesses: count(row.int(22)?),
        }),
        None => None,
    };
    let new_key = match (row.optional_bytes(23)?, row.optional_int(24)?) {
        (Some(sealed), Some(since)) => {
            Some(UnsavedKey { sealed: Sealed(sealed.to_vec()), since: Timestamp::from_millis(since) })
        }
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
        new_key,
        created_at: Timestamp::from_millis(row.int(7)?),
        expires_at: Timestamp::from_millis(row.int(8)?),
        ended_at: time(row.optional_int(9)?),
        sends: Sends {
            count: count(row.int(10)?),
            channel: row.optional_text(25)?.map(channel).transpose()?,
            texts: sends_by(row, 11, 12)?,
            mails: sends_by(row, 26, 27)?,
        },
        sent,
    })
}

fn sends_by(row: &Row, last_at: usize, why: usize) -> Result<SendsBy, Fault> {
    Ok(SendsBy {
        last_at: time(row.optional_int(last_at)?),
        withheld: row.optional_text(why)?.map(withheld).transpose()?,
    })
}

fn withheld(text: &str) -> Result<Withheld, Fault> {
    Withheld::parse(text).ok_or_else(|| unknown("ceremonies.withheld", text))
}

pub(crate) fn digest(bytes: &[u8]) -> Result<[u8; 32], Fault> {
    bytes.try_into().map_err(|_| Fault::broken("a digest has 32 bytes"))
}

macro_rules! link_columns {
    () => {
        "links.token_hash, links.purpose, links.user_id, links.notice_id, links.session_id, \
         links.created_at, links.expires_at, links.used_at, links.superseded_at"
    };
}

pub(crate) fn link(row: &Row) -> Result<Link, Fault> {
    let purpose = row.text(1)?;
    Ok(Link {
        token: TokenHash(digest(row.bytes(0)?)?),
        purpose: LinkPurpose::parse(purpose).ok_or_else(|| unknown("links.purpose", purpose))?,
        user: UserId::from_stored(row.text(2)?.to_owned()),
        notice: row.optional_text(3)?.map(|id| NoticeId::from_stored(id.to_owned())),
        session: row.optional_text(4)?.map(|id| SessionId::from_stored(id.to_owned())),
        created_at: Timestamp::from_millis(row.int(5)?),
        expires_at: Timestamp::from_millis(row.int(6)?),
        used_at: time(row.optional_int(7)?),
        superseded_at: time(row.optional_int(8)?),
    })
}

macro_rules! notice_columns {
    () => {
        "notices.kind, notices.method, notices.at, notices.source, notices.user_agent"
    };
}

pub(crate) fn told(row: &Row) -> Result<Told, Fault> {
    let kind = row.text(0)?;
    let method = row.optional_text(1)?;
    let known = |method| AuthenticatorKind::parse(method).ok_or_else(|| unknown("notices.method", method));
    Ok(Told {
        kind: NoticeKind::parse(kind).ok_or_else(|| unknown("notices.kind", kind))?,
        method: method.map(known).transpose()?,
        at: Timestamp::from_millis(row.int(2)?),
        source: row.text(3)?.to_owned(),
        user_agent: row.text(4)?.to_owned(),
    })
}

pub(crate) fn channel(text: &str) -> Result<Channel, Fault> {
    Channel::parse(text).ok_or_else(|| unknown("channel", text))
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
pub(crate) fn count(stored: i64) -> u32 {
    u32::try_from(stored).unwrap_or(u32::MAX)
}

/// How many rows are wanted at most.
pub(crate) fn limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

pub(crate) fn evidence(text: &str) -> Result<Evidence, Fault> {
    json(text, "evidence")
}

fn json<T: serde::de::DeserializeOwned>(text: &str, column: &str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|error| Fault::broken(format!("{column} does not read: {error}")))
}

fn unknown(column: &str, value: &str) -> Fault {
    Fault::broken(format!("{column} holds {value:?}, which this program does not know"))
}

pub(crate) use {
    authenticator_columns, ceremony_columns, ceremony_joins, ladder_columns, link_columns, notice_columns,
    organization_columns, session_columns, user_columns,
};
