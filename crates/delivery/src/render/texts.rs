//! The words of the messages; see `core::texts` for how they are asked for.

use countersign_core::texts::Texts;

pub(super) fn english() -> Texts {
    Texts::english(&[ENGLISH])
}

const ENGLISH: &str = include_str!("../../locales/en.ftl");

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path};

    use fluent_bundle::FluentResource;

    use super::*;

    #[test]
    fn the_english_file_has_no_faulty_entry() {
        assert!(FluentResource::try_new(ENGLISH.to_owned()).is_ok());
    }

    #[test]
    fn every_text_asked_for_exists_and_every_text_is_asked_for() {
        let known: BTreeSet<&str> = ENGLISH.lines().filter_map(id_of_line).collect();
        let asked = literals_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/render"));
        for id in &known {
            assert!(asked.contains(*id), "{id} is in the file and never asked for");
        }
        for id in asked.iter().filter(|literal| looks_like_an_id(literal)) {
            assert!(known.contains(id.as_str()), "{id} is asked for and missing");
        }
    }

    fn id_of_line(line: &str) -> Option<&str> {
        let id = line.split_once(" =")?.0;
        id.starts_with(|first: char| first.is_ascii_lowercase()).then_some(id)
    }

    /// The pages that links lead to are written alike.
    fn looks_like_an_id(literal: &str) -> bool {
        let is_page =
            ["set-password", "reset-password", "verify-email", "not-me", "unlock"].contains(&literal);
        let is_kebab = |character: char| character.is_ascii_lowercase() || character == '-';
        !is_page && literal.contains('-') && !literal.starts_with('-') && literal.chars().all(is_kebab)
    }

    /// What stands between quotation marks, outside of tests.
    fn literals_below(folder: &Path) -> BTreeSet<String> {
        let mut literals = BTreeSet::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                literals.extend(literals_below(&path));
            } else if !path.ends_with("tests.rs") {
                let source = std::fs::read_to_string(&path).unwrap();
                let code = source.split("#[cfg(test)]").next().unwrap();
                literals.extend(code.split('"').map(str::to_owned));
            }
        }
        literals
    }
}
