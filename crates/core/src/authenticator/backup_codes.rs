//! Backup codes: ten look-up secrets, each of which admits once in the place of every other second factor (P6,
//! 63B-4 §3.1.2).
//!
//! ```text
//!   3 A7KQ29XMTPW4VB0E C     the number of the code in its set ─ 80 random bits ─ the check
//!                            18 characters of Crockford's base32, shown in three groups of six
//! ```
//!
//! The number says with which of the ten digests a code is compared, so that each try is compared with one. The
//! check is a sum over the field of 32 elements in which each place has a weight of its own: every single wrong
//! character is found, and every two that changed places. Only keyed digests of the codes are kept.

use rand_core::CryptoRng;

use super::look_up_secret::{Reading, grouped, number, spell, symbol, value};
use crate::{
    id::{AuthenticatorId, UserId},
    keys::{KeyRing, Keyed},
    secret::Secret,
};

/// So many codes are made at once.
pub const CODES: u8 = 10;
/// With so few left the person is told to make new ones.
pub const FEW: u32 = 3;

/// Ten codes that were just made; nobody keeps them.
pub struct BackupCodes(Secret<[u8; SET_BYTES]>);

/// One of them, as it was made or typed.
pub struct BackupCode {
    /// Which of the set it is, from zero.
    number: u8,
    secret: Secret<[u8; CODE_BYTES]>,
}

/// What is kept of ten codes: a digest of each, the number of the root key that they were made with, and which of
/// the codes were used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeSet {
    root: u32,
    digests: Vec<[u8; DIGEST_BYTES]>,
    used: Used,
}

/// Which codes of a set were used: a bit for each, by its number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used(u32);

/// How a typed code compares with a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetVerdict {
    Right,
    /// It was right, once.
    Used,
    Wrong,
}

/// P6.
const CODE_BYTES: usize = 10;
const SET_BYTES: usize = CODE_BYTES * CODES as usize;
const DIGEST_BYTES: usize = 32;
/// 80 bits, five to a character.
const CHARACTERS: usize = 16;
const WHOLE: usize = 1 + CHARACTERS + 1;
/// Of a whole code, so many characters more or less are a slip.
const SLIPS_MAX: usize = 3;
const GROUP: usize = 6;

impl BackupCodes {
    #[must_use]
    pub fn mint(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; SET_BYTES];
        rng.fill_bytes(&mut bytes);
        Self(Secret::new(bytes))
    }

    /// Takes the bytes of codes that were sealed to be shown; `None` of another length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(Secret::new(bytes.try_into().ok()?)))
    }

    pub fn expose_bytes(&self) -> &[u8; SET_BYTES] {
        self.0.expose()
    }

    /// Each of them, in the order of their numbers.
    pub fn codes(&self) -> impl Iterator<Item = BackupCode> {
        let (secrets, _) = self.expose_bytes().as_chunks::<CODE_BYTES>();
        (0..CODES).zip(secrets).map(|(number, secret)| BackupCode { number, secret: Secret::new(*secret) })
    }

    /// What is kept of them, bound to whose they are.
    pub fn keep(&self, keys: &KeyRing, user: &UserId, authenticator: &AuthenticatorId) -> CodeSet {
        let (root, key) = keys.recovery_keys();
        let digests = self.codes().map(|code| key.digest(&code.parts(user, authenticator)));
        CodeSet { root, digests: digests.collect(), used: Used::default() }
    }
}

impl BackupCode {
    pub fn number(&self) -> u8 {
        self.number
    }

    /// Reads what was typed, without the spaces and hyphens in it.
    pub fn read(typed: &[u8]) -> Reading<Self> {
        Reading::of(typed, (WHOLE, SLIPS_MAX), Self::read_whole)
    }

    fn read_whole(typed: &[u8]) -> Option<Self> {
        let (check, rest) = typed.split_last()?;
        let (first, secret) = rest.split_first()?;
        if secret.len() != CHARACTERS || value(*check)? != checked(rest.iter().copied().map(value))? {
            return None;
        }
        let which = value(*first).filter(|which| *which < CODES)?;
        let bytes = number(secret)?.to_be_bytes();
        Some(Self { number: which, secret: Secret::new(*bytes.last_chunk()?) })
    }

