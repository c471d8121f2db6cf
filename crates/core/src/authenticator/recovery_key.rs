//! The recovery key: 128 random bits that admit once in the place of every other second factor, and are replaced by
//! that (P7, CRT-12 … CRT-20; 63B-4 §4.2.1.1).
//!
//! ```text
//!   0H7K-… 26 characters of Crockford's base32 for the bits, 2 for the check ─ 28, shown in seven groups of four
//! ```
//!
//! The check tells a slip of the finger from a guess: it is the number modulo a prime, by which every single wrong
//! character and every two neighbors that changed places are found, but for the last digit and the first check
//! character. Only a keyed digest of a key is kept.

use rand_core::CryptoRng;

use super::look_up_secret::{Reading, grouped, number, spell, value};
use crate::{
    id::{AuthenticatorId, UserId},
    keys::KeyRing,
    secret::Secret,
};

/// A recovery key, as it was made or typed; nobody keeps it.
pub struct RecoveryKey(Secret<[u8; KEY_BYTES]>);

/// What is kept of a key: a digest, and the number of the root key that it was made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyDigest {
    root: u32,
    digest: [u8; 32],
}

/// P7 asks for 112 at least.
const KEY_BYTES: usize = 16;
/// 128 bits, five to a character.
const CHARACTERS: usize = 26;
const CHECK_CHARACTERS: usize = 2;
const WHOLE: usize = CHARACTERS + CHECK_CHARACTERS;
/// Of a whole key, so many characters more or less are a slip.
const SLIPS_MAX: usize = 8;
const GROUP: usize = 4;
/// The greatest prime below what two characters can say.
const PRIME: u128 = 1021;

impl RecoveryKey {
    #[must_use]
    pub fn mint(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; KEY_BYTES];
        rng.fill_bytes(&mut bytes);
        Self(Secret::new(bytes))
    }

    /// Takes the bytes of a key that was sealed to be shown; `None` of another length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(Secret::new(bytes.try_into().ok()?)))
    }

    pub fn expose_bytes(&self) -> &[u8; KEY_BYTES] {
        self.0.expose()
    }

    /// Reads what was typed, without the spaces and hyphens in it.
    pub fn read(typed: &[u8]) -> Reading<Self> {
        Reading::of(typed, (WHOLE, SLIPS_MAX), Self::read_whole)
    }

    fn read_whole(typed: &[u8]) -> Option<Self> {
        let (key, check) = typed.split_at_checked(CHARACTERS)?;
        if check.len() != CHECK_CHARACTERS || number(check)? != checked(number(key)?) {
            return None;
        }
        // The first character stands for three bits only.
        let is_within = key.first().and_then(|first| value(*first)).is_some_and(|first| first < 8);
        is_within.then_some(())?;
        Some(Self(Secret::new(number(key)?.to_be_bytes())))
    }

    /// As it is shown and downloaded: `0H7K-…`, in groups of four.
    pub fn expose_text(&self) -> Secret<String> {
        let bits = u128::from_be_bytes(*self.expose_bytes());
        let symbols = spell(bits, CHARACTERS).chain(spell(checked(bits), CHECK_CHARACTERS));
        grouped(symbols, WHOLE, GROUP)
    }

    /// What is kept of it, bound to whose it is.
    pub fn digest(&self, keys: &KeyRing, user: &UserId, authenticator: &AuthenticatorId) -> KeyDigest {
        let (root, key) = keys.recovery_keys();
        KeyDigest { root, digest: key.digest(&self.parts(user, authenticator)) }
    }

    fn parts<'p>(&'p self, user: &'p UserId, authenticator: &'p AuthenticatorId) -> [&'p [u8]; 4] {
        [
            b"recovery key v1",
            user.as_str().as_bytes(),
            authenticator.as_str().as_bytes(),
            self.expose_bytes().as_slice(),
        ]
    }
}

impl KeyDigest {
    /// Compares in constant time. Without its root key no key is right; [`Self::is_readable`] tells of that.
    pub fn matches(
        &self,
        typed: &RecoveryKey,
        keys: &KeyRing,
        (user, authenticator): (&UserId, &AuthenticatorId),
    ) -> bool {
        let key = keys.recovery_keys_of(self.root);
        key.is_some_and(|key| key.fits(&typed.parts(user, authenticator), &self.digest))
    }

    /// Whether the key file still holds what the digest was made with.
    pub fn is_readable(&self, keys: &KeyRing) -> bool {
        keys.recovery_keys_of(self.root).is_some()
    }

    pub fn to_stored(&self) -> Vec<u8> {
        let mut stored = self.root.to_be_bytes().to_vec();
        stored.extend_from_slice(&self.digest);
        stored
    }

    /// Reads what [`Self::to_stored`] wrote; `None` if it did not write it.
    pub fn from_stored(stored: &[u8]) -> Option<Self> {
        let (root, digest) = stored.split_first_chunk::<4>()?;
        Some(Self { root: u32::from_be_bytes(*root), digest: digest.try_into().ok()? })
    }
}

