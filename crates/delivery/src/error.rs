//! Why a message could not be sent, split by what follows from it.

use thiserror::Error;

/// One attempt that failed. Neither field holds what was sent, a recipient or a password.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{code}: {detail}")]
pub struct SendError {
    pub class: ErrorClass,
    /// A stable word: who refused, and their number for it, such as `twilio_21610` or `smtp_550`.
    pub code: String,
    /// For the operator: the other side's words, or ours for what to do.
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// Will fail again however often it is tried, until an operator changes something.
    Permanent,
    /// Was not taken, and may be later.
    Temporary,
    /// Was perhaps taken: the answer was late or lost. To send it again may be to send it twice.
    Uncertain,
    /// There is no phone behind this number that takes text messages.
    BadNumber,
    /// The owner of the number told the gateway to send no more.
    OptedOut,
    /// There is no mailbox of this address.
    BadAddress,
}

/// A route cannot be built from its settings.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct SetUpError(pub String);

/// The other side's words are kept this long (characters): enough for a sentence, too little for a page.
const DETAIL_MAX: usize = 200;

impl SendError {
    pub(crate) fn new(class: ErrorClass, code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { class, code: code.into(), detail: detail.into() }
    }

    /// With the other side's own words, in which recipients like to be repeated.
    pub(crate) fn quoting(class: ErrorClass, code: impl Into<String>, words: &str, recipient: &str) -> Self {
        Self::new(class, code, without_recipient(words, recipient))
    }
}

fn without_recipient(words: &str, recipient: &str) -> String {
    let bare = recipient.trim_start_matches('+');
    let mut words = words.to_owned();
    // Longest first; an empty pattern would match everywhere.
    for pattern in [recipient, bare].into_iter().filter(|pattern| !pattern.is_empty()) {
        words = words.replace(pattern, "[recipient]");
    }
    let printable = words.chars().map(|character| if character.is_control() { ' ' } else { character });
    printable.take(DETAIL_MAX).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_sides_words_are_kept_without_the_recipient_and_on_one_line() {
        let said = "no such user\r\n<ann@a.example> here";
        let error = SendError::quoting(ErrorClass::BadAddress, "smtp_550", said, "ann@a.example");
        assert_eq!(error.detail, "no such user  <[recipient]> here");
        let error = SendError::quoting(ErrorClass::BadNumber, "x", "to 15550100 or +15550100", "+15550100");
        assert_eq!(error.detail, "to [recipient] or [recipient]");
    }
}
