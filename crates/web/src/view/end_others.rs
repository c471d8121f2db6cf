//! `/profile/security/end-sessions`: which sessions end, before they do.

use askama::Template;

use crate::view::Page;
use crate::view::frame::{Frame, Place};
use crate::view::sessions::Sessions;

#[derive(Template)]
#[template(path = "end_others.html")]
pub(crate) struct EndOthers {
    frame: Frame,
    sessions: Sessions,
}

impl Page for EndOthers {}

impl EndOthers {
    /// `sessions` are the other ones only.
    pub(crate) fn new(frame: Frame, sessions: Sessions) -> Self {
        let frame = frame.titled("end-others-heading").below(Place::Security, "end-others-crumb");
        Self { frame, sessions }
    }
}
