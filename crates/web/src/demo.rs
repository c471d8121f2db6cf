//! The demo's inbox: what the pages need to show the messages that a real server would send.

use std::sync::Arc;

use countersign_core::timestamp::Timestamp;

/// Lists the messages to one address, or all of them, newest first.
pub type Inbox = Arc<dyn Fn(Option<&str>) -> Vec<InboxMessage> + Send + Sync>;

pub struct InboxMessage {
    /// `sms` or `email`.
    pub channel: &'static str,
    pub to: String,
    /// Text messages have none.
    pub subject: Option<String>,
    pub text: String,
    pub sent_at: Timestamp,
}
