//! The step before the first method where the address is unproven (A58): a mailed link.

use askama::Template;

use crate::view::Page;
use crate::view::frame::{Frame, Place};

#[derive(Template)]
#[template(path = "prove_email.html")]
pub(crate) struct ProveEmail {
    frame: Frame,
}

impl Page for ProveEmail {}

impl ProveEmail {
    pub(crate) fn new(frame: Frame) -> Self {
        Self { frame: frame.titled("prove-email-heading").below(Place::Security, "turn-on-crumb") }
    }
}
