//! What Twilio's error codes mean for a message.
//!
//! Meanings after <https://www.twilio.com/docs/api/errors>; codes that are not listed fall back to the HTTP
//! status. The words are ours, for the operator.

use crate::{ErrorClass, SendError};
use ErrorClass::{BadNumber, OptedOut, Permanent, Temporary, Uncertain};

/// A refusal of a request.
pub(super) fn of_refusal(status: u16, code: Option<u32>, words: &str, to: &str) -> SendError {
    let Some(code) = code else {
        return SendError::quoting(class_of_status(status), format!("twilio_http_{status}"), words, to);
    };
    match meaning(code) {
        Some((class, detail)) => SendError::new(class, named(code), detail),
        None => SendError::quoting(class_of_status(status), named(code), words, to),
    }
}

/// A report on a message that was taken; 0 where it names no code.
pub(super) fn of_report(code: u32) -> SendError {
    let (class, detail) = meaning(code).unwrap_or((Permanent, "not delivered, for a reason not listed here"));
    SendError::new(class, named(code), detail)
}

fn meaning(code: u32) -> Option<(ErrorClass, &'static str)> {
    let row = MEANINGS.iter().find(|(listed, ..)| *listed == code)?;
    Some((row.1, row.2))
}

fn named(code: u32) -> String {
    format!("twilio_{code}")
}

fn class_of_status(status: u16) -> ErrorClass {
    match status {
        // Somebody in front of Twilio waited in vain for what became of it.
        504 => Uncertain,
        408 | 425 | 429 | 500..=599 => Temporary,
        _ => Permanent,
    }
}

const MEANINGS: &[(u32, ErrorClass, &str)] = &[
    // Refused at once, because of the account or its settings.
    (20003, Permanent, "account or password refused: check the Twilio settings"),
    (20005, Permanent, "the account is not active"),
    (20404, Permanent, "no such account or resource: check the account's id"),
    (20429, Temporary, "too many requests at once"),
    (21212, Permanent, "the sender is no valid number: check `from`"),
    (21408, Permanent, "the account may not send to this country: see its geographic permissions"),
    (21603, Permanent, "no sender is configured"),
    (21606, Permanent, "the sender is not able to send to this destination"),
    (21608, Permanent, "a trial account sends to numbers that it verified only"),
    (21609, Permanent, "the address for reports is not valid: check `public_url`"),
    (21611, Temporary, "the sender's queue is full"),
    (21612, Permanent, "this sender does not reach this destination"),
    (21617, Permanent, "the text is too long"),
    (21659, Permanent, "the sender does not belong to the account"),
    (21660, Permanent, "the sender does not belong to the account"),
    (21703, Permanent, "the messaging service has no sender"),
    // Refused at once, because of the number.
    (21211, BadNumber, "not a valid number"),
    (21214, BadNumber, "the number cannot be reached"),
    (21217, BadNumber, "the number is not valid"),
    (21265, BadNumber, "a short code, not a phone"),
    (21268, BadNumber, "a premium rate or information service"),
    (21610, OptedOut, "the owner of the number told the sender to stop"),
    (21614, BadNumber, "not a mobile number"),
    (21635, BadNumber, "a landline"),
    // Reported later.
    (30001, Temporary, "the queue was full"),
    (30002, Permanent, "the account is suspended"),
    (30003, Temporary, "the phone is off or out of reach"),
    (30004, Permanent, "blocked by the carrier or on the phone"),
    (30005, BadNumber, "the number is unknown or out of service"),
    (30006, BadNumber, "a landline, or a carrier that cannot be reached"),
    (30007, Permanent, "filtered by the carrier"),
    (30008, Temporary, "the carrier gave no reason"),
    (30022, Temporary, "too many texts at once for this sender"),
    (30023, Temporary, "the day's limit of this sender is reached"),
    (30034, Permanent, "the sender is not registered with the carriers"),
    (30410, Temporary, "the carrier did not answer in time"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_listed_once() {
        let mut codes: Vec<u32> = MEANINGS.iter().map(|(code, ..)| *code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), MEANINGS.len());
    }
}