    /// As it is shown and downloaded: `3A7KQ2-…`, in groups of six.
    pub fn expose_text(&self) -> Secret<String> {
        let mut bytes = [0; 16];
        if let Some(place) = bytes.last_chunk_mut() {
            *place = *self.expose_bytes();
        }
        let symbols =
            || std::iter::once(symbol(self.number)).chain(spell(u128::from_be_bytes(bytes), CHARACTERS));
        let values = symbols().map(|symbol| u8::try_from(symbol).ok().and_then(value));
        let check = checked(values).map(symbol);
        grouped(symbols().chain(check), WHOLE, GROUP)
    }

    pub fn expose_bytes(&self) -> &[u8; CODE_BYTES] {
        self.secret.expose()
    }

    fn parts<'p>(&'p self, user: &'p UserId, authenticator: &'p AuthenticatorId) -> [&'p [u8]; 5] {
        [
            b"backup code v1",
            user.as_str().as_bytes(),
            authenticator.as_str().as_bytes(),
            std::slice::from_ref(&self.number),
            self.expose_bytes().as_slice(),
        ]
    }
}

impl CodeSet {
    /// Compares with the one digest that the code names, in constant time. Without its root key no code is right;
    /// [`Self::is_readable`] tells of that.
    pub fn judge(&self, typed: &BackupCode, keys: &KeyRing, of: (&UserId, &AuthenticatorId)) -> SetVerdict {
        let key: Option<&Keyed> = keys.recovery_keys_of(self.root);
        let digest = self.digests.get(usize::from(typed.number));
        let is_right =
            key.zip(digest).is_some_and(|(key, digest)| key.fits(&typed.parts(of.0, of.1), digest));
        match (is_right, self.used.has(typed.number)) {
            (false, _) => SetVerdict::Wrong,
            (true, true) => SetVerdict::Used,
            (true, false) => SetVerdict::Right,
        }
    }

    /// How many were not used yet.
    pub fn left(&self) -> u32 {
        u32::from(CODES).saturating_sub(self.used.0.count_ones())
    }

    /// Whether the key file still holds what the digests were made with.
    pub fn is_readable(&self, keys: &KeyRing) -> bool {
        keys.recovery_keys_of(self.root).is_some()
    }

    #[must_use]
    pub fn using(self, number: u8) -> Self {
        Self { used: self.used.and(number), ..self }
    }

    pub fn to_stored(&self) -> Vec<u8> {
        let mut stored = self.root.to_be_bytes().to_vec();
        stored.extend(self.digests.iter().flatten());
        stored
    }

    /// Reads what [`Self::to_stored`] wrote; `None` if it did not write it. Which were used stands elsewhere.
    pub fn from_stored(stored: &[u8], used: Used) -> Option<Self> {
        let (root, digests) = stored.split_first_chunk::<4>()?;
        let (digests, rest) = digests.as_chunks::<DIGEST_BYTES>();
        let is_whole = rest.is_empty() && digests.len() == usize::from(CODES);
        is_whole.then(|| Self { root: u32::from_be_bytes(*root), digests: digests.to_vec(), used })
    }
}

impl Used {
    /// From the sum of a power of two for each used number.
    pub fn from_stored(bits: i64) -> Option<Self> {
        u32::try_from(bits).ok().filter(|bits| bits >> CODES == 0).map(Self)
    }

    fn has(self, number: u8) -> bool {
        self.0 & (1 << number) != 0
    }

    fn and(self, number: u8) -> Self {
        Self(self.0 | (1 << number))
    }
}

/// The check of the values of all characters before it; `None` where one of them stands for nothing.
fn checked(values: impl Iterator<Item = Option<u8>>) -> Option<u8> {
    let mut check = 0;
    for value in values {
        check = times_x(check ^ value?);
    }
    Some(check)
}

