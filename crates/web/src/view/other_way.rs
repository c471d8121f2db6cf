//! `/sign-in/other-way`: everything that the second step can be done with.

use askama::Template;
use countersign_core::authenticator::phone::PhoneNumber;

use crate::view::Page;
use crate::view::frame::Frame;

#[derive(Template)]
#[template(path = "other_way.html")]
pub(crate) struct OtherWay {
    frame: Frame,
    text: String,
}

impl Page for OtherWay {}

impl OtherWay {
    pub(crate) fn new(frame: Frame, number: &PhoneNumber) -> Self {
        let text = frame.text_with("other-way-text", &[("number", number.masked().into())]);
        Self { frame: frame.titled("other-way-heading"), text }
    }
}
