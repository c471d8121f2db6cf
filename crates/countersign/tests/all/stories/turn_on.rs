//! Turning two-factor authentication on with an authenticator app, from the profile page.

use countersign_core::{policy::presets::Preset, token::SessionToken};
use countersign_service::enroll::Pending;

use crate::harness::{On, Phone, TestServer, choosing_a_method, enroll_app, sign_in, type_password};

const SWITCH: &str = "Two-factor authentication";

on_both_databases! {
    /// CR-13, CR-20: select the initials, then **Profile**; the section is there.
    async fn the_profile_is_reached_through_the_persons_initials(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = sign_in(&server, &ann).await;
        browser.goto("/profile/security").await;
        browser.must_see("AA");
        browser.must_see("Menu of Ann Ames");
        browser.follow("Profile").await.must_be_at("/profile");
        assert_eq!(browser.heading(), "Profile");
        browser.must_see(&ann.email);
        assert!(!browser.page().switch_is_on(SWITCH));
    }

    /// CR-14, CR-21: the switch, turned on, starts the set-up, which begins with the password.
    async fn the_switch_starts_the_set_up(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = sign_in(&server, &ann).await;
        for page in ["/profile", "/profile/security"] {
            browser.goto(page).await;
            browser.press(SWITCH).await.must_be_at("/profile/security/turn-on");
            assert_eq!(browser.heading(), "Confirm your password");
            assert!(browser.page().has_button("Submit"));
        }
        browser.goto("/profile/security").await;
        assert!(!browser.page().switch_is_on(SWITCH), "nothing is on yet");
    }

    /// CR-15, CR-22: a wrong password stops the set-up and counts as a wrong entry; none at all does not.
    async fn the_set_up_goes_on_only_after_the_right_password(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = sign_in(&server, &ann).await;
        browser.goto("/profile/security/turn-on").await;
        browser.press("Submit").await;
        assert_eq!(browser.error_summary(), ["Enter your password."]);

        browser.fill("Password", "not her password").press("Submit").await;
        assert_eq!(browser.status(), 422);
        browser.must_see("That password is not right. After 4 more wrong tries this name is locked");
        browser.goto("/profile/security/method").await.must_be_at("/profile/security/turn-on");
        browser.goto("/profile/security/app").await.must_be_at("/profile/security/turn-on");

        browser.fill("Password", &ann.password).press("Submit").await;
        browser.must_be_at("/profile/security/method");
    }

    /// CR-23: the method is picked by its name.
    async fn the_person_picks_the_authenticator_app(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = choosing_a_method(&server, &ann).await;
        browser.must_see("Where do you want to receive your code?");
        browser.choose("In an authenticator app").press("Next").await;
        browser.must_be_at("/profile/security/app");
        browser.goto("/profile").await;
        assert!(!browser.page().switch_is_on(SWITCH), "picking turns nothing on");
    }

    /// CR-24: the QR code and the manual key carry the same secret, also when the page is opened again.
    async fn qr_code_and_manual_key_are_the_same_secret(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = choosing_a_method(&server, &ann).await;
        browser.choose("In an authenticator app").press("Next").await;
        browser.must_see(&format!("Account {} Issuer Trackwell Type Time-based", ann.email));
        assert!(browser.page().html.contains("<svg class=\"qr\" role=\"img\""));
        let manual_key = browser.page().text_named("Manual key").replace(' ', "");
        assert_eq!(manual_key.len(), 32, "160 bits in base32");

        let session = SessionToken::parse(browser.cookie("cs").unwrap()).unwrap();
        let enrollment = server.service.enrollment(&session).await.unwrap();
        let Some(Pending::App(pending)) = enrollment.and_then(|enrollment| enrollment.pending) else {
            panic!("no set-up is under way")
        };
        let uri = pending.otpauth_uri.expose();
        assert!(uri.contains(&format!("?secret={manual_key}&")), "{uri}");

        browser.press("Next: confirm access").await.follow("Back").await;
        assert_eq!(browser.page().text_named("Manual key").replace(' ', ""), manual_key);
    }

    /// CR-25: before the app's code was right, nothing is on; after it, everything is.
    async fn only_the_apps_code_completes_the_set_up(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = choosing_a_method(&server, &ann).await;
        browser.choose("In an authenticator app").press("Next").await;
        let phone = Phone::scan(&browser);
        browser.press("Next: confirm access").await.press("Next: complete setup").await;
        assert_eq!(browser.error_summary(), ["Enter the code from your authenticator app."]);
        let wrong = phone.wrong_code(&server.clock);
        browser.fill("Authentication code", &wrong).press("Next: complete setup").await;
        assert_eq!(browser.status(), 422);
        browser.must_see("That code is not right.");
        sign_in(&server, &ann).await;
        assert_eq!(server.notices(&ann, "two_factor_turned_on").await, 0);

        let right = phone.code(&server.clock);
        browser.fill("Authentication code", &right).press("Next: complete setup").await;
        browser.must_be_at("/profile/security/turned-on");
        browser.follow("Done").await;
        assert!(browser.page().switch_is_on(SWITCH));
        browser.must_see("Authenticator app In use Added November 22, 2026 at 14:05 UTC");
        assert_eq!(server.notices(&ann, "two_factor_turned_on").await, 1);
        assert_eq!(server.audit_events(&ann, "two_factor.turned_on").await, 1);
        let mut elsewhere = server.browser();
        type_password(&mut elsewhere, &ann.email, &ann.password).await;
        elsewhere.must_be_at("/sign-in/code");
    }

    /// CR-30: before and after.
    async fn the_page_lists_apps_that_can_be_used(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = sign_in(&server, &ann).await;
        browser.goto("/profile/security").await.must_see("Authenticator apps you can use");
        for app in ["Google Authenticator", "Microsoft Authenticator", "1Password", "FreeOTP"] {
            browser.must_see(app);
        }
        enroll_app(&server, &mut browser, &ann).await;
        browser.goto("/profile/security").await.must_see("Google Authenticator Android, iPhone");
    }

    async fn a_canceled_set_up_leaves_nothing_behind(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = choosing_a_method(&server, &ann).await;
        browser.choose("In an authenticator app").press("Next").await;
        let abandoned = Phone::scan(&browser);
        browser.press("Cancel").await.must_be_at("/profile/security");
        browser.goto("/profile/security/app").await.must_be_at("/profile/security/turn-on");

        let phone = enroll_app(&server, &mut browser, &ann).await;
        assert_ne!(phone.code(&server.clock), abandoned.code(&server.clock), "a new set-up has a new key");
    }
}
