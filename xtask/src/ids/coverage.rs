//! Reads the tables of `docs/coverage.md`: `| id | what | tests |`.

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Counted from one.
    pub(super) line: usize,
    pub(super) id: String,
    pub(super) proof: Proof,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Proof {
    Tests(Vec<String>),
    NotYet,
}

/// The rows that could be read, and a complaint for each that could not.
pub(super) fn parse(text: &str) -> (Vec<Row>, Vec<String>) {
    let mut rows = Vec::new();
    let mut complaints = Vec::new();
    for (line, content) in (1..).zip(text.lines()).filter(|(_, content)| is_row(content)) {
        match parse_row(content) {
            Ok((id, proof)) => rows.push(Row { line, id, proof }),
            Err(reason) => complaints.push(format!("line {line}: {reason}")),
        }
    }
    (rows, complaints)
}

/// A line of a table that is neither its head nor the rule below.
fn is_row(content: &str) -> bool {
    let first = content.strip_prefix('|').and_then(|rest| rest.split('|').next()).map(str::trim);
    first.is_some_and(|cell| cell != "id" && !cell.starts_with("--"))
}

fn parse_row(content: &str) -> Result<(String, Proof), String> {
    let inner = content.trim().trim_start_matches('|').trim_end_matches('|');
    let cells: Vec<_> = inner.split('|').map(str::trim).collect();
    let [id, what, tests] = cells.as_slice() else {
        return Err(format!("a row has the cells id, what and tests, not {}", cells.len()));
    };
    if what.is_empty() {
        return Err(format!("{id} does not say what it is"));
    }
    let proof = parse_proof(tests).map_err(|reason| format!("{id} {reason}"))?;
    Ok(((*id).to_owned(), proof))
}

fn parse_proof(cell: &str) -> Result<Proof, String> {
    if let Some(reason) = cell.strip_prefix("not yet") {
        return match reason.strip_prefix(':').map(str::trim) {
            None | Some("") => Err("says \"not yet\" without \": why\"".into()),
            Some(why) if why.contains('`') => {
                Err("says \"not yet\" and names a test: one or the other".into())
            }
            Some(_) => Ok(Proof::NotYet),
        };
    }
    if cell.contains("not yet") {
        return Err("names a test and says \"not yet\": one or the other".into());
    }
    let names: Option<Vec<_>> = cell.split(',').map(|name| test_name(name.trim())).collect();
    names.map(Proof::Tests).ok_or("needs `tests`, separated by commas, or \"not yet: why\"".into())
}

fn test_name(quoted: &str) -> Option<String> {
    let name = quoted.strip_prefix('`')?.strip_suffix('`')?;
    let is_name = |name: &str| name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    (!name.is_empty() && is_name(name)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(row: &str) -> String {
        let (rows, complaints) = parse(row);
        assert_eq!(rows, []);
        complaints.concat()
    }

    #[test]
    fn tests_and_pending_ids_are_told_apart_and_heads_are_skipped() {
        let text = "# Title\n\n| id | what | tests |\n|---|---|---|\n| CR-1 | a | `one`, `two` |\n| CR-2 | b | not yet: c |\n";
        let (rows, complaints) = parse(text);
        assert_eq!(complaints, Vec::<String>::new());
        let tests = Proof::Tests(vec!["one".into(), "two".into()]);
        assert_eq!(
            rows,
            [
                Row { line: 5, id: "CR-1".into(), proof: tests },
                Row { line: 6, id: "CR-2".into(), proof: Proof::NotYet },
            ]
        );
    }

    #[test]
    fn a_row_cannot_have_tests_and_be_pending() {
        assert!(complaint("| A1 | x | `one`, not yet: y |").contains("one or the other"));
        assert!(complaint("| A1 | x | not yet: y `one` |").contains("one or the other"));
    }

    #[test]
    fn not_yet_needs_a_reason() {
        assert!(complaint("| A1 | x | not yet |").contains("without \": why\""));
        assert!(complaint("| A1 | x | not yet: |").contains("without \": why\""));
    }

    #[test]
    fn an_empty_or_unquoted_list_of_tests_is_refused() {
        assert!(complaint("| A1 | x |  |").contains("needs `tests`"));
        assert!(complaint("| A1 | x | one |").contains("needs `tests`"));
        assert!(complaint("| A1 | x | `one`, |").contains("needs `tests`"));
    }

    #[test]
    fn a_row_has_three_cells_and_says_what_it_is() {
        assert!(complaint("| A1 | x |").contains("not 2"));
        assert!(complaint("| A1 |  | not yet: y |").contains("does not say what it is"));
    }
}
