//! Codes of an authenticator app: RFC 6238 with SHA-1, six digits, thirty seconds (P5), each step once.

use rand_core::CryptoRng;
use totp_rs::{Algorithm, Builder};

use super::typed_code::TypedCode;
use crate::{
    secret::{Secret, same},
    timestamp::Timestamp,
};

/// 160 random bits: the length RFC 4226 §4 R6 recommends.
pub const SECRET_BYTES: usize = 20;
/// Seconds a code is current; what every authenticator app assumes.
pub const STEP_SECS: u64 = 30;
/// Steps before and after the present one that are accepted: one for a slow thumb, one for a fast clock (P5).
const STEPS_AROUND: i64 = 1;

/// The secret that app and server share.
pub struct AppSecret(Secret<[u8; SECRET_BYTES]>);

/// The highest step that was accepted, and the highest whose repetition was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsedSteps {
    pub accepted: Option<i64>,
    pub replayed: Option<i64>,
}

/// How a typed code compares with an app at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeVerdict {
    /// Right, and of a step that was not used yet.
    Right {
        step: i64,
    },
    /// Right, but of a step that was used or lies before one that was (RFC 6238 §5.2).
    Replayed {
        step: i64,
    },
    Wrong,
}

impl AppSecret {
    #[must_use]
    pub fn mint(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; SECRET_BYTES];
        rng.fill_bytes(&mut bytes);
        Self::from_bytes(bytes)
    }

    pub fn from_bytes(bytes: [u8; SECRET_BYTES]) -> Self {
        Self(Secret::new(bytes))
    }

    pub fn expose_bytes(&self) -> &[u8; SECRET_BYTES] {
        self.0.expose()
    }

    /// The secret as people type it into an app: base32 (RFC 4648 §6) without padding.
    pub fn manual_key(&self) -> Secret<String> {
        Secret::new(totp_rs::Secret::from(*self.expose_bytes()).to_base32())
    }

    /// Compares a typed code with the three steps around `now`.
    ///
    /// Every candidate is compared, in constant time, whatever the earlier ones gave (SECURITY.md 5.5).
    pub fn check(&self, typed: &TypedCode, used: UsedSteps, now: Timestamp) -> CodeVerdict {
        let TypedCode::Digits(digits) = typed else {
            return CodeVerdict::Wrong;
        };
        let totp = Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            .with_step_duration(STEP_SECS)
            .with_secret(*self.expose_bytes())
            .build_noncompliant();
        let present = current_step(now);
        let mut matched = None;
        for step in present.saturating_sub(STEPS_AROUND).max(0)..=present.saturating_add(STEPS_AROUND) {
            let expected = totp.generate(step.unsigned_abs() * STEP_SECS).to_string();
            if same(expected.as_bytes(), digits) {
                matched = Some(step);
            }
        }
        match matched {
            Some(step) if used.accepted.is_some_and(|accepted| step <= accepted) => {
                CodeVerdict::Replayed { step }
            }
            Some(step) => CodeVerdict::Right { step },
            None => CodeVerdict::Wrong,
        }
    }
}

/// The number of the thirty seconds that `now` lies in (RFC 6238 §4.2).
pub fn current_step(now: Timestamp) -> i64 {
    i64::try_from(now.as_unix_secs() / STEP_SECS).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RFC_SECRET: &[u8; SECRET_BYTES] = b"12345678901234567890";

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_millis(secs * 1000)
    }

    fn check(typed: &str, used: UsedSteps, secs: i64) -> CodeVerdict {
        AppSecret::from_bytes(*RFC_SECRET).check(&TypedCode::parse(typed), used, at(secs))
    }

    /// RFC 6238 appendix B gives eight digits; apps show the last six of them.
    #[test]
    fn the_vectors_of_rfc_6238_are_met() {
        for (secs, eight_digits) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            let verdict = check(&eight_digits[2..], UsedSteps::default(), secs);
            assert_eq!(verdict, CodeVerdict::Right { step: secs / 30 }, "at {secs} s");
        }
    }

    /// A22: one step early or late is accepted, two are not.
    #[test]
    fn atk_22_one_step_of_skew_is_accepted_and_two_are_not() {
        // The code of step 41152263 (1234567890 s).
        let code = "005924";
        for (secs, accepted) in [
            (1_234_567_890 - 60, false),
            (1_234_567_890 - 30, true),
            (1_234_567_890, true),
            (1_234_567_890 + 30, true),
            (1_234_567_890 + 60, false),
        ] {
            let verdict = check(code, UsedSteps::default(), secs);
            assert_eq!(matches!(verdict, CodeVerdict::Right { step: 41_152_263 }), accepted, "at {secs} s");
        }
    }

    /// RFC 4226 §4 R6.
    #[test]
    fn atk_20_an_apps_secret_has_160_random_bits() {
        let mut rng = crate::moment::Seed::new([1; 32]).rng();
        let secrets: Vec<AppSecret> = (0..64).map(|_| AppSecret::mint(&mut rng)).collect();
        for bit in 0..SECRET_BYTES * 8 {
            let is_set = |secret: &AppSecret| secret.expose_bytes()[bit / 8] & (1 << (bit % 8)) != 0;
            let set = secrets.iter().filter(|secret| is_set(secret)).count();
            assert!((8..=56).contains(&set), "bit {bit} is set in {set} of 64");
        }
    }

    #[test]
    fn a_step_at_or_before_the_last_accepted_one_is_a_replay() {
        let used = UsedSteps { accepted: Some(41_152_263), replayed: None };
        assert_eq!(check("005924", used, 1_234_567_890), CodeVerdict::Replayed { step: 41_152_263 });
    }

    proptest! {
        #[test]
        fn two_secrets_agree_on_a_code_only_by_chance(one: [u8; 20], secs in 0i64..4_000_000_000) {
            let manual = AppSecret::from_bytes(one).manual_key();
            prop_assert_eq!(manual.expose().len(), 32);
            let verdict = AppSecret::from_bytes(one).check(&TypedCode::Malformed, UsedSteps::default(), at(secs));
            prop_assert_eq!(verdict, CodeVerdict::Wrong);
        }
    }
}
