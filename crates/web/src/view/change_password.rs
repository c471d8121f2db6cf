//! `/profile/password`: a new password in place of the present one.

use askama::Template;

use crate::view::Page;
use crate::view::field::{Field, Kind};
use crate::view::frame::{Frame, Place};

#[derive(Template)]
#[template(path = "change_password.html")]
pub(crate) struct ChangePassword {
    frame: Frame,
    current: Field,
    code: Option<Field>,
    new: Field,
    is_due: bool,
}

/// What the policy asks of this person.
#[derive(Clone, Copy)]
pub(crate) struct PasswordRule {
    pub(crate) characters_min: usize,
    pub(crate) asks_code: bool,
    /// Somebody else seems to know the present one (P2b).
    pub(crate) is_due: bool,
}

impl Page for ChangePassword {}

impl ChangePassword {
    pub(crate) fn new(frame: Frame, rule: PasswordRule) -> Self {
        let frame = frame.titled("password-heading").placed(Place::Profile);
        let current = Field::new(&frame, "password", Kind::CurrentPassword)
            .labeled(frame.text("field-current-password"))
            .focused_on(&frame);
        let code = rule
            .asks_code
            .then(|| Field::new(&frame, "code", Kind::Code).hinted(frame.text("code-from-app")));
        let is_due = rule.is_due;
        let rule = frame.text_with("password-rule", &[("min", rule.characters_min.into())]);
        let new = Field::new(&frame, "new_password", Kind::NewPassword).hinted(rule);
        Self { frame, current, code, new, is_due }
    }
}
