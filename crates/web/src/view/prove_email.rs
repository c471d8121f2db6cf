//! The step before the first method where the address is unproven (A58): a mailed link.

use askama::Template;
use countersign_service::profile::EmailProof;

use crate::view::Page;
use crate::view::frame::{Frame, Place};

#[derive(Template)]
#[template(path = "prove_email.html")]
pub(crate) struct ProveEmail {
    frame: Frame,
    /// Else the person needs somebody's help.
    can_mail: bool,
}

impl Page for ProveEmail {}

impl ProveEmail {
    pub(crate) fn new(frame: Frame, proof: EmailProof) -> Self {
        let can_mail = proof != EmailProof::OutOfReach;
        Self { frame: frame.titled("prove-email-heading").below(Place::Security, "turn-on-crumb"), can_mail }
    }
}
