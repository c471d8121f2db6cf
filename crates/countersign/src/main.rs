//! The `countersign` program.

use std::process::ExitCode;

use clap::Parser;
use countersign::{commands::Command, core_dumps, logs};

fn main() -> ExitCode {
    logs::tell_of_panics();
    if let Err(cause) = core_dumps::forbid() {
        eprintln!("countersign: core dumps cannot be forbidden: {cause}");
        return ExitCode::FAILURE;
    }
    match Command::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print();
            ExitCode::FAILURE
        }
    }
}
