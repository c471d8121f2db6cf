//! A forgotten password: whoever types an address has a link mailed there, if somebody signs in with it.
//!
//! ```text
//!   anybody ── AwaitWish ── wished ─▶ a wish, and the answer: the same for every address
//!                                       ┊ behind the answer
//!                                     AwaitLook ── look ─▶ a link mailed, or nothing
//!                                                            └─▶ set_password
//! ```
//!
//! What is wished for is written down before anybody looks whose address it is: so neither the answer nor its time
//! nor its writes can tell (A34, A35, ASVS 6.3.8). Within a second a task looks, and only the mailbox learns of it.

use super::{Claim, Decision, Write, set_password};
use crate::{
    account::Account,
    audit::event::{AuditEvent, AuditKind},
    id::WishId,
    letter::AlertKind,
    message::Outgoing,
    moment::{Moment, Visitor},
    throttle::links::{MailedLinks, ResetRules, WISHES_MAX},
    timestamp::Timestamp,
    token::ForResetPassword,
    user::EmailAddress,
};

/// Somebody may wish for a link.
pub struct AwaitWish {
    /// Wishes of their network lately.
    pub of_network: u32,
}

/// A wish before it is written down.
#[derive(Clone, Debug)]
pub struct NewWish {
    pub id: WishId,
    pub email: EmailAddress,
    pub network: String,
    pub source: String,
    pub user_agent: String,
    pub at: Timestamp,
}

/// A wish that waits.
#[derive(Clone, Debug)]
pub struct Wish {
    pub id: WishId,
    pub email: EmailAddress,
    pub visitor: Visitor,
}

/// A wish was taken up.
pub struct AwaitLook {
    pub wish: WishId,
    pub found: Option<Found>,
}

/// Who has the address.
pub struct Found {
    pub account: Account,
    pub mailed: MailedLinks,
    /// Links for forgotten passwords that were mailed to anybody lately.
    pub of_everybody: u32,
}

words! {
    /// Why somebody with that address is mailed no link. Nobody who asks is told.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum NotMailed {
        Network = "source_budget",
        Disabled = "user_disabled",
        /// A reset operator comes back by a link of the console, and by nothing else.
        OperatorWithoutFactor = "operator_without_second_factor",
        Account = "account_budget",
        Everybody = "everybody_budget",
    }
}

impl AwaitWish {
    pub fn wished(self, email: EmailAddress, moment: &mut Moment<'_>) -> Decision<()> {
        let is_too_much = self.of_network >= WISHES_MAX;
        let reason = if is_too_much { NotMailed::Network.as_str() } else { "wished" };
        let event = AuditEvent::new(AuditKind::PasswordForgotten, reason, moment);
        let mut writes = vec![Write::Audit(event)];
        if !is_too_much {
            writes.push(Write::PutWish(NewWish {
                id: WishId::mint(moment.now, &mut moment.rng),
                email,
                network: moment.visitor.network(),
                source: moment.visitor.source.to_string(),
                user_agent: moment.visitor.user_agent.clone(),
                at: moment.now,
            }));
        }
        Decision::new((), writes)
    }
}

impl AwaitLook {
    /// The moment is that of the look, and its visitor whoever wished.
    pub fn look(self, rules: &ResetRules, moment: &mut Moment<'_>) -> Decision<()> {
        let Self { wish, found } = self;
        let writes = found.map_or_else(Vec::new, |found| found.answered(rules, moment));
        Decision::new((), writes).claiming([Claim::TakeWish { wish }]).or_if_lost((), Vec::new())
    }
}

impl Found {
    fn answered(self, rules: &ResetRules, moment: &mut Moment<'_>) -> Vec<Write> {
        let account = &self.account;
        let Some(why) = self.not_mailed(rules) else {
            return set_password::mail_link::<ForResetPassword>(account, None, moment);
        };
        let event = AuditEvent::new(AuditKind::LinkWithheld, why.as_str(), moment).about(account);
        let mut writes = vec![Write::Audit(event)];
        if let (NotMailed::Everybody, Some(to)) = (why, &rules.alerts_to) {
            let alert = (AlertKind::ResetLinksBudget, String::new());
            writes.push(Write::SendOnce(Outgoing::alert_of_the_day(to, alert, "everybody", moment)));
        }
        writes
    }

    fn not_mailed(&self, rules: &ResetRules) -> Option<NotMailed> {
        let Self { account, mailed, of_everybody } = self;
        if account.user.disabled_at.is_some() {
            Some(NotMailed::Disabled)
        } else if account.user.is_operator() && account.second_factors().next().is_none() {
            Some(NotMailed::OperatorWithoutFactor)
        } else if !mailed.leave_a_reset() {
            Some(NotMailed::Account)
        } else {
            (*of_everybody >= rules.hour_max).then_some(NotMailed::Everybody)
        }
    }
}
