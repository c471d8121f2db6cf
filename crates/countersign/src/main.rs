//! The `countersign` program.

use std::process::ExitCode;

use clap::Parser;
use countersign::commands::Command;

fn main() -> ExitCode {
    let command = Command::parse();
    match command.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print();
            ExitCode::FAILURE
        }
    }
}
