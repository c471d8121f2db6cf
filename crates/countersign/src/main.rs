//! The `countersign` program.

use std::process::ExitCode;

use clap::Parser;
use countersign::{commands::Command, core_dumps, logs};
use mimalloc::MiMalloc;

/// A request is some hundred small allocations, on whichever thread is free (docs/decisions/0029).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

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
