//! `/profile/security/turn-on`: what the policy wants proved before anything about two-factor authentication changes.

use askama::Template;
use countersign_service::profile::Profile;

use crate::view::Page;
use crate::view::field::{Field, Kind};
use crate::view::frame::{Frame, Place};
use crate::view::set_up::{SetUp, Step};

#[derive(Template)]
#[template(path = "turn_on.html")]
pub(crate) struct TurnOn {
    frame: Frame,
    /// Where the policy wants something proved.
    proof: Option<Proof>,
}

struct Proof {
    step: String,
    password: Field,
}

impl Page for TurnOn {}

impl TurnOn {
    pub(crate) fn new(frame: Frame, profile: &Profile) -> Self {
        let set_up = SetUp::of(profile);
        let has_proof = profile.proofs_to_turn_on.password;
        let heading = if has_proof { "turn-on-heading" } else { "turn-on-crumb" };
        let frame = frame.titled(heading).below(Place::Security, set_up.crumb());
        let proof = has_proof.then(|| Proof {
            step: set_up.step(&frame, Step::Prove),
            password: Field::new(&frame, "password", Kind::CurrentPassword).focused_on(&frame),
        });
        Self { frame, proof }
    }
}
