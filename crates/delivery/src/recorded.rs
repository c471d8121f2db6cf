//! A channel that keeps messages for looking at, the newest thousand of them.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use countersign_core::timestamp::Timestamp;

use crate::Rendered;

/// Messages kept in memory; a clone is another handle to the same ones.
#[derive(Clone, Default)]
pub struct Recorded(Arc<Mutex<VecDeque<Message>>>);

/// A message as it left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub rendered: Rendered,
    pub sent_at: Timestamp,
}

/// Enough for a long demo; more would only be memory.
const MESSAGES_MAX: usize = 1000;

impl Recorded {
    pub fn send(&self, rendered: Rendered, sent_at: Timestamp) {
        let mut messages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        messages.push_front(Message { rendered, sent_at });
        messages.truncate(MESSAGES_MAX);
    }

    /// The messages to one address, or all of them, newest first.
    pub fn messages(&self, to: Option<&str>) -> Vec<Message> {
        let messages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        messages.iter().filter(|message| to.is_none_or(|to| message.rendered.to == to)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use countersign_core::{id::MessageId, message::Channel};

    use super::*;

    fn message(to: &str, number: usize) -> Rendered {
        Rendered {
            id: MessageId::from_stored(format!("msg_{number}")),
            channel: Channel::Email,
            to: to.to_owned(),
            subject: None,
            text: number.to_string(),
            html: None,
        }
    }

    const NOON: Timestamp = Timestamp::from_millis(0);

    #[test]
    fn messages_come_newest_first_and_by_address() {
        let recorded = Recorded::default();
        recorded.send(message("ann@a.example", 1), NOON);
        recorded.send(message("ben@a.example", 2), NOON);
        recorded.send(message("ann@a.example", 3), NOON);
        let texts = |to| {
            let messages = recorded.messages(to).into_iter();
            messages.map(|message| message.rendered.text).collect::<Vec<_>>()
        };
        assert_eq!(texts(None), ["3", "2", "1"]);
        assert_eq!(texts(Some("ann@a.example")), ["3", "1"]);
    }

    #[test]
    fn the_oldest_give_way() {
        let recorded = Recorded::default();
        for number in 0..=MESSAGES_MAX {
            recorded.send(message("ann@a.example", number), NOON);
        }
        let messages = recorded.messages(None);
        assert_eq!((messages.len(), messages[MESSAGES_MAX - 1].rendered.text.as_str()), (MESSAGES_MAX, "1"));
    }
}
