//! Changing the password from the profile page.

use std::time::Duration;

use countersign_core::{authenticator::password::Password, policy::presets::Preset, user::EmailAddress};

use crate::harness::{
    On, Person, TestServer, enroll_app, enroll_phone, sign_in, sign_in_with_app, sign_in_with_text,
    type_password,
};

const NUMBER: &str = "+15125550134";
const NEW_PASSWORD: &str = "four geese argue quietly";

on_both_databases! {
    async fn a_changed_password_signs_every_other_device_out(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut elsewhere = sign_in(&server, &ann).await;
        let mut browser = sign_in(&server, &ann).await;
        browser.goto("/profile").await.follow("Change password").await;
        browser.fill("Current password", &ann.password).fill("New password", NEW_PASSWORD);
        browser.press("Save password").await;
        assert_eq!(browser.statuses(), [303, 200]);
        browser.must_see("Your password is changed.");
        browser.goto("/profile").await.must_be_at("/profile");
        elsewhere.goto("/profile").await.must_be_at("/sign-in");

        type_password(&mut elsewhere, &ann.email, &ann.password).await;
        elsewhere.must_see("That email and password do not match.");
        type_password(&mut elsewhere, &ann.email, NEW_PASSWORD).await;
        elsewhere.must_be_at("/profile");
        assert_eq!(server.notices(&ann, "password_changed").await, 1);
        assert_eq!(server.audit_events(&ann, "password.changed").await, 1);
    }

    async fn who_has_an_app_needs_its_code_too_and_goes_on_with_it_afterwards(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = sign_in(&server, &ann).await;
        let phone = enroll_app(&server, &mut browser, &ann).await;
        server.clock.advance(Duration::from_secs(30));
        browser.goto("/profile/password").await;
        browser.fill("Current password", &ann.password).fill("New password", NEW_PASSWORD);
        browser.press("Save password").await;
        assert_eq!(browser.error_summary(), ["Enter the code from your authenticator app."]);
        browser.fill("Current password", &ann.password).fill("New password", NEW_PASSWORD);
        browser.fill("Authentication code", &phone.code(&server.clock)).press("Save password").await;
        browser.must_see("Your password is changed.");

        let ann = Person { password: NEW_PASSWORD.to_owned(), ..ann };
        sign_in_with_app(&server, &ann, &phone).await;
    }

    async fn who_gets_texts_has_a_code_sent_for_it(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = sign_in(&server, &ann).await;
        enroll_phone(&server, &mut browser, &ann, NUMBER).await;
        browser.goto("/profile/password").await.must_see("We can text a code to •••• 34.");
        browser.fill("Current password", &ann.password).fill("New password", NEW_PASSWORD);
        browser.press("Save password").await;
        assert_eq!(browser.error_summary(), ["Enter the code that we sent to you."]);
        browser.press("Send a code").await.must_be_at("/profile/password");
        let text = &server.texts_to(NUMBER).await[0].rendered.text;
        assert!(text.contains("is your Trackwell code to change your password, asked for"), "{text}");
        let code = server.text_code(NUMBER).await;
        browser.fill("Current password", &ann.password).fill("New password", NEW_PASSWORD);
        browser.fill("Authentication code", &code).press("Save password").await;
        browser.must_see("Your password is changed.");

        let ann = Person { password: NEW_PASSWORD.to_owned(), ..ann };
        sign_in_with_text(&server, &ann, NUMBER).await;
    }

    async fn who_got_a_password_from_an_operator_chooses_one_of_their_own_first(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut before = sign_in(&server, &ann).await;
        let email = EmailAddress::parse(&ann.email).unwrap();
        let given = "plain teapot on a hill";
        server.service.set_password(email, Password::new(given.to_owned())).await.unwrap();
        before.goto("/profile").await.must_be_at("/sign-in");

        type_password(&mut before, &ann.email, given).await;
        before.must_be_at("/profile/password");
        before.must_see("Please choose a password of your own.");
        before.goto("/profile/security").await.must_be_at("/profile/password");
        before.fill("Current password", given).fill("New password", NEW_PASSWORD);
        before.press("Save password").await;
        before.must_be_at("/profile");
        before.goto("/profile/security").await.must_be_at("/profile/security");
    }

    /// P11: eight characters are enough beside a second factor and not without one.
    async fn a_short_password_is_changed_when_it_is_all_that_is_left(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = sign_in(&server, &ann).await;
        let phone = enroll_app(&server, &mut browser, &ann).await;
        server.clock.advance(Duration::from_secs(30));
        let short = "vK3!plomtua";
        browser.goto("/profile/password").await;
        browser.fill("Current password", &ann.password).fill("New password", short);
        browser.fill("Authentication code", &phone.code(&server.clock)).press("Save password").await;
        browser.must_see("Your password is changed.");

        browser.goto("/profile/security/turn-off").await;
        browser.fill("Password", short).press("Disable").await;
        browser.must_be_at("/profile/password");
        browser.must_see("Please choose a longer password.");
        browser.goto("/profile").await.must_be_at("/profile/password");
    }

    async fn an_unfit_password_is_refused_with_the_reason_and_costs_no_try(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = sign_in(&server, &ann).await;
        browser.goto("/profile/password").await;
        for (unfit, reason) in [
            ("fourteen chars", "Use at least 15 characters."),
            ("ann.ames@example.com", "This password is made of your name, your address or your company."),
            ("passwordpassword", "This password is among the first that guessers try."),
        ] {
            browser.fill("Current password", &ann.password).fill("New password", unfit);
            browser.press("Save password").await;
            assert_eq!(browser.status(), 422);
            browser.must_see(reason);
        }
        browser.fill("Current password", "not her password").fill("New password", NEW_PASSWORD);
        browser.press("Save password").await;
        browser.must_see("After 4 more wrong tries this name is locked for 5 minutes.");
        sign_in(&server, &ann).await;
    }
}
