//! The long sizes of tests that run short in `cargo xtask test`, and the overload row of the bench for ten minutes.
//!
//! Built for release: what runs for hours runs as it is shipped, and meets more within them. A test takes part by
//! its name, which begins with `soak_`, and by asking whether `COUNTERSIGN_TEST_SOAK` is set.

use crate::Outcome;
use crate::parts;
use crate::postgres::{Durability, Postgres};
use crate::{bench, shell};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only what has this in its name; `overload` is the row of the bench
    #[arg(long)]
    only: Option<String>,
    /// Install nothing: name what is missing and fail
    #[arg(long)]
    no_install: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let wanted: Vec<_> = parts::RUNNER.iter().chain(parts::REAL).chain(parts::BENCH).collect();
    parts::provide(&wanted, arguments.no_install)?;
    let only = arguments.only.as_deref();
    if only != Some(OVERLOAD) {
        test(only)?;
    }
    if only.is_none_or(|name| name == OVERLOAD) {
        let words = ["--rows", "6", "--overload-seconds", OVERLOAD_SECS];
        bench::measure(&words.map(str::to_owned))?;
    }
    Ok(())
}

/// Everything that the tests print is shown: figures, and the seeds by which a run can be repeated.
fn test(only: Option<&str>) -> Outcome {
    let postgres = Postgres::start(Durability::Synced)?;
    let filter = match only {
        Some(name) => format!("test(soak_) & test({name})"),
        None => "test(soak_)".to_owned(),
    };
    let mut nextest = shell::cargo(["nextest", "run", "--release", "--workspace", "--profile", "soak"]);
    nextest.args(["--success-output", "immediate", "--no-tests", "warn", "-E", &filter]);
    nextest.env("COUNTERSIGN_TEST_SOAK", "1");
    nextest.env("COUNTERSIGN_TEST_POSTGRES", postgres.url());
    shell::run(nextest.env("COUNTERSIGN_TEST_PARTS", parts::folder()?))
}

const OVERLOAD: &str = "overload";
const OVERLOAD_SECS: &str = "600";
