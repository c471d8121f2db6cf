//! `/operator/users`: a table of people, narrowed by what stands in the address.

use askama::Template;
use countersign_service::directory::{ListPage, UserLine, UserSearch};

use crate::view::Page;
use crate::view::field::{Field, Kind};
use crate::view::frame::{Frame, Place};
use crate::view::operator::query;
use crate::view::when::When;

#[derive(Template)]
#[template(path = "users.html")]
pub(crate) struct Users {
    frame: Frame,
    search: Field,
    /// Kept while something else is searched for.
    organization: Option<String>,
    only_locked: bool,
    everybody: String,
    locked: String,
    first: Option<String>,
    next: Option<String>,
    lines: Vec<Line>,
}

struct Line {
    path: String,
    name: String,
    email: String,
    organization: Option<String>,
    second_factor: &'static str,
    is_on: bool,
    locked_until: Option<When>,
}

impl Page for Users {}

impl Users {
    pub(crate) fn new(
        frame: Frame,
        search: &UserSearch,
        is_further: bool,
        found: ListPage<UserLine>,
    ) -> Self {
        let frame = frame.titled("users-heading").placed(Place::Users).full_width();
        let text = search.text.as_deref().unwrap_or_default();
        let address = |locked: bool, after: Option<&str>| {
            let organization = search.organization.as_ref().map(|id| ("organization", id.as_str()));
            let pairs = [
                (!text.is_empty()).then_some(("q", text)),
                organization,
                locked.then_some(("locked", "yes")),
                after.map(|after| ("after", after)),
            ];
            query("/operator/users", pairs.into_iter().flatten())
        };
        let now = frame.now();
        let line = |line: UserLine| Line {
            path: format!("/operator/users/{}", line.id),
            second_factor: match (line.second_factors, line.usable) {
                (0, _) => "state-off",
                (_, 0) => "state-blocked",
                _ => "state-on",
            },
            is_on: line.usable > 0,
            locked_until: line.locked_until.filter(|until| now < *until).map(|until| When::at(&frame, until)),
            name: line.name,
            email: line.email,
            organization: line.organization,
        };
        Self {
            search: Field::new(&frame, "q", Kind::Search).labeled(frame.text("users-search")).holding(text),
            organization: search.organization.as_ref().map(ToString::to_string),
            only_locked: search.only_locked,
            everybody: address(false, None),
            locked: address(true, None),
            first: is_further.then(|| address(search.only_locked, None)),
            next: found.next.as_deref().map(|next| address(search.only_locked, Some(next))),
            lines: found.lines.into_iter().map(line).collect(),
            frame,
        }
    }
}
