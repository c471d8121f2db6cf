//! What people type.

use countersign_core::{
    authenticator::{
        backup_codes::BackupCode,
        password::{Password, PasswordStands, judge},
        phone::{Country, PhoneNumber},
        recovery_key::RecoveryKey,
        typed_code::TypedCode,
    },
    id::UserId,
    user::{EmailAddress, User},
};

use crate::text;

/// Six ASCII digits, a whole recovery key or backup code, or no code; white space between them changes nothing (A16, A73).
pub fn typed_code(data: &[u8]) {
    let Some(typed) = text(data) else { return };
    match TypedCode::parse(typed) {
        TypedCode::Digits(digits) => {
            assert!(digits.iter().all(u8::is_ascii_digit));
            let plain: String = typed.chars().filter(|character| !matches!(character, ' ' | '-')).collect();
            assert_eq!(plain.as_bytes(), digits);
        }
        TypedCode::RecoveryKey(key) => {
            let shown = key.expose_text();
            let again = TypedCode::parse(shown.expose());
            let same = |other: &RecoveryKey| other.expose_bytes() == key.expose_bytes();
            assert!(matches!(again, TypedCode::RecoveryKey(other) if same(&other)));
        }
        TypedCode::BackupCode(code) => {
            let shown = code.expose_text();
            let again = TypedCode::parse(shown.expose());
            let same = |other: &BackupCode| {
                (other.number(), other.expose_bytes()) == (code.number(), code.expose_bytes())
            };
            assert!(matches!(again, TypedCode::BackupCode(other) if same(&other)));
        }
        TypedCode::Missing | TypedCode::Malformed | TypedCode::KeySlip | TypedCode::BackupSlip => {}
    }
}

/// One spelling: what was parsed parses to itself (A26).
pub fn email_address(data: &[u8]) {
    let Some(typed) = text(data) else { return };
    if let Ok(address) = EmailAddress::parse(typed) {
        assert_eq!(EmailAddress::parse(address.as_str()).as_ref(), Ok(&address), "{typed:?}");
        assert!(address.as_str().len() <= 254 && !address.as_str().chars().any(char::is_control));
    }
}

/// A number in E.164, the same whatever country it is read in again.
pub fn phone_number(data: &[u8]) {
    let Some(typed) = text(data) else { return };
    let homes = ["US", "DE"].map(Country::parse);
    for home in homes.iter().flatten() {
        let Ok(number) = PhoneNumber::parse(typed, home) else { continue };
        let digits = number.as_str().strip_prefix('+').unwrap_or_default();
        assert!((7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()));
        for other in homes.iter().flatten() {
            assert_eq!(PhoneNumber::parse(number.as_str(), other).as_ref().ok(), Some(&number), "{typed:?}");
        }
        let (_, _) = (number.formatted(), number.country());
    }
}

/// A short password is never good enough, and a long one costs no more than its judging may.
pub fn password(data: &[u8]) {
    let Some(typed) = text(data) else { return };
    let Ok(email) = EmailAddress::parse("ann@trackwell.example") else { return };
    let user = User::new(UserId::from_stored("usr_ann".to_owned()), "Ann Ames".to_owned(), email);
    for stands in [PasswordStands::Alone, PasswordStands::BesideSecondFactor] {
        let judged = judge(&Password::new(typed.to_owned()), stands, &user, &["Trackwell"], false);
        assert!(judged.is_err() || typed.chars().count() >= stands.characters_min());
    }
}