fn checked(bits: u128) -> u128 {
    bits % PRIME
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

    use super::{
        super::look_up_secret::{ALPHABET, without_gaps},
        *,
    };
    use crate::{account::samples, keys::RootKey};

    fn key(seed: u8) -> RecoveryKey {
        RecoveryKey::mint(&mut ChaCha20Rng::from_seed([seed; 32]))
    }

    fn read(typed: &str) -> Reading<RecoveryKey> {
        RecoveryKey::read(&without_gaps(typed))
    }

    fn is_same(typed: &str, key: &RecoveryKey) -> bool {
        matches!(read(typed), Reading::Whole(read) if read.expose_bytes() == key.expose_bytes())
    }

    fn ids() -> (UserId, AuthenticatorId) {
        (UserId::from_stored("usr_ann".into()), AuthenticatorId::from_stored("aut_1".into()))
    }

    /// P7
    #[test]
    fn a_key_is_shown_as_28_characters_in_seven_groups_and_reads_back() {
        let shown = key(1).expose_text();
        assert_eq!(shown.expose().split('-').map(str::len).collect::<Vec<_>>(), [4; 7]);
        assert!(is_same(shown.expose(), &key(1)));
        let least = RecoveryKey::from_bytes(&[0; 16]).unwrap();
        assert_eq!(least.expose_text().expose().as_str(), "0000-0000-0000-0000-0000-0000-0000");
        let most = RecoveryKey::from_bytes(&[255; 16]).unwrap();
        assert!(most.expose_text().expose().starts_with("7ZZZ-ZZZZ"), "the first character has three bits");
        assert!(is_same(most.expose_text().expose(), &most));
    }

    #[test]
    fn case_spaces_hyphens_and_letters_that_look_like_digits_are_forgiven() {
        let key = RecoveryKey::from_bytes(&[0b0000_1000; 16]).unwrap();
        let shown = key.expose_text().expose().clone();
        assert!(shown.contains('0') && shown.contains('1'), "{shown}");
        let bare = shown.replace('-', "");
        for typed in [
            bare.clone(),
            shown.to_lowercase(),
            shown.replace('-', " "),
            format!("  {bare} "),
            shown.replace('0', "O").replace('1', "l"),
            shown.replace('0', "o").replace('1', "I"),
        ] {
            assert!(is_same(&typed, &key), "{typed}");
        }
    }

    /// CRT-17
    #[test]
    fn a_part_of_a_key_is_none() {
        let bare = key(2).expose_text().expose().replace('-', "");
        for length in 0..bare.len() {
            assert!(!matches!(read(&bare[..length]), Reading::Whole(_)), "{length}");
            assert!(!matches!(read(&bare[bare.len() - length..]), Reading::Whole(_)), "{length}");
        }
        assert!(matches!(read(&bare[..27]), Reading::Slip));
        assert!(matches!(read(&format!("{bare}0")), Reading::Slip));
        for typed in ["", "123456", "not a key at all, by any means", "ключ-ключ-ключ-ключ-ключ"]
        {
            assert!(matches!(read(typed), Reading::Other), "{typed}");
        }
    }

    #[test]
    fn what_is_kept_fits_its_own_key_and_person_only() {
        let (ann, authenticator) = ids();
        let kept = key(1).digest(samples::keys(), &ann, &authenticator);
        assert!(kept.matches(&key(1), samples::keys(), (&ann, &authenticator)));
        assert!(!kept.matches(&key(2), samples::keys(), (&ann, &authenticator)));
        let (bob, other) =
            (UserId::from_stored("usr_bob".into()), AuthenticatorId::from_stored("aut_2".into()));
        assert!(!kept.matches(&key(1), samples::keys(), (&bob, &authenticator)));
        assert!(!kept.matches(&key(1), samples::keys(), (&ann, &other)));
        assert_eq!(KeyDigest::from_stored(&kept.to_stored()), Some(kept));
        assert_eq!(KeyDigest::from_stored(&[0; 35]), None);
    }

    #[test]
    fn a_key_outlives_a_new_root_key_but_not_the_loss_of_its_own() {
        let ring = |numbers: &[u8]| {
            let root =
                |number: &u8| RootKey { number: u32::from(*number), bytes: Secret::new([*number; 32]) };
            KeyRing::new(numbers.iter().map(root).collect()).unwrap()
        };
        let (ann, authenticator) = ids();
        let kept = key(1).digest(&ring(&[1]), &ann, &authenticator);
        assert!(kept.matches(&key(1), &ring(&[1, 2]), (&ann, &authenticator)));
        assert!(kept.is_readable(&ring(&[1, 2])) && !kept.is_readable(&ring(&[2])));
        assert!(!kept.matches(&key(1), &ring(&[2]), (&ann, &authenticator)));
    }

    proptest! {
        #[test]
        fn every_key_reads_back(bytes: [u8; 16]) {
            let key = RecoveryKey::from_bytes(&bytes).unwrap();
            prop_assert!(is_same(key.expose_text().expose(), &key));
        }

        #[test]
        fn one_wrong_character_and_two_that_changed_places_are_slips(bytes: [u8; 16], place in 0..28usize, other in 0..32usize) {
            let shown = RecoveryKey::from_bytes(&bytes).unwrap().expose_text().expose().replace('-', "");
            let mut wrong = shown.clone().into_bytes();
            wrong[place] = ALPHABET[other];
            prop_assert_eq!(
                matches!(RecoveryKey::read(&wrong), Reading::Slip),
                wrong != shown.as_bytes()
            );
            let mut swapped = shown.clone().into_bytes();
            // Not across the border of number and check.
            if place != 25 && place != 27 {
                swapped.swap(place, place + 1);
                prop_assert_eq!(
                    matches!(RecoveryKey::read(&swapped), Reading::Slip),
                    swapped != shown.as_bytes()
                );
            }
        }

        #[test]
        fn whatever_is_typed_nothing_breaks(typed in "\\PC{0,64}") {
            if let Reading::Whole(key) = read(&typed) {
                prop_assert!(is_same(key.expose_text().expose(), &key));
            }
        }
    }
}
