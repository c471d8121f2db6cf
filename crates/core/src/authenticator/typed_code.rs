//! What people type where a code belongs, whichever authenticator it should come from.

use super::{
    backup_codes::BackupCode,
    look_up_secret::{Reading, without_gaps},
    recovery_key::RecoveryKey,
};

/// An app's code and one that was sent have six digits.
pub const DIGITS: usize = 6;

/// P12: a code with all the spaces that people put into it is far shorter.
const TYPED_BYTES_MAX: usize = 64;

/// What a person typed where a code belongs (A16). Its shape says what it is meant as (A73).
///
/// ASCII spaces and hyphens are dropped, as people copy them; then it is exactly six ASCII digits, or a whole
/// recovery key or backup code, or it is no code. Digits of other scripts are no digits here.
pub enum TypedCode {
    /// Nothing at all: nothing is compared, and nothing is counted.
    Missing,
    /// Cannot be a code: wrong without comparing, and counted like any wrong code.
    Malformed,
    Digits([u8; DIGITS]),
    RecoveryKey(RecoveryKey),
    /// Meant as a recovery key, and mistyped: nothing is compared, and nothing is counted (P7).
    KeySlip,
    BackupCode(BackupCode),
    /// The same of a backup code (P6).
    BackupSlip,
}

impl TypedCode {
    pub fn parse(typed: &str) -> Self {
        if typed.len() > TYPED_BYTES_MAX {
            return Self::Malformed;
        }
        let kept = without_gaps(typed);
        if kept.is_empty() {
            return Self::Missing;
        }
        match <[u8; DIGITS]>::try_from(kept.as_slice()) {
            Ok(digits) if digits.iter().all(u8::is_ascii_digit) => return Self::Digits(digits),
            _ => {}
        }
        match RecoveryKey::read(&kept) {
            Reading::Whole(key) => return Self::RecoveryKey(key),
            Reading::Slip => return Self::KeySlip,
            Reading::Other => {}
        }
        match BackupCode::read(&kept) {
            Reading::Whole(code) => Self::BackupCode(code),
            Reading::Slip => Self::BackupSlip,
            Reading::Other => Self::Malformed,
        }
    }

    /// Whether it is meant as a code that is made anew for each use: neither nothing nor a look-up secret.
    pub fn is_fresh_code(&self) -> bool {
        matches!(self, Self::Malformed | Self::Digits(_))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spaces_and_hyphens_are_forgiven_and_nothing_else_is() {
        for typed in ["123456", "123 456", " 123-456 ", "1 2 3 4 5 6"] {
            assert!(
                matches!(TypedCode::parse(typed), TypedCode::Digits(digits) if &digits == b"123456"),
                "{typed}"
            );
        }
        for typed in [
            "12345",
            "1234567",
            "１２３４５６",
            "١٢٣٤٥٦",
            "12345\u{0}6",
            "123\u{ad}456",
            "0x1e240",
            "1.2e5",
            "+12345",
            "123\u{a0}456",
            "123\n456",
        ] {
            assert!(matches!(TypedCode::parse(typed), TypedCode::Malformed), "{typed:?}");
        }
        for typed in ["", "   ", "--"] {
            assert!(matches!(TypedCode::parse(typed), TypedCode::Missing), "{typed:?}");
        }
    }

    proptest! {
        /// A16: whatever is accepted was six ASCII digits once spaces and hyphens are gone.
        #[test]
        fn atk_16_only_six_ascii_digits_are_ever_a_code(typed in "(\\PC|[0-9 -]|[٠-٩]|\\x00){0,12}") {
            let stripped: String = typed.chars().filter(|character| !matches!(character, ' ' | '-')).collect();
            let is_code = stripped.len() == 6 && stripped.bytes().all(|byte| byte.is_ascii_digit());
            prop_assert_eq!(matches!(TypedCode::parse(&typed), TypedCode::Digits(_)), is_code);
        }
    }
}
