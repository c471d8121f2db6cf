//! The end of the set-up: what happens at the next sign-in.

use askama::Template;

use crate::view::Page;
use crate::view::frame::{Frame, Place};

#[derive(Template)]
#[template(path = "turned_on.html")]
pub(crate) struct TurnedOn {
    frame: Frame,
}

impl Page for TurnedOn {}

impl TurnedOn {
    pub(crate) fn new(frame: Frame) -> Self {
        Self { frame: frame.titled("turned-on-heading").below(Place::Security, "turn-on-crumb") }
    }
}
