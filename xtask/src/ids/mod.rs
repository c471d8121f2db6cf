//! Holds `docs/coverage.md` against the tree: each id stands there once, and what it claims is there.
//!
//! ```text
//!   known ids ───────┐
//!   docs/coverage.md ┼──► complaints
//!   fn … in *.rs ────┘
//! ```

mod coverage;
mod known;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::Outcome;
use coverage::{Proof, Row};
use tree::Function;

pub(crate) fn run() -> Outcome {
    let text = fs::read_to_string(COVERAGE).map_err(|fault| format!("cannot read {COVERAGE}: {fault}"))?;
    let (rows, mut complaints) = coverage::parse(&text);
    let functions = tree::read(&["crates", "xtask"])?;
    complaints.extend(check(&rows, &functions));
    if complaints.is_empty() {
        let tested = rows.iter().filter(|row| matches!(row.proof, Proof::Tests(_))).count();
        println!("{tested} of {} ids have tests", rows.len());
        return Ok(());
    }
    Err(format!("{COVERAGE}:\n{}", complaints.join("\n")))
}

const COVERAGE: &str = "docs/coverage.md";

fn check(rows: &[Row], functions: &[Function]) -> Vec<String> {
    let known = known::all();
    let mut complaints = wrong_ids(rows, &known);
    complaints.extend(missing_tests(rows, functions));
    complaints.extend(unlisted_tests(rows, functions));
    complaints
}

fn wrong_ids(rows: &[Row], known: &BTreeSet<String>) -> Vec<String> {
    let mut times: BTreeMap<&str, usize> = known.iter().map(|id| (id.as_str(), 0)).collect();
    let mut complaints = Vec::new();
    for row in rows {
        match times.get_mut(row.id.as_str()) {
            Some(count) => *count += 1,
            None => complaints.push(format!("line {}: {} is no known id", row.line, row.id)),
        }
    }
    for (id, count) in times {
        match count {
            0 => complaints.push(format!("{id} is missing")),
            1 => {}
            _ => complaints.push(format!("{id} stands there {count} times")),
        }
    }
    complaints
}

fn missing_tests(rows: &[Row], functions: &[Function]) -> Vec<String> {
    let names: BTreeSet<&str> = functions.iter().map(|function| function.name.as_str()).collect();
    let mut complaints = Vec::new();
    for row in rows {
        let Proof::Tests(tests) = &row.proof else { continue };
        let missing = tests.iter().filter(|test| !names.contains(test.as_str()));
        complaints.extend(missing.map(|test| format!("line {}: no `fn {test}` is in the tree", row.line)));
    }
    complaints
}

/// A test that carries an id whose row still says "not yet".
fn unlisted_tests(rows: &[Row], functions: &[Function]) -> Vec<String> {
    let pending: BTreeSet<&str> =
        rows.iter().filter(|row| row.proof == Proof::NotYet).map(|row| row.id.as_str()).collect();
    let mut complaints = Vec::new();
    for function in functions {
        let unlisted = function.ids.iter().filter(|id| pending.contains(id.as_str()));
        complaints.extend(unlisted.map(|id| {
            format!("{id} says \"not yet\", but {} in {} tests it: list it", function.name, function.path)
        }));
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A complete table, every row "not yet", with one row replaced.
    fn table_with(id: &str, row: &str) -> String {
        let line = |known: String| {
            if known == id { row.to_owned() } else { format!("| {known} | x | not yet: y |") }
        };
        known::all().into_iter().map(line).collect::<Vec<_>>().join("\n")
    }

    fn complaints(table: &str, functions: &[Function]) -> Vec<String> {
        let (rows, mut complaints) = coverage::parse(table);
        complaints.extend(check(&rows, functions));
        complaints
    }

    fn function(name: &str, ids: &[&str]) -> Function {
        let ids = ids.iter().map(ToString::to_string).collect();
        Function { name: name.to_owned(), path: "a.rs".to_owned(), ids }
    }

    #[test]
    fn a_complete_table_whose_tests_exist_passes() {
        let table = table_with("CR-5", "| CR-5 | five wrong | `five_wrong`, `five_more` |");
        let functions = [function("five_wrong", &["CR-5"]), function("five_more", &[])];
        assert_eq!(complaints(&table, &functions), Vec::<String>::new());
    }

    #[test]
    fn a_missing_id_is_reported() {
        assert_eq!(complaints(&table_with("A77", ""), &[]), ["A77 is missing"]);
    }

    #[test]
    fn a_repeated_id_is_reported() {
        let table = table_with("AC-3", "| AC-3 | x | not yet: y |\n| AC-3 | x | not yet: y |");
        assert_eq!(complaints(&table, &[]), ["AC-3 stands there 2 times"]);
    }

    #[test]
    fn an_unknown_id_is_reported_with_its_line() {
        let table = format!("| CR-32 | x | not yet: y |\n{}", table_with("", ""));
        assert_eq!(complaints(&table, &[]), ["line 1: CR-32 is no known id"]);
    }

    #[test]
    fn a_listed_test_that_does_not_exist_is_reported() {
        let table = table_with("A01", "| A01 | replay | `atk_01_gone` |");
        assert_eq!(complaints(&table, &[]), ["line 1: no `fn atk_01_gone` is in the tree"]);
    }

    #[test]
    fn a_test_whose_row_says_not_yet_is_reported() {
        let functions = [function("signs_in", &["B3-7"])];
        let found = complaints(&table_with("", ""), &functions);
        assert_eq!(found, ["B3-7 says \"not yet\", but signs_in in a.rs tests it: list it"]);
    }
}
