//! Choosing a password behind a mailed link: the first one, a new one for an account that was shut, or one for whoever
//! forgot theirs.
//!
//! ```text
//!   link ── AwaitNewPassword ── password_chosen ─▶ bound; address proved; everything granted before is over
//! ```
//!
//! Whoever reads the mailbox owns the address. If nobody had proved that before, whatever somebody else set
//! up on the account goes (A62); what its owner set up after proving it stays, so that a mailbox alone never
//! gets past a second factor (ASVS 6.4.3). A link that answers "this was not me" lets all of them stay, since
//! anybody can bring about the notice that leads to it; so does one that anybody asked for, who says that they forgot
//! the password. Either proves the address only where there is no second factor that could be somebody else's.
//!
//! Nobody is signed in by it (A65): the next thing is the sign-in, with whatever second factor there is. For a day that
//! cannot be a code to the same mailbox, which would prove no more than the link did (A66).

use std::time::Duration;

use super::{
    Claim, Decision, Write,
    mailing::{self, Mailed},
};
use crate::{
    account::Account,
    audit::event::{AuditEvent, AuditKind},
    authenticator::AuthenticatorKind,
    id::{AuthenticatorId, NoticeId, UserId},
    link::{ChoosesPassword, Link, LinkPurpose},
    moment::Moment,
    notice::{Notice, NoticeKind},
    refusal::Refusal,
    secret::Sealed,
    timestamp::Timestamp,
    token::ForSetPassword,
};

/// How long no code goes to a mailbox that chose the password (A65).
pub const MAILBOX_HELD: Duration = Duration::from_hours(24);

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

/// Mails a link to choose a password by. `answers` is the notice to which the person said that it was not them.
pub(super) fn mail_link<P: ChoosesPassword>(
    account: &Account,
    answers: Option<NoticeId>,
    moment: &mut Moment<'_>,
) -> Vec<Write> {
    let mailed = Mailed { purpose: P::LINK, session: None, answers };
    mailing::mail::<P>(account, mailed, moment)
}

/// A link that lies in a mailbox must not undo a later change.
pub(super) fn supersede_links(user: &UserId, at: Timestamp) -> [Write; 2] {
    LinkPurpose::CHOOSE_PASSWORD.map(|purpose| Write::SupersedeLinks { user: user.clone(), purpose, at })
}

/// An operator has a person choose a password.
pub fn invite(account: &Account, moment: &mut Moment<'_>) -> Decision<()> {
    Decision::new((), mail_link::<ForSetPassword>(account, None, moment))
}

impl Account {
    /// The account as the password behind `link` will find it: where the link throws out what somebody else
    /// may have set up, the new password has to stand alone.
    #[must_use]
    pub fn once_proved_by(mut self, link: &Link) -> Self {
        if link.sweeps(&self.user) {
            self.authenticators.retain(|bound| bound.kind() == AuthenticatorKind::Password);
        }
        self
    }
}

impl AwaitNewPassword {
    /// Whether the link is still good for choosing a password.
    pub fn is_open(&self, moment: &Moment<'_>) -> bool {
        let purpose = self.link.purpose;
        LinkPurpose::CHOOSE_PASSWORD.contains(&purpose)
            && self.link.is_open(purpose, &self.account.user, moment.now)
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
        let (by, notice) = match link.purpose {
            LinkPurpose::ResetPassword => ("by a mailed link, forgotten", NoticeKind::PasswordReset),
            _ => ("by a mailed link", NoticeKind::PasswordChanged),
        };
        let event = AuditEvent::new(AuditKind::PasswordChanged, by, moment).about(&account);
        let mut writes = vec![
            Write::PutEpoch { user: user.clone(), epoch: account.user.epoch + 1 },
            Write::RevokePassword { user: user.clone(), at },
            Write::BindPassword { user: user.clone(), authenticator: id, hash, at },
            Write::PutPasswordChange { user: user.clone(), due: None },
            Write::Audit(event),
        ];
        writes.extend(supersede_links(&user, at));
        let mailbox = account.bound(AuthenticatorKind::Email);
        writes.extend(mailbox.map(|mailbox| Write::HoldMailbox {
            authenticator: mailbox.id.clone(),
            until: at.plus(MAILBOX_HELD),
        }));
        if link.sweeps(&account.user) && account.second_factors().next().is_some() {
            let reason = "the address was proved for the first time";
            let event = AuditEvent::new(AuditKind::TwoFactorTurnedOff, reason, moment).about(&account);
            let notice = Notice::new(&account.user, NoticeKind::TwoFactorTurnedOff, None, moment);
            writes.extend([Write::Audit(event), Write::Notice(notice)]);
        }
        if link.sweeps(&account.user) {
            // Those whose set-up is not finished, too.
            writes.push(Write::RevokeSecondFactors { user: user.clone(), at });
        }
        // What a link leaves that may be somebody else's, a link that sweeps must still be able to throw out.
        let is_all_the_owners = link.sweeps(&account.user) || account.second_factors().next().is_none();
        if account.user.email_verified_at.is_some() || is_all_the_owners {
            let event = AuditEvent::new(AuditKind::EmailVerified, "by a mailed link", moment).about(&account);
            writes.extend([Write::PutEmailVerified { user, at }, Write::Audit(event)]);
        }
        // The first password of all is no news to the one who chooses it.
        if account.bound(AuthenticatorKind::Password).is_some() {
            writes.push(Write::Notice(Notice::new(&account.user, notice, None, moment)));
        }
        Decision::new(LinkOutcome::Done, writes)
            .claiming([Claim::UseLink { token: link.token, at }])
            .or_if_lost(LinkOutcome::Refused(Refusal::LinkOver), Vec::new())
    }
}
