//! People who are invited: their password is what they choose behind a mailed link, which proves the address.

use std::time::Duration;

use countersign_core::{policy::presets::Preset, user::EmailAddress};

use crate::harness::{On, Person, TestServer, enroll_app, sign_in, type_password};

const NEW_PASSWORD: &str = "four geese argue quietly";
const DEAD: &str = "This link does not work any more";

on_both_databases! {
    async fn an_invited_person_chooses_a_password_and_signs_in(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.invited_person("Ann Ames", Preset::PerUser).await;
        let mails = server.mails_to(&ann.email).await;
        assert_eq!(mails.len(), 1);
        let mail = &mails[0].rendered;
        assert_eq!(mail.subject.as_deref(), Some("Choose your Trackwell password"));
        assert!(mail.text.contains("Company: Company per-user"), "{}", mail.text);
        let life = "The link works once, until Monday, November 23, 2026 at 14:05 UTC.";
        assert!(mail.text.contains(life), "{}", mail.text);

        let mut browser = server.browser();
        type_password(&mut browser, &ann.email, &ann.password).await;
        browser.must_see("That email and password do not match.");
        browser.goto(&link(&server, &ann).await).await.must_be_at("/set-password");
        assert_eq!(browser.heading(), "Choose a password");
        browser.must_see("For ann.ames@example.com");
        browser.must_see("At least 15 characters.");
        browser.fill("New password", NEW_PASSWORD).press("Save password").await;
        assert_eq!((browser.path(), browser.statuses()), ("/sign-in", &[303, 200][..]));
        browser.must_see("Your password is saved. Sign in with it.");

        let ann = Person { password: NEW_PASSWORD.to_owned(), ..ann };
        let mut browser = sign_in(&server, &ann).await;
        browser.must_see("ann.ames@example.com Verified");
        assert_eq!(server.mails_to(&ann.email).await.len(), 1, "a first password is no news to its owner");
        enroll_app(&server, &mut browser, &ann).await;
    }

    async fn an_invitation_works_once(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.invited_person("Ann Ames", Preset::PerUser).await;
        let link = link(&server, &ann).await;
        let mut browser = server.browser();
        browser.goto(&link).await.fill("New password", NEW_PASSWORD);
        let mut second_click = browser.copy_of();
        browser.press("Save password").await;
        second_click.press("Save password").await;
        assert_eq!((second_click.status(), second_click.heading().as_str()), (410, DEAD));
        browser.goto(&link).await;
        assert_eq!((browser.status(), browser.heading().as_str()), (410, DEAD));
        browser.must_see("If you chose your password, sign in with it.");
        browser.must_see("or ask support for a new link.");
        browser.follow("Sign in").await.must_be_at("/sign-in");
        type_password(&mut browser, &ann.email, NEW_PASSWORD).await;
        browser.must_be_at("/profile");
    }

    async fn an_invitation_works_for_a_day(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.invited_person("Ann Ames", Preset::PerUser).await;
        let link = link(&server, &ann).await;
        let mut browser = server.browser();
        server.advance(Duration::from_hours(24) - Duration::from_millis(1));
        browser.goto(&link).await.fill("New password", NEW_PASSWORD);
        server.advance(Duration::from_millis(1));
        browser.press("Save password").await;
        assert_eq!((browser.status(), browser.heading().as_str()), (410, DEAD));
        browser.must_see("or it is older than 24 hours.");
        type_password(&mut browser, &ann.email, NEW_PASSWORD).await;
        browser.must_see("That email and password do not match.");
    }

    async fn a_newer_invitation_takes_the_place_of_an_older_one(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.invited_person("Ann Ames", Preset::PerUser).await;
        let older = link(&server, &ann).await;
        let mut browser = server.browser();
        browser.goto(&older).await.fill("New password", "plain teapot on a hill");
        server.service.invite(EmailAddress::parse(&ann.email).unwrap()).await.unwrap();
        browser.press("Save password").await;
        assert_eq!(browser.status(), 410);
        browser.must_see("a newer one took its place");
        let newer = link(&server, &ann).await;
        assert_ne!(newer, older);
        browser.goto(&newer).await.fill("New password", NEW_PASSWORD).press("Save password").await;
        type_password(&mut browser, &ann.email, NEW_PASSWORD).await;
        browser.must_be_at("/profile");
    }

    async fn an_unfit_password_is_refused_with_the_reason_and_the_link_stays_good(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.invited_person("Ann Ames", Preset::PerUser).await;
        let mut browser = server.browser();
        browser.goto(&link(&server, &ann).await).await;
        for (unfit, reason) in [
            ("", "Enter a new password."),
            ("fourteen chars", "Use at least 15 characters."),
            ("ann.ames@example.com", "This password is made of your name, your address or your company."),
            ("passwordpassword", "This password is among the first that guessers try."),
        ] {
            browser.fill("New password", unfit).press("Save password").await;
            assert_eq!(browser.status(), 422, "{unfit}");
            browser.must_see(reason);
        }
        browser.fill("New password", NEW_PASSWORD).press("Save password").await.must_be_at("/sign-in");
    }

    async fn looking_at_the_page_uses_nothing_up(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.invited_person("Ann Ames", Preset::PerUser).await;
        let link = link(&server, &ann).await;
        for _ in 0..3 {
            let mut scanner = server.browser();
            scanner.goto(&link).await.must_be_at("/set-password");
        }
        let mut browser = server.browser();
        browser.goto(&link).await.fill("New password", NEW_PASSWORD).press("Save password").await;
        browser.must_be_at("/sign-in");
    }
}

async fn link(server: &TestServer, person: &Person) -> String {
    server.link_in_mail(&person.email, "/set-password").await
}
