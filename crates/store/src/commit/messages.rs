//! The part of a decision that is sent: codes, links, notices, and the messages that carry them.

use countersign_core::{
    authenticator::{AuthenticatorKind, phone::Country, sent_code::GUESSES_MAX},
    ceremony::{CeremonyPurpose, write::NewSentCode},
    id::{AuthenticatorId, CeremonyId, NoticeId, OrganizationId, SentCodeId, SessionId, UserId},
    link::{LinkPurpose, NewLink},
    message::{Channel, Outgoing},
    notice::Notice,
    throttle::budget::{Sends, Withheld},
    timestamp::Timestamp,
    token::TokenHash,
};

use super::Statement;
use crate::{Fault, Sql, database::Statements, params};

pub(super) fn use_code(code: &SentCodeId, at: Timestamp) -> Statement {
    (&USE_CODE, params![code.as_str(), at.as_millis(), GUESSES_MAX])
}

pub(super) fn use_link(token: TokenHash, at: Timestamp) -> Statement {
    (&USE_LINK, params![token.0, at.as_millis()])
}

/// Their messages first: which they are is known from the codes.
pub(super) fn supersede_codes(user: &UserId, purpose: CeremonyPurpose, at: Timestamp) -> Statements {
    let values = params![user.as_str(), purpose.as_str(), at.as_millis()];
    vec![(&DROP_SUPERSEDED_CODES, values.clone()), (&SUPERSEDE_CODES, values)]
}

/// Likewise.
pub(super) fn supersede_links(user: &UserId, purpose: LinkPurpose, at: Timestamp) -> Statements {
    let values = params![user.as_str(), purpose.as_str(), at.as_millis()];
    vec![(&DROP_SUPERSEDED_LINKS, values.clone()), (&SUPERSEDE_LINKS, values)]
}

pub(super) fn put_guesses(code: &SentCodeId, guesses: u32) -> Statement {
    (&PUT_GUESSES, params![code.as_str(), guesses])
}

pub(super) fn send(message: Outgoing) -> Result<Statement, Fault> {
    add(&ADD_MESSAGE, message)
}

pub(super) fn send_once(message: Outgoing) -> Result<Statement, Fault> {
    add(&ADD_MESSAGE_ONCE, message)
}

/// The notice itself, the mail that tells it, and the link in the mail.
pub(super) fn add_notice(notice: Notice) -> Result<Statements, Fault> {
    let values = params![
        notice.id.as_str(),
        notice.not_me.user.as_str(),
        notice.kind.as_str(),
        notice.not_me.at.as_millis(),
        notice.source,
        notice.user_agent,
        notice.method.map(AuthenticatorKind::as_str),
    ];
    let mut statements = vec![(&ADD_NOTICE, values), open_link(&notice.not_me)];
    statements.extend(notice.unlock.as_ref().map(open_link));
    statements.push(send(notice.mail)?);
    Ok(statements)
}

pub(super) fn put_sends(ceremony: &CeremonyId, sends: Sends) -> Statement {
    let values = params![
        ceremony.as_str(),
        i64::from(sends.count),
        sends.texts.last_at.map(Timestamp::as_millis),
        sends.texts.withheld.map(Withheld::as_str),
        sends.channel.map(Channel::as_str),
        sends.mails.last_at.map(Timestamp::as_millis),
        sends.mails.withheld.map(Withheld::as_str),
    ];
    (&PUT_SENDS, values)
}

pub(super) fn open_code(code: &NewSentCode) -> Statement {
    let values = params![
        code.id.as_str(),
        code.ceremony.as_str(),
        code.purpose.as_str(),
        code.user.as_str(),
        code.authenticator.as_str(),
        code.message.as_str(),
        code.digest.to_vec(),
        code.sent_at.as_millis(),
        code.expires_at.as_millis(),
        code.counts_from.as_millis(),
        code.organization.as_ref().map(OrganizationId::as_str),
        code.destination.as_str(),
        code.destination.block(),
        code.destination.country().as_ref().map(Country::as_str),
        code.network.as_str(),
        code.destination.channel().as_str(),
    ];
    (&OPEN_CODE, values)
}

