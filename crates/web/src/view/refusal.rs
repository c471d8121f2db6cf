//! The sentence of every refusal: what happened, what to do, what is left; and the status it is sent with.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use countersign_core::authenticator::password::{PASSWORD_BYTES_MAX, PasswordRefusal};
use countersign_core::refusal::Refusal;
use countersign_core::throttle::ladder::Left;
use countersign_core::timestamp::Timestamp;

use crate::request_log::refused;
use crate::site::Site;
use crate::view::Page;
use crate::view::frame::{Frame, Mistake};
use crate::view::sending::explain_withheld;
use crate::view::when::{clock_second, clock_time};

/// A refused page: its status, and what the person reads.
pub(crate) struct Refused {
    status: StatusCode,
    code: &'static str,
    pub(super) mistake: Mistake,
    /// When it is worth to ask again at the earliest.
    retry_after: Option<Duration>,
}

/// What was going on: the same refusal reads differently at the door and inside.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occasion {
    SignIn,
    Profile,
    /// A phone number was typed.
    PhoneNumber,
    /// A code was asked for to prove an act.
    ActCode,
}

impl Refused {
    /// The page on which it was refused.
    pub(crate) fn show<P: Page>(self, frame: Frame, page: impl FnOnce(Frame) -> P) -> Response {
        let mut response = page(frame.with_mistakes(vec![self.mistake])).respond(self.status);
        if let Some(wait) = self.retry_after {
            let secs = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(secs));
        }
        refused(response, self.code)
    }
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
        Refusal::Locked { until: Some(until) } => (None, with_time_left(site, "refusal-locked-until", until)),
        Refusal::KeySlip => (Some("code"), say("refusal-key-slip")),
        Refusal::BackupSlip => (Some("code"), say("refusal-backup-slip")),
        Refusal::BackupCodeNeeded => (Some("code"), say("refusal-backup-code-needed")),
        Refusal::BackupCodeUsed { left } => (Some("code"), counted("refusal-backup-code-used", left)),
        Refusal::RecoveryKeyNeeded => (Some("code"), say("refusal-recovery-key-needed")),
        Refusal::Locked { until: None } => (None, say("refusal-locked")),
        Refusal::SourceSlowed { until } => (None, with_time_left(site, "refusal-source-slowed", until)),
        Refusal::Over if at_sign_in => (None, say("refusal-over")),
        // Of a session that is over nobody reads here: `show_refused` leads away.
        Refusal::Over => (None, say("refusal-set-up-over")),
        Refusal::CodeExpired => (Some("code"), say("refusal-code-expired")),
        Refusal::SendTooSoon { at } => (None, send_at(site, at)),
        Refusal::SendsSpent => (None, say(spent(occasion))),
        Refusal::NotSent(why) => {
            let field = (occasion == Occasion::PhoneNumber).then_some("phone");
            (field, explain_withheld(&site.texts, why))
        }
        Refusal::EmailProofNeeded => (None, say("refusal-email-proof-needed")),
        Refusal::AppNeeded => (None, say("refusal-app-needed")),
        Refusal::PhoneNeeded => (None, say("refusal-phone-needed")),
        // Links have a page of their own for this.
        Refusal::LinkOver => (None, say("dead-link-heading")),
        Refusal::SecondFactorDisabled => (None, say("refusal-second-factor-disabled")),
        Refusal::EnrollmentRequired => (None, say("refusal-enrollment-required")),
        Refusal::OperatorEnrollmentRequired => (None, say("refusal-operator-enrollment-required")),
        Refusal::EmailTaken => (Some("email"), say("refusal-email-taken")),
        Refusal::WrongFirstCode { tries } => {
            (Some("code"), site.texts.with("refusal-wrong-first-code", &[("tries", tries.into())]))
        }
        Refusal::NotAllowed => (None, say("refusal-not-allowed")),
        Refusal::NothingThere => (None, say("refusal-nothing-there")),
        Refusal::OwnAccount => (None, say("refusal-own-account")),
        Refusal::OfOperator => (None, say("refusal-of-operator")),
        Refusal::SessionEnded => (None, say("refusal-session-ended")),
    };
    let mistake = Mistake { field, sentence };
    let (status, code) = (status_of(refusal), refusal.code());
    Refused { status, code, mistake, retry_after: retry_after(site, refusal) }
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
    Refused { status: StatusCode::UNPROCESSABLE_ENTITY, code: refusal.code(), mistake, retry_after: None }
}

