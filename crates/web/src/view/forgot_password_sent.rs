//! What everybody reads who asked for a link: it does not say whether one was sent (A34).

use askama::Template;
use countersign_core::link::LinkPurpose;

use crate::view::Page;
use crate::view::frame::Frame;

#[derive(Template)]
#[template(path = "forgot_password_sent.html")]
pub(crate) struct ForgotPasswordSent {
    frame: Frame,
    minutes: u64,
}

impl Page for ForgotPasswordSent {}

impl ForgotPasswordSent {
    pub(crate) fn new(frame: Frame) -> Self {
        let minutes = LinkPurpose::ResetPassword.life().as_secs() / 60;
        Self { frame: frame.titled("forgot-password-sent-heading"), minutes }
    }
}
