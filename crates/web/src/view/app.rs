//! `/profile/security/app`: the QR code for the authenticator app and the same key to type.

use askama::Template;
use countersign_core::secret::Secret;

use crate::view::Page;
use crate::view::frame::{Frame, Place};
use crate::view::qr::QrCode;
use crate::view::set_up::{SetUp, Step};

#[derive(Template)]
#[template(path = "app.html")]
pub(crate) struct App {
    frame: Frame,
    step: String,
    back: Option<&'static str>,
    /// That the policy recommends an app, if it does.
    recommended: Option<String>,
    qr: QrCode,
    key: PendingKey,
}

/// What an app needs; shown while the set-up is unfinished and never again (A60).
pub(crate) struct PendingKey {
    /// Base32 in groups of four.
    pub(super) groups: String,
    pub(super) account: String,
    pub(super) issuer: String,
}

impl PendingKey {
    pub(crate) fn new(base32: &Secret<String>, account: String, issuer: String) -> Self {
        let mut groups = String::new();
        for (place, letter) in base32.expose().chars().enumerate() {
            if place > 0 && place % 4 == 0 {
                groups.push(' ');
            }
            groups.push(letter);
        }
        Self { groups, account, issuer }
    }
}

impl Page for App {}

impl App {
    pub(crate) fn new(
        frame: Frame,
        set_up: SetUp,
        recommended_app: Option<&str>,
        qr: QrCode,
        key: PendingKey,
    ) -> Self {
        let frame = frame.titled("app-heading").below(Place::Security, set_up.crumb());
        let recommended =
            recommended_app.map(|app| frame.text_with("app-recommended", &[("app", app.into())]));
        Self { step: set_up.step(&frame, Step::Show), back: set_up.back(), recommended, qr, key, frame }
    }
}
