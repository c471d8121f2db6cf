//! What delivery counts: attempts to send, by route, and what came of them.

use metrics::counter;

use crate::{ErrorClass, outcomes::AttemptEnd};

/// Attempts to send a message by channel, route and outcome, with the class of the error where it failed.
pub const SENDS: &str = "countersign_sends_total";

pub const OUTCOMES: &[&str] = &["sent", "again", "failed"];
pub const ROUTES: &[&str] = &["twilio", "kannel", "smtp", "recorded"];
/// The other side's own codes are many and not ours to bound: they are in the log and in `outbox list`.
pub const REASONS: &[&str] = &[
    "none",
    "permanent",
    "temporary",
    "uncertain",
    "bad_number",
    "opted_out",
    "bad_address",
    "past_its_life",
    "unreadable",
];

pub(crate) fn attempt_ended(
    channel: &'static str,
    route: &'static str,
    end: AttemptEnd,
    reason: &'static str,
) {
    let outcome = match end {
        AttemptEnd::Sent => "sent",
        AttemptEnd::Again => "again",
        AttemptEnd::Failed => "failed",
    };
    counter!(SENDS, "channel" => channel, "route" => route, "outcome" => outcome, "reason" => reason)
        .increment(1);
}

impl ErrorClass {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Permanent => "permanent",
            Self::Temporary => "temporary",
            Self::Uncertain => "uncertain",
            Self::BadNumber => "bad_number",
            Self::OptedOut => "opted_out",
            Self::BadAddress => "bad_address",
        }
    }
}
