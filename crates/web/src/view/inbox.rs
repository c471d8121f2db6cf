//! `/demo/inbox`: the messages of the demo.

use askama::Template;

use crate::demo::InboxMessage;
use crate::view::Page;
use crate::view::frame::Frame;
use crate::view::when::When;

#[derive(Template)]
#[template(path = "inbox.html")]
pub(crate) struct Inbox {
    frame: Frame,
    messages: Vec<Shown>,
}

struct Shown {
    message: InboxMessage,
    sent_at: When,
}

impl Page for Inbox {}

impl Inbox {
    pub(crate) fn new(frame: Frame, messages: Vec<InboxMessage>) -> Self {
        let frame = frame.titled("inbox-heading");
        let shown =
            messages.into_iter().map(|message| Shown { sent_at: When::at(&frame, message.sent_at), message });
        Self { messages: shown.collect(), frame }
    }
}