pub(super) fn hold_mailbox(authenticator: &AuthenticatorId, until: Timestamp) -> Statement {
    (&HOLD_MAILBOX, params![authenticator.as_str(), until.as_millis()])
}

pub(super) fn open_link(link: &NewLink) -> Statement {
    let values = params![
        link.token.0,
        link.purpose.as_str(),
        link.user.as_str(),
        link.notice.as_ref().map(NoticeId::as_str),
        link.session.as_ref().map(SessionId::as_str),
        link.at.as_millis(),
        link.expires_at.as_millis(),
        link.message.as_str(),
    ];
    (&OPEN_LINK, values)
}

fn add(sql: &'static Sql, message: Outgoing) -> Result<Statement, Fault> {
    let body = message.body.map_err(|fault| Fault::broken(fault.to_string()))?;
    // What a person waits for goes first: a code, a link that they asked for.
    let urgency = i64::from(message.expires_at.is_none());
    let values = params![
        message.id.as_str(),
        message.channel.as_str(),
        message.to,
        message.user.as_ref().map(UserId::as_str),
        message.kind,
        body.0,
        message.at.as_millis(),
        message.expires_at.map(Timestamp::as_millis),
        urgency,
    ];
    Ok((sql, values))
}

/// What is void before it was sent is not sent any more.
macro_rules! drop_superseded {
    ($table:literal) => {
        concat!(
            "UPDATE outbox SET dropped_at = $3, body = NULL, last_error = NULL WHERE id IN ( \
                 SELECT message_id FROM ",
            $table,
            " WHERE user_id = $1 AND purpose = $2 AND used_at IS NULL AND superseded_at IS NULL) \
                 AND sent_at IS NULL AND dead_at IS NULL AND dropped_at IS NULL"
        )
    };
}

macro_rules! add_message {
    () => {
        "INSERT INTO outbox (id, channel, recipient, user_id, kind, body, created_at, expires_at, urgency, \
             due_at, attempts) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $7, 0)"
    };
}

crate::statements! {
    USE_CODE: new(
        "UPDATE sent_codes SET used_at = $2 \
         WHERE id = $1 AND used_at IS NULL AND superseded_at IS NULL AND expires_at > $2 AND guesses < $3"
    );
    USE_LINK: new(
        "UPDATE links SET used_at = $2 \
         WHERE token_hash = $1 AND used_at IS NULL AND superseded_at IS NULL AND expires_at > $2"
    );
    PUT_SENDS: new(
        "UPDATE ceremonies SET sends = $2, last_send_at = $3, withheld = $4, send_channel = $5, \
             last_mail_at = $6, mail_withheld = $7 WHERE id = $1"
    );
    HOLD_MAILBOX: new("UPDATE authenticators SET held_until = $2 WHERE id = $1");
    SUPERSEDE_CODES: new(
        "UPDATE sent_codes SET superseded_at = $3 \
         WHERE user_id = $1 AND purpose = $2 AND used_at IS NULL AND superseded_at IS NULL"
    );
    DROP_SUPERSEDED_CODES: new(drop_superseded!("sent_codes"));
    DROP_SUPERSEDED_LINKS: new(drop_superseded!("links"));
    OPEN_CODE: new(
        "INSERT INTO sent_codes (id, ceremony_id, purpose, user_id, authenticator_id, message_id, digest, \
             sent_at, expires_at, guesses, counts_from, organization_id, destination, block, country, network, \
             channel) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11, $12, $13, $14, $15, $16)"
    );
    PUT_GUESSES: new("UPDATE sent_codes SET guesses = $2 WHERE id = $1");
    OPEN_LINK: new(
        "INSERT INTO links \
             (token_hash, purpose, user_id, notice_id, session_id, created_at, expires_at, message_id) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
    );
    SUPERSEDE_LINKS: new(
        "UPDATE links SET superseded_at = $3 \
         WHERE user_id = $1 AND purpose = $2 AND used_at IS NULL AND superseded_at IS NULL"
    );
    ADD_MESSAGE: new(add_message!());
    ADD_MESSAGE_ONCE: new(concat!(add_message!(), " ON CONFLICT (id) DO NOTHING"));
    ADD_NOTICE: new(
        "INSERT INTO notices (id, user_id, kind, at, source, user_agent, method) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)"
    );
}
