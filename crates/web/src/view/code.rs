//! `/sign-in/code`: the second step of a sign-in.

use askama::Template;

use crate::view::Page;
use crate::view::field::{Field, Kind};
use crate::view::frame::Frame;

#[derive(Template)]
#[template(path = "code.html")]
pub(crate) struct Code {
    frame: Frame,
    code: Field,
}

impl Page for Code {}

impl Code {
    pub(crate) fn new(frame: Frame) -> Self {
        let frame = frame.titled("code-heading");
        let code = Field::new(&frame, "code", Kind::Code).hinted(frame.text("code-from-app"));
        Self { code: code.focused_on(&frame), frame }
    }
}
