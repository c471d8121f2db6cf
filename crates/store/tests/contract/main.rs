//! What the thin layer promises, on SQLite and on PostgreSQL: the same bodies, the same answers.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

#[macro_use]
mod support;

mod ann;
mod audit;
mod backup_codes;
mod decisions;
mod directory;
mod frozen;
mod groups;
#[cfg(feature = "fault-injection")]
mod injection;
mod janitor;
mod lines;
mod links;
mod messages;
mod migrations;
mod postgres;
mod sent_codes;
mod shelves;
mod transactions;
mod values;
mod wishes;
