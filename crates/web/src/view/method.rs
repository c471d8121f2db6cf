//! `/profile/security/method`: where codes shall come from.

use askama::Template;
use countersign_core::authenticator::AuthenticatorKind;

use crate::view::Page;
use crate::view::frame::{Frame, Place};
use crate::view::set_up::{SetUp, Step};

#[derive(Template)]
#[template(path = "method.html")]
pub(crate) struct ChooseMethod {
    frame: Frame,
    step: String,
    choices: Vec<Choice>,
}

struct Choice {
    value: &'static str,
    label: &'static str,
    /// What speaks for it, then what speaks against it.
    hints: [&'static str; 2],
    is_chosen: bool,
}

impl Page for ChooseMethod {}

impl ChooseMethod {
    /// Offers what the policy allows, with what the person came for chosen already, else the first one.
    pub(crate) fn new(
        frame: Frame,
        set_up: SetUp,
        offered: &[AuthenticatorKind],
        wanted: Option<AuthenticatorKind>,
    ) -> Self {
        let wanted = wanted.filter(|kind| offered.contains(kind)).or_else(|| offered.first().copied());
        let choices = offered.iter().filter_map(|kind| Choice::of(*kind, wanted == Some(*kind)));
        let choices = choices.collect();
        let frame = frame.titled("method-heading").below(Place::Security, set_up.crumb());
        Self { step: set_up.step(&frame, Step::Choose), choices, frame }
    }
}

impl Choice {
    fn of(kind: AuthenticatorKind, is_chosen: bool) -> Option<Self> {
        let (label, hints) = match kind {
            AuthenticatorKind::Password | AuthenticatorKind::RecoveryKey | AuthenticatorKind::BackupCodes => {
                return None;
            }
            AuthenticatorKind::App => ("choice-app", ["choice-app-for", "choice-app-against"]),
            AuthenticatorKind::Phone => ("choice-phone", ["choice-phone-for", "choice-phone-against"]),
            AuthenticatorKind::Email => ("choice-email", ["choice-email-for", "choice-email-against"]),
        };
        Some(Self { value: kind.as_str(), label, hints, is_chosen })
    }
}
