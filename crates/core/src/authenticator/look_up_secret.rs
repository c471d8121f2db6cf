//! What recovery keys and backup codes share (63B-4 §3.1.2): characters that people copy by hand, and a check that
//! tells a slip of the finger from a guess.

use zeroize::Zeroizing;

use crate::secret::Secret;

/// What typed characters are, where a look-up secret may have been meant.
pub enum Reading<T> {
    /// Too short or too long for anybody to mean one by it, or made of other characters.
    Other,
    /// Meant as one, and there is none like it: a character is wrong, missing or too many.
    Slip,
    Whole(T),
}

/// Crockford's base32: no letters that read like digits.
pub(super) const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl<T> Reading<T> {
    /// Reads what was typed, without the spaces and hyphens in it, as one of `length` characters; so many more or
    /// less are a slip.
    pub(super) fn of(
        typed: &[u8],
        (length, slips_max): (usize, usize),
        read: impl Fn(&[u8]) -> Option<T>,
    ) -> Self {
        let is_meant =
            typed.len().abs_diff(length) <= slips_max && typed.iter().all(u8::is_ascii_alphanumeric);
        if !is_meant {
            return Self::Other;
        }
        read(typed).map_or(Self::Slip, Self::Whole)
    }
}

/// The number that characters stand for, as far as it has room; `None` where one of them stands for nothing.
pub(super) fn number(characters: &[u8]) -> Option<u128> {
    characters.iter().try_fold(0, |sum: u128, character| Some((sum << 5) | u128::from(value(*character)?)))
}

/// Case does not matter, nor whether an O is a zero, or an I or L a one.
pub(super) fn value(character: u8) -> Option<u8> {
    let plain = match character.to_ascii_uppercase() {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    };
    ALPHABET.iter().position(|symbol| *symbol == plain).and_then(|place| u8::try_from(place).ok())
}

/// So many characters for a number.
pub(super) fn spell(bits: u128, characters: usize) -> impl Iterator<Item = char> {
    (0..characters)
        .rev()
        .map(move |place| symbol(u8::try_from((bits >> (place * 5)) & 31).unwrap_or_default()))
}

pub(super) fn symbol(value: u8) -> char {
    ALPHABET.get(usize::from(value)).copied().unwrap_or(b'0').into()
}

/// As people read and type it: in groups, with hyphens between them.
pub(super) fn grouped(symbols: impl Iterator<Item = char>, length: usize, group: usize) -> Secret<String> {
    // Of its final length from the start, so that no copy is left behind by growing.
    let mut text = String::with_capacity(length + length / group);
    for (place, symbol) in symbols.enumerate() {
        if place > 0 && place % group == 0 {
            text.push('-');
        }
        text.push(symbol);
    }
    Secret::new(text)
}

/// What of a typed text is looked at: everything but the spaces and hyphens that people put into it.
pub(super) fn without_gaps(typed: &str) -> Zeroizing<Vec<u8>> {
    let mut kept = Zeroizing::new(Vec::with_capacity(typed.len()));
    kept.extend(typed.bytes().filter(|byte| !matches!(byte, b' ' | b'-')));
    kept
}
