//! The tests of the whole program: stories as a person lives them, attacks as an attacker tries them.
//!
//! ```text
//!   stories, attacks ─▶ harness::Browser ─▶ HTTP on loopback ─▶ harness::TestServer ─▶ SQLite | PostgreSQL
//!   commands, real   ─▶ the program itself, as a process
//! ```

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what went wrong by panicking"
)]

#[macro_use]
mod harness;

mod attacks;
mod commands;
mod doors;
mod messages;
mod real;
mod stories;
