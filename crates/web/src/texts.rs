//! The words of the pages; see `core::texts` for how they are asked for.

use countersign_core::texts::Texts;

/// Without a contact for support, sentences that send a person there name somebody else (CR-31).
pub(crate) fn english(has_support: bool) -> Texts {
    if has_support { Texts::english(&[ENGLISH]) } else { Texts::english(&[ENGLISH, ENGLISH_WITHOUT_SUPPORT]) }
}

const ENGLISH: &str = include_str!("../locales/en.ftl");
const ENGLISH_WITHOUT_SUPPORT: &str = include_str!("../locales/en-without-support.ftl");

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use fluent_bundle::FluentResource;

    use super::*;

    #[test]
    fn the_english_files_have_no_faulty_entry() {
        for text in [ENGLISH, ENGLISH_WITHOUT_SUPPORT] {
            assert!(FluentResource::try_new(text.to_owned()).is_ok());
        }
    }

    #[test]
    fn nobody_is_sent_to_a_support_that_has_no_contact() {
        let (with, without) = (english(true), english(false));
        for line in ENGLISH.lines().filter(|line| line.contains("{ -helper }")) {
            let id = id_of_line(line).unwrap();
            assert!(with.get(id).contains("support"), "{id}");
            assert!(without.get(id).contains("whoever runs this service"), "{id}");
        }
    }

    #[test]
    fn a_number_chooses_the_plural() {
        let texts = english(true);
        let left = |tries: u32| texts.with("wrong-left", &[("tries", tries.into()), ("minutes", 5.into())]);
        assert_eq!(left(1), "After 1 more wrong try this name is locked for 5 minutes.");
        assert_eq!(left(3), "After 3 more wrong tries this name is locked for 5 minutes.");
    }

    #[test]
    fn every_text_asked_for_exists_and_every_text_is_asked_for() {
        let mut known = BTreeSet::new();
        for id in ENGLISH.lines().filter_map(id_of_line) {
            assert!(
                known.insert(id),
                "{id} stands twice in the file: the later text takes the place of the other"
            );
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let sources = all_text_below(&root.join("src")) + &all_text_below(&root.join("templates"));

        for call in ["texts.get(\"", "texts.with(\"", "text(\"", "text_with(\""] {
            for rest in sources.split(call).skip(1) {
                let id = rest.split('"').next().unwrap();
                let looks_like_an_id = id.contains('-') && !id.contains(['/', ' ', '{']);
                assert!(!looks_like_an_id || known.contains(id), "{id} is asked for and missing");
            }
        }
        for id in known {
            assert!(sources.contains(&format!("\"{id}\"")), "{id} is in the file and never asked for");
        }
    }

    fn id_of_line(line: &str) -> Option<&str> {
        let id = line.split_once(" =")?.0;
        id.starts_with(|first: char| first.is_ascii_lowercase()).then_some(id)
    }

    fn all_text_below(folder: &Path) -> String {
        let mut all = String::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                all += &all_text_below(&path);
            } else {
                all += &std::fs::read_to_string(&path).unwrap();
            }
        }
        all
    }
}
