//! A set-up that ran out or was finished elsewhere, and the way to begin it anew.

use askama::Template;

use crate::view::Page;
use crate::view::frame::{Frame, Place};
use crate::view::set_up::SetUp;

#[derive(Template)]
#[template(path = "set_up_over.html")]
pub(crate) struct SetUpOver {
    frame: Frame,
    set_up: SetUp,
}

impl Page for SetUpOver {}

impl SetUpOver {
    /// Why it is over stands among the mistakes.
    pub(crate) fn new(frame: Frame, set_up: SetUp) -> Self {
        Self { frame: frame.titled("set-up-over-heading").below(Place::Security, set_up.crumb()), set_up }
    }
}
