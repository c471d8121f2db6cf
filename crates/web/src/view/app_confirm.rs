//! `/profile/security/app/confirm`: the app's first code proves that both sides hold the same key.

use askama::Template;

use crate::view::Page;
use crate::view::field::{Field, Kind};
use crate::view::frame::{Frame, Place};
use crate::view::set_up::{SetUp, Step};

#[derive(Template)]
#[template(path = "app_confirm.html")]
pub(crate) struct AppConfirm {
    frame: Frame,
    step: String,
    code: Field,
}

impl Page for AppConfirm {}

impl AppConfirm {
    pub(crate) fn new(frame: Frame, set_up: SetUp) -> Self {
        let frame = frame.titled("app-confirm-heading").below(Place::Security, set_up.crumb());
        let code = Field::new(&frame, "code", Kind::Code).hinted(frame.text("app-confirm-hint"));
        Self { step: set_up.step(&frame, Step::Confirm), code: code.focused_on(&frame), frame }
    }
}
