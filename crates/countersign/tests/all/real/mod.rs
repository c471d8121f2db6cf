//! The program itself against real parts: a browser, an authenticator program, a reader of QR codes, two processes.
//!
//! ```text
//!   Chromium ◀─ ChromeDriver ◀─ test ─▶ oathtool, zbarimg
//!       └──────── HTTP ────────▶ countersign demo | two × countersign serve ─▶ PostgreSQL
//! ```
//!
//! The clock is the real one here, and the password hashes cost what they cost.

mod authenticator;
mod chromium;
mod demo;
mod document;
mod pages;
mod two_processes;

use std::process::Command;

/// What a real part prints. That the part is not there is a failure that says what to do.
fn output_of(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|cause| panic!("{}", missing(command, &cause)));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed: {said}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn missing(command: &Command, cause: &std::io::Error) -> String {
    let program = command.get_program().display();
    format!("{program} cannot be started ({cause}): run `cargo xtask test`, which installs it")
}

#[test]
#[should_panic(expected = "run `cargo xtask test`, which installs it")]
fn a_missing_part_is_a_failure_that_says_what_to_do() {
    output_of(&mut Command::new("a-part-that-nobody-has"));
}
