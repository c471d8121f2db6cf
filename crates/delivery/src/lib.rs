//! What leaves for people: puts messages of the outbox into words and sends them.
//!
//! ```text
//!   outbox ─claim─▶ worker ─open─▶ letter ─▶ render ─▶ Rendered ─▶ route ─▶ sms::{twilio, kannel}
//!     ▲               │                                              └────▶ email (SMTP)
//!     └────record─────┴──▶ outcomes: the page that waits for "sent"  └────▶ recorded (demo, tests)
//! ```
//!
//! Nothing here decides who is told what, and nothing here is inside a transaction. [`http`] is the one place
//! that opens HTTP connections to others.

pub mod email;
mod error;
pub mod http;
pub mod metrics;
pub mod outcomes;
pub mod place;
pub mod recorded;
pub mod render;
mod reports;
pub mod route;
pub mod sms;
#[cfg(test)]
mod testing;
pub mod wake;
pub mod worker;

use countersign_core::{id::MessageId, message::Channel};

pub use error::{ErrorClass, SendError, SetUpError};
pub use reports::Report;

/// A message in its final words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    pub id: MessageId,
    pub channel: Channel,
    /// A phone number in E.164 or an email address.
    pub to: String,
    /// Text messages have none.
    pub subject: Option<String>,
    pub text: String,
    /// The same words for mail programs that show more than text.
    pub html: Option<String>,
}

/// That somebody who passes messages on took one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// The name by which they will report on it, where they gave one.
    pub provider_id: Option<String>,
}
