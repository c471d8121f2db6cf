//! What leaves for people: messages, by channel.
//!
//! There is one channel so far, [`recorded`], which keeps messages instead of sending them: it is the demo's
//! inbox.

pub mod recorded;

use countersign_core::timestamp::Timestamp;

/// A message as it leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub channel: Channel,
    /// A phone number or an email address.
    pub to: String,
    /// Text messages have none.
    pub subject: Option<String>,
    pub text: String,
    pub sent_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    Sms,
    Email,
}

impl Channel {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Email => "email",
        }
    }
}
