//! A person who signs in, and the address they sign in with.

use std::fmt;

use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

use crate::{id::UserId, timestamp::Timestamp};

#[derive(Clone, Debug)]
pub struct User {
    pub id: UserId,
    pub name: String,
    pub email: EmailAddress,
    pub email_verified_at: Option<Timestamp>,
    /// Raised by every change that must end what was granted before it: sessions and ceremonies carry the
    /// value they were made under and are void under any other (A52).
    pub epoch: i64,
    /// The person must choose a new password before anything else.
    pub password_change: Option<PasswordChangeDue>,
    pub disabled_at: Option<Timestamp>,
    /// Since when they run the installation; nobody else is an operator.
    pub operator_since: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordChangeDue {
    pub since: Timestamp,
    pub reason: PasswordChangeReason,
}

words! {
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum PasswordChangeReason {
        /// Many wrong codes behind the right password (P2b).
        SomebodyKnowsIt = "somebody_knows_it",
        /// It was chosen to stand beside a second factor that is no more (P11).
        TooShortAlone = "too_short_alone",
        /// An operator chose it, and so knows it (ASVS 6.4.1).
        SetByOperator = "set_by_operator",
    }
}

impl User {
    /// Somebody who has done nothing yet and is no operator.
    pub fn new(id: UserId, name: String, email: EmailAddress) -> Self {
        Self {
            id,
            name,
            email,
            email_verified_at: None,
            epoch: 0,
            password_change: None,
            disabled_at: None,
            operator_since: None,
        }
    }

    /// Whether what was granted under `epoch` still holds: nothing that protects the account has changed
    /// since, and the person may sign in at all.
    pub fn honors(&self, epoch: i64) -> bool {
        self.epoch == epoch && self.disabled_at.is_none()
    }

    pub fn is_operator(&self) -> bool {
        self.operator_since.is_some()
    }
}

/// An email address in the one spelling that is compared, counted and stored (A26).
///
/// White space around it is dropped; it is brought to Unicode form NFKC and lower case; the domain is
/// written in ASCII (IDNA). At most 254 bytes (RFC 5321 §4.5.3.1, P12).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EmailAddressError {
    #[error("no email address was given")]
    Missing,
    #[error("an email address has at most 254 bytes")]
    TooLong,
    #[error("an email address looks like name@example.com")]
    Malformed,
}

pub const NAME_CHARACTERS_MAX: usize = 100;
const EMAIL_BYTES_MAX: usize = 254;
/// Before normalization a character may take up to four times the bytes that it has afterwards.
const TYPED_BYTES_MAX: usize = EMAIL_BYTES_MAX * 4;

impl EmailAddress {
    pub fn parse(typed: &str) -> Result<Self, EmailAddressError> {
        if typed.len() > TYPED_BYTES_MAX {
            return Err(EmailAddressError::TooLong);
        }
        let normal: String = typed.trim().nfkc().flat_map(char::to_lowercase).collect();
        let normal = normal.trim();
        if normal.is_empty() {
            return Err(EmailAddressError::Missing);
        }
        let (local, domain) = normal.rsplit_once('@').ok_or(EmailAddressError::Malformed)?;
        if local.is_empty()
            || local
                .chars()
                .any(|character| character == '@' || character.is_whitespace() || is_invisible(character))
        {
            return Err(EmailAddressError::Malformed);
        }
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| EmailAddressError::Malformed)?;
        let plausible = |label: &str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
        if domain.is_empty() || !domain.split('.').all(plausible) {
            return Err(EmailAddressError::Malformed);
        }
        // Once more, since lower case and composition can undo each other for a few characters.
        let address: String = format!("{local}@{domain}").nfkc().collect();
        if address.len() > EMAIL_BYTES_MAX { Err(EmailAddressError::TooLong) } else { Ok(Self(address)) }
    }

    /// Takes an address that was parsed before and read back.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The name of a person or a company, without white space around it: 1 to 100 characters that can be seen.
pub fn parse_name(typed: &str) -> Option<String> {
    let name = typed.trim();
    let is_fit = (1..=NAME_CHARACTERS_MAX).contains(&name.chars().count()) && !name.chars().any(is_invisible);
    is_fit.then(|| name.to_owned())
}

/// Control characters and those that make two texts look alike or read backwards (A102).
pub fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_of_one_address_are_one_address() {
        let one = EmailAddress::parse("ann@xn--bcher-kva.example").unwrap();
        for spelling in [
            "ANN@bücher.example",
            " ann@bücher.example\t",
            "ａｎｎ@BÜCHER.example",
            "ann@bu\u{308}cher.example",
        ] {
            assert_eq!(EmailAddress::parse(spelling).unwrap(), one, "{spelling}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.com", "a".repeat(260));
        for (typed, error) in [
            ("", EmailAddressError::Missing),
            ("   ", EmailAddressError::Missing),
            ("ann", EmailAddressError::Malformed),
            ("@example.com", EmailAddressError::Malformed),
            ("ann@", EmailAddressError::Malformed),
            ("ann@a..b", EmailAddressError::Malformed),
            ("ann@ex\u{0}ample.com", EmailAddressError::Malformed),
            ("a\u{200b}nn@example.com", EmailAddressError::Malformed),
            ("ann@evil@example.com", EmailAddressError::Malformed),
            (long.as_str(), EmailAddressError::TooLong),
        ] {
            assert_eq!(EmailAddress::parse(typed), Err(error), "{typed:?}");
        }
    }

    proptest! {
        #[test]
        fn parsing_twice_changes_nothing(typed in "\\PC{1,40}@[a-zA-Z0-9.üßÉ-]{1,30}") {
            if let Ok(once) = EmailAddress::parse(&typed) {
                prop_assert_eq!(EmailAddress::parse(once.as_str()), Ok(once));
            }
        }
    }
}
