//! The end of the first set-up: what happens at the next sign-in.

use askama::Template;
use countersign_core::authenticator::destination::Destination;
use countersign_core::message::Channel;

use crate::view::Page;
use crate::view::frame::{Frame, Place};

#[derive(Template)]
#[template(path = "turned_on.html")]
pub(crate) struct TurnedOn {
    frame: Frame,
    next_time: String,
    new_phone: &'static str,
    /// Whether backup codes are offered as the next step, which the person may skip.
    offers_codes: bool,
}

impl Page for TurnedOn {}

impl TurnedOn {
    /// `codes_go_to` is none where the app is asked for.
    pub(crate) fn new(frame: Frame, codes_go_to: Option<&Destination>, offers_codes: bool) -> Self {
        let (next_time, new_phone) = match codes_go_to {
            Some(to) => {
                let (next_time, if_lost) = match to.channel() {
                    Channel::Sms => ("turned-on-texts", "turned-on-new-number"),
                    Channel::Email => ("turned-on-mails", "turned-on-mailbox"),
                };
                (frame.text_with(next_time, &[("to", to.formatted().into())]), if_lost)
            }
            None => (frame.text("turned-on-next-time"), "turned-on-phone"),
        };
        let frame = frame.titled("turned-on-heading").below(Place::Security, "turn-on-crumb");
        Self { frame, next_time, new_phone, offers_codes }
    }
}
