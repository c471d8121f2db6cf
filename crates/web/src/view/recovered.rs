//! `/sign-in/recovered`: the new recovery key, between the one that was used and the sign-in (CRT-18, CRT-20).

use askama::Template;

use crate::view::Page;
use crate::view::frame::Frame;
use crate::view::recovery_key::NewKey;

#[derive(Template)]
#[template(path = "recovered.html")]
pub(crate) struct Recovered {
    frame: Frame,
    key: NewKey,
}

impl Page for Recovered {}

impl Recovered {
    pub(crate) fn new(frame: Frame, key: NewKey) -> Self {
        Self { frame: frame.titled("recovered-heading"), key }
    }
}
