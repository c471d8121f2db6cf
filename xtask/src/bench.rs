//! Builds what is measured and what measures, starts a PostgreSQL that syncs, and runs `benches`.

use std::process::Command;

use crate::Outcome;
use crate::parts;
use crate::postgres::{Durability, Postgres};
use crate::shell;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only these rows of the table, such as 1,4
    #[arg(long, value_delimiter = ',')]
    rows: Vec<u8>,
    /// How long each run of a load takes
    #[arg(long)]
    seconds: Option<u64>,
    /// Fewer people and shorter runs: about three minutes in all, and docs/performance.md stays as it is
    #[arg(long)]
    quick: bool,
    /// Install nothing: name what is missing and fail
    #[arg(long)]
    no_install: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let wanted: Vec<_> = parts::BENCH.iter().collect();
    parts::provide(&wanted, arguments.no_install)?;
    let mut words: Vec<String> = Vec::new();
    if !arguments.rows.is_empty() {
        let rows: Vec<_> = arguments.rows.iter().map(ToString::to_string).collect();
        words.extend(["--rows".to_owned(), rows.join(",")]);
    }
    words.extend(arguments.seconds.iter().flat_map(|seconds| ["--seconds".to_owned(), seconds.to_string()]));
    if arguments.quick {
        words.push("--quick".to_owned());
    }
    // A part of the table must not take the place of the whole.
    let is_whole = arguments.rows.is_empty() && !arguments.quick;
    if is_whole {
        words.extend(["--report".to_owned(), REPORT.to_owned()]);
    }
    measure(&words)
}

/// Runs the measuring program with these arguments, beside a server of its own.
pub(crate) fn measure(words: &[String]) -> Outcome {
    let build = ["build", "--release", "--package", "countersign", "--package", "countersign-bench"];
    shell::run(&mut shell::cargo(build))?;
    let postgres = Postgres::start(Durability::Synced)?;
    let mut program = Command::new("target/release/countersign-bench");
    shell::run(program.args(["--postgres", postgres.url()]).args(words))
}

const REPORT: &str = "docs/performance.md";
