//! What the store counts: transactions, the groups they are committed in, and the security events they hold.
//!
//! ```text
//!   body ─▶ Write::Audit ─▶ Tally (with its Tx) ─▶ committed ─▶ countersign_events_total
//! ```
//!
//! An event counts once its transaction is committed: a body may run twice, and what was rolled back did not
//! happen. Labels come from enums and from [`REASONS`] alone, so that nothing that a person typed can become one.

use std::time::{Duration, Instant};

use countersign_core::audit::event::{AuditEvent, AuditKind};
use metrics::{counter, histogram};

/// Security events by kind (`sign_in.refused`) and, where something was refused, by the code of the refusal.
pub const EVENTS: &str = "countersign_events_total";
/// How long a transaction took, from the wait for its turn to its commit.
pub const TRANSACTION_SECONDS: &str = "countersign_transaction_seconds";
/// SQLite: how many transactions shared one commit.
pub const COMMIT_GROUP_SIZE: &str = "countersign_commit_group_size";

/// What a refusal may be counted as; the first word of the event's reason.
pub const REASONS: &[&str] = &[
    "wrong_password",
    "wrong_code",
    "code_already_used",
    "wrong_proof",
    "locked",
    "not_allowed",
    "second_factor_disabled",
    "enrollment_required",
    "operator_enrollment_required",
    "session_ended",
    OTHER,
    NO_REASON,
];
/// A word that is not in the list: what is new is counted, and only not told apart.
const OTHER: &str = "other";
/// Nothing was refused.
const NO_REASON: &str = "none";

/// The security events of one transaction, as labels.
#[derive(Default)]
pub(crate) struct Tally(Vec<(AuditKind, &'static str)>);

/// Measures one transaction.
pub(crate) struct Timer(Instant);

impl Tally {
    pub(crate) fn add(&mut self, event: &AuditEvent) {
        self.0.push((event.kind, reason(event)));
    }

    pub(crate) fn committed(&self) {
        for (kind, reason) in &self.0 {
            counter!(EVENTS, "kind" => kind.as_str(), "reason" => *reason).increment(1);
        }
    }
}

impl Timer {
    #[expect(clippy::disallowed_methods, reason = "a duration to be counted; nothing is decided by it")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// Refused and failed transactions too: what they made people wait is the same.
    pub(crate) fn stop(self, mode: &'static str) {
        histogram!(TRANSACTION_SECONDS, "mode" => mode).record(self.elapsed());
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

pub(crate) fn commit_group(size: usize) {
    // A group is 256 at the most.
    histogram!(COMMIT_GROUP_SIZE).record(u32::try_from(size).unwrap_or(u32::MAX));
}

fn reason(event: &AuditEvent) -> &'static str {
    if !event.kind.as_str().ends_with(".refused") {
        return NO_REASON;
    }
    let word = event.reason.split(' ').next().unwrap_or_default();
    REASONS.iter().find(|known| **known == word).copied().unwrap_or(OTHER)
}
