//! `/operator/set-up`: who becomes an operator, and the app that they sign in with.

use askama::Template;
use countersign_core::operator_link::OPERATOR_LINK_LIFE;
use countersign_service::become_operator::OpenOperatorLink;

use crate::view::Page;
use crate::view::app::PendingKey;
use crate::view::dead_link::DeadLink;
use crate::view::field::{Field, Kind};
use crate::view::frame::Frame;
use crate::view::qr::QrCode;

#[derive(Template)]
#[template(path = "become_operator.html")]
pub(crate) struct BecomeOperator {
    frame: Frame,
    explanation: String,
    /// Name and address; not asked for of an operator who sets up anew what they sign in with.
    asked: Vec<Field>,
    /// The address of that operator.
    known: Option<String>,
    new: Field,
}

/// What was typed already, or entered before; the password is typed again.
#[derive(Default)]
pub(crate) struct Typed {
    pub(crate) name: String,
    pub(crate) email: String,
}

#[derive(Template)]
#[template(path = "operators_app.html")]
pub(crate) struct OperatorsApp {
    frame: Frame,
    qr: QrCode,
    key: PendingKey,
    code: Field,
}

impl Page for BecomeOperator {}
impl Page for OperatorsApp {}

impl BecomeOperator {
    pub(crate) fn new(frame: Frame, link: &OpenOperatorLink, typed: &Typed) -> Self {
        let rule = frame.text_with("password-rule", &[("min", link.password_characters_min.into())]);
        let new = Field::new(&frame, "new_password", Kind::NewPassword).hinted(rule);
        if let Some(operator) = &link.operator {
            let email = operator.email.to_string();
            let explanation = frame.text_with("reset-operator-for", &[("email", email.as_str().into())]);
            let new = new.focused_on(&frame);
            let frame = frame.titled("reset-operator-heading");
            return Self { frame, explanation, asked: Vec::new(), known: Some(email), new };
        }
        let explanation = frame.text("become-operator-explanation");
        let name = Field::new(&frame, "name", Kind::Name).holding(&typed.name).focused_on(&frame);
        let email = Field::new(&frame, "email", Kind::Email).holding(&typed.email);
        let asked = vec![name, email.hinted(frame.text("become-operator-address"))];
        let heading = frame.text_with("become-operator-heading", &[("product", frame.brand().into())]);
        Self { frame: frame.titled_as(heading), explanation, asked, known: None, new }
    }
}

impl OperatorsApp {
    pub(crate) fn new(frame: Frame, qr: QrCode, key: PendingKey) -> Self {
        let code = Field::new(&frame, "code", Kind::Code).hinted(frame.text("app-confirm-hint"));
        Self { frame: frame.titled("operators-app-heading"), qr, key, code }
    }
}

impl DeadLink {
    /// A link of the console.
    pub(crate) fn of_operator(frame: Frame, is_there: bool) -> Self {
        let hours = OPERATOR_LINK_LIFE.as_secs() / 3600;
        let why = if is_there {
            frame.text_with("dead-link-operator", &[("hours", hours.into())])
        } else {
            frame.text("dead-link-operator-missing")
        };
        Self::saying(frame, why, "dead-link-operator-next")
    }
}
