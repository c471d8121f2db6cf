//! The end of the first set-up: what happens at the next sign-in.

use askama::Template;
use countersign_core::authenticator::phone::PhoneNumber;

use crate::view::Page;
use crate::view::frame::{Frame, Place};

#[derive(Template)]
#[template(path = "turned_on.html")]
pub(crate) struct TurnedOn {
    frame: Frame,
    next_time: String,
    new_phone: &'static str,
}

impl Page for TurnedOn {}

impl TurnedOn {
    /// `texts_go_to` is none where the app is asked for.
    pub(crate) fn new(frame: Frame, texts_go_to: Option<&PhoneNumber>) -> Self {
        let (next_time, new_phone) = match texts_go_to {
            Some(number) => {
                let number = number.formatted();
                (frame.text_with("turned-on-texts", &[("number", number.into())]), "turned-on-new-number")
            }
            None => (frame.text("turned-on-next-time"), "turned-on-phone"),
        };
        let frame = frame.titled("turned-on-heading").below(Place::Security, "turn-on-crumb");
        Self { frame, next_time, new_phone }
    }
}
