//! `/set-password`: a password chosen behind a mailed link.

use askama::Template;
use countersign_service::set_password::OpenPasswordLink;

use crate::view::Page;
use crate::view::field::{Field, Kind};
use crate::view::frame::Frame;

#[derive(Template)]
#[template(path = "set_password.html")]
pub(crate) struct SetPassword {
    frame: Frame,
    email: String,
    new: Field,
}

impl Page for SetPassword {}

impl SetPassword {
    pub(crate) fn new(frame: Frame, link: &OpenPasswordLink) -> Self {
        let frame = frame.titled("set-password-heading");
        let rule = frame.text_with("password-rule", &[("min", link.password_characters_min.into())]);
        let new = Field::new(&frame, "new_password", Kind::NewPassword).hinted(rule).focused_on(&frame);
        Self { frame, email: link.email.to_string(), new }
    }
}
