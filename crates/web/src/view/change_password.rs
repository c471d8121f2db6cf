//! `/profile/password`: a new password in place of the present one.

use askama::Template;
use countersign_core::ceremony::step_up::Act;
use countersign_core::user::PasswordChangeReason;
use countersign_service::sending::CodeWays;

use crate::view::Page;
use crate::view::act_code::CodePart;
use crate::view::field::{Field, Kind};
use crate::view::frame::{Frame, Place};

#[derive(Template)]
#[template(path = "change_password.html")]
pub(crate) struct ChangePassword {
    frame: Frame,
    current: Field,
    code: Option<CodePart>,
    new: Field,
    due: Option<String>,
}

/// What the policy asks of this person.
pub(crate) struct PasswordRule {
    pub(crate) characters_min: usize,
    /// Where a code is asked for.
    pub(crate) code: Option<CodeWays>,
    /// Why the present one cannot stay.
    pub(crate) due: Option<PasswordChangeReason>,
}

impl Page for ChangePassword {}

impl ChangePassword {
    pub(crate) fn new(frame: Frame, rule: &PasswordRule) -> Self {
        let frame = frame.titled("password-heading").below(Place::Profile, "password-heading");
        let current = Field::new(&frame, "password", Kind::CurrentPassword)
            .labeled(frame.text("field-current-password"))
            .focused_on(&frame);
        let code = rule.code.as_ref().map(|code| CodePart::of(&frame, Act::ChangePassword, None, code));
        let due = rule.due.map(|reason| frame.text(why(reason)));
        let rule = frame.text_with("password-rule", &[("min", rule.characters_min.into())]);
        let new = Field::new(&frame, "new_password", Kind::NewPassword).hinted(rule);
        Self { frame, current, code, new, due }
    }
}

fn why(reason: PasswordChangeReason) -> &'static str {
    match reason {
        PasswordChangeReason::SomebodyKnowsIt => "password-due-somebody-knows-it",
        PasswordChangeReason::TooShortAlone => "password-due-too-short-alone",
        PasswordChangeReason::SetByOperator => "password-due-set-by-operator",
    }
}
