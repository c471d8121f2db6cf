//! `/operator`: the sections of what operators do, one line each.

use askama::Template;

use crate::view::Page;
use crate::view::frame::{Frame, Place};

#[derive(Template)]
#[template(path = "operator.html")]
pub(crate) struct Operator {
    frame: Frame,
    explanation: String,
    sections: &'static [Section],
}

/// A page below, as the list leads to it.
struct Section {
    path: &'static str,
    heading: &'static str,
    explanation: &'static str,
}

const SECTIONS: &[Section] = &[Section {
    path: "/operator/operators",
    heading: "operator-people-heading",
    explanation: "operator-people-line",
}];

impl Page for Operator {}

impl Operator {
    pub(crate) fn new(frame: Frame) -> Self {
        let explanation = frame.text_with("operator-explanation", &[("product", frame.brand().into())]);
        let frame = frame.titled("operator-heading").placed(Place::Operator);
        Self { frame, explanation, sections: SECTIONS }
    }
}
