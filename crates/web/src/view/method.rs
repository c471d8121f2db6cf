//! `/profile/security/method`: where codes shall come from.

use askama::Template;
use countersign_core::authenticator::AuthenticatorKind;

use crate::view::Page;
use crate::view::frame::{Frame, Place};

#[derive(Template)]
#[template(path = "method.html")]
pub(crate) struct ChooseMethod {
    frame: Frame,
    choices: Vec<Choice>,
}

struct Choice {
    value: &'static str,
    label: &'static str,
    hint: &'static str,
}

impl Page for ChooseMethod {}

impl ChooseMethod {
    /// Offers what the policy allows, the first one chosen already.
    pub(crate) fn new(frame: Frame, allowed: &[AuthenticatorKind]) -> Self {
        let choices = allowed.iter().filter_map(|kind| Choice::of(*kind)).collect();
        Self { frame: frame.titled("method-heading").below(Place::Security, "turn-on-crumb"), choices }
    }
}

impl Choice {
    fn of(kind: AuthenticatorKind) -> Option<Self> {
        match kind {
            AuthenticatorKind::Password => None,
            AuthenticatorKind::App => {
                Some(Self { value: kind.as_str(), label: "choice-app", hint: "choice-app-hint" })
            }
        }
    }
}
