//! What happened after "this was not me", and what comes next.

use askama::Template;

use crate::view::Page;
use crate::view::frame::Frame;

#[derive(Template)]
#[template(path = "not_me_done.html")]
pub(crate) struct NotMeDone {
    frame: Frame,
}

impl Page for NotMeDone {}

impl NotMeDone {
    pub(crate) fn new(frame: Frame) -> Self {
        Self { frame: frame.titled("not-me-done-heading") }
    }
}
