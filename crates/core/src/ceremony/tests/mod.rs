//! Whole ceremonies in virtual time, on a database of vectors and with real codes.
//!
//! ```text
//!   sign_in, step_up, enroll, change_password ── every pair of state and event, one table per state;
//!     each …_by_phone and …_by_code where texts are sent; forgot_password, set_password, verify_email, not_me, unlock for mailed links
//!   recover ─ a recovery key, used, replaced and made      backup_codes ─ the same of ten codes
//!   end_sessions ─ of a session that asks, and of those that it may end
//!   app_needed ─ what a text must not open      notices ─ what is told      property ─ random sequences of everything
//!   by_operator, gate ─ what operators do      operators, become_operator ─ who is one
//!   throttle, toll_fraud ─ ladder, caps, budgets and breakers through the doors, as attacks
//!        │
//!        ▼
//!   browser ── types and is told (mirrors `service`)
//!        ▼
//!   world ──── loads and commits (mirrors `store`)
//! ```
//!
//! A table says, for each pair, what the person is told and everything that was written, so that a write too
//! many fails it as well.

mod app_needed;
mod backup_codes;
mod become_operator;
mod browser;
mod by_email;
mod by_operator;
mod change_password;
mod end_sessions;
mod enroll;
mod enroll_by_phone;
mod forgot_password;
mod gate;
mod given;
mod not_me;
mod notices;
mod operators;
mod property;
mod recover;
mod set_password;
mod sign_in;
mod sign_in_by_phone;
mod step_up;
mod step_up_by_code;
mod throttle;
mod toll_fraud;
mod unlock;
mod verify_email;
mod world;

use world::World;

/// Compares one row of a table: what was told, and all that the last decision wrote.
#[track_caller]
fn expect(case: &str, world: &World, told: &str, (expected, writes): (&str, &[&str])) {
    assert_eq!(told, expected, "told, where {case}");
    let mut writes: Vec<&str> = writes.to_vec();
    writes.sort_unstable();
    assert_eq!(world.written, writes, "written, where {case}");
}
