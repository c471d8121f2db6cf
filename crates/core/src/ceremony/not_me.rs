//! "This was not me": the link in every notice.
//!
//! ```text
//!   link ── AwaitNotMe ── said ─▶ every session over; password locked; so is every method that was bound
//!                                 since; a link to choose a new password is on its way
//! ```
//!
//! It only ever shuts. A method is locked and not removed: else a mailbox alone would get rid of a second
//! factor. Who cannot prove one any more then needs an operator.

use super::{
    Claim, Decision, Write,
    set_password::{self, LinkOutcome},
};
use crate::{
    account::Account,
    audit::event::{AuditEvent, AuditKind},
    authenticator::{Authenticator, AuthenticatorKind},
    link::{Link, LinkPurpose},
    moment::Moment,
    notice::Told,
    refusal::Refusal,
    token::ForSetPassword,
};

/// A link was opened.
pub struct AwaitNotMe {
    pub link: Link,
    pub account: Account,
    /// What the person was told, and says was not them.
    pub told: Told,
}

impl AwaitNotMe {
    pub fn is_open(&self, moment: &Moment<'_>) -> bool {
        self.link.is_open(LinkPurpose::NotMe, &self.account.user, moment.now)
    }

    pub fn said(self, moment: &mut Moment<'_>) -> Decision<LinkOutcome> {
        if !self.is_open(moment) {
            return Decision::without_writes(LinkOutcome::Refused(Refusal::LinkOver));
        }
        let Self { link, account, told } = self;
        let (user, token, at) = (account.user.id.clone(), link.token, moment.now);
        let event = AuditEvent::new(AuditKind::NotMe, told.kind.as_str(), moment).about(&account);
        let mut writes = vec![Write::PutEpoch { user, epoch: account.user.epoch + 1 }, Write::Audit(event)];
        let locked = account.authenticators.iter().filter(|bound| is_doubted(bound, &told));
        writes
            .extend(locked.map(|bound| Write::DisableAuthenticator { authenticator: bound.id.clone(), at }));
        writes.extend(set_password::mail_link::<ForSetPassword>(&account, link.notice, moment));
        Decision::new(LinkOutcome::Done, writes)
            .claiming([Claim::UseLink { token, at }])
            .or_if_lost(LinkOutcome::Refused(Refusal::LinkOver), Vec::new())
    }
}

/// Whoever it was had the password, and has what was bound then and since.
fn is_doubted(bound: &Authenticator, told: &Told) -> bool {
    bound.kind() == AuthenticatorKind::Password || bound.bound_at >= told.at
}
