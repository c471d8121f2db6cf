//! Codes of an app that a wrong clock used up in advance, made good again by an operator (C-08).
//!
//! Each code is used with all before it (RFC 6238 §5.2). One that was accepted while this machine's clock was ahead
//! shuts out every code until the time has come there again.

use super::{Decision, Write};
use crate::{
    account::Account,
    audit::{
        actor::Actor,
        event::{AuditEvent, AuditKind},
    },
    authenticator::{AuthenticatorKind, totp::current_step},
    moment::Moment,
    stated_reason::StatedReason,
};

/// Takes the last accepted step back to the present one, so that the next code is good. `None` where no app of this
/// person is ahead.
///
/// A code that was used while the clock was ahead can then be used again when its time comes, for thirty seconds and
/// by whoever saw it: therefore only an operator does this, and it is recorded.
pub fn reset_by_operator(
    account: &Account,
    why: &StatedReason,
    moment: &mut Moment<'_>,
) -> Option<Decision<()>> {
    let present = current_step(moment.now);
    let ahead = account.authenticators.iter().find_map(|authenticator| {
        let accepted =
            authenticator.steps.accepted.filter(|accepted| *accepted > present.saturating_add(1))?;
        (authenticator.kind() == AuthenticatorKind::App).then_some((authenticator, accepted))
    });
    let (app, accepted) = ahead?;
    let reason = format!("steps_ahead={}: {}", accepted - present, why.as_str());
    let event = AuditEvent::new(AuditKind::AppClockReset, reason, moment).about(account).by(&Actor::Console);
    let put = Write::PutAcceptedStep { authenticator: app.id.clone(), step: present };
    Some(Decision::new((), vec![put, Write::Audit(event)]))
}
