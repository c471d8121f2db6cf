//! Codes that we send: six digits, ten minutes, once, for exactly what they were sent for (P3, 63B-4 §3.1.3.2).
//!
//! Only a keyed digest of a code is kept. What it is digested with says what it is good for: another
//! person, ceremony, authenticator or destination makes another digest (A13, A14).

use std::time::Duration;

use rand_core::CryptoRng;

use super::{
    destination::Destination,
    typed_code::{DIGITS, TypedCode},
};
use crate::{
    ceremony::CeremonyPurpose,
    id::{AuthenticatorId, CeremonyId, OrganizationId, SentCodeId, UserId},
    keys::Keyed,
    secret::Secret,
    timestamp::Timestamp,
};

/// 63B-4 §3.1.3.2 allows ten minutes and no more.
pub const CODE_LIFE: Duration = Duration::from_mins(10);
/// So many wrong entries make a code worthless (P3).
pub const GUESSES_MAX: u32 = 5;

/// A code before it is sent; nobody keeps it.
pub struct Code(Secret<[u8; DIGITS]>);

/// What a code is good for.
#[derive(Clone, Copy)]
pub struct Binding<'b> {
    pub purpose: CeremonyPurpose,
    pub organization: Option<&'b OrganizationId>,
    pub user: &'b UserId,
    pub ceremony: &'b CeremonyId,
    pub authenticator: &'b AuthenticatorId,
    pub destination: &'b Destination,
}

/// The newest code of a ceremony, as it was loaded: neither used nor replaced by a newer one.
#[derive(Clone, Debug)]
pub struct SentCode {
    pub id: SentCodeId,
    pub authenticator: AuthenticatorId,
    pub digest: [u8; 32],
    pub expires_at: Timestamp,
    /// Wrong entries since it was sent.
    pub guesses: u32,
}

impl Code {
    /// Each of the million codes is as likely as the others.
    #[must_use]
    pub fn mint(rng: &mut impl CryptoRng) -> Self {
        const CODES: u32 = 1_000_000;
        // The highest multiple of a million: what lies above would make low codes likelier (A19).
        const FAIR_BELOW: u32 = u32::MAX - u32::MAX % CODES;
        loop {
            let drawn = rng.next_u32();
            if drawn < FAIR_BELOW {
                let mut rest = drawn % CODES;
                let mut digits = [b'0'; DIGITS];
                for place in digits.iter_mut().rev() {
                    *place += u8::try_from(rest % 10).unwrap_or_default();
                    rest /= 10;
                }
                return Self(Secret::new(digits));
            }
        }
    }

    pub fn digest(&self, key: &Keyed, binding: &Binding<'_>) -> [u8; 32] {
        key.digest(&binding.parts(self.0.expose()))
    }

    /// For the message that carries it.
    pub fn expose_text(&self) -> Secret<String> {
        Secret::new(self.0.expose().iter().map(|digit| char::from(*digit)).collect())
    }
}

impl SentCode {
    /// Whether it can still be entered. It ends at `expires_at`, not a moment later (A12).
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.expires_at && self.guesses < GUESSES_MAX
    }

    /// Compares in constant time.
    pub fn matches(&self, typed: &TypedCode, key: &Keyed, binding: &Binding<'_>) -> bool {
        match typed {
            TypedCode::Digits(digits) => key.fits(&binding.parts(digits), &self.digest),
            TypedCode::Missing
            | TypedCode::Malformed
            | TypedCode::RecoveryKey(_)
            | TypedCode::KeySlip
            | TypedCode::BackupCode(_)
            | TypedCode::BackupSlip => false,
        }
    }
}

