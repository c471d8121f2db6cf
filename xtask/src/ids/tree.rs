//! Reads the functions of the tree's Rust files, and which ids those that are tests carry.
//!
//! A test carries an id by its name (`atk_08a_…` carries A08) or by its doc comment (`/// CR-5: …`).
//! Every other function may quote the source of its rule in its doc comment without being a test of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Outcome;

use super::known;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) ids: BTreeSet<String>,
}

pub(super) fn read(folders: &[&str]) -> Outcome<Vec<Function>> {
    let mut functions = Vec::new();
    for path in rust_files(folders)? {
        let text = fs::read_to_string(&path).map_err(|fault| unreadable(&path, &fault))?;
        functions.extend(scan(&path, &text));
    }
    Ok(functions)
}

fn rust_files(folders: &[&str]) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut pending: Vec<PathBuf> = folders.iter().map(PathBuf::from).collect();
    while let Some(folder) = pending.pop() {
        let entries = fs::read_dir(&folder).map_err(|fault| unreadable(&folder, &fault))?;
        for entry in entries {
            let path = entry.map_err(|fault| unreadable(&folder, &fault))?.path();
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn unreadable(path: &Path, fault: &std::io::Error) -> String {
    format!("cannot read {}: {fault}", path.display())
}

fn scan(path: &Path, text: &str) -> Vec<Function> {
    // In a folder `tests` functions may become tests through a macro, without an attribute of their own.
    let among_tests = path.components().any(|part| part.as_os_str() == "tests");
    let mut functions = Vec::new();
    let mut doc = String::new();
    let mut attributes = String::new();
    let mut inside_attribute = false;
    for line in text.lines().map(str::trim) {
        if inside_attribute || line.starts_with("#[") {
            attributes.push_str(line);
            inside_attribute = !line.ends_with(']');
        } else if let Some(comment) = line.strip_prefix("///") {
            doc.push_str(comment);
            doc.push(' ');
        } else if let Some(name) = function_name(line) {
            let is_test = among_tests || attributes.contains("test");
            let ids = attack_id(name).into_iter().chain(ids_in(&doc).filter(|_| is_test)).collect();
            functions.push(Function { name: name.to_owned(), path: path.display().to_string(), ids });
            doc.clear();
            attributes.clear();
        } else if !line.starts_with("//") {
            doc.clear();
            attributes.clear();
        }
    }
    functions
}

/// The name in `pub(crate) async fn name<T>(…`, where the line begins a function.
fn function_name(line: &str) -> Option<&str> {
    let (before, after) =
        line.strip_prefix("fn ").map(|after| ("", after)).or_else(|| line.split_once(" fn "))?;
    let is_modifier =
        |word: &str| word.starts_with("pub") || matches!(word, "async" | "const" | "in" | "unsafe");
    if !before.split_whitespace().all(is_modifier) {
        return None;
    }
    let end = after.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')?;
    after.get(..end).filter(|name| !name.is_empty())
}

/// `atk_08a_slow_guessing` → A08.
fn attack_id(function_name: &str) -> Option<String> {
    let rest = function_name.strip_prefix("atk_")?;
    let number: u32 = rest.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()?;
    Some(format!("A{number:02}"))
}

fn ids_in(doc: &str) -> impl Iterator<Item = String> {
    let known = known::all();
    let words = doc.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-');
    words.map(ToOwned::to_owned).filter(move |word| known.contains(word)).collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanned(path: &str, text: &str) -> Vec<(String, Vec<String>)> {
        scan(Path::new(path), text)
            .into_iter()
            .map(|function| (function.name, function.ids.into_iter().collect()))
            .collect()
    }

    fn found(name: &str, ids: &[&str]) -> (String, Vec<String>) {
        (name.to_owned(), ids.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_test_carries_the_ids_of_its_doc_comment_and_of_its_name() {
        let text = "/// CR-5, and (A53).\n#[tokio::test]\nasync fn locks() {\n#[test]\nfn atk_08a_slow() {\n";
        assert_eq!(
            scanned("crates/core/src/a.rs", text),
            [found("locks", &["A53", "CR-5"]), found("atk_08a_slow", &["A08"])]
        );
    }

    #[test]
    fn an_id_in_name_and_doc_comment_is_carried_once() {
        assert_eq!(
            scanned("a.rs", "/// A16\n#[test]\nfn atk_16_digits() {\n"),
            [found("atk_16_digits", &["A16"])]
        );
    }

    #[test]
    fn a_function_that_quotes_its_rule_is_no_test_of_it() {
        let text = "/// Five wrong ones (CR-5).\npub(crate) const fn steps() -> u32 {\n";
        assert_eq!(scanned("crates/core/src/a.rs", text), [found("steps", &[])]);
    }

    #[test]
    fn in_a_folder_of_tests_the_doc_comment_is_enough() {
        let text = "story! {\n    /// CR-12\n    async fn a_text_arrives(world: World) {\n";
        assert_eq!(
            scanned("crates/countersign/tests/stories/a.rs", text),
            [found("a_text_arrives", &["CR-12"])]
        );
    }

    #[test]
    fn an_attribute_over_several_lines_does_not_part_a_test_from_its_doc_comment() {
        let text = "/// AC-9\n#[test]\n#[expect(\n    clippy::x,\n    reason = \"y\"\n)]\nfn late() {\n";
        assert_eq!(scanned("a.rs", text), [found("late", &["AC-9"])]);
    }

    #[test]
    fn a_doc_comment_of_something_else_is_not_carried_on() {
        let text = "/// CR-5\nstruct Ladder;\n\n#[test]\nfn plain() {\n";
        assert_eq!(scanned("a.rs", text), [found("plain", &[])]);
    }

    #[test]
    fn longer_numbers_and_prose_are_not_mistaken_for_ids_and_functions() {
        let text = "/// CR-55 A4 paper\n#[test]\nfn one() {\nlet text = \"a fn two() {\";\n// fn three() {\n";
        assert_eq!(scanned("a.rs", text), [found("one", &[])]);
    }
}
