//! Choosing a password behind a mailed link: the first one, or a new one for an account that was shut.
//!
//! ```text
//!   link ── AwaitNewPassword ── password_chosen ─▶ bound; address proved; everything granted before is over
//! ```
//!
//! Whoever reads the mailbox owns the address. If nobody had proved that before, whatever somebody else set
//! up on the account goes (A62); what its owner set up after proving it stays, so that a mailbox alone never
//! gets past a second factor (ASVS 6.4.3).

use super::{Claim, Decision, Write};
use crate::{
    account::Account,
    audit::event::{AuditEvent, AuditKind},
    authenticator::AuthenticatorKind,
    id::AuthenticatorId,
    letter::{Letter, LinkLetter},
    link::{Link, LinkPurpose, NewLink},
    message::{Channel, Outgoing, Recipient},
    moment::Moment,
    notice::{Notice, NoticeKind},
    refusal::Refusal,
    secret::{Sealed, Secret},
    token::SetPasswordToken,
};

/// A link was opened; the password is awaited.
pub struct AwaitNewPassword {
    pub link: Link,
    pub account: Account,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkOutcome {
    Refused(Refusal),
    Done,
}

/// Mails a link to choose a password by; an older one is good no more.
pub(super) fn mail_link(account: &Account, moment: &mut Moment<'_>) -> Vec<Write> {
    let token = SetPasswordToken::mint(&mut moment.rng);
    let purpose = LinkPurpose::SetPassword;
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
    let event = AuditEvent::new(AuditKind::LinkSent, purpose.as_str(), moment).about(account);
    let link = NewLink {
        token: token.hash(),
        purpose,
        user: user.clone(),
        notice: None,
        session: None,
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

/// An operator has a person choose a password.
pub fn invite(account: &Account, moment: &mut Moment<'_>) -> Decision<()> {
    Decision::new((), mail_link(account, moment))
}

impl AwaitNewPassword {
    /// Whether the link is still good for choosing a password.
    pub fn is_open(&self, moment: &Moment<'_>) -> bool {
        self.link.purpose == LinkPurpose::SetPassword && self.link.is_live(&self.account.user, moment.now)
    }

    /// Binds the password; `hash` is sealed for the row `id`.
    pub fn password_chosen(
        self,
        id: AuthenticatorId,
        hash: Sealed,
        moment: &mut Moment<'_>,
    ) -> Decision<LinkOutcome> {
        if !self.is_open(moment) {
            return Decision::without_writes(LinkOutcome::Refused(Refusal::LinkOver));
        }
        let Self { link, account } = self;
        let (user, at) = (account.user.id.clone(), moment.now);
        let event = AuditEvent::new(AuditKind::PasswordChanged, "by a mailed link", moment).about(&account);
        let mut writes = vec![
            Write::PutEpoch { user: user.clone(), epoch: account.user.epoch + 1 },
            Write::RevokePassword { user: user.clone(), at },
            Write::BindPassword { user: user.clone(), authenticator: id, hash, at },
            Write::PutPasswordChange { user: user.clone(), due: None },
            Write::Audit(event),
        ];
        if account.user.email_verified_at.is_none() {
            writes.push(Write::RevokeSecondFactors { user: user.clone(), at });
        }
        writes.push(Write::PutEmailVerified { user, at });
        // The first password of all is no news to the one who chooses it.
        let had_one = account.authenticators.iter().any(|bound| bound.kind() == AuthenticatorKind::Password);
        if had_one {
            let notice = Notice::new(&account.user, NoticeKind::PasswordChanged, None, moment);
            writes.push(Write::Notice(notice));
        }
        Decision::new(LinkOutcome::Done, writes)
            .claiming([Claim::UseLink { token: link.token, at }])
            .or_if_lost(LinkOutcome::Refused(Refusal::LinkOver), Vec::new())
    }
}
