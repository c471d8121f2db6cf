//! One line in, one line out: what somebody typed or sent cannot begin a line of its own, move the cursor or turn
//! the direction of writing around (A102).

use std::fmt::Write;

use countersign_core::user::is_invisible;
use serde::Serialize;

/// A text for a terminal: what cannot be seen stands there by its number.
pub(super) fn text(found: &str) -> String {
    let mut line = String::with_capacity(found.len());
    for character in found.chars() {
        match character {
            // Or nobody could tell an escape from what was typed.
            '\\' => line.push_str("\\\\"),
            hidden if is_hidden(hidden) => {
                let _ = write!(line, "\\u{{{:x}}}", u32::from(hidden));
            }
            seen => line.push(seen),
        }
    }
    line
}

/// JSON in one line, in which everything that cannot be seen is escaped, as JSON allows for any character.
pub(super) fn json(value: &impl Serialize) -> serde_json::Result<String> {
    let text = serde_json::to_string(value)?;
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        if is_hidden(character) {
            // JSON counts in UTF-16.
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(line, "\\u{unit:04x}");
            }
        } else {
            line.push(character);
        }
    }
    Ok(line)
}

/// Line and paragraph separators end lines in some programs that read logs.
fn is_hidden(character: char) -> bool {
    is_invisible(character) || matches!(character, '\u{2028}' | '\u{2029}' | '\u{fff9}'..='\u{fffb}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// A102
        #[test]
        fn atk_102_any_text_is_one_line_that_hides_nothing(found in any::<String>()) {
            let line = text(&found);
            prop_assert!(!line.chars().any(is_hidden), "{line:?}");
            let line = json(&found).unwrap();
            prop_assert!(!line.chars().any(is_hidden), "{line:?}");
            prop_assert_eq!(serde_json::from_str::<String>(&line).unwrap(), found);
        }

        #[test]
        fn different_texts_are_different_lines(one in "[\\\\u{}2e\u{202e}\n]{0,9}", other in "[\\\\u{}2e\u{202e}\n]{0,9}") {
            prop_assert_eq!(one == other, text(&one) == text(&other));
        }
    }

    #[test]
    fn what_cannot_be_seen_stands_there_by_its_number() {
        assert_eq!(text("Ann\r\n\u{1b}[2J\u{9b}\u{202e}"), "Ann\\u{d}\\u{a}\\u{1b}[2J\\u{9b}\\u{202e}");
        assert_eq!(text("Søren, 安 \\n"), "Søren, 安 \\\\n");
        assert_eq!(json(&"\u{85}\u{e0041}\n").unwrap(), "\"\\u0085\\udb40\\udc41\\n\"");
    }
}
