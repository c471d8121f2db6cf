//! Turning two-factor authentication off (CR-27 … CR-29). For who lost it, an operator does: see
//! [`super::by_operator`].
//!
//! ```text
//!   Proved ── turn_off ─▶ off
//! ```

use super::{
    Decision, Write, attempt,
    enroll::lacks_the_app,
    step_up::{Act, ActOutcome, Proved},
};
use crate::{
    audit::event::{AuditEvent, AuditKind},
    moment::Moment,
    notice::{Notice, NoticeKind},
    refusal::Refusal,
    user::PasswordChangeReason,
};

/// Whether the password that proved the act is long enough to be all that stands before the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordLength {
    EnoughAlone,
    TooShortAlone,
}

/// Turns two-factor authentication off for this person, and for nobody else (CR-29). A password that was
/// chosen to stand beside it and is too short to stand alone must be changed then (P11).
pub fn turn_off(proved: Proved, password: PasswordLength, moment: &mut Moment<'_>) -> Decision<ActOutcome> {
    let account = &proved.account;
    let is_enrolled = account.second_factors().next().is_some();
    if proved.act != Act::TurnOffTwoFactor || !is_enrolled || !account.may_turn_off() {
        return proved.not_allowed();
    }
    if account.proofs_for(proved.act).current_factor && lacks_the_app(account, &proved.given) {
        return proved.refused(Refusal::AppNeeded);
    }
    let user = account.user.id.clone();
    let event = AuditEvent::new(AuditKind::TwoFactorTurnedOff, "by the person", moment)
        .about(account)
        .in_session(&proved.session.id);
    let notice = Notice::new(&account.user, NoticeKind::TwoFactorTurnedOff, None, moment);
    let mut off =
        vec![Write::RevokeSecondFactors { user, at: moment.now }, Write::Audit(event), Write::Notice(notice)];
    if password == PasswordLength::TooShortAlone {
        off.push(attempt::change_due(account, PasswordChangeReason::TooShortAlone, moment));
    }
    proved.done(true, off, moment)
}