fn spent(occasion: Occasion) -> &'static str {
    match occasion {
        Occasion::SignIn => "sends-spent-sign-in",
        Occasion::Profile | Occasion::PhoneNumber => "sends-spent-set-up",
        Occasion::ActCode => "sends-spent-act",
    }
}

fn status_of(refusal: Refusal) -> StatusCode {
    match refusal {
        Refusal::WrongPassword { .. }
        | Refusal::WrongCode { .. }
        | Refusal::KeySlip
        | Refusal::RecoveryKeyNeeded
        | Refusal::BackupSlip
        | Refusal::BackupCodeNeeded
        | Refusal::WrongProof { .. }
        | Refusal::EmailTaken
        | Refusal::WrongFirstCode { .. }
        | Refusal::Missing => StatusCode::UNPROCESSABLE_ENTITY,
        // Waiting changes nothing.
        Refusal::NotSent(why) if why.retry_after().is_none() => StatusCode::UNPROCESSABLE_ENTITY,
        Refusal::CodeAlreadyUsed { .. }
        | Refusal::BackupCodeUsed { .. }
        | Refusal::CodeExpired
        | Refusal::Over
        | Refusal::NothingThere
        | Refusal::SessionEnded => StatusCode::CONFLICT,
        Refusal::LinkOver => StatusCode::GONE,
        Refusal::Locked { .. }
        | Refusal::SourceSlowed { .. }
        | Refusal::SendTooSoon { .. }
        | Refusal::SendsSpent
        | Refusal::NotSent(_) => StatusCode::TOO_MANY_REQUESTS,
        Refusal::EmailProofNeeded
        | Refusal::AppNeeded
        | Refusal::PhoneNeeded
        | Refusal::SecondFactorDisabled
        | Refusal::EnrollmentRequired
        | Refusal::OperatorEnrollmentRequired
        | Refusal::OwnAccount
        | Refusal::OfOperator
        | Refusal::NotAllowed => StatusCode::FORBIDDEN,
    }
}

fn retry_after(site: &Site, refusal: Refusal) -> Option<Duration> {
    match refusal {
        Refusal::SendTooSoon { at: until } | Refusal::SourceSlowed { until } => {
            Some(until.since((site.sources.now)()))
        }
        Refusal::NotSent(why) => why.retry_after(),
        _ => None,
    }
}

fn send_at(site: &Site, at: Timestamp) -> String {
    site.texts.with("refusal-send-too-soon", &[("time", clock_second(at).into())])
}

fn with_left(site: &Site, id: &'static str, left: Left) -> String {
    let minutes = left.next_lock.as_secs().div_ceil(60);
    site.texts.with(id, &[("tries", left.tries.into()), ("minutes", minutes.into())])
}

/// The time that is left is rounded up: who comes back after it is let in.
fn with_time_left(site: &Site, id: &'static str, until: Timestamp) -> String {
    let minutes = until.since((site.sources.now)()).as_secs().div_ceil(60).max(1);
    let time = clock_time(until);
    site.texts.with(id, &[("time", time.into()), ("minutes", minutes.into())])
}

#[cfg(test)]
mod tests {
    use countersign_core::throttle::budget::Withheld;

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
    fn a_code_that_is_held_back_says_when_to_ask_again_unless_waiting_changes_nothing() {
        let told = |why| explain(&sample(), Refusal::NotSent(why), Occasion::PhoneNumber);
        for why in Withheld::ALL {
            let refused = told(why);
            let expected = match why.retry_after() {
                Some(_) => StatusCode::TOO_MANY_REQUESTS,
                None => StatusCode::UNPROCESSABLE_ENTITY,
            };
            assert_eq!((refused.status, refused.retry_after), (expected, why.retry_after()), "{why:?}");
            assert_eq!(refused.mistake.field, Some("phone"));
        }
        assert!(told(Withheld::Number).mistake.sentence.contains("in an hour"));
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
