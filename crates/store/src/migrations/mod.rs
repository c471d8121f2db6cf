//! The schema, step by step. A step that was released is never edited: a new one follows it.
//!
//! Texts are the same on both databases but for `{BIGINT}`, `{BYTES}` and `{STRICT}`.

use crate::database::Migration;

/// In the order of their numbers.
pub static MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "first_sign_in", text: include_str!("0001_first_sign_in.sql") },
    Migration { number: 2, name: "messages", text: include_str!("0002_messages.sql") },
    Migration { number: 3, name: "operators", text: include_str!("0003_operators.sql") },
    Migration { number: 4, name: "actors", text: include_str!("0004_actors.sql") },
    Migration { number: 5, name: "floods", text: include_str!("0005_floods.sql") },
    Migration { number: 6, name: "audit_chain", text: include_str!("0006_audit_chain.sql") },
    Migration { number: 7, name: "reset_wishes", text: include_str!("0007_reset_wishes.sql") },
    Migration { number: 8, name: "recovery_keys", text: include_str!("0008_recovery_keys.sql") },
    Migration { number: 9, name: "emailed_codes", text: include_str!("0009_emailed_codes.sql") },
    Migration { number: 10, name: "backup_codes", text: include_str!("0010_backup_codes.sql") },
];
