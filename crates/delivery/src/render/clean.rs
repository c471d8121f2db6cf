//! Takes out of a text what may not stand in a message: line ends and whatever cannot be seen.

/// Names are shorter; what is longer wants to be read as something else.
const CHARACTERS_MAX: usize = 100;

/// One line, without control characters, without marks that turn the direction of writing or hide, and not
/// longer than a name (A44, A45).
pub(crate) fn clean(text: &str) -> String {
    let visible = text.chars().map(|character| if character.is_control() { ' ' } else { character });
    let visible: String = visible.filter(|character| !is_invisible(*character)).collect();
    let mut line = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(CHARACTERS_MAX) {
        line.truncate(end);
        line.push('…');
    }
    line
}

/// Characters that are not drawn (Unicode: `Default_Ignorable_Code_Point`), among them all bidi marks.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_stays_as_it_is_and_tricks_do_not() {
        assert_eq!(clean("Łódź & Sons — “Ltd.”"), "Łódź & Sons — “Ltd.”");
        assert_eq!(clean("A\r\nBcc: eve@evil.example"), "A Bcc: eve@evil.example");
        assert_eq!(clean("ab\u{202e}cd\u{2066}ef\u{200b}g\u{feff}"), "abcdefg");
        assert_eq!(clean("\0\u{1b}[31mred\u{7f}"), "[31mred");
        assert_eq!(clean(" \t "), "");
        assert_eq!(clean(&"x".repeat(200)).chars().count(), CHARACTERS_MAX + 1);
    }

    proptest! {
        #[test]
        fn nothing_invisible_survives(text in ".{0,300}") {
            let cleaned = clean(&text);
            let is_bad = |character: char| character.is_control() || is_invisible(character);
            prop_assert!(!cleaned.contains(is_bad), "{:?}", cleaned);
            prop_assert_eq!(clean(&cleaned), cleaned.clone());
        }
    }
}
