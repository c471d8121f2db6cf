//! How many segments a text message takes: what it costs, and whether it arrives in one piece.
//!
//! ```text
//!              alone      each part of several (six bytes of header less)
//!   GSM-7      160        153    septets; an escaped character takes two and is never torn
//!   UCS-2       70         67    16-bit units; a surrogate pair takes two and is never torn
//! ```
//!
//! 3GPP TS 23.038 §6.2.1 for the alphabet, TS 23.040 §9.2.3.24.1 for the parts.

/// What a text takes on the air.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segments {
    pub encoding: Encoding,
    /// Septets or 16-bit units, without the gaps that parts leave at their end.
    pub units: usize,
    pub segments: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Gsm7,
    /// One character outside the GSM alphabet makes the whole message so.
    Ucs2,
}

impl Segments {
    pub fn of(text: &str) -> Self {
        let gsm7: Option<Vec<usize>> = text.chars().map(septets).collect();
        let (encoding, sizes) = match gsm7 {
            Some(sizes) => (Encoding::Gsm7, sizes),
            None => (Encoding::Ucs2, text.chars().map(char::len_utf16).collect()),
        };
        let units = sizes.iter().sum();
        let segments = if units <= encoding.alone_max() { 1 } else { parts(&sizes, encoding.part_max()) };
        Self { encoding, units, segments }
    }

    pub fn is_one(self) -> bool {
        self.segments == 1
    }
}

impl Encoding {
    fn alone_max(self) -> usize {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    fn part_max(self) -> usize {
        match self {
            Self::Gsm7 => 153,
            Self::Ucs2 => 67,
        }
    }
}

/// Fills parts in turn; a character that does not fit begins the next one.
fn parts(sizes: &[usize], part_max: usize) -> usize {
    let (mut parts, mut filled) = (1, 0);
    for size in sizes {
        if filled + size > part_max {
            parts += 1;
            filled = 0;
        }
        filled += size;
    }
    parts
}

/// Septets of a character, if the GSM alphabet has it.
fn septets(character: char) -> Option<usize> {
    if DEFAULT.contains(character) {
        Some(1)
    } else if EXTENSION.contains(character) {
        Some(2)
    } else {
        None
    }
}

/// The default alphabet without its escape, which stands for no character.
const DEFAULT: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
    ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// Behind the escape.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> (Encoding, usize, usize) {
        let Segments { encoding, units, segments } = Segments::of(text);
        (encoding, units, segments)
    }

    #[test]
    fn the_default_alphabet_has_its_127_characters_once_each() {
        let mut characters: Vec<char> = DEFAULT.chars().collect();
        assert_eq!(characters.len(), 127);
        characters.sort_unstable();
        characters.dedup();
        assert_eq!(characters.len(), 127);
        assert!(EXTENSION.chars().all(|character| !DEFAULT.contains(character)));
    }

    #[test]
    fn limits_are_those_of_the_standard() {
        assert_eq!(of(""), (Encoding::Gsm7, 0, 1));
        assert_eq!(of(&"a".repeat(160)), (Encoding::Gsm7, 160, 1));
        assert_eq!(of(&"a".repeat(161)), (Encoding::Gsm7, 161, 2));
        assert_eq!(of(&"a".repeat(306)), (Encoding::Gsm7, 306, 2));
        assert_eq!(of(&"a".repeat(307)), (Encoding::Gsm7, 307, 3));
        assert_eq!(of(&"€".repeat(80)), (Encoding::Gsm7, 160, 1));
        assert_eq!(of(&"ж".repeat(70)), (Encoding::Ucs2, 70, 1));
        assert_eq!(of(&"ж".repeat(71)), (Encoding::Ucs2, 71, 2));
        assert_eq!(of(&"😀".repeat(35)), (Encoding::Ucs2, 70, 1));
    }

    #[test]
    fn what_takes_two_units_is_not_torn_between_parts() {
        // 152 septets leave one, which an escaped character cannot use: 152, 152, 2.
        let torn = format!("{}€{}€", "a".repeat(152), "a".repeat(150));
        assert_eq!(of(&torn), (Encoding::Gsm7, 306, 3));
        // 33 pairs leave one of 67 units.
        assert_eq!(of(&"😀".repeat(67)), (Encoding::Ucs2, 134, 3));
    }

    #[test]
    fn one_foreign_character_makes_the_whole_message_ucs_2() {
        assert_eq!(of("a`").0, Encoding::Ucs2);
        assert_eq!(of("Olá").0, Encoding::Ucs2);
    }

    proptest! {
        #[test]
        fn a_longer_text_never_takes_fewer_segments(text in ".{0,400}", more in ".{0,20}") {
            let longer = format!("{text}{more}");
            prop_assert!(Segments::of(&longer).segments >= Segments::of(&text).segments);
        }

        #[test]
        fn segments_hold_all_units_and_none_is_nearly_empty(text in "[a-z€ж😀]{1,400}") {
            let counted = Segments::of(&text);
            prop_assume!(!counted.is_one());
            let part_max = counted.encoding.part_max();
            prop_assert!(counted.units <= counted.segments * part_max);
            // Each full part wastes at most one unit.
            prop_assert!(counted.units > (counted.segments - 1) * (part_max - 1));
        }
    }
}
