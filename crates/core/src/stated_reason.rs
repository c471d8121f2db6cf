//! Why an operator does something to somebody's account, in their own words; it is kept in the record.

use thiserror::Error;

use crate::user::is_invisible;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatedReason(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a reason has {CHARACTERS_MIN} to {CHARACTERS_MAX} characters, and none of them is invisible")]
pub struct NoReason;

/// Fewer say nothing; more belong into a ticket, whose number is a reason.
const CHARACTERS_MIN: usize = 3;
const CHARACTERS_MAX: usize = 200;

impl StatedReason {
    /// White space around it is dropped; characters that would break a line of the record are refused (A102).
    pub fn parse(typed: &str) -> Result<Self, NoReason> {
        let reason = typed.trim();
        let is_fit = (CHARACTERS_MIN..=CHARACTERS_MAX).contains(&reason.chars().count())
            && !reason.chars().any(is_invisible);
        if is_fit { Ok(Self(reason.to_owned())) } else { Err(NoReason) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_says_something_within_one_line() {
        assert_eq!(StatedReason::parse(" ticket 4711 ").unwrap().as_str(), "ticket 4711");
        assert!(StatedReason::parse(&"é".repeat(200)).is_ok());
        for typed in ["", "  \t ", "ok", &"é".repeat(201), "one\ntwo", "esc \u{1b}[2J", "left \u{202e}right"]
        {
            assert_eq!(StatedReason::parse(typed), Err(NoReason), "{typed:?}");
        }
    }
}
