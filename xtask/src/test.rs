//! Everything between a fresh clone and "it works": real parts, style, layers, then every test on both databases.

use std::process::Command;
use std::time::Instant;

use crate::Outcome;
use crate::parts::{self, Part};
use crate::postgres::{Durability, Postgres};
use crate::{check_layers, generated, ids, shell};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// SQLite only, without real parts: nothing is installed, no server is started
    #[arg(long)]
    quick: bool,
    /// Install nothing: name what is missing and fail
    #[arg(long)]
    no_install: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    timed("total", || {
        step("parts", || provide_parts(arguments))?;
        step("format", || shell::run(&mut shell::cargo(["fmt", "--all", "--check"])))?;
        step("clippy", || shell::run(&mut clippy(arguments)))?;
        step("check-layers", check_layers::run)?;
        step("gen --check", generated::check)?;
        step("ids", ids::run)?;
        if arguments.quick { step("tests", test_quickly) } else { step("tests", test_on_both_databases) }
    })
}

fn provide_parts(arguments: &Arguments) -> Outcome {
    if arguments.quick {
        return parts::require(&parts::RUNNER.iter().collect::<Vec<_>>());
    }
    let wanted: Vec<&Part> = parts::RUNNER.iter().chain(parts::REAL).collect();
    parts::provide(&wanted, arguments.no_install)
}

fn clippy(arguments: &Arguments) -> Command {
    let mut clippy = shell::cargo(["clippy", "--workspace", "--all-targets", "--quiet"]);
    if !arguments.quick {
        clippy.args(WITH_EVERYTHING);
    }
    clippy.args(["--", "-D", "warnings"]);
    clippy
}

fn test_quickly() -> Outcome {
    let mut nextest = shell::cargo(["nextest", "run", "--workspace", "-E", NOT_REAL_PARTS]);
    nextest.env("PROPTEST_RNG_SEED", SEED);
    shell::run(nextest.env("COUNTERSIGN_TEST_QUICK", "1"))
}

fn test_on_both_databases() -> Outcome {
    let postgres = Postgres::start(Durability::Unsynced)?;
    let mut nextest = shell::cargo(["nextest", "run", "--workspace"]);
    nextest.args(WITH_EVERYTHING);
    nextest.env("PROPTEST_RNG_SEED", SEED);
    nextest.env("COUNTERSIGN_TEST_POSTGRES", postgres.url());
    shell::run(nextest.env("COUNTERSIGN_TEST_PARTS", parts::folder()?))
}

fn step(name: &str, work: impl FnOnce() -> Outcome) -> Outcome {
    println!("== {name}");
    timed(name, work)
}

#[expect(clippy::disallowed_methods, reason = "a chore tells how long it took; nothing is decided by it")]
fn timed(name: &str, work: impl FnOnce() -> Outcome) -> Outcome {
    let begun = Instant::now();
    let outcome = work();
    let end = if outcome.is_ok() { "done" } else { "FAILED" };
    println!("== {name}: {end} in {:.1} s", begun.elapsed().as_secs_f32());
    outcome
}

/// The one feature of the program. `gen --check`, and everything that is quick, is built without it.
const WITH_EVERYTHING: [&str; 2] = ["--features", "countersign/otel"];

/// Tests of real parts lie in modules named `real`.
const NOT_REAL_PARTS: &str = "not test(/(^|::)real::/)";

/// The same random cases in every run, so that a change is stopped by what it broke. `cargo xtask soak` draws new ones.
const SEED: &str = "1";
