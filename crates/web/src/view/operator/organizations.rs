//! `/operator/organizations`: a table of companies.

use askama::Template;
use countersign_service::directory::{ListPage, OrganizationLine};

use crate::view::Page;
use crate::view::field::{Field, Kind};
use crate::view::frame::{Frame, Place};
use crate::view::operator::query;

#[derive(Template)]
#[template(path = "organizations.html")]
pub(crate) struct Organizations {
    frame: Frame,
    search: Field,
    first: Option<String>,
    next: Option<String>,
    lines: Vec<Line>,
}

struct Line {
    path: String,
    name: String,
    preset: String,
    is_open: bool,
    people: u64,
}

impl Page for Organizations {}

impl Organizations {
    pub(crate) fn new(frame: Frame, text: &str, is_further: bool, found: ListPage<OrganizationLine>) -> Self {
        let frame = frame.titled("organizations-heading").placed(Place::Organizations).full_width();
        let address = |after: Option<&str>| {
            let text = (!text.is_empty()).then_some(("q", text));
            query("/operator/organizations", text.into_iter().chain(after.map(|after| ("after", after))))
        };
        let line = |line: OrganizationLine| Line {
            path: format!("/operator/organizations/{}", line.id),
            name: line.name,
            preset: line.preset,
            is_open: line.two_factor_opened_at.is_some(),
            people: line.people,
        };
        let label = frame.text("organizations-search");
        Self {
            search: Field::new(&frame, "q", Kind::Search).labeled(label).holding(text),
            first: is_further.then(|| address(None)),
            next: found.next.as_deref().map(|next| address(Some(next))),
            lines: found.lines.into_iter().map(line).collect(),
            frame,
        }
    }
}

impl Line {
    fn state(&self) -> &'static str {
        gate_state(self.is_open)
    }
}

pub(super) fn gate_state(is_open: bool) -> &'static str {
    if is_open { "gate-open" } else { "gate-closed" }
}
