//! `/set-password` and `/reset-password`: a password chosen behind a mailed link.

use askama::Template;
use countersign_core::link::LinkPurpose;
use countersign_service::set_password::OpenPasswordLink;

use crate::extract::mailed_link::page_of;
use crate::view::Page;
use crate::view::field::{Field, Kind};
use crate::view::frame::Frame;

#[derive(Template)]
#[template(path = "set_password.html")]
pub(crate) struct SetPassword {
    frame: Frame,
    email: String,
    new: Field,
    /// The page of its purpose.
    action: &'static str,
    /// Sessions may be under way, which end by it.
    is_reset: bool,
}

impl Page for SetPassword {}

impl SetPassword {
    pub(crate) fn new(frame: Frame, link: &OpenPasswordLink) -> Self {
        let is_reset = link.purpose == LinkPurpose::ResetPassword;
        let frame = frame.titled(if is_reset { "reset-password-heading" } else { "set-password-heading" });
        let rule = frame.text_with("password-rule", &[("min", link.password_characters_min.into())]);
        let new = Field::new(&frame, "new_password", Kind::NewPassword).hinted(rule).focused_on(&frame);
        Self { frame, email: link.email.to_string(), new, action: page_of(link.purpose), is_reset }
    }
}
