//! The program itself against real parts: a browser, authenticator programs, gateways, mail servers, two processes,
//! and `kill -9`.
//!
//! ```text
//!   Chromium ◀─ ChromeDriver ◀─ test ─▶ oathtool, zbarimg, otpauth_readers
//!       └──────── HTTP ────────▶ countersign demo | countersign serve (one, two, killed) ─▶ database
//!                                                    │
//!             MailServer | Postfix, Dovecot ◀────────┼────────▶ Kannel | Prism (Twilio's API)
//!                                                    ▼
//!                                  nginx before it, TLS and numbers around it
//! ```
//!
//! Each part has a test of its own without Countersign, so that a broken part is told from a broken product.
//!
//! The clock is the real one where the program runs, and the password hashes cost what they cost.

mod authenticator;
mod background;
mod behind_nginx;
mod callroute;
mod certificate;
mod chromium;
mod demo;
mod document;
mod faults;
mod kannel;
mod killed;
mod load;
mod loopback;
mod mail;
mod mail_server;
mod nginx;
mod otpauth_readers;
mod packages;
mod pages;
mod postfix;
mod prism;
mod qr_code;
mod sealing;
mod serve_kannel;
mod serve_mail;
mod serve_metrics;
#[cfg(feature = "otel")]
mod serve_otel;
mod serve_tls;
mod serve_twilio;
mod serving;
mod tls;
mod twilio_client;
mod two_processes;
mod unit;

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
