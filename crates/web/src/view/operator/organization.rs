//! `/operator/organizations/ID`: a company and its gate (CR-3).

use askama::Template;
use countersign_service::directory::OrganizationFacts;

use crate::view::Page;
use crate::view::frame::{Frame, Place};
use crate::view::operator::organizations::gate_state;
use crate::view::operator::query;
use crate::view::when::When;

#[derive(Template)]
#[template(path = "organization.html")]
pub(crate) struct Organization {
    frame: Frame,
    path: String,
    people_path: String,
    preset: String,
    made: When,
    people: u64,
    people_with_second_factor: u64,
    requires: bool,
    is_open: bool,
    open_since: Option<When>,
}

impl Page for Organization {}

impl Organization {
    pub(crate) fn new(frame: Frame, facts: &OrganizationFacts) -> Self {
        let OrganizationFacts { line, organization, .. } = facts;
        let frame = frame.titled_as(line.name.clone());
        let frame = frame.below_named(Place::Organizations, line.name.clone());
        Self {
            path: format!("/operator/organizations/{}", line.id),
            people_path: query("/operator/users", [("organization", line.id.as_str())]),
            preset: line.preset.clone(),
            made: When::at(&frame, facts.created_at),
            people: line.people,
            people_with_second_factor: facts.people_with_second_factor,
            requires: organization.requires_second_factor(),
            is_open: line.two_factor_opened_at.is_some(),
            open_since: line.two_factor_opened_at.map(|at| When::at(&frame, at)),
            frame,
        }
    }

    fn state(&self) -> &'static str {
        gate_state(self.is_open)
    }
}