impl<'b> Binding<'b> {
    fn parts<'p>(&self, digits: &'p [u8; DIGITS]) -> [&'p [u8]; 8]
    where
        'b: 'p,
    {
        [
            b"sent code v1",
            self.purpose.as_str().as_bytes(),
            self.organization.map_or(b"", |organization| organization.as_str().as_bytes()),
            self.user.as_str().as_bytes(),
            self.ceremony.as_str().as_bytes(),
            self.authenticator.as_str().as_bytes(),
            self.destination.as_str().as_bytes(),
            digits,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{authenticator::phone::PhoneNumber, moment::Seed, user::EmailAddress};

    const CODES: u32 = 1_000_000;

    fn codes() -> impl Iterator<Item = [u8; DIGITS]> {
        let mut rng = Seed::new([7; 32]).rng();
        (0..CODES).map(move |_| *Code::mint(&mut rng).0.expose())
    }

    /// A19: χ² over the digits of each place; with nine degrees of freedom 27.9 is passed once in a thousand.
    #[test]
    fn atk_19_every_digit_is_as_likely_in_every_place() {
        let mut counts = [[0u32; 10]; DIGITS];
        for code in codes() {
            for (place, digit) in counts.iter_mut().zip(code) {
                place[usize::from(digit - b'0')] += 1;
            }
        }
        let expected = f64::from(CODES) / 10.0;
        for (place, counts) in counts.iter().enumerate() {
            let chi_squared: f64 =
                counts.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum();
            assert!(chi_squared < 27.9, "place {place}: {chi_squared}");
        }
    }

    /// A19: codes that follow each other tell nothing about each other.
    #[test]
    fn atk_19_a_code_says_nothing_about_the_next() {
        let mut repeats = 0;
        let mut before = None;
        for code in codes() {
            repeats += u32::from(before == Some(code));
            before = Some(code);
        }
        // One is expected; more than eight come about once in a million times.
        assert!(repeats <= 8, "{repeats} codes were followed by themselves");
    }

    #[test]
    fn a_code_is_good_until_it_expires_and_for_five_guesses() {
        let expires_at = Timestamp::from_millis(600_000);
        let code = SentCode {
            id: SentCodeId::from_stored("cod_1".into()),
            authenticator: AuthenticatorId::from_stored("aut_phone".into()),
            digest: [0; 32],
            expires_at,
            guesses: GUESSES_MAX - 1,
        };
        let just = Duration::from_millis(1);
        assert!(code.is_live(expires_at.minus(just)));
        assert!(!code.is_live(expires_at));
        assert!(!code.is_live(expires_at.plus(just)));
        assert!(!SentCode { guesses: GUESSES_MAX, ..code }.is_live(Timestamp::from_millis(0)));
    }

    /// A13, A14: person, ceremony, purpose, authenticator, company and number are part of the digest.
    #[test]
    fn atk_13_a_code_fits_only_what_it_was_sent_for() {
        let key = Keyed::new(&[1; 32]);
        let user = |id: &str| UserId::from_stored(id.into());
        let (ann, ben) = (user("usr_ann"), user("usr_ben"));
        let ceremony = |id: &str| CeremonyId::from_stored(id.into());
        let (first, second) = (ceremony("cer_1"), ceremony("cer_2"));
        let authenticator = |id: &str| AuthenticatorId::from_stored(id.into());
        let (phone, other_phone) = (authenticator("aut_1"), authenticator("aut_2"));
        let number = |text: &str| Destination::Phone(PhoneNumber::from_stored(text.into()));
        let (to, elsewhere) = (number("+15125550134"), number("+15125550135"));
        let mailbox = Destination::Mailbox(EmailAddress::parse("ann@example.com").unwrap());
        let company = OrganizationId::from_stored("org_1".into());
        let own = Binding {
            purpose: CeremonyPurpose::SignIn,
            organization: Some(&company),
            user: &ann,
            ceremony: &first,
            authenticator: &phone,
            destination: &to,
        };
        let code = Code::mint(&mut Seed::new([1; 32]).rng());
        let sent = SentCode {
            id: SentCodeId::from_stored("cod_1".into()),
            authenticator: phone.clone(),
            digest: code.digest(&key, &own),
            expires_at: Timestamp::from_millis(1),
            guesses: 0,
        };
        let typed = TypedCode::parse(code.expose_text().expose());
        assert!(sent.matches(&typed, &key, &own));
        for other in [
            Binding { purpose: CeremonyPurpose::Enroll, ..own },
            Binding { organization: None, ..own },
            Binding { user: &ben, ..own },
            Binding { ceremony: &second, ..own },
            Binding { authenticator: &other_phone, ..own },
            Binding { destination: &elsewhere, ..own },
            Binding { destination: &mailbox, ..own },
        ] {
            assert!(!sent.matches(&typed, &key, &other));
        }
        assert!(!sent.matches(&typed, &Keyed::new(&[2; 32]), &own));
        assert!(!sent.matches(&TypedCode::Malformed, &key, &own));
    }
}
