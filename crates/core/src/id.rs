//! Names of rows: a typed prefix and 26 characters that sort by time of birth (48 bits) before chance (80 bits).

use std::fmt;

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::timestamp::Timestamp;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            pub fn mint(now: Timestamp, rng: &mut impl CryptoRng) -> Self {
                Self(mint($prefix, now, rng))
            }

            /// Sorts before every id that is minted at this time or later, and after all earlier ones.
            pub fn earliest(at: Timestamp) -> Self {
                Self(spell($prefix, born(at)))
            }

            /// Takes an id out of what somebody sent; whether there is such a row is another question.
            pub fn parse(text: &str) -> Option<Self> {
                is_spelled(text, $prefix).then(|| Self(text.to_owned()))
            }

            /// Takes an id that was minted before and read back.
            pub fn from_stored(text: String) -> Self {
                Self(text)
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    /// A person who signs in.
    UserId = "usr";
    /// A customer company.
    OrganizationId = "org";
    /// Something bound to a user that proves who they are.
    AuthenticatorId = "aut";
    /// An unfinished sign-in or enrollment.
    CeremonyId = "cer";
    /// A finished sign-in.
    SessionId = "ses";
    /// A browser that completed a sign-in before.
    KnownBrowserId = "kbr";
    /// Something to tell somebody.
    NoticeId = "ntc";
    /// A text message or an email.
    MessageId = "msg";
    /// A code that was sent.
    SentCodeId = "cod";
    /// Something that was recorded.
    AuditEventId = "evt";
    /// That somebody asked for a link to choose a password by.
    WishId = "wsh";
}

/// Crockford's base32, lower case: no letters that read like digits.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const CHARACTERS: u32 = 26;

impl MessageId {
    /// The same for the same words: for what must be sent once. The words cannot be read from it.
    pub fn naming(words: &[&str]) -> Self {
        let mut hasher = Sha256::new();
        for word in words {
            hasher.update((word.len() as u64).to_be_bytes());
            hasher.update(word);
        }
        let digest: [u8; 32] = hasher.finalize().into();
        let (half, _) = digest.split_first_chunk::<16>().unwrap_or((&[0; 16], &[]));
        Self(spell("msg", u128::from_be_bytes(*half)))
    }
}

fn mint(prefix: &str, now: Timestamp, rng: &mut impl CryptoRng) -> String {
    let mut chance = [0u8; 16];
    rng.fill_bytes(&mut chance);
    spell(prefix, born(now) | (u128::from_be_bytes(chance) >> 48))
}

fn born(at: Timestamp) -> u128 {
    u128::from(at.as_millis().unsigned_abs() & 0xffff_ffff_ffff) << 80
}

fn spell(prefix: &str, value: u128) -> String {
    let mut text = String::with_capacity(prefix.len() + 1 + CHARACTERS as usize);
    text.push_str(prefix);
    text.push('_');
    for place in (0..CHARACTERS).rev() {
        let digit = (value >> (place * 5)) & 31;
        text.push(ALPHABET.get(digit as usize).copied().unwrap_or(b'0').into());
    }
    text
}

fn is_spelled(text: &str, prefix: &str) -> bool {
    let digits = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_'));
    digits.is_some_and(|digits| {
        digits.len() == CHARACTERS as usize && digits.bytes().all(|digit| ALPHABET.contains(&digit))
    })
}

#[cfg(test)]
mod tests {
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

    use super::*;

    #[test]
    fn ids_carry_their_prefix_and_sort_by_birth() {
        let mut rng = ChaCha20Rng::from_seed([7; 32]);
        let earlier = UserId::mint(Timestamp::from_millis(1_000), &mut rng);
        let later = UserId::mint(Timestamp::from_millis(2_000), &mut rng);
        assert!(earlier.as_str().starts_with("usr_"));
        assert_eq!(earlier.as_str().len(), 30);
        assert!(earlier < later);
        assert!(earlier < UserId::earliest(Timestamp::from_millis(2_000)));
        assert!(UserId::earliest(Timestamp::from_millis(2_000)) <= later);
    }

    #[test]
    fn only_what_is_spelled_as_an_id_is_taken_for_one() {
        let mut rng = ChaCha20Rng::from_seed([7; 32]);
        let id = UserId::mint(Timestamp::from_millis(1_000), &mut rng);
        assert_eq!(UserId::parse(id.as_str()), Some(id.clone()));
        let other_kind = id.as_str().replace("usr", "ses");
        for text in ["", "usr_", "usr_1", &other_kind, &format!("{id}0"), &id.as_str().replace('0', "\0")] {
            assert_eq!(UserId::parse(text), None, "{text:?}");
        }
    }
}
