//! `/sign-in`: email address and password.

use askama::Template;

use crate::view::Page;
use crate::view::field::{Field, Kind};
use crate::view::frame::Frame;

#[derive(Template)]
#[template(path = "sign_in.html")]
pub(crate) struct SignIn {
    frame: Frame,
    email: Field,
    password: Field,
}

impl Page for SignIn {}

impl SignIn {
    /// `typed` is the address from a refused try, so that nobody types it twice.
    pub(crate) fn new(frame: Frame, typed: &str) -> Self {
        let frame = frame.titled("sign-in-heading");
        let email = Field::new(&frame, "email", Kind::Email).holding(typed);
        let password = Field::new(&frame, "password", Kind::CurrentPassword);
        let (email, password) = if typed.is_empty() {
            (email.focused_on(&frame), password)
        } else {
            (email, password.focused_on(&frame))
        };
        Self { frame, email, password }
    }
}
