//! Which set-up its pages belong to: that of the first method, or of another one; and which of its steps is which.
//!
//! ```text
//!   (prove) ─▶ (choose) ─▶ show ─▶ confirm      in brackets: where policy asks for a proof, or offers several methods
//! ```

use countersign_core::policy::Proofs;
use countersign_service::profile::Profile;

use crate::view::frame::Frame;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SetUp {
    /// Of the first method, else of another one.
    pub(crate) is_first: bool,
    has_proof: bool,
    has_choice: bool,
}

/// In their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Prove,
    Choose,
    Show,
    Confirm,
}

impl SetUp {
    pub(crate) fn of(profile: &Profile) -> Self {
        let is_first = profile.methods.is_empty();
        Self {
            is_first,
            // Whoever has a method proves it before another one comes.
            has_proof: !is_first || profile.proofs_to_turn_on != Proofs::NONE,
            has_choice: profile.offered.len() > 1,
        }
    }

    /// The page with which it begins.
    pub(crate) fn start(self) -> &'static str {
        if self.is_first { "/profile/security/turn-on" } else { "/profile/security/change" }
    }

    /// The page before the one that shows what is set up.
    pub(super) fn back(self) -> Option<&'static str> {
        self.has_choice.then_some("/profile/security/method")
    }

    pub(super) fn crumb(self) -> &'static str {
        if self.is_first { "turn-on-crumb" } else { "change-methods-crumb" }
    }

    /// "Step 2 of 4".
    pub(super) fn step(self, frame: &Frame, step: Step) -> String {
        let all = [Step::Prove, Step::Choose, Step::Show, Step::Confirm];
        let taken = |until: Step| all.into_iter().filter(|step| *step <= until && self.has(*step)).count();
        frame.text_with("step", &[("step", taken(step).into()), ("steps", taken(Step::Confirm).into())])
    }

    fn has(self, step: Step) -> bool {
        match step {
            Step::Prove => self.has_proof,
            Step::Choose => self.has_choice,
            Step::Show | Step::Confirm => true,
        }
    }
}
