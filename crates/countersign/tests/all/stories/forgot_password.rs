//! A forgotten password: from the link on the sign-in page over the mailbox to the next sign-in.

use std::time::Duration;

use countersign_core::policy::presets::Preset;

use crate::harness::{
    On, Person, Setup, TestServer, enroll_app, forget_password, operator, sign_in, sign_in_with_app,
    type_code, type_password,
};

const NEW_PASSWORD: &str = "seven plums on a tin roof";
const DEAD: &str = "This link does not work any more";

on_both_databases! {
    /// O-06, ASVS 6.4.3
    async fn who_forgot_the_password_chooses_another_behind_a_mailed_link(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let mut elsewhere = sign_in(&server, &ann).await;
        server.advance(Duration::from_mins(1));
        let mut browser = server.browser();
        forget_password(&server, &mut browser, &ann.email).await;
        browser.must_see("If somebody signs in with this address, we are sending a link to it now.");
        browser.must_see("It works once, for 30 minutes.");
        let mails = server.mails_to(&ann.email).await;
        let mail = &mails[0].rendered;
        assert_eq!(mail.subject.as_deref(), Some("Choose a new Trackwell password"));
        assert!(mail.text.contains("until Sunday, November 22, 2026 at 14:36 UTC."), "{}", mail.text);

        let link = server.link_in_mail(&ann.email, "/reset-password").await;
        browser.goto(&link).await.must_be_at("/reset-password");
        assert_eq!(browser.heading(), "Choose a new password");
        browser.must_see(&format!("For {}", ann.email));
        elsewhere.goto("/profile").await.must_be_at("/profile");
        browser.fill("New password", "short").press("Save password").await;
        assert_eq!(browser.status(), 422);
        browser.fill("New password", NEW_PASSWORD).press("Save password").await;
        assert_eq!((browser.path(), browser.statuses()), ("/sign-in", &[303, 200][..]));
        browser.must_see("Your password is saved. Sign in with it.");
        elsewhere.goto("/profile").await.must_be_at("/sign-in");

        type_password(&mut browser, &ann.email, &ann.password).await;
        browser.must_see("That email and password do not match.");
        sign_in(&server, &Person { password: NEW_PASSWORD.to_owned(), ..ann.clone() }).await;
        let told = &server.mails_to(&ann.email).await[0].rendered;
        assert_eq!(told.subject.as_deref(), Some("Your password was changed"));
        let how = "was changed with a link that we mailed to this address, because somebody said that they forgot it.";
        assert!(told.text.split_whitespace().collect::<Vec<_>>().join(" ").contains(how), "{}", told.text);
        assert_eq!(server.notices(&ann, "password_reset").await, 1);
        for (event, times) in [("link.sent", 1), ("password.changed", 1), ("email.verified", 1)] {
            assert_eq!(server.audit_events(&ann, event).await, times, "{event}");
        }
        server.must_keep_its_promises().await;
    }

    /// CRT-15, N-17
    async fn the_second_step_is_asked_for_after_a_reset(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let phone = enroll_app(&server, &mut sign_in(&server, &ann).await, &ann).await;
        server.advance(Duration::from_secs(30));
        let mut browser = server.browser();
        reset(&server, &ann).await;
        type_password(&mut browser, &ann.email, NEW_PASSWORD).await;
        browser.must_be_at("/sign-in/code");
        type_code(&mut browser, &phone.code(&server.clock)).await;
        browser.must_be_at("/profile");
        browser.goto("/profile/security").await.must_see("Two-factor authentication On");
    }

    async fn a_mistyped_address_is_kept_and_explained(on: On) {
        let server = TestServer::start(on).await;
        let mut browser = server.browser();
        browser.goto("/forgot-password").await;
        for (typed, sentence) in [
            ("", "Enter your email address."),
            ("ann at example", "Enter an email address like name@example.com."),
        ] {
            browser.fill("Email", typed).press("Send link").await;
            assert_eq!((browser.status(), browser.field_value("Email").as_str()), (422, typed));
            assert_eq!(browser.error_summary(), [sentence]);
        }
        browser.forget_cookie("cs-form");
        browser.fill("Email", "ann@example.com").press("Send link").await;
        assert_eq!((browser.status(), browser.field_value("Email").as_str()), (403, "ann@example.com"));
        browser.must_see("Nothing was sent; please do it once more.");
        browser.press("Send link").await;
        assert_eq!(browser.heading(), "Look in your mailbox");
        browser.follow("Type another address").await.must_be_at("/forgot-password");
        browser.follow("Back to sign-in").await.must_be_at("/sign-in");
    }

    async fn a_link_that_is_over_says_why_and_leads_to_another(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let mut browser = server.browser();
        forget_password(&server, &mut browser, &ann.email).await;
        let link = server.link_in_mail(&ann.email, "/reset-password").await;
        browser.goto(&link).await.fill("New password", NEW_PASSWORD);
        server.advance(Duration::from_mins(30));
        browser.press("Save password").await;
        assert_eq!((browser.status(), browser.heading().as_str()), (410, DEAD));
        browser.must_see("or it is older than 30 minutes.");
        browser.follow("Forgot your password?").await.must_be_at("/forgot-password");
        reset(&server, &ann).await;
        type_password(&mut browser, &ann.email, NEW_PASSWORD).await;
        browser.must_be_at("/profile");
    }

    /// Who was invited and lost that email, or whose address nobody proved yet.
    async fn who_never_had_a_password_gets_in_that_way_too(on: On) {
        let server = TestServer::start(on).await;
        let invited = server.invited_person("Ann Ames", Preset::Default).await;
        let unproved = server.person_with_unproved_address("Bea Birch", Preset::Default).await;
        for person in [invited, unproved] {
            reset(&server, &person).await;
            let mut own = sign_in(&server, &Person { password: NEW_PASSWORD.to_owned(), ..person }).await;
            own.goto("/profile").await.must_see("Verified");
        }
        let ann = "ann.ames@example.com";
        let older = server.link_in_mail(ann, "/set-password").await;
        assert_eq!(server.browser().goto(&older).await.status(), 410, "the invitation is void with it");
    }

    /// An operator like anybody else, as long as there is a second factor behind the password.
    async fn an_operator_is_mailed_a_link_and_still_needs_the_second_step(on: On) {
        let server = TestServer::start(on).await;
        let (cleo, app) = operator(&server, "Cleo Chen").await;
        reset(&server, &cleo).await;
        let cleo = Person { password: NEW_PASSWORD.to_owned(), ..cleo };
        sign_in_with_app(&server, &cleo, &app).await.goto("/operator").await.must_be_at("/operator");
    }
}

/// Without a way to send mail the page names who helps, and promises nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_no_mail_is_sent_the_page_says_so() {
    let server = Setup { records_mails: false, ..Setup::default() }.start(On::Sqlite).await;
    let mut browser = server.browser();
    browser.goto("/sign-in").await.follow("Forgot password?").await.must_be_at("/forgot-password");
    browser.must_see("We cannot send emails at the moment. Ask support for a new password.");
    assert!(!browser.page().has_field("Email"));
}

/// Over the mailbox to a new password.
async fn reset(server: &TestServer, person: &Person) {
    let mut browser = server.browser();
    forget_password(server, &mut browser, &person.email).await;
    browser.goto(&server.link_in_mail(&person.email, "/reset-password").await).await;
    browser.fill("New password", NEW_PASSWORD).press("Save password").await.must_be_at("/sign-in");
}