/// Times x, in the field of 32 elements modulo x⁵ + x² + 1: its powers up to the 31st are all different, so each of
/// eighteen places has a weight that no other has.
fn times_x(element: u8) -> u8 {
    let shifted = element << 1;
    if shifted & 0b10_0000 == 0 { shifted } else { shifted ^ 0b10_0101 }
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

    fn codes(seed: u8) -> BackupCodes {
        BackupCodes::mint(&mut ChaCha20Rng::from_seed([seed; 32]))
    }

    fn code(seed: u8, number: usize) -> BackupCode {
        codes(seed).codes().nth(number).unwrap()
    }

    fn read(typed: &str) -> Reading<BackupCode> {
        BackupCode::read(&without_gaps(typed))
    }

    fn is_same(typed: &str, code: &BackupCode) -> bool {
        let same =
            |read: &BackupCode| (read.number, read.expose_bytes()) == (code.number, code.expose_bytes());
        matches!(read(typed), Reading::Whole(read) if same(&read))
    }

    fn ids() -> (UserId, AuthenticatorId) {
        (UserId::from_stored("usr_ann".into()), AuthenticatorId::from_stored("aut_1".into()))
    }

    /// P6
    #[test]
    fn ten_codes_are_shown_with_their_number_first_and_read_back() {
        let texts: Vec<Secret<String>> = codes(1).codes().map(|code| code.expose_text()).collect();
        assert_eq!(texts.len(), 10);
        for (number, text) in texts.iter().enumerate() {
            assert_eq!(text.expose().split('-').map(str::len).collect::<Vec<_>>(), [6; 3]);
            assert!(text.expose().starts_with(&number.to_string()));
            assert!(is_same(text.expose(), &code(1, number)));
        }
        let least = BackupCodes::from_bytes(&[0; 100]).unwrap().codes().next().unwrap();
        assert_eq!(least.expose_text().expose().as_str(), "000000-000000-000000");
        assert!(BackupCodes::from_bytes(&[0; 99]).is_none());
    }

    #[test]
    fn case_spaces_hyphens_and_letters_that_look_like_digits_are_forgiven() {
        let code = BackupCodes::from_bytes(&[0b0000_1000; 100]).unwrap().codes().nth(1).unwrap();
        let shown = code.expose_text().expose().clone();
        for typed in [
            shown.replace('-', ""),
            shown.to_lowercase().replace('-', " "),
            shown.replace('0', "O").replace('1', "l"),
            shown.replace('0', "o").replace('1', "I"),
        ] {
            assert!(is_same(&typed, &code), "{typed}");
        }
    }

    #[test]
    fn a_part_of_a_code_is_none_and_no_set_has_an_eleventh() {
        let bare = code(2, 4).expose_text().expose().replace('-', "");
        for length in 0..bare.len() {
            assert!(!matches!(read(&bare[..length]), Reading::Whole(_)), "{length}");
        }
        assert!(matches!(read(&bare[..17]), Reading::Slip));
        assert!(matches!(read(&format!("{bare}0")), Reading::Slip));
        for typed in ["", "123456", "A7KQ29XMTPW4VB", "not a code at all"] {
            assert!(matches!(read(typed), Reading::Other), "{typed}");
        }
        // Its check fits: the sum of one value is that value times the weight of the first place.
        let mut eleventh = [b'0'; 18];
        eleventh[0] = b'A';
        let values = eleventh[..17].iter().map(|character| value(*character));
        eleventh[17] = ALPHABET[usize::from(checked(values).unwrap())];
        assert!(matches!(BackupCode::read(&eleventh), Reading::Slip));
    }

    /// §5.4: bound to person, set and number.
    #[test]
    fn what_is_kept_fits_its_own_code_and_person_only() {
        let (ann, authenticator) = ids();
        let kept = codes(1).keep(samples::keys(), &ann, &authenticator);
        let judge = |typed: &BackupCode, of| kept.judge(typed, samples::keys(), of);
        let own = (&ann, &authenticator);
        for number in 0..10 {
            assert_eq!(judge(&code(1, number), own), SetVerdict::Right);
            assert_eq!(judge(&code(2, number), own), SetVerdict::Wrong);
        }
        let moved = BackupCode { number: 4, secret: Secret::new(*code(1, 3).expose_bytes()) };
        assert_eq!(judge(&moved, own), SetVerdict::Wrong);
        let (bob, other) =
            (UserId::from_stored("usr_bob".into()), AuthenticatorId::from_stored("aut_2".into()));
        assert_eq!(judge(&code(1, 3), (&bob, &authenticator)), SetVerdict::Wrong);
        assert_eq!(judge(&code(1, 3), (&ann, &other)), SetVerdict::Wrong);
    }

    #[test]
    fn a_used_code_is_told_from_a_wrong_one_and_counted_off() {
        let (ann, authenticator) = ids();
        let kept = codes(1).keep(samples::keys(), &ann, &authenticator);
        assert_eq!(kept.left(), 10);
        let used = Used::from_stored((1 << 3) + (1 << 9)).unwrap();
        let read = CodeSet::from_stored(&kept.to_stored(), used).unwrap();
        assert_eq!(read, kept.clone().using(3).using(9));
        assert_eq!(read.left(), 8);
        let of = (&ann, &authenticator);
        assert_eq!(read.judge(&code(1, 3), samples::keys(), of), SetVerdict::Used);
        assert_eq!(read.judge(&code(2, 3), samples::keys(), of), SetVerdict::Wrong);
        assert_eq!(read.judge(&code(1, 4), samples::keys(), of), SetVerdict::Right);
        assert_eq!(CodeSet::from_stored(&kept.to_stored()[1..], used), None);
        assert_eq!((Used::from_stored(1 << 10), Used::from_stored(-1)), (None, None));
    }

    #[test]
    fn codes_outlive_a_new_root_key_but_not_the_loss_of_their_own() {
        let ring = |numbers: &[u8]| {
            let root =
                |number: &u8| RootKey { number: u32::from(*number), bytes: Secret::new([*number; 32]) };
            KeyRing::new(numbers.iter().map(root).collect()).unwrap()
        };
        let (ann, authenticator) = ids();
        let kept = codes(1).keep(&ring(&[1]), &ann, &authenticator);
        let judge = |numbers: &[u8]| kept.judge(&code(1, 0), &ring(numbers), (&ann, &authenticator));
        assert_eq!((judge(&[1, 2]), judge(&[2])), (SetVerdict::Right, SetVerdict::Wrong));
        assert!(kept.is_readable(&ring(&[1, 2])) && !kept.is_readable(&ring(&[2])));
    }

    /// A70: whoever has a copy of the database and not the key tries codes for ever; not even a right one shows.
    #[test]
    fn atk_70_without_the_key_no_guess_matches_what_is_kept() {
        let (ann, authenticator) = ids();
        let kept = codes(1).keep(samples::keys(), &ann, &authenticator);
        for guess in 0..100_000_u128 {
            let mut secret = [0; CODE_BYTES];
            secret.copy_from_slice(&guess.to_be_bytes()[6..]);
            let guess = BackupCode { number: 3, secret: Secret::new(secret) };
            assert_eq!(kept.judge(&guess, samples::keys(), (&ann, &authenticator)), SetVerdict::Wrong);
        }
        for other in 2..=255_u8 {
            let stolen = KeyRing::new(vec![RootKey { number: 1, bytes: Secret::new([other; 32]) }]).unwrap();
            assert_eq!(kept.judge(&code(1, 3), &stolen, (&ann, &authenticator)), SetVerdict::Wrong);
        }
    }

    proptest! {
        #[test]
        fn one_wrong_character_and_any_two_that_changed_places_are_slips(
            seed: u8,
            number in 0..10usize,
            place in 0..18usize,
            other in 0..32usize,
            far in 0..18usize,
        ) {
            let shown = code(seed, number).expose_text().expose().replace('-', "");
            prop_assert!(is_same(&shown, &code(seed, number)));
            let mut wrong = shown.clone().into_bytes();
            wrong[place] = ALPHABET[other];
            prop_assert_eq!(matches!(BackupCode::read(&wrong), Reading::Slip), wrong != shown.as_bytes());
            let mut swapped = shown.clone().into_bytes();
            swapped.swap(place, far);
            prop_assert_eq!(matches!(BackupCode::read(&swapped), Reading::Slip), swapped != shown.as_bytes());
        }

        #[test]
        fn whatever_is_typed_nothing_breaks(typed in "\\PC{0,64}") {
            if let Reading::Whole(code) = read(&typed) {
                prop_assert!(is_same(code.expose_text().expose(), &code));
            }
        }
    }
}
