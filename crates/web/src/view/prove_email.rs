//! The step before the first method where the address is unproven (A58): a mailed link.

use askama::Template;
use countersign_service::profile::EmailProof;

use crate::view::Page;
use crate::view::frame::{Frame, Place};

#[derive(Template)]
#[template(path = "prove_email.html")]
pub(crate) struct ProveEmail {
    frame: Frame,
    asked: Asked,
    /// Else the person needs somebody's help.
    can_mail: bool,
}

/// In what words the link is offered.
pub(crate) struct Asked {
    pub(crate) heading: &'static str,
    pub(crate) text: &'static str,
}

impl Asked {
    pub(crate) const BEFORE_TWO_FACTOR: Self = Self { heading: "prove-email-heading", text: "prove-email" };
    /// Nothing waits for it but what we write to the person.
    pub(crate) const AT_ANY_TIME: Self = Self { heading: "verify-email-heading", text: "prove-email-later" };
}

impl Page for ProveEmail {}

impl ProveEmail {
    pub(crate) fn new(frame: Frame, proof: EmailProof) -> Self {
        let can_mail = proof != EmailProof::OutOfReach;
        let asked = Asked::BEFORE_TWO_FACTOR;
        Self { frame: frame.titled(asked.heading).below(Place::Security, "turn-on-crumb"), asked, can_mail }
    }
}
