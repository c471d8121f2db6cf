//! `/unlock`: the button behind a mailed link that opens a lock for this browser.

use askama::Template;
use countersign_service::unlock::OpenLock;

use crate::view::Page;
use crate::view::frame::Frame;
use crate::view::when::clock_time;

#[derive(Template)]
#[template(path = "unlock.html")]
pub(crate) struct Unlock {
    frame: Frame,
    question: String,
}

impl Page for Unlock {}

impl Unlock {
    pub(crate) fn new(frame: Frame, lock: &OpenLock) -> Self {
        let frame = frame.titled("unlock-heading");
        let (email, time) = (lock.email.as_str(), clock_time(lock.until));
        let question = frame.text_with("unlock-question", &[("email", email.into()), ("time", time.into())]);
        Self { frame, question }
    }
}
