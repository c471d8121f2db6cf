//! The committed files that are generated from the code: writes them, or finds those that drifted.

use std::fs;

use crate::Outcome;
use crate::shell;

/// A committed file, and the arguments to Cargo whose standard output it must equal.
struct GeneratedFile {
    path: &'static str,
    cargo_arguments: [&'static str; 7],
}

const GENERATED_FILES: &[GeneratedFile] = &[
    GeneratedFile {
        path: "config.example.toml",
        cargo_arguments: ["run", "--quiet", "--package", "countersign", "--", "config", "example"],
    },
    GeneratedFile {
        path: "docs/configuration.md",
        cargo_arguments: ["run", "--quiet", "--package", "countersign", "--", "config", "reference"],
    },
];

pub(crate) fn write() -> Outcome {
    for file in GENERATED_FILES {
        let text = shell::output(&mut shell::cargo(file.cargo_arguments))?;
        fs::write(file.path, text).map_err(|fault| format!("cannot write {}: {fault}", file.path))?;
        println!("wrote {}", file.path);
    }
    Ok(())
}

pub(crate) fn check() -> Outcome {
    let mut drifted = Vec::new();
    for file in GENERATED_FILES {
        let text = shell::output(&mut shell::cargo(file.cargo_arguments))?;
        let committed = fs::read_to_string(file.path).unwrap_or_default();
        if let Some(difference) = first_difference(&committed, &text) {
            drifted.push(format!("{} {difference}", file.path));
        }
    }
    if drifted.is_empty() {
        return Ok(());
    }
    Err(format!("{}\nrun `cargo xtask gen` and commit the result", drifted.join("\n")))
}

fn first_difference(committed: &str, generated: &str) -> Option<String> {
    if committed == generated {
        return None;
    }
    let same = committed.lines().zip(generated.lines()).take_while(|(old, new)| old == new).count();
    let line = |text: &str| text.lines().nth(same).unwrap_or("(end of file)").to_owned();
    Some(format!(
        "differs from what the code yields, at line {}:\n  committed: {}\n  generated: {}",
        same + 1,
        line(committed),
        line(generated)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_do_not_differ() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
    }

    #[test]
    fn the_first_line_that_differs_is_shown_from_both_sides() {
        let difference = first_difference("a\nb\nc\n", "a\nB\nc\n").unwrap();
        assert!(difference.contains("line 2"), "{difference}");
        assert!(difference.contains("committed: b") && difference.contains("generated: B"), "{difference}");
    }

    #[test]
    fn a_missing_end_is_a_difference() {
        assert!(first_difference("a\n", "a\nb\n").unwrap().contains("committed: (end of file)"));
        assert!(first_difference("", "a\n").is_some());
        assert!(first_difference("a", "a\n").is_some());
    }
}
