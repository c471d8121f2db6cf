//! `/forgot-password`: an address, and a button that has a link mailed there.

use askama::Template;

use crate::view::Page;
use crate::view::field::{Field, Kind};
use crate::view::frame::Frame;

#[derive(Template)]
#[template(path = "forgot_password.html")]
pub(crate) struct ForgotPassword {
    frame: Frame,
    email: Field,
    /// Else everybody needs somebody's help.
    can_mail: bool,
}

impl Page for ForgotPassword {}

impl ForgotPassword {
    /// `typed` is the address from a refused try.
    pub(crate) fn new(frame: Frame, typed: &str, can_mail: bool) -> Self {
        let frame = frame.titled("forgot-password-heading");
        let email = Field::new(&frame, "email", Kind::Email).holding(typed).focused_on(&frame);
        Self { frame, email, can_mail }
    }
}
