//! Every id there is: the requirements of five documents, the attacks, and the faults.

use std::collections::BTreeSet;

/// Prefix, highest number, and the least number of digits.
const FAMILIES: [(&str, u32, usize); 7] = [
    ("CR-", 31, 1),
    ("CTM-", 29, 1),
    ("CRT-", 24, 1),
    ("B3-", 30, 1),
    ("AC-", 28, 1),
    ("A", 120, 2),
    ("C-", 14, 2),
];

pub(super) fn all() -> BTreeSet<String> {
    FAMILIES
        .iter()
        .flat_map(|&(prefix, last, digits)| {
            (1..=last).map(move |number| format!("{prefix}{number:0digits$}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_written_as_in_the_documents() {
        let ids = all();
        assert_eq!(ids.len(), 31 + 29 + 24 + 30 + 28 + 120 + 14);
        for id in ["CR-1", "CTM-29", "B3-30", "A01", "A99", "A120", "C-01", "C-14"] {
            assert!(ids.contains(id), "{id}");
        }
    }
}
