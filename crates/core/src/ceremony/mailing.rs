//! Mailing a link, whatever it is good for.

use super::Write;
use crate::{
    account::Account,
    audit::event::{AuditEvent, AuditKind},
    id::{NoticeId, SessionId},
    letter::{Letter, LinkLetter},
    link::{LinkPurpose, NewLink},
    message::{Channel, Outgoing, Recipient},
    moment::Moment,
    secret::Secret,
    token::{Purpose, Token},
};

/// What a link is good for, and where.
pub(super) struct Mailed {
    pub purpose: LinkPurpose,
    /// The only session in which it works.
    pub session: Option<SessionId>,
    /// The notice to which the person said that it was not them.
    pub answers: Option<NoticeId>,
}

/// Mails a link to the person's address; an older one of the same purpose is good no more.
pub(super) fn mail<P: Purpose>(account: &Account, mailed: Mailed, moment: &mut Moment<'_>) -> Vec<Write> {
    let Mailed { purpose, session, answers } = mailed;
    let token = Token::<P>::mint(&mut moment.rng);
    let (user, at) = (account.user.id.clone(), moment.now);
    let expires_at = at.plus(purpose.life());
    let letter = Letter::Link(LinkLetter {
        purpose,
        token: Secret::new(token.expose_text()),
        organization: account.memberships.first().map(|membership| membership.organization.name.clone()),
        at,
        expires_at,
    });
    let to = account.user.email.to_string();
    let recipient = Recipient { channel: Channel::Email, to, user: Some(user.clone()) };
    let mail = Outgoing::seal(recipient, &letter, moment);
    let mut event = AuditEvent::new(AuditKind::LinkSent, purpose.as_str(), moment).about(account);
    event.session.clone_from(&session);
    let link = NewLink {
        token: token.hash(),
        purpose,
        user: user.clone(),
        notice: answers,
        session,
        message: mail.id.clone(),
        at,
        expires_at,
    };
    vec![
        Write::SupersedeLinks { user, purpose, at },
        Write::OpenLink(link),
        Write::Send(mail),
        Write::Audit(event),
    ]
}
