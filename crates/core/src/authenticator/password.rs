//! Which passwords may be chosen (P11); how they are hashed is the service's matter.

use thiserror::Error;
use zxcvbn::zxcvbn;

use crate::{
    account::Account,
    authenticator::{Authenticator, Material},
    id::{AuthenticatorId, UserId},
    secret::{Sealed, Secret},
    user::User,
};

/// A password as it was typed: the exact bytes, which are what is hashed.
pub struct Password(Secret<String>);

/// The sealed hash that an attempt is compared with, and the row that it opens in.
pub struct StoredHash {
    pub user: UserId,
    pub authenticator: AuthenticatorId,
    pub hash: Sealed,
}

/// Whether the password will be all that stands before the account (63B-4 §3.1.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordStands {
    Alone,
    BesideSecondFactor,
}

/// Whether a password is long enough to be all that stands before an account (P11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordLength {
    EnoughAlone,
    TooShortAlone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PasswordRefusal {
    #[error("a password here has at least {minimum} characters")]
    TooShort { minimum: usize },
    #[error("a password has at most {PASSWORD_BYTES_MAX} bytes")]
    TooLong,
    #[error("this password is on the lists that guessers try first")]
    Common,
    #[error("this password is made of the person's own name, address or company")]
    Personal,
    #[error("this password was found in a data breach")]
    Breached,
}

impl PasswordRefusal {
    pub fn code(self) -> &'static str {
        match self {
            Self::TooShort { .. } => "password_too_short",
            Self::TooLong => "password_too_long",
            Self::Common => "password_common",
            Self::Personal => "password_personal",
            Self::Breached => "password_breached",
        }
    }
}

pub const PASSWORD_BYTES_MAX: usize = 1024;
const CHARACTERS_MIN_ALONE: usize = 15;
const CHARACTERS_MIN_BESIDE: usize = 8;
/// Guesses below which a password falls to an online guesser within the caps of P2b times a small company:
/// zxcvbn's own boundary between "very guessable" and "somewhat guessable" (score 2).
const GUESSES_MIN: u64 = 1_000_000;

impl Password {
    pub fn new(typed: String) -> Self {
        Self(Secret::new(typed))
    }

    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }

    /// Longer than anything that can have been chosen: no work is spent on it (A88).
    pub fn is_too_long(&self) -> bool {
        self.expose().len() > PASSWORD_BYTES_MAX
    }
}

impl StoredHash {
    /// `None` of an authenticator that is no password.
    pub(crate) fn of(account: &Account, password: &Authenticator) -> Option<Self> {
        let Material::Password(hash) = &password.material else { return None };
        let (user, authenticator) = (account.user.id.clone(), password.id.clone());
        Some(Self { user, authenticator, hash: hash.clone() })
    }

    /// Whether this is still the person's password, or another took its place during the hashing.
    pub(crate) fn is_of(&self, password: &Authenticator) -> bool {
        self.authenticator == password.id && password.material.secret() == Some(&self.hash)
    }
}

impl PasswordLength {
    pub fn of(password: &Password) -> Self {
        let is_enough = password.expose().chars().count() >= PasswordStands::Alone.characters_min();
        if is_enough { Self::EnoughAlone } else { Self::TooShortAlone }
    }
}

impl PasswordStands {
    pub fn characters_min(self) -> usize {
        match self {
            Self::Alone => CHARACTERS_MIN_ALONE,
            Self::BesideSecondFactor => CHARACTERS_MIN_BESIDE,
        }
    }
}

/// Judges a new password by length, lists and context; `is_breached` is what the operator's breach file says.
pub fn judge(
    password: &Password,
    stands: PasswordStands,
    user: &User,
    context: &[&str],
    is_breached: bool,
) -> Result<(), PasswordRefusal> {
    let minimum = stands.characters_min();
    let typed = password.expose();
    if typed.chars().count() < minimum {
        return Err(PasswordRefusal::TooShort { minimum });
    }
    if password.is_too_long() {
        return Err(PasswordRefusal::TooLong);
    }
    if is_breached {
        return Err(PasswordRefusal::Breached);
    }
    judge_by_lists(typed, user, context)
}

