//! `/demo/inbox`: the messages of the demo, texts as on a phone and emails as in a mailbox.

use askama::Template;
use url::form_urlencoded;

use crate::demo::InboxMessage;
use crate::view::Page;
use crate::view::frame::Frame;
use crate::view::when::When;

#[derive(Template)]
#[template(path = "inbox.html")]
pub(crate) struct Inbox {
    frame: Frame,
    messages: Vec<Shown>,
    /// Whose messages were asked for.
    to: Option<String>,
}

struct Shown {
    is_text: bool,
    to: String,
    /// The page with the messages to this address only.
    only_these: String,
    subject: Option<String>,
    pieces: Vec<Piece>,
    sent_at: When,
}

/// A piece of a message.
enum Piece {
    Words(String),
    /// Ours; addresses of others are not made easy to press.
    Link(String),
}

impl Page for Inbox {}

impl Inbox {
    pub(crate) fn new(frame: Frame, messages: Vec<InboxMessage>, to: Option<String>) -> Self {
        let frame = frame.titled("inbox-heading");
        let messages = messages.into_iter().map(|message| Shown::of(&frame, message)).collect();
        Self { frame, messages, to }
    }
}

impl Shown {
    fn of(frame: &Frame, message: InboxMessage) -> Self {
        let to: String = form_urlencoded::byte_serialize(message.to.as_bytes()).collect();
        Self {
            is_text: message.channel == "sms",
            only_these: format!("/demo/inbox?to={to}"),
            pieces: pieces(&message.text, frame.origin()),
            sent_at: When::at(frame, message.sent_at),
            to: message.to,
            subject: message.subject,
        }
    }
}

fn pieces(text: &str, origin: &str) -> Vec<Piece> {
    let is_ours = |word: &str| word.strip_prefix(origin).is_some_and(|rest| rest.starts_with('/'));
    let words = text.split_inclusive(char::is_whitespace);
    let mut pieces = Vec::new();
    for word in words {
        let link = word.trim_end();
        match pieces.last_mut() {
            _ if is_ours(link) => {
                pieces.push(Piece::Link(link.to_owned()));
                pieces.push(Piece::Words(word.get(link.len()..).unwrap_or_default().to_owned()));
            }
            Some(Piece::Words(before)) => before.push_str(word),
            _ => pieces.push(Piece::Words(word.to_owned())),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_links_can_be_pressed_and_no_others() {
        let shown = |text| {
            let pieces = pieces(text, "https://a.example").into_iter().map(|piece| match piece {
                Piece::Words(words) => words,
                Piece::Link(link) => format!("<{link}>"),
            });
            pieces.collect::<String>()
        };
        assert_eq!(
            shown("Choose:\nhttps://a.example/set-password?token=x\n\nBye"),
            "Choose:\n<https://a.example/set-password?token=x>\n\nBye"
        );
        for text in ["https://a.example.evil/x", "http://a.example/x", "nothing", ""] {
            assert_eq!(shown(text), text);
        }
    }
}
