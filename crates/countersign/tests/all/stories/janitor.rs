//! The janitor comes while people are in the middle of something; they do not notice.

use std::time::Duration;

use countersign_core::policy::presets::Preset;
use countersign_store::{Sql, params};

use crate::harness::{
    Browser, On, Person, Phone, Setup, TestServer, behind_the_password, sign_in, type_code, type_password,
};

const NUMBER: &str = "+15125550134";
const DAY: Duration = Duration::from_hours(24);

on_both_databases! {
    async fn a_janitor_between_any_two_steps_takes_nothing_that_is_needed(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.invited_person("Ann Ames", Preset::PerUser).await;
        let invitation = server.link_in_mail(&ann.email, "/set-password").await;
        later(&server, Duration::from_mins(24 * 60 - 1)).await;
        let mut browser = server.browser();
        browser.goto(&invitation).await.fill("New password", &ann.password);
        later(&server, Duration::ZERO).await;
        browser.press("Save password").await.must_be_at("/sign-in");

        let (mut browser, phone) = with_app(&server, &ann).await;
        later(&server, Duration::from_mins(59)).await;
        browser.goto("/profile").await.must_be_at("/profile");

        let mut half = behind_the_password(&server, &ann).await;
        later(&server, Duration::from_mins(29)).await;
        type_code(&mut half, &phone.code(&server.clock)).await;
        half.must_be_at("/profile");

        change_to_text(&server, &mut browser, &ann).await;
        let mut half = behind_the_password(&server, &ann).await;
        let code = server.text_code(NUMBER).await;
        later(&server, Duration::from_mins(9)).await;
        type_code(&mut half, &code).await;
        half.must_be_at("/profile");

        let not_me = server.link_in_mail(&ann.email, "/not-me").await;
        later(&server, 2 * DAY).await;
        browser.goto(&not_me).await.must_see("If it was you, close this page.");

        // After a year everything of before is gone but the person, who signs in as ever.
        later(&server, 365 * DAY).await;
        assert_eq!(server.number(&LEFT, params![]).await, 0);
        let mut half = behind_the_password(&server, &ann).await;
        let code = server.text_code(NUMBER).await;
        later(&server, Duration::from_secs(1)).await;
        type_code(&mut half, &code).await;
        half.must_be_at("/profile");
        let report = server.service.verify_audit().await.unwrap();
        assert!(report.is_clean(), "{:?}", report.findings);
    }

    async fn a_janitor_opens_no_lock(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        for email in [ann.email.as_str(), "nobody@example.com"] {
            let mut browser = server.browser();
            for _ in 0..5 {
                type_password(&mut browser, email, "not the password").await;
                later(&server, Duration::ZERO).await;
            }
            assert_eq!(browser.status(), 429);
            later(&server, Duration::from_mins(4)).await;
            type_password(&mut browser, email, &ann.password).await;
            assert_eq!(browser.status(), 429, "{email}");
        }
    }

    async fn events_are_kept_for_as_long_as_the_operator_says_and_the_rest_still_verifies(on: On) {
        let mut setup = Setup::default();
        setup.settings.push(("audit_retention_days", "30".to_owned()));
        let server = setup.start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        sign_in(&server, &ann).await;
        later(&server, Duration::ZERO).await;
        let before = server.service.verify_audit().await.unwrap();
        later(&server, 30 * DAY + Duration::from_hours(23)).await;
        assert_eq!(server.service.verify_audit().await.unwrap().events, before.events, "no day's worth yet");

        sign_in(&server, &ann).await;
        later(&server, Duration::from_hours(1)).await;
        let after = server.service.verify_audit().await.unwrap();
        assert!(after.is_clean(), "{:?}", after.findings);
        // The second sign-in and the removal itself.
        assert_eq!((after.events, after.unsealed.events), (2, 0));
        assert_eq!(after.removed.unwrap().last.position, i64::try_from(before.events).unwrap());
        assert_eq!(server.number(&REMOVALS, params![]).await, 1);
    }
}

/// Time passes, and then the janitor comes, and the sealer.
async fn later(server: &TestServer, span: Duration) {
    server.advance(span);
    server.tidy().await;
    server.seal().await;
}

/// Turns it on by an app, with the janitor at every step.
async fn with_app(server: &TestServer, person: &Person) -> (Browser, Phone) {
    let mut browser = sign_in(server, person).await;
    browser.goto("/profile/security/turn-on").await.fill("Password", &person.password);
    later(server, Duration::from_mins(1)).await;
    browser.press("Submit").await.choose("In an authenticator app").press("Next").await;
    let phone = Phone::scan(&browser);
    later(server, Duration::from_mins(9)).await;
    browser.press("Next: confirm access").await;
    browser.fill("Authentication code", &phone.code(&server.clock)).press("Next: complete setup").await;
    browser.must_see("Two-factor authentication is on");
    (browser, phone)
}

/// Off again, and on by text.
async fn change_to_text(server: &TestServer, browser: &mut Browser, person: &Person) {
    later(server, Duration::from_secs(30)).await;
    browser.goto("/profile/security/turn-off").await.fill("Password", &person.password);
    browser.press("Disable").await.must_be_at("/profile/security");
    later(server, Duration::from_secs(1)).await;
    browser.goto("/profile/security/turn-on").await.fill("Password", &person.password);
    browser.press("Submit").await.choose("In a text message").press("Next").await;
    browser.fill("Mobile number", NUMBER).press("Next: confirm access").await;
    let code = server.text_code(NUMBER).await;
    later(server, Duration::from_mins(9)).await;
    browser.fill("Authentication code", &code).press("Next: complete setup").await;
    browser.must_see("Two-factor authentication is on");
}

static LEFT: Sql = Sql::new(
    "SELECT (SELECT COUNT(*) FROM sessions) + (SELECT COUNT(*) FROM ceremonies) + (SELECT COUNT(*) FROM sent_codes) \
         + (SELECT COUNT(*) FROM links) + (SELECT COUNT(*) FROM notices) + (SELECT COUNT(*) FROM outbox) \
         + (SELECT COUNT(*) FROM destinations) + (SELECT COUNT(*) FROM authenticators WHERE bound_at IS NULL)",
);
static REMOVALS: Sql = Sql::new("SELECT COUNT(*) FROM audit_events WHERE kind = 'audit.removed'");
