//! The project's own chores: `cargo xtask test`, `check-layers`, `ids`, `gen`, `bench`, `soak` and `fuzz`.

mod bench;
mod check_layers;
mod fuzz;
mod generated;
mod ids;
mod parts;
mod postgres;
mod shell;
mod soak;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What a chore ends with: a sentence for whoever called it, where it failed.
pub(crate) type Outcome<T = ()> = Result<T, String>;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Countersign's chores", disable_version_flag = true)]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Install what the tests need, check style and layers, then run every test on both databases
    Test(test::Arguments),
    /// Hold the crates' dependencies against the architecture
    CheckLayers,
    /// Hold docs/coverage.md against the tests in the tree
    Ids,
    /// Write the files that are generated from the code
    Gen {
        /// Write nothing; fail where a file differs from what would be written
        #[arg(long)]
        check: bool,
    },
    /// Measure the release build against the limits beneath it, on both databases
    Bench(bench::Arguments),
    /// Run the tests that take hours at their full sizes, and ten minutes of overload
    Soak(soak::Arguments),
    /// Feed every parser with mutated input (needs a nightly toolchain)
    Fuzz(fuzz::Arguments),
}

fn main() -> ExitCode {
    let chore = Arguments::parse().chore;
    match shell::enter_workspace().and_then(|()| run(&chore)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn run(chore: &Chore) -> Outcome {
    match chore {
        Chore::Test(arguments) => test::run(arguments),
        Chore::CheckLayers => check_layers::run(),
        Chore::Ids => ids::run(),
        Chore::Gen { check: true } => generated::check(),
        Chore::Gen { check: false } => generated::write(),
        Chore::Bench(arguments) => bench::run(arguments),
        Chore::Soak(arguments) => soak::run(arguments),
        Chore::Fuzz(arguments) => fuzz::run(arguments),
    }
}
