//! `/profile/security/recovery-key/create`: the proofs before a new recovery key takes the place of the old one.

use askama::Template;
use countersign_core::ceremony::step_up::Act;
use countersign_service::profile::Profile;
use countersign_service::sending::CodeWays;

use crate::view::Page;
use crate::view::act_code::CodePart;
use crate::view::field::{Field, Kind};
use crate::view::frame::{Frame, Place};

#[derive(Template)]
#[template(path = "create_recovery_key.html")]
pub(crate) struct CreateRecoveryKey {
    frame: Frame,
    /// Where the policy asks for it.
    password: Option<Field>,
    code: Option<CodePart>,
}

impl Page for CreateRecoveryKey {}

impl CreateRecoveryKey {
    pub(crate) fn new(frame: Frame, profile: &Profile, code: Option<&CodeWays>) -> Self {
        let frame = frame.titled("create-recovery-key-heading").below(Place::Security, "recovery-key-crumb");
        let password = profile
            .proofs_to_create_recovery_key
            .password
            .then(|| Field::new(&frame, "password", Kind::CurrentPassword).focused_on(&frame));
        let code = code.map(|code| CodePart::of(&frame, Act::CreateRecoveryKey, None, code));
        Self { frame, password, code }
    }
}
