//! Proving one's address (again), for whoever has a session and is to set up the first second factor (A58).
//!
//! ```text
//!   session ── link_wanted ─▶ mail ─▶ link ── AwaitVerification ── confirmed, in the same session ─▶ proved
//! ```
//!
//! The link works in the session that asked for it and in no other: the owner of a mailbox who presses the
//! button must not prove the address for somebody else's session.

use super::{
    Claim, Decision, Write,
    mailing::{self, Mailed},
    set_password::{self, LinkOutcome},
};
use crate::{
    account::Account,
    audit::event::{AuditEvent, AuditKind},
    link::{Link, LinkPurpose},
    moment::Moment,
    refusal::Refusal,
    session::Session,
    throttle::links::MailedLinks,
    token::{ForSetPassword, ForVerifyEmail},
};

/// A signed-in person who may want a link.
pub struct AwaitLinkWanted {
    pub session: Session,
    pub account: Account,
    pub mailed: MailedLinks,
}

/// A link was opened in a session.
pub struct AwaitVerification {
    pub link: Link,
    pub session: Session,
    pub account: Account,
}

/// What a wish for a link led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkWanted {
    Refused(Refusal),
    Mailed,
    /// Nobody proved this address before: the link is one to choose a password by, so that whoever set the
    /// account up is no longer in it (A62).
    PasswordMailed,
}

impl AwaitLinkWanted {
    pub fn link_wanted(self, moment: &mut Moment<'_>) -> Decision<LinkWanted> {
        let Self { session, account, mailed } = self;
        if !session.is_live(&account.user, moment.now) {
            return Decision::without_writes(LinkWanted::Refused(Refusal::Over));
        }
        if let Some(wait) = mailed.wait() {
            let at = moment.now.plus(wait);
            return Decision::without_writes(LinkWanted::Refused(Refusal::SendTooSoon { at }));
        }
        if account.user.email_verified_at.is_none() && !account.user.is_operator() {
            return Decision::new(
                LinkWanted::PasswordMailed,
                set_password::mail_link::<ForSetPassword>(&account, None, moment),
            );
        }
        // Bound to the session: see the module's doc.
        let session = Some(session.id);
        let mailed = Mailed { purpose: LinkPurpose::VerifyEmail, session, answers: None };
        let writes = mailing::mail::<ForVerifyEmail>(&account, mailed, moment);
        Decision::new(LinkWanted::Mailed, writes)
    }
}

impl AwaitVerification {
    /// Whether the link is good, and good in this session.
    pub fn is_open(&self, moment: &Moment<'_>) -> bool {
        let Self { link, session, account } = self;
        link.is_open(LinkPurpose::VerifyEmail, &account.user, moment.now)
            && session.is_live(&account.user, moment.now)
            && link.session.as_ref() == Some(&session.id)
    }

    pub fn confirmed(self, moment: &mut Moment<'_>) -> Decision<LinkOutcome> {
        if !self.is_open(moment) {
            return Decision::without_writes(LinkOutcome::Refused(Refusal::LinkOver));
        }
        let Self { link, session, account } = self;
        let event = AuditEvent::new(AuditKind::EmailVerified, "by a mailed link", moment)
            .about(&account)
            .in_session(&session.id);
        let proved = Write::PutEmailVerified { user: account.user.id, at: moment.now };
        Decision::new(LinkOutcome::Done, vec![proved, Write::Audit(event)])
            .claiming([Claim::UseLink { token: link.token, at: moment.now }])
            .or_if_lost(LinkOutcome::Refused(Refusal::LinkOver), Vec::new())
    }
}
