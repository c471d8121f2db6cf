//! "This was not me": from the notice in the mailbox to an account that is its owner's again.

use std::time::Duration;

use countersign_core::policy::presets::Preset;

use crate::harness::{Browser, On, Person, TestServer, enroll_app, sign_in, type_password};

const OF_A_THIEF: &str = "four geese argue quietly";
const NEW_PASSWORD: &str = "seven plums on a tin roof";

on_both_databases! {
    async fn a_stranger_who_changed_the_password_is_out_and_the_owner_back_in(on: On) {
        let server = TestServer::start(on).await;
        let (ann, mut thief) = somebody_robbed(&server).await;
        let link = server.link_in_mail(&ann.email, "/not-me").await;
        let mut browser = server.browser();
        browser.goto(&link).await.must_be_at("/not-me");
        assert_eq!(browser.heading(), "Was this you?");
        browser.must_see("The password of your account was changed.");
        browser.must_see("When November 22, 2026 at 14:05 UTC Where The network address 127.0.0.1");
        browser.must_see("If it was you, close this page. Nothing changes.");
        thief.goto("/profile").await.must_be_at("/profile");

        browser.press("This was not me").await;
        assert_eq!(browser.heading(), "Your account is shut");
        thief.goto("/profile").await.must_be_at("/sign-in");
        for password in [OF_A_THIEF, &ann.password] {
            type_password(&mut thief, &ann.email, password).await;
            assert_eq!(thief.status(), 422, "{password}");
        }

        let link = server.link_in_mail(&ann.email, "/set-password").await;
        browser.goto(&link).await.must_be_at("/set-password");
        browser.must_see(&format!("For {}", ann.email));
        browser.fill("New password", NEW_PASSWORD).press("Save password").await;
        browser.must_be_at("/sign-in");
        browser.must_see("Your password is saved. Sign in with it.");
        type_password(&mut browser, &ann.email, NEW_PASSWORD).await;
        browser.must_be_at("/profile");
        type_password(&mut thief, &ann.email, OF_A_THIEF).await;
        thief.must_see("That email and password do not match.");
    }

    async fn a_method_that_a_stranger_set_up_is_blocked_and_the_helper_is_named(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut thief = sign_in(&server, &ann).await;
        enroll_app(&server, &mut thief, &ann).await;
        let mut browser = server.browser();
        browser.goto(&server.link_in_mail(&ann.email, "/not-me").await).await;
        browser.must_see("Two-factor authentication was turned on for your account.");
        browser.must_see("Method Authenticator app");
        browser.must_see("the method that was set up is blocked,");
        browser.press("This was not me").await;
        thief.goto("/profile").await.must_be_at("/sign-in");

        browser.goto(&server.link_in_mail(&ann.email, "/set-password").await).await;
        browser.fill("New password", NEW_PASSWORD).press("Save password").await;
        type_password(&mut browser, &ann.email, NEW_PASSWORD).await;
        assert_eq!(browser.status(), 403);
        browser.must_see("Your second step is blocked");
        browser.must_see("Ask support to help you sign in again.");
        browser.must_see("Contact support@example.com");
    }

    async fn a_second_click_shuts_nothing_twice(on: On) {
        let server = TestServer::start(on).await;
        let (ann, _) = somebody_robbed(&server).await;
        let link = server.link_in_mail(&ann.email, "/not-me").await;
        let mut browser = server.browser();
        browser.goto(&link).await;
        let mut second_click = browser.copy_of();
        browser.press("This was not me").await;
        let mails = server.mails_to(&ann.email).await.len();
        second_click.press("This was not me").await;
        assert_eq!((second_click.status(), second_click.heading().as_str()), (410, "This link does not work any more"));
        second_click.must_see("You told us already, or the link is older than 72 hours.");
        browser.goto(&link).await;
        assert_eq!(browser.status(), 410);
        assert_eq!(server.mails_to(&ann.email).await.len(), mails, "one link to a new password is enough");
        assert_eq!(server.audit_events(&ann, "account.not_me").await, 1);
    }

    async fn a_notice_may_be_answered_for_three_days(on: On) {
        let server = TestServer::start(on).await;
        let (ann, _) = somebody_robbed(&server).await;
        let link = server.link_in_mail(&ann.email, "/not-me").await;
        let mut browser = server.browser();
        server.advance(Duration::from_hours(72) - Duration::from_millis(1));
        browser.goto(&link).await;
        assert_eq!(browser.status(), 200);
        server.advance(Duration::from_millis(1));
        browser.press("This was not me").await;
        assert_eq!(browser.status(), 410);
        type_password(&mut browser, &ann.email, OF_A_THIEF).await;
        browser.must_be_at("/profile");
    }

    async fn each_notice_has_a_link_of_its_own(on: On) {
        let server = TestServer::start(on).await;
        let (ann, mut thief) = somebody_robbed(&server).await;
        let of_the_password = server.link_in_mail(&ann.email, "/not-me").await;
        let robbed = Person { password: OF_A_THIEF.to_owned(), ..ann };
        enroll_app(&server, &mut thief, &robbed).await;
        let of_the_app = server.link_in_mail(&robbed.email, "/not-me").await;
        assert_ne!(of_the_app, of_the_password);
        let mut browser = server.browser();
        browser.goto(&of_the_password).await.must_see("The password of your account was changed.");
        browser.goto(&of_the_app).await.must_see("Two-factor authentication was turned on");
        browser.press("This was not me").await;
        assert_eq!(browser.heading(), "Your account is shut");
        browser.goto(&of_the_password).await;
        assert_eq!(browser.status(), 200, "what else was done can still be denied");
    }
}

/// A person, and somebody in their session who changed the password.
async fn somebody_robbed(server: &TestServer) -> (Person, Browser) {
    let ann = server.person("Ann Ames", Preset::PerUser).await;
    let mut thief = sign_in(server, &ann).await;
    thief.goto("/profile/password").await;
    thief.fill("Current password", &ann.password).fill("New password", OF_A_THIEF);
    thief.press("Save password").await.must_see("Your password is changed.");
    (ann, thief)
}
