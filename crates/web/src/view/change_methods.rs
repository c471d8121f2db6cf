//! `/profile/security/change`: the proofs before a method is added or replaced.

use askama::Template;
use countersign_core::authenticator::AuthenticatorKind;
use countersign_core::ceremony::step_up::Act;
use countersign_service::profile::Profile;
use countersign_service::sending::CodeWays;

use crate::view::Page;
use crate::view::act_code::CodePart;
use crate::view::field::{Field, Kind};
use crate::view::frame::{Frame, Place};
use crate::view::set_up::{SetUp, Step};

#[derive(Template)]
#[template(path = "change_methods.html")]
pub(crate) struct ChangeMethods {
    frame: Frame,
    step: String,
    password: Field,
    code: Option<CodePart>,
    wanted: Option<AuthenticatorKind>,
}

impl Page for ChangeMethods {}

impl ChangeMethods {
    /// `wanted` is what the person came to set up.
    pub(crate) fn new(
        frame: Frame,
        profile: &Profile,
        code: Option<&CodeWays>,
        wanted: Option<AuthenticatorKind>,
    ) -> Self {
        let set_up = SetUp::of(profile);
        let frame = frame.titled("change-methods-heading").below(Place::Security, set_up.crumb());
        let password = Field::new(&frame, "password", Kind::CurrentPassword).focused_on(&frame);
        let code = code.map(|code| CodePart::of(&frame, Act::ChangeMethods, wanted, code));
        Self { step: set_up.step(&frame, Step::Prove), password, code, wanted, frame }
    }
}
