//! `/operator/users/ID/reset`: who is touched, what ends and what is asked for then; a reason and a code.

use askama::Template;
use countersign_core::authenticator::AuthenticatorKind;
use countersign_core::ceremony::by_operator::Lost;
use countersign_core::policy::requirement::Required;
use countersign_service::directory::UserView;
use countersign_service::sending::CodeWays;

use crate::view::Page;
use crate::view::act_code::CodePart;
use crate::view::field::{Field, Kind};
use crate::view::frame::{Frame, Place};
use crate::view::operator::user::reset_path;
use crate::view::sending::Asking;

/// What is to be taken from whom, and what their sign-in asks for then.
pub(crate) struct What {
    pub(crate) view: UserView,
    lost: Lost,
    then: Required,
}

#[derive(Template)]
#[template(path = "reset.html")]
pub(crate) struct Reset {
    frame: Frame,
    path: String,
    user_path: String,
    name: String,
    method: &'static str,
    then: String,
    /// Nobody could sign in then.
    shuts: bool,
    reason: Field,
    code: CodePart,
    submit: String,
}

impl Page for Reset {}

impl What {
    /// None where the person has nothing of it.
    pub(crate) fn of(view: UserView, lost: Lost) -> Option<Self> {
        let then = view.required_without(lost)?;
        Some(Self { view, lost, then })
    }

    /// The page of it.
    pub(crate) fn path(&self) -> String {
        reset_path(&self.user_path(), self.lost)
    }

    fn user_path(&self) -> String {
        format!("/operator/users/{}", self.view.account.user.id)
    }
}

impl Reset {
    pub(crate) fn new(frame: Frame, what: &What, reason: &str, code: &CodeWays) -> Self {
        let name = what.view.account.user.name.clone();
        let named = [("name", name.as_str().into())];
        let heading = frame.text_with(heading(what.lost), &named);
        let frame = frame.titled_as(heading).below_named(Place::Users, name.clone());
        let user_path = what.user_path();
        let path = format!("{user_path}/reset");
        let asking =
            Asking::Operator { action: &format!("{path}/send-code"), method: Some(what.lost.as_str()) };
        let then = match what.then {
            Required::PasswordOnly { .. } => "reset-then-password-only",
            Required::SecondFactor { .. } => "reset-then-second-factor",
            Required::Unavailable { .. } => "reset-then-unavailable",
        };
        Self {
            then: frame.text_with(then, &named),
            shuts: matches!(what.then, Required::Unavailable { .. }),
            submit: frame.text_with(submit(what.lost), &named),
            reason: Field::new(&frame, "reason", Kind::Line)
                .labeled(frame.text("reset-reason"))
                .hinted(frame.text("reset-reason-hint"))
                .holding(reason)
                .focused_on(&frame),
            code: CodePart::asking(&frame, asking, code),
            method: what.lost.as_str(),
            name,
            path,
            user_path,
            frame,
        }
    }
}

fn heading(lost: Lost) -> &'static str {
    match lost {
        Lost::Method(AuthenticatorKind::App) => "reset-heading-app",
        Lost::Method(AuthenticatorKind::Phone) => "reset-heading-phone",
        Lost::Method(AuthenticatorKind::Email) => "reset-heading-email",
        Lost::SecondFactors | Lost::Method(_) => "reset-heading-all",
    }
}

fn submit(lost: Lost) -> &'static str {
    match lost {
        Lost::Method(AuthenticatorKind::App) => "reset-submit-app",
        Lost::Method(AuthenticatorKind::Phone) => "reset-submit-phone",
        Lost::Method(AuthenticatorKind::Email) => "reset-submit-email",
        Lost::SecondFactors | Lost::Method(_) => "reset-submit-all",
    }
}
