//! Opening a lock by the link in the mail that tells of it (A31).
//!
//! ```text
//!   link ── AwaitUnlock ── pressed ─▶ the lock binds this browser no more, and everybody else as before
//! ```
//!
//! Whoever keeps a name locked must not keep its person out, and must not get one try more by it. So the lock stays,
//! and nothing that was counted is forgotten: the one browser in which the person pressed the button may go on, and
//! five wrong entries of it lock the name for longer. A link is good for the one lock that it was mailed for.

use super::{Claim, Decision, Write, set_password::LinkOutcome};
use crate::{
    account::{Account, Lane},
    audit::event::{AuditEvent, AuditKind},
    link::{Link, LinkPurpose, UNLOCK_OUTLIVES},
    moment::Moment,
    refusal::Refusal,
    throttle::ladder::{LadderSubject, Lock},
    timestamp::Timestamp,
};

/// A link was opened. The account's lane is the name's.
pub struct AwaitUnlock {
    pub link: Link,
    pub account: Account,
}

/// Until when a link opens this lock. `None` where policy says that a lock holds for everybody, and for the lock of
/// a known browser: its person caused it there.
pub(super) fn opens_until(account: &Account, lock: Lock) -> Option<Timestamp> {
    let is_of_name = account.lane.subject == LadderSubject::user(&account.user.id);
    let may_open = is_of_name && account.policy().lets_mailbox_unlock();
    may_open.then(|| link_ends(lock))
}

impl AwaitUnlock {
    /// The lock that the link opens, if it still holds and policy still lets its person open it.
    pub fn lock_at(&self, now: Timestamp) -> Option<Lock> {
        let Self { link, account } = self;
        let is_open = link.is_open(LinkPurpose::Unlock, &account.user, now);
        let may_open = is_open && account.policy().lets_mailbox_unlock();
        let lock = account.lane.ladder.lock_at(now).filter(|_| may_open);
        // An older link opens no newer lock: each lock is opened once.
        lock.filter(|lock| link.expires_at == link_ends(*lock))
    }

    pub fn pressed(self, moment: &mut Moment<'_>) -> Decision<LinkOutcome> {
        if self.lock_at(moment.now).is_none() {
            return Decision::without_writes(LinkOutcome::Refused(Refusal::LinkOver));
        }
        let Self { link, account } = self;
        let ladder = account.lane.ladder.opened_for(moment.visitor.browser);
        let event = AuditEvent::new(AuditKind::NameUnlocked, "by a mailed link", moment).about(&account);
        let lane = Lane { subject: account.lane.subject, ladder };
        Decision::new(LinkOutcome::Done, vec![Write::PutLane(lane), Write::Audit(event)])
            .claiming([Claim::UseLink { token: link.token, at: moment.now }])
            .or_if_lost(LinkOutcome::Refused(Refusal::LinkOver), Vec::new())
    }
}

fn link_ends(lock: Lock) -> Timestamp {
    lock.until.plus(UNLOCK_OUTLIVES)
}
