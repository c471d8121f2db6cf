//! The project's own chores: `cargo xtask test`, `check-layers`, `ids` and `gen`.

mod check_layers;
mod generated;
mod ids;
mod parts;
mod postgres;
mod shell;
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
    }
}
