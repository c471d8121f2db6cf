//! What people meet where the company's rules are stricter or laxer than the preset.

use countersign_core::policy::{SecondFactorRule, presets::Preset};

use crate::harness::{On, TestServer, enroll_app, sign_in, sign_in_with_app, type_password};

const SWITCH: &str = "Two-factor authentication";

on_both_databases! {
    async fn where_it_is_required_nobody_turns_it_off_for_themselves(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = sign_in(&server, &ann).await;
        let phone = enroll_app(&server, &mut browser, &ann).await;
        browser.goto("/profile/security/turn-off").await.must_be_at("/profile/security/turn-off");
        rule(&server, SecondFactorRule::Required).await;

        browser.fill("Password", &ann.password).press("Disable").await;
        assert_eq!(browser.status(), 403);
        browser.must_see("Your company’s rules do not allow this.");
        browser.goto("/profile/security/turn-off").await.must_be_at("/profile/security");
        browser.must_see("Your company requires it, so you cannot turn it off yourself.");
        assert!(!browser.page().has_button(SWITCH));
        assert_eq!(server.notices(&ann, "two_factor_turned_off").await, 0);
        sign_in_with_app(&server, &ann, &phone).await;
    }

    async fn where_it_is_required_the_password_alone_admits_nobody(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        rule(&server, SecondFactorRule::Required).await;
        let mut browser = server.browser();
        type_password(&mut browser, &ann.email, &ann.password).await;
        assert_eq!(browser.status(), 403);
        browser.must_see("Your company requires two-factor authentication, and yours is not set up.");
        browser.must_see("Contact support@example.com");
        browser.goto("/profile").await.must_be_at("/sign-in");
    }

    async fn where_it_is_not_available_there_is_no_switch_and_support_is_named(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        rule(&server, SecondFactorRule::Off).await;
        let mut browser = sign_in(&server, &ann).await;
        browser.goto("/profile/security/turn-on").await.must_be_at("/profile/security");
        browser.must_see("Your company’s rules do not allow it.");
        browser.must_see("Contact support@example.com");
        assert!(!browser.page().has_button(SWITCH));
    }
}

async fn rule(server: &TestServer, rule: SecondFactorRule) {
    server.change_policy(Preset::PerUser, |policy| policy.second_factor = rule).await;
}
