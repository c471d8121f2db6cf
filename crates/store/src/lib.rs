//! The one crate that talks to the database: SQLite inside the process, or PostgreSQL beside it.
//!
//! ```text
//!   one typed function per table group     (take a `Tx`, know the tables)
//!                  │
//!   database       │   Database · Tx · Sql · Value · Row      (know the two databases)
//!            ┌─────┴──────┐
//!         SQLite      PostgreSQL
//!      one writer,    a pool, bodies
//!     group commit    may run twice
//! ```

pub mod accounts;
pub mod activity;
pub mod audit;
pub mod ceremonies;
pub mod commit;
pub mod database;
pub mod delivery;
pub mod directory;
mod error;
pub mod expiry;
pub mod invariants;
pub mod janitor;
pub mod ladders;
pub mod leases;
pub mod links;
pub mod metrics;
pub mod migrations;
pub mod operators;
pub mod outbox;
pub mod people;
mod rows;
pub mod sent_codes;
pub mod sessions;
pub mod sources;
pub mod wishes;

pub use database::{Database, DatabaseOptions, Dialect, PasswordPlace, Row, Sql, Tx, Value};
pub use error::{Cause, Fault};

/// Every statement of this crate, a list per module: one test has both databases parse them all.
pub static STATEMENTS: &[&[&Sql]] = &[
    database::ALL,
    database::TX_STATEMENTS,
    database::MIGRATION_STATEMENTS,
    accounts::ALL,
    activity::ALL,
    audit::beginning::ALL,
    audit::reading::ALL,
    audit::retention::ALL,
    audit::sealing::ALL,
    ceremonies::ALL,
    commit::ALL,
    commit::MESSAGE_STATEMENTS,
    delivery::ALL,
    directory::ALL,
    janitor::ALL,
    ladders::ALL,
    leases::ALL,
    expiry::ALL,
    invariants::ALL,
    commit::OPERATOR_STATEMENTS,
    commit::RECOVERY_STATEMENTS,
    links::ALL,
    operators::ALL,
    outbox::ALL,
    people::ALL,
    sent_codes::ALL,
    sessions::ALL,
    sources::ALL,
    wishes::ALL,
];
