//! What a person reads whose set-up ended while they were at it, or whose email cannot be sent.

use std::{net::TcpListener, time::Duration};

use countersign_core::policy::presets::Preset;

use crate::harness::{On, Setup, TestServer, choosing_a_method, sign_in};

const NUMBER: &str = "(512) 555-0134";
const OVER: &str = "This set-up ran out or was finished elsewhere. Start again.";

on_both_databases! {
    async fn a_phone_set_up_that_ended_elsewhere_says_so(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut typing = choosing_a_method(&server, &ann).await;
        typing.choose("In a text message").press("Next").await.fill("Mobile number", NUMBER);
        let mut confirming = typing.copy_of();
        confirming.press("Next: confirm access").await.must_be_at("/profile/security/phone/confirm");
        let code = server.text_code("+15125550134").await;
        confirming.fill("Authentication code", &code);
        server.advance(Duration::from_secs(30));
        let mut asking = confirming.copy_of();
        asking.goto("/profile/security/phone/confirm").await;
        confirming.copy_of().press("Cancel").await.must_be_at("/profile/security");

        for (browser, button) in [
            (&mut typing, "Next: confirm access"),
            (&mut confirming, "Next: complete setup"),
            (&mut asking, "Send a new code"),
        ] {
            browser.press(button).await;
            assert_eq!(browser.status(), 409, "{button}");
            assert_eq!(browser.error_summary(), [OVER], "{button}");
            browser.must_see("This set-up has ended");
        }
    }

    /// Who must prove their address first is told that nobody can help them but support.
    async fn without_a_mail_server_no_button_promises_a_link(on: On) {
        let setup = Setup { records_mails: false, ..Setup::default() };
        let server = setup.start(on).await;
        let ann = server.person_with_unproved_address("Ann Ames", Preset::Default).await;
        let mut browser = sign_in(&server, &ann).await;
        for page in ["/profile", "/profile/security", "/profile/security/turn-on"] {
            browser.goto(page).await.must_see("we cannot send emails at the moment. Ask support to help you.");
            assert!(!browser.page().html.contains("role=\"switch\""), "{page}");
            assert!(!browser.page().html.contains("/profile/security/prove-email"), "{page}");
        }
        let token = browser.form_token();
        let reply = browser.post_form("/profile/security/prove-email", &[("form_token", &token)]).await;
        assert_eq!((reply.status, reply.location()), (303, Some("/profile/security")));
        assert_eq!(server.service.outbox().await.unwrap().waiting.len(), 0);
    }

    async fn a_link_that_could_not_be_sent_yet_is_said_to_be_on_its_way(on: On) {
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut setup = Setup { records_mails: false, ..Setup::default() };
        setup.settings.extend([
            ("smtp_host", "127.0.0.1".to_owned()),
            ("smtp_port", nobody.to_string()),
            ("smtp_security", "none".to_owned()),
            ("mail_from", "no-reply@example.com".to_owned()),
        ]);
        let server = setup.start(on).await;
        let ann = server.person_with_unproved_address("Ann Ames", Preset::Default).await;
        let mut browser = sign_in(&server, &ann).await;
        browser.goto("/profile/security").await.press("Send link").await;
        browser.must_see(&format!("A link is on its way to {}.", ann.email));
    }
}
