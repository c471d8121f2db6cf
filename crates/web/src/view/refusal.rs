//! The sentence of every refusal: what happened, what to do, what is left; and the status it is sent with.

use axum::http::StatusCode;
use countersign_core::authenticator::password::{PASSWORD_BYTES_MAX, PasswordRefusal};
use countersign_core::refusal::Refusal;
use countersign_core::throttle::ladder::Left;
use countersign_core::timestamp::Timestamp;

use crate::site::Site;
use crate::view::frame::Mistake;
use crate::view::when::clock_time;

/// A refused page: its status, and what the person reads.
pub(crate) struct Refused {
    pub(crate) status: StatusCode,
    pub(crate) mistake: Mistake,
}

/// What was going on: the same refusal reads differently at the door and inside.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occasion {
    SignIn,
    Profile,
}

pub(crate) fn explain(site: &Site, refusal: Refusal, occasion: Occasion) -> Refused {
    let at_sign_in = occasion == Occasion::SignIn;
    let say = |id| site.texts.get(id);
    let counted = |id, left| with_left(site, id, left);
    let (field, sentence) = match refusal {
        Refusal::WrongPassword { left } if at_sign_in => {
            (Some("password"), counted("refusal-wrong-sign-in", left))
        }
        Refusal::WrongPassword { left } => (Some("password"), counted("refusal-wrong-password", left)),
        Refusal::WrongCode { left } => (Some("code"), counted("refusal-wrong-code", left)),
        Refusal::CodeAlreadyUsed { left } => (Some("code"), counted("refusal-code-already-used", left)),
        Refusal::WrongProof { left } => (Some("password"), counted("refusal-wrong-proof", left)),
        Refusal::Missing => (None, say("refusal-missing")),
        Refusal::Locked { until: Some(until) } => (None, locked_until(site, until)),
        Refusal::Locked { until: None } => (None, say("refusal-locked")),
        Refusal::Over if at_sign_in => (None, say("refusal-over")),
        // Of a session that is over nobody reads here: `show_refused` leads away.
        Refusal::Over => (None, say("refusal-set-up-over")),
        Refusal::SecondFactorDisabled => (None, say("refusal-second-factor-disabled")),
        Refusal::EnrollmentRequired => (None, say("refusal-enrollment-required")),
        Refusal::NotAllowed => (None, say("refusal-not-allowed")),
        Refusal::SessionEnded => (None, say("refusal-session-ended")),
    };
    Refused { status: status_of(refusal), mistake: Mistake { field, sentence } }
}

/// Why a new password may not be chosen; nothing was counted.
pub(crate) fn explain_password(site: &Site, refusal: PasswordRefusal) -> Refused {
    let sentence = match refusal {
        PasswordRefusal::TooShort { minimum } => {
            site.texts.with("password-too-short", &[("min", minimum.into())])
        }
        PasswordRefusal::TooLong => {
            site.texts.with("password-too-long", &[("max", PASSWORD_BYTES_MAX.into())])
        }
        PasswordRefusal::Common => site.texts.get("password-common"),
        PasswordRefusal::Personal => site.texts.get("password-personal"),
        PasswordRefusal::Breached => site.texts.get("password-breached"),
    };
    let mistake = Mistake { field: Some("new_password"), sentence };
    Refused { status: StatusCode::UNPROCESSABLE_ENTITY, mistake }
}

fn status_of(refusal: Refusal) -> StatusCode {
    match refusal {
        Refusal::WrongPassword { .. }
        | Refusal::WrongCode { .. }
        | Refusal::WrongProof { .. }
        | Refusal::Missing => StatusCode::UNPROCESSABLE_ENTITY,
        Refusal::CodeAlreadyUsed { .. } | Refusal::Over | Refusal::SessionEnded => StatusCode::CONFLICT,
        Refusal::Locked { .. } => StatusCode::TOO_MANY_REQUESTS,
        Refusal::SecondFactorDisabled | Refusal::EnrollmentRequired | Refusal::NotAllowed => {
            StatusCode::FORBIDDEN
        }
    }
}

fn with_left(site: &Site, id: &'static str, left: Left) -> String {
    let minutes = left.next_lock.as_secs().div_ceil(60);
    site.texts.with(id, &[("tries", left.tries.into()), ("minutes", minutes.into())])
}

/// The time that is left is rounded up: who comes back after it finds the name open.
fn locked_until(site: &Site, until: Timestamp) -> String {
    let minutes = until.since((site.sources.now)()).as_secs().div_ceil(60).max(1);
    let time = clock_time(until);
    site.texts.with("refusal-locked-until", &[("time", time.into()), ("minutes", minutes.into())])
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::site::sample;

    #[test]
    fn a_wrong_password_says_how_many_tries_are_left_before_which_lock() {
        let left = Left { tries: 1, next_lock: Duration::from_hours(1) };
        let refused = explain(&sample(), Refusal::WrongPassword { left }, Occasion::SignIn);
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(
            refused.mistake.sentence,
            "That email and password do not match. After 1 more wrong try this name is locked for 1 hour."
        );
    }

    #[test]
    fn a_lock_is_told_with_its_end_and_the_minutes_until_then() {
        let site = sample();
        let until = (site.sources.now)().plus(Duration::from_secs(241));
        let refused = explain(&site, Refusal::Locked { until: Some(until) }, Occasion::SignIn);
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(
            refused.mistake.sentence.contains("locked until 10:19 UTC (in 5 minutes)"),
            "{}",
            refused.mistake.sentence
        );
    }
}
