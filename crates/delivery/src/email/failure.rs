//! What a mail server's answer, or its silence, means for the message.

use std::{error::Error, io, iter};

use lettre::transport::smtp::Error as SmtpFault;

use super::conversation::{Break, Cause};
use crate::{ErrorClass, SendError};

pub(super) fn failure(cut: &Break, to: &str) -> SendError {
    // Without an answer nobody knows what became of a mail that was written to its end.
    let unanswered = if cut.is_written { ErrorClass::Uncertain } else { ErrorClass::Temporary };
    let fault = match &cut.cause {
        Cause::Late => return SendError::new(unanswered, "smtp_timeout", "no answer in time"),
        Cause::NotAscii => {
            let detail = "the address is not ASCII, and the mail server takes none of those (SMTPUTF8)";
            return SendError::new(ErrorClass::Permanent, "smtp_not_ascii", detail);
        }
        Cause::Fault(fault) => fault,
    };
    let words = fault.source().map(ToString::to_string).unwrap_or_default();
    let Some(status) = fault.status() else {
        return without_status(unanswered, fault, &words);
    };
    let status: u16 = u16::from(status);
    let code = format!("smtp_{status}");
    if let Some(class) = class(status, &words) {
        return SendError::quoting(class, code, &words, to);
    }
    SendError::new(ErrorClass::Temporary, code, "the mail server refused our user name or password")
}

/// It did not come to an answer, or not to one that can be read.
fn without_status(class: ErrorClass, fault: &SmtpFault, words: &str) -> SendError {
    let (code, what) = if fault.is_timeout() {
        ("smtp_timeout", "no answer in time")
    } else if fault.is_tls() || is_of_handshake(fault) {
        let what =
            "no encryption: is it the right kind for this port, and the certificate good for this host";
        ("smtp_tls", what)
    } else if fault.is_client() {
        ("smtp_unable", "the server does not offer what the settings ask for")
    } else {
        ("smtp_connection", "no connection, or it broke")
    };
    SendError::quoting(class, code, &format!("{what}: {words}"), "")
}

/// The library calls these faults of the connection. A bad certificate or something else than TLS comes as
/// invalid data with a cause; a line that is no text has none.
fn is_of_handshake(fault: &SmtpFault) -> bool {
    let mut causes = iter::successors(fault.source(), |cause| (**cause).source());
    let fault = causes.find_map(|cause| cause.downcast_ref::<io::Error>());
    fault.is_some_and(|fault| match fault.kind() {
        io::ErrorKind::InvalidData => fault.get_ref().is_some(),
        io::ErrorKind::UnexpectedEof => fault.to_string().contains("handshake"),
        _ => false,
    })
}

/// What a reply means for the message; none where it is about our login, which says nothing about the
/// message. Enhanced codes (RFC 3463 §3) tell more than replies, where a server gives them.
fn class(status: u16, words: &str) -> Option<ErrorClass> {
    let enhanced = words.split_whitespace().next().unwrap_or_default();
    match status {
        // RFC 4954 §6
        454 | 530 | 534 | 535 | 538 => None,
        400..=499 => Some(ErrorClass::Temporary),
        _ if is_about_the_mailbox(enhanced) => Some(ErrorClass::BadAddress),
        // RFC 5321 §4.2.3; some other enhanced code says that it is about something else.
        550 | 551 | 553 if !enhanced.starts_with("5.") => Some(ErrorClass::BadAddress),
        _ => Some(ErrorClass::Permanent),
    }
}

/// No such mailbox, domain or syntax; moved; unable to receive; disabled. Not 5.1.7 and 5.1.8, which are about
/// the sender.
fn is_about_the_mailbox(enhanced: &str) -> bool {
    ["5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"].contains(&enhanced)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_about_the_mailbox_the_message_or_our_login() {
        for (status, words, expected) in [
            (550, "5.1.1 <ann@a.example>: no such user", Some(ErrorClass::BadAddress)),
            (550, "no such user", Some(ErrorClass::BadAddress)),
            (550, "5.7.1 rejected by policy", Some(ErrorClass::Permanent)),
            (553, "5.1.8 sender rejected", Some(ErrorClass::Permanent)),
            (554, "transaction failed", Some(ErrorClass::Permanent)),
            (552, "5.2.2 mailbox full", Some(ErrorClass::Permanent)),
            (450, "4.2.1 greylisted", Some(ErrorClass::Temporary)),
            (421, "closing", Some(ErrorClass::Temporary)),
            (535, "5.7.8 authentication failed", None),
            (530, "5.7.0 authentication required", None),
        ] {
            assert_eq!(class(status, words), expected, "{status} {words}");
        }
    }
}
