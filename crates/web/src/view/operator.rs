//! `/operator`: the sections of what operators do, one line each.

pub(crate) mod add_organization;
pub(crate) mod delivery;
pub(crate) mod organization;
pub(crate) mod organizations;
pub(crate) mod reset;
pub(crate) mod sign_out_everywhere;
pub(crate) mod switch_two_factor;
pub(crate) mod user;
pub(crate) mod users;

use askama::Template;
use url::form_urlencoded;

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

const SECTIONS: &[Section] = &[
    Section {
        path: "/operator/organizations",
        heading: "organizations-heading",
        explanation: "operator-organizations-line",
    },
    Section { path: "/operator/users", heading: "users-heading", explanation: "operator-users-line" },
    Section {
        path: "/operator/delivery",
        heading: "delivery-heading",
        explanation: "operator-delivery-line",
    },
    Section {
        path: "/operator/operators",
        heading: "operator-people-heading",
        explanation: "operator-people-line",
    },
];

impl Page for Operator {}

impl Operator {
    pub(crate) fn new(frame: Frame) -> Self {
        let explanation = frame.text_with("operator-explanation", &[("product", frame.brand().into())]);
        let frame = frame.titled("operator-heading").placed(Place::Operator);
        Self { frame, explanation, sections: SECTIONS }
    }
}

/// An address that keeps what narrows a list.
fn query<'a>(path: &str, pairs: impl IntoIterator<Item = (&'static str, &'a str)>) -> String {
    let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    if encoded.is_empty() { path.to_owned() } else { format!("{path}?{encoded}") }
}
