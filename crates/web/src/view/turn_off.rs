//! `/profile/security/turn-off`: what ends, and the proofs that the policy asks for.

use askama::Template;

use crate::view::Page;
use crate::view::field::{Field, Kind};
use crate::view::frame::{Frame, Place};

#[derive(Template)]
#[template(path = "turn_off.html")]
pub(crate) struct TurnOff {
    frame: Frame,
    password: Field,
    code: Option<Field>,
}

impl Page for TurnOff {}

impl TurnOff {
    pub(crate) fn new(frame: Frame, asks_code: bool) -> Self {
        let frame = frame.titled("turn-off-heading").below(Place::Security, "turn-off-crumb");
        let password = Field::new(&frame, "password", Kind::CurrentPassword).focused_on(&frame);
        let code =
            asks_code.then(|| Field::new(&frame, "code", Kind::Code).hinted(frame.text("code-from-app")));
        Self { frame, password, code }
    }
}