fn judge_by_lists(typed: &str, user: &User, context: &[&str]) -> Result<(), PasswordRefusal> {
    let mut personal: Vec<&str> = vec![user.email.as_str(), &user.name];
    personal.extend(user.email.as_str().split(['@', '.', '+', '-', '_']));
    personal.extend(user.name.split_whitespace());
    personal.extend(context);
    personal.retain(|word| word.chars().count() >= 3);
    if zxcvbn(typed, &[]).guesses() < GUESSES_MIN {
        return Err(PasswordRefusal::Common);
    }
    if zxcvbn(typed, &personal).guesses() < GUESSES_MIN || is_mostly(&personal, typed) {
        return Err(PasswordRefusal::Personal);
    }
    Ok(())
}

/// Whether less than half of what was typed is left without the person's own words and what joins them.
fn is_mostly(personal: &[&str], typed: &str) -> bool {
    let mut words: Vec<String> = personal.iter().map(|word| word.to_lowercase()).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let mut left = typed.to_lowercase();
    for word in &words {
        left = left.replace(word.as_str(), "");
    }
    left.chars().filter(|character| character.is_alphanumeric()).count() * 2 < typed.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{account::samples, user::EmailAddress};

    fn ann() -> User {
        let email = EmailAddress::parse("ann.ames@trackwell.example").unwrap();
        User { email, ..samples::account().user }
    }

    fn judged(typed: &str, stands: PasswordStands) -> Result<(), PasswordRefusal> {
        judge(&Password::new(typed.into()), stands, &ann(), &["Countersign"], false)
    }

    #[test]
    fn fifteen_characters_where_the_password_stands_alone_and_eight_beside_a_second_factor() {
        let eleven = "vK3!plomtua";
        assert_eq!(judged(eleven, PasswordStands::Alone), Err(PasswordRefusal::TooShort { minimum: 15 }));
        assert_eq!(judged(eleven, PasswordStands::BesideSecondFactor), Ok(()));
        assert_eq!(
            judged("vK3!plo", PasswordStands::BesideSecondFactor),
            Err(PasswordRefusal::TooShort { minimum: 8 })
        );
        assert_eq!(judged("wistful otter paints gravel", PasswordStands::Alone), Ok(()));
    }

    #[test]
    fn length_is_counted_in_characters_and_bounded_in_bytes() {
        assert_eq!(judged("żółwiołębiąźśćż", PasswordStands::Alone), Ok(()));
        let longest: String = "wistful otter paints gravel ".chars().cycle().take(1024).collect();
        assert_eq!(judged(&longest, PasswordStands::Alone), Ok(()));
        assert_eq!(judged(&format!("{longest}x"), PasswordStands::Alone), Err(PasswordRefusal::TooLong));
    }

    #[test]
    fn passwords_from_the_lists_are_refused_with_their_usual_disguises() {
        for typed in ["password", "12345678", "P@ssw0rd", "qwertyuiop", "aaaaaaaaaaaa", "drowssap"] {
            assert_eq!(
                judged(typed, PasswordStands::BesideSecondFactor),
                Err(PasswordRefusal::Common),
                "{typed}"
            );
        }
    }

    #[test]
    fn a_password_of_the_persons_own_words_is_refused() {
        for typed in [
            "ann.ames@trackwell.example",
            "Countersign",
            "trackwell-ames",
            "AnnAmesTrackwell!",
            "ann.ames.ann.ames",
        ] {
            assert_eq!(
                judged(typed, PasswordStands::BesideSecondFactor),
                Err(PasswordRefusal::Personal),
                "{typed}"
            );
        }
    }

    #[test]
    fn a_breached_password_is_refused() {
        let verdict = judge(
            &Password::new("wistful otter paints gravel".into()),
            PasswordStands::Alone,
            &ann(),
            &[],
            true,
        );
        assert_eq!(verdict, Err(PasswordRefusal::Breached));
    }
}
