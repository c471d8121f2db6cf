//! `/profile/security/turn-off`: what ends, and the proofs that the policy asks for; without any, a confirmation
//! (CRT-22).

use askama::Template;
use countersign_core::ceremony::step_up::Act;
use countersign_service::profile::Profile;
use countersign_service::sending::CodeWays;

use crate::view::Page;
use crate::view::act_code::CodePart;
use crate::view::field::{Field, Kind};
use crate::view::frame::{Frame, Place};

#[derive(Template)]
#[template(path = "turn_off.html")]
pub(crate) struct TurnOff {
    frame: Frame,
    /// Where the policy asks for it.
    password: Option<Field>,
    code: Option<CodePart>,
}

impl Page for TurnOff {}

impl TurnOff {
    /// `code` where the policy asks for one.
    pub(crate) fn new(frame: Frame, profile: &Profile, code: Option<&CodeWays>) -> Self {
        let frame = frame.titled("turn-off-heading").below(Place::Security, "turn-off-crumb");
        let password = profile
            .proofs_to_turn_off
            .password
            .then(|| Field::new(&frame, "password", Kind::CurrentPassword).focused_on(&frame));
        let code = code.map(|code| CodePart::of(&frame, Act::TurnOffTwoFactor, None, code));
        Self { frame, password, code }
    }
}
