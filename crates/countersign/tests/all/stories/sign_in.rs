//! Signing in: password, then a code of the app, for those who chose so.

use std::time::Duration;

use countersign_core::policy::presets::Preset;

use crate::harness::{
    On, Phone, TestServer, enroll_app, sign_in, sign_in_with_app, type_code, type_password,
};

on_both_databases! {
    /// CR-1: active means that every sign-in asks, also on the browser that turned it on.
    async fn once_it_is_on_every_sign_in_asks_for_a_code_after_the_password(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = sign_in(&server, &ann).await;
        let phone = enroll_app(&server, &mut browser, &ann).await;
        browser.press("Sign out").await.must_see("You are signed out.");

        for _ in 0..2 {
            server.clock.advance(Duration::from_secs(30));
            type_password(&mut browser, &ann.email, &ann.password).await;
            browser.must_be_at("/sign-in/code");
            assert_eq!(browser.heading(), "Confirm it’s you");
            browser.goto("/profile").await.must_be_at("/sign-in/code");

            type_code(&mut browser, &phone.wrong_code(&server.clock)).await;
            assert_eq!(browser.status(), 422);
            browser.goto("/profile").await.must_be_at("/sign-in/code");

            type_code(&mut browser, &phone.code(&server.clock)).await;
            browser.must_be_at("/profile");
            browser.press("Sign out").await;
        }
        assert_eq!(server.audit_events(&ann, "sign_in.signed_in").await, 3);
    }

    /// CR-2: the source of the codes is the one that the person chose, here the app, and no other app.
    async fn the_code_comes_from_the_app_that_the_person_set_up(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = sign_in(&server, &ann).await;
        enroll_app(&server, &mut browser, &ann).await;
        let stranger = Phone::with_key("ABCD EFGH IJKL MNOP QRST UVWX YZ23 4567");

        server.clock.advance(Duration::from_secs(30));
        let mut elsewhere = server.browser();
        type_password(&mut elsewhere, &ann.email, &ann.password).await;
        elsewhere.must_see("Enter the 6-digit code from your authenticator app.");
        type_code(&mut elsewhere, &stranger.code(&server.clock)).await;
        elsewhere.must_see("That code is not right.");
        elsewhere.goto("/profile").await.must_be_at("/sign-in/code");
    }

    /// CR-26: later sign-ins take the codes of that app, each once, and nothing is sent to anybody.
    async fn later_sign_ins_take_the_codes_of_that_app(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = sign_in(&server, &ann).await;
        let phone = enroll_app(&server, &mut browser, &ann).await;

        server.clock.advance(Duration::from_hours(24 * 60));
        let mut browser = sign_in_with_app(&server, &ann, &phone).await;
        browser.goto("/profile/security").await;
        browser.must_see("Last used January 21, 2027 at 14:05 UTC");
        sign_in_with_app(&server, &ann, &phone).await;
        assert_eq!(server.number(&COUNT_ALL_NOTICES, Vec::new()).await, 1, "only that it was turned on");
    }

    /// CR-4: each person sets it up for themselves.
    async fn one_persons_choice_changes_nobody_elses(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let ben = server.person("Ben Boyle", Preset::PerUser).await;
        let mut anns = sign_in(&server, &ann).await;
        let mut bens = sign_in(&server, &ben).await;
        let phone = enroll_app(&server, &mut anns, &ann).await;

        bens.goto("/profile/security").await.must_be_at("/profile/security");
        assert!(!bens.page().switch_is_on("Two-factor authentication"));
        sign_in(&server, &ben).await;
        sign_in_with_app(&server, &ann, &phone).await;
        assert_eq!(server.notices(&ben, "two_factor_turned_on").await, 0);
    }
}

static COUNT_ALL_NOTICES: countersign_store::Sql =
    countersign_store::Sql::new("SELECT COUNT(*) FROM notices");
