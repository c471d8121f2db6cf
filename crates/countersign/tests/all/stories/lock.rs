//! The lock ladder of a name: five wrong entries, five minutes; five more, an hour.

use std::time::Duration;

use countersign_core::policy::presets::Preset;

use crate::harness::{
    Browser, On, Person, Phone, TestServer, enroll_app, sign_in, sign_in_with_app, type_code, type_password,
};

/// One millisecond short of what the locks take.
const ALMOST_FIVE_MINUTES: Duration = Duration::from_millis(5 * 60_000 - 1);
const ALMOST_AN_HOUR: Duration = Duration::from_millis(60 * 60_000 - 1);
const MOMENT: Duration = Duration::from_millis(1);

on_both_databases! {
    /// CR-5: wrong passwords and wrong codes count together.
    async fn five_wrong_entries_of_both_kinds_lock_the_name_for_five_minutes(on: On) {
        let (server, ann, phone) = somebody_with_an_app(on).await;
        let mut browser = server.browser();
        for left in ["4 more wrong tries", "3 more wrong tries"] {
            type_password(&mut browser, &ann.email, "not her password").await;
            assert_eq!(browser.status(), 422);
            browser.must_see(&format!(
                "That email and password do not match. After {left} this name is locked for 5 minutes."
            ));
            assert_eq!(browser.field_value("Email"), ann.email, "what was typed is not lost");
        }
        type_password(&mut browser, &ann.email, &ann.password).await;
        for left in ["2 more wrong tries", "1 more wrong try"] {
            type_code(&mut browser, &phone.wrong_code(&server.clock)).await;
            assert_eq!(browser.status(), 422);
            browser.must_see(&format!("After {left} this name is locked for 5 minutes."));
        }
        type_code(&mut browser, &phone.wrong_code(&server.clock)).await;
        assert_eq!(browser.status(), 429);
        browser.must_see("This name is locked until 14:10 UTC (in 5 minutes).");
        browser.must_see("Contact support@example.com");
        assert_eq!(server.notices(&ann, "name_locked").await, 1);
        assert_eq!(server.audit_events(&ann, "name.locked").await, 1);
    }

    /// CR-6: refused to the last moment, whatever is entered; then anew from the beginning.
    async fn while_locked_right_entries_are_refused_and_afterwards_the_person_starts_again(on: On) {
        let (server, ann, phone) = somebody_with_an_app(on).await;
        let mut browser = server.browser();
        type_password(&mut browser, &ann.email, &ann.password).await;
        let mut other_tab = browser.copy_of();
        for _ in 0..5 {
            type_code(&mut browser, &phone.wrong_code(&server.clock)).await;
        }
        assert_eq!(browser.status(), 429);
        assert!(browser.page().has_button("Sign in"), "the way on begins with the password");

        server.clock.advance(ALMOST_FIVE_MINUTES);
        type_password(&mut browser, &ann.email, &ann.password).await;
        assert_eq!(browser.status(), 429);
        browser.must_see("This name is locked until 14:10 UTC (in 1 minute).");

        server.clock.advance(MOMENT);
        type_code(&mut other_tab, &phone.code(&server.clock)).await;
        assert_eq!(other_tab.status(), 409);
        other_tab.must_see("This sign-in ran out or was finished elsewhere. Sign in again.");
        type_password(&mut browser, &ann.email, &ann.password).await;
        browser.must_be_at("/sign-in/code");
        type_code(&mut browser, &phone.code(&server.clock)).await;
        browser.must_be_at("/profile");
    }

    /// CR-7: five more wrong entries lock for an hour.
    async fn five_more_wrong_entries_lock_the_name_for_an_hour(on: On) {
        let (server, ann, phone) = somebody_with_an_app(on).await;
        let mut browser = server.browser();
        lock(&mut browser, &ann).await;
        server.clock.advance(Duration::from_mins(5));

        type_password(&mut browser, &ann.email, "not her password").await;
        browser.must_see("After 4 more wrong tries this name is locked for 1 hour.");
        type_password(&mut browser, &ann.email, &ann.password).await;
        for _ in 0..4 {
            type_code(&mut browser, &phone.wrong_code(&server.clock)).await;
        }
        assert_eq!(browser.status(), 429);
        browser.must_see("This name is locked until 15:10 UTC (in 60 minutes).");

        server.clock.advance(ALMOST_AN_HOUR);
        type_password(&mut browser, &ann.email, &ann.password).await;
        assert_eq!(browser.status(), 429);
        server.clock.advance(MOMENT);
        sign_in_with_app(&server, &ann, &phone).await;
    }

    /// CR-8: other people, and what the person has open already, go on as before.
    async fn the_lock_touches_that_name_only(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let ben = server.person("Ben Boyle", Preset::PerUser).await;
        let mut at_work = sign_in(&server, &ann).await;
        let mut browser = server.browser();
        lock(&mut browser, &ann).await;

        // Also for the browser, the network address and the company that Ann's lock came from.
        type_password(&mut browser, &ben.email, &ben.password).await;
        browser.must_be_at("/profile");
        browser.must_see("Company per-user");
        at_work.goto("/profile/security").await.must_be_at("/profile/security");
        assert_eq!(server.audit_events(&ben, "name.locked").await, 0);
        assert_eq!(server.notices(&ben, "name_locked").await, 0);
    }

    async fn a_complete_sign_in_begins_the_count_anew(on: On) {
        let (server, ann, phone) = somebody_with_an_app(on).await;
        let mut browser = server.browser();
        for _ in 0..4 {
            type_password(&mut browser, &ann.email, "not her password").await;
        }
        sign_in_with_app(&server, &ann, &phone).await;
        type_password(&mut browser, &ann.email, "not her password").await;
        browser.must_see("After 4 more wrong tries this name is locked for 5 minutes.");
    }
}

async fn somebody_with_an_app(on: On) -> (TestServer, Person, Phone) {
    let server = TestServer::start(on).await;
    let ann = server.person("Ann Ames", Preset::PerUser).await;
    let mut browser = sign_in(&server, &ann).await;
    let phone = enroll_app(&server, &mut browser, &ann).await;
    (server, ann, phone)
}

/// Five wrong passwords.
async fn lock(browser: &mut Browser, person: &Person) {
    for _ in 0..5 {
        type_password(browser, &person.email, "not the password").await;
    }
    assert_eq!(browser.status(), 429);
}
