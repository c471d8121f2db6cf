//! `/profile/security/email`: a code goes to the address that the person signs in with (B3-3).

use askama::Template;

use crate::view::Page;
use crate::view::frame::{Frame, Place};
use crate::view::set_up::{SetUp, Step};

#[derive(Template)]
#[template(path = "email.html")]
pub(crate) struct Email {
    frame: Frame,
    step: String,
    back: Option<&'static str>,
    explanation: String,
    /// Offered where no code can be sent.
    other_method: Option<String>,
}

impl Page for Email {}

impl Email {
    pub(crate) fn new(frame: Frame, set_up: SetUp, address: &str, may_choose_app: bool) -> Self {
        let frame = frame.titled("mailbox-heading").below(Place::Security, set_up.crumb());
        let explanation = frame.text_with("mailbox-explanation", &[("to", address.into())]);
        let is_refused = frame.has_mistakes();
        let other_method = (is_refused && may_choose_app).then(|| frame.text("sending-choose-app"));
        Self { step: set_up.step(&frame, Step::Show), back: set_up.back(), explanation, other_method, frame }
    }
}
