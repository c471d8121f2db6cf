//! `/profile/security/recovery-key`: a key that was just made, until it was saved (CRT-12, CRT-20, B3-14).

use askama::Template;
use countersign_service::recover::ShownKey;

use crate::view::Page;
use crate::view::frame::{Frame, Place};

#[derive(Template)]
#[template(path = "recovery_key.html")]
pub(crate) struct RecoveryKey {
    frame: Frame,
    key: NewKey,
    /// Whether the set-up of two-factor authentication ends here.
    is_after_set_up: bool,
}

/// The key, and where it can be downloaded without a script.
pub(crate) struct NewKey {
    /// In groups of four; none once its time is over.
    pub(super) text: Option<String>,
    pub(super) file: &'static str,
}

impl Page for RecoveryKey {}

impl RecoveryKey {
    pub(crate) fn new(frame: Frame, key: NewKey, is_after_set_up: bool) -> Self {
        let frame = frame.titled("recovery-key-heading").below(Place::Security, "recovery-key-crumb");
        Self { frame, key, is_after_set_up }
    }
}

impl NewKey {
    pub(crate) fn new(shown: &ShownKey, file: &'static str) -> Self {
        Self { text: shown.text.as_ref().map(|text| text.expose().clone()), file }
    }
}
