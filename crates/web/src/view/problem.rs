//! The page behind every [`PageError`]: what happened, what to do next, and what to tell support.

use std::sync::Arc;

use askama::Template;

use crate::error::PageError;
use crate::site::Site;
use crate::view::Page;
use crate::view::frame::Frame;

#[derive(Template)]
#[template(path = "problem.html")]
pub(crate) struct Problem {
    frame: Frame,
    next: String,
    way_on: &'static str,
    way_on_label: &'static str,
    code: &'static str,
    request_id: String,
}

impl Page for Problem {}

impl Problem {
    pub(crate) fn new(site: &Arc<Site>, error: PageError, request_id: &str) -> Self {
        let words = error.words();
        let frame = Frame::without_forms(site).titled(words.what);
        let next = frame.text_with(words.next, &[("address", site.address.origin().into())]);
        let way_on_label =
            if matches!(error, PageError::StaleForm(_)) { "problem-reload" } else { "problem-home" };
        Self {
            frame,
            next,
            way_on: error.way_on(),
            way_on_label,
            code: words.code,
            request_id: request_id.to_owned(),
        }
    }
}
