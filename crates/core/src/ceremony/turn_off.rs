//! Turning two-factor authentication off (CR-27 … CR-29). For who lost it, an operator does: see
//! [`super::by_operator`].
//!
//! ```text
//!   Proved ── turn_off ─▶ off
//! ```

use super::{
    Decision, Write,
    act::usual_needed,
    attempt,
    step_up::{Act, ActOutcome, Proved},
};
use crate::{
    audit::event::{AuditEvent, AuditKind},
    moment::Moment,
    notice::{Notice, NoticeKind},
};

/// Turns two-factor authentication off for this person, and for nobody else (CR-29). One whose password is too short
/// to stand alone must change it then, or, where it was not typed here, after the next sign-in by it.
pub fn turn_off(proved: Proved, moment: &mut Moment<'_>) -> Decision<ActOutcome> {
    let account = &proved.account;
    let is_enrolled = account.second_factors().next().is_some();
    if proved.act != Act::TurnOffTwoFactor || !is_enrolled || !account.may_turn_off() {
        return proved.not_allowed();
    }
    let needed = usual_needed(account, &proved.given);
    if let Some(needed) = needed.filter(|_| account.proofs_demanded(proved.act).current_factor) {
        return proved.refused(needed);
    }
    let user = account.user.id.clone();
    let event = AuditEvent::new(AuditKind::TwoFactorTurnedOff, "by the person", moment)
        .about(account)
        .in_session(&proved.session.id);
    let notice = Notice::new(&account.user, NoticeKind::TwoFactorTurnedOff, None, moment);
    let mut off =
        vec![Write::RevokeSecondFactors { user, at: moment.now }, Write::Audit(event), Write::Notice(notice)];
    if let Some(length) = proved.password {
        off.extend(attempt::change_due_if_too_short(account, length, moment));
    }
    proved.done(true, off, moment)
}
