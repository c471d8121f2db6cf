//! `/verify-email`: the button behind a mailed link that proves an address.

use askama::Template;

use crate::view::Page;
use crate::view::frame::Frame;

#[derive(Template)]
#[template(path = "verify_email.html")]
pub(crate) struct VerifyEmail {
    frame: Frame,
    question: String,
}

impl Page for VerifyEmail {}

impl VerifyEmail {
    pub(crate) fn new(frame: Frame, email: &str) -> Self {
        let frame = frame.titled("verify-email-heading");
        let question = frame.text_with("verify-email-question", &[("email", email.into())]);
        Self { frame, question }
    }
}
