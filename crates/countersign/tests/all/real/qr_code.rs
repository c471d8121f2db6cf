//! The QR code that Chromium draws, as the authenticator apps of other people read it.

use countersign_core::policy::presets::Preset;

use super::{
    authenticator::Authenticator,
    chromium::{Chromium, Script},
    demo::SignIn,
    document,
    otpauth_readers::{self, Reading},
};
use crate::harness::{On, Setup};

/// A21: with names that need care in an address, three readers take the same parameters from the QR code and show
/// the same code, which a fourth program makes of the key alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn atk_21_every_app_makes_the_same_of_the_qr_code() {
    let server = Setup { product_name: "Müller & Söhne", ..Setup::default() }.start(On::Sqlite).await;
    let ann = server.person("Ann+1 Ames", Preset::PerUser).await;
    let chromium = Chromium::start(server.public_url(), Script::Runs).await;
    document::sign_in(&chromium, &SignIn { email: ann.email.clone(), password: ann.password.clone() }).await;
    chromium.goto("/profile/security").await;
    chromium.press("Two-factor authentication").await;
    chromium.fill("Password", &ann.password).await;
    chromium.press("Submit").await;
    chromium.choose("In an authenticator app").await;
    chromium.press("Next").await;

    let (app, address) = Authenticator::scan(&chromium.screenshot().await);
    let code = app.code_at("2026-11-22 14:05 UTC");
    for reading in otpauth_readers::read(address.as_str(), 1_795_356_300) {
        let expected = Reading {
            issuer: "Müller & Söhne".to_owned(),
            account: "ann+1.ames@example.com".to_owned(),
            algorithm: "SHA1".to_owned(),
            digits: 6,
            period: 30,
            code: code.clone(),
        };
        assert_eq!(reading, expected, "{address}");
    }
}
