//! `/profile/security/app/confirm`: the app's first code proves that both sides hold the same key.

use askama::Template;

use crate::view::Page;
use crate::view::field::{Field, Kind};
use crate::view::frame::{Frame, Place};

#[derive(Template)]
#[template(path = "app_confirm.html")]
pub(crate) struct AppConfirm {
    frame: Frame,
    code: Field,
}

impl Page for AppConfirm {}

impl AppConfirm {
    pub(crate) fn new(frame: Frame) -> Self {
        let frame = frame.titled("app-confirm-heading").below(Place::Security, "turn-on-crumb");
        let code = Field::new(&frame, "code", Kind::Code).hinted(frame.text("app-confirm-hint"));
        Self { code: code.focused_on(&frame), frame }
    }
}
