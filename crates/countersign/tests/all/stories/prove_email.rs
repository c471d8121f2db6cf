//! Proving the address before the first second factor: best practice wants it fresh, CallRail's preset is
//! content with an old proof, and without any nothing is set up.

use std::time::Duration;

use countersign_core::policy::{SecondFactorRule, presets::Preset};

use crate::harness::{Browser, On, Person, TestServer, enroll_app, sign_in};

const FIRST: &str = "First confirm your email address";
const NOT_HERE: &str = "This link does not work here";
const NEW_PASSWORD: &str = "four geese argue quietly";
/// A proof lasts two weeks.
const LONG_AGO: Duration = Duration::from_hours(15 * 24);

on_both_databases! {
    async fn a_link_in_the_browser_that_asked_for_it_leads_on_to_the_set_up(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        server.advance(LONG_AGO);
        let mut browser = sign_in(&server, &ann).await;
        browser.goto("/profile/security").await.must_see(FIRST);
        browser.press("Send link").await.must_be_at("/profile/security");
        browser.must_see("We sent a link to ann.ames@example.com. Open it in this browser; it works for 24 hours.");
        let mail = &server.mails_to(&ann.email).await[0].rendered;
        assert_eq!(mail.subject.as_deref(), Some("Confirm your email address"));

        browser.goto(&link(&server, &ann).await).await.must_be_at("/verify-email");
        browser.must_see("Is ann.ames@example.com your address, and did you ask for this?");
        browser.press("Confirm this address").await.must_be_at("/profile/security");
        browser.must_see("Your email address is confirmed.");
        assert!(!browser.page().text().contains(FIRST));
        enroll_app(&server, &mut browser, &ann).await;
    }

    async fn without_it_the_set_up_does_not_begin(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        server.advance(LONG_AGO);
        let mut browser = sign_in(&server, &ann).await;
        browser.goto("/profile/security/turn-on").await;
        let token = browser.form_token();
        let fields = [("form_token", token.as_str()), ("password", ann.password.as_str())];
        let refused = browser.post_form("/profile/security/turn-on", &fields).await;
        assert_eq!(refused.status, 403, "{}", refused.text());
        browser.goto("/profile/security/method").await;
        assert_ne!(browser.path(), "/profile/security/method");
        assert!(server.mails_to(&ann.email).await.is_empty());
    }

    async fn the_link_works_in_no_other_browser_and_that_costs_it_nothing(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        server.advance(LONG_AGO);
        let mut browser = asked_for_a_link(&server, &ann).await;
        let link = link(&server, &ann).await;
        for mut other in [server.browser(), sign_in(&server, &ann).await] {
            other.goto(&link).await;
            assert_eq!((other.status(), other.heading().as_str()), (410, NOT_HERE));
            other.must_see("Open it in the browser in which you asked for it, while you are signed in there.");
        }
        browser.goto(&link).await.press("Confirm this address").await;
        browser.must_see("Your email address is confirmed.");
    }

    async fn the_link_works_once_and_until_a_newer_one(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        server.advance(LONG_AGO);
        let mut browser = asked_for_a_link(&server, &ann).await;
        let older = link(&server, &ann).await;
        browser.goto("/profile/security").await.press("Send link").await;
        let newer = link(&server, &ann).await;
        browser.goto(&older).await;
        assert_eq!(browser.status(), 410);

        browser.goto(&newer).await;
        let mut second_click = browser.copy_of();
        browser.press("Confirm this address").await;
        second_click.press("Confirm this address").await;
        assert_eq!((second_click.status(), second_click.heading().as_str()), (410, NOT_HERE));
    }

    async fn an_address_that_nobody_ever_proved_gets_a_link_to_a_new_password(on: On) {
        let server = TestServer::start(on).await;
        for (name, preset) in [("Ann Ames", Preset::Default), ("Ben Boyle", Preset::PerUser)] {
            let person = server.person_with_unproved_address(name, preset).await;
            let mut browser = sign_in(&server, &person).await;
            browser.must_see(&format!("{} Not verified", person.email));
            browser.goto("/profile/security").await.must_see(FIRST);
            browser.press("Send link").await;
            browser.must_see("It confirms the address and lets you choose a new password; then you sign in again.");
            let link = server.link_in_mail(&person.email, "/set-password").await;
            let mut elsewhere = server.browser();
            elsewhere.goto(&link).await.fill("New password", NEW_PASSWORD).press("Save password").await;
            elsewhere.must_see("Your password is saved.");
            browser.goto("/profile").await.must_be_at("/sign-in");

            let person = Person { password: NEW_PASSWORD.to_owned(), ..person };
            let mut browser = sign_in(&server, &person).await;
            browser.must_see(&format!("{} Verified", person.email));
            enroll_app(&server, &mut browser, &person).await;
        }
    }

    async fn whoever_was_never_asked_for_it_confirms_the_address_from_the_profile(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person_with_unproved_address("Ann Ames", Preset::PerUser).await;
        server.change_policy(Preset::PerUser, |policy| policy.second_factor = SecondFactorRule::Off).await;
        let mut browser = sign_in(&server, &ann).await;
        browser.goto("/profile/security").await.must_see("Nobody has confirmed yet that ann.ames@example.com");
        assert!(!browser.page().text().contains(FIRST));
        browser.goto("/profile").await.press("Send a link to confirm it").await.must_be_at("/profile/security");
        let link = server.link_in_mail(&ann.email, "/set-password").await;
        browser.goto(&link).await.fill("New password", NEW_PASSWORD).press("Save password").await;
        let ann = Person { password: NEW_PASSWORD.to_owned(), ..ann };
        let browser = sign_in(&server, &ann).await;
        browser.must_see("ann.ames@example.com Verified");
        assert!(!browser.page().has_button("Send a link to confirm it"));
    }

    async fn under_callrails_preset_an_old_proof_is_enough(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        server.advance(LONG_AGO);
        let mut browser = sign_in(&server, &ann).await;
        browser.goto("/profile/security").await;
        assert!(!browser.page().text().contains(FIRST));
        enroll_app(&server, &mut browser, &ann).await;
    }
}

async fn asked_for_a_link(server: &TestServer, person: &Person) -> Browser {
    let mut browser = sign_in(server, person).await;
    browser.goto("/profile/security").await.press("Send link").await;
    browser
}

async fn link(server: &TestServer, person: &Person) -> String {
    server.link_in_mail(&person.email, "/verify-email").await
}
