//! `/operator/operators`: everybody who runs the installation.

use askama::Template;
use countersign_service::operators::OperatorLine;

use crate::view::Page;
use crate::view::frame::{Frame, Place};
use crate::view::when::When;

#[derive(Template)]
#[template(path = "operators.html")]
pub(crate) struct Operators {
    frame: Frame,
    explanation: String,
    lines: Vec<Line>,
}

struct Line {
    name: String,
    email: String,
    since: When,
    can_sign_in: bool,
}

impl Page for Operators {}

impl Operators {
    pub(crate) fn new(frame: Frame, operators: Vec<OperatorLine>) -> Self {
        let explanation =
            frame.text_with("operator-people-explanation", &[("product", frame.brand().into())]);
        let line = |line: OperatorLine| Line {
            since: When::at(&frame, line.since),
            name: line.name,
            email: line.email,
            can_sign_in: line.can_sign_in,
        };
        let lines = operators.into_iter().map(line).collect();
        let frame = frame.titled("operator-people-heading").below(Place::Operator, "operator-people-heading");
        Self { frame, explanation, lines }
    }
}

impl Line {
    fn state(&self) -> &'static str {
        if self.can_sign_in { "operator-can-sign-in" } else { "operator-cannot-sign-in" }
    }
}
