//! `/profile/security/turn-on`: the password again, before anything about two-factor authentication changes.

use askama::Template;

use crate::view::Page;
use crate::view::field::{Field, Kind};
use crate::view::frame::{Frame, Place};

#[derive(Template)]
#[template(path = "turn_on.html")]
pub(crate) struct TurnOn {
    frame: Frame,
    password: Field,
}

impl Page for TurnOn {}

impl TurnOn {
    pub(crate) fn new(frame: Frame) -> Self {
        let frame = frame.titled("turn-on-heading").below(Place::Security, "turn-on-crumb");
        let password = Field::new(&frame, "password", Kind::CurrentPassword).focused_on(&frame);
        Self { frame, password }
    }
}
