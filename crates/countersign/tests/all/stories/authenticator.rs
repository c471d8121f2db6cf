//! Callroute's document, but for its recovery code, which `recovery_key` tells: the app only, turned on by its first
//! code, asked for at every sign-in, and turned off by a confirmation.

use std::time::Duration;

use countersign_core::token::SessionToken;
use countersign_core::{
    ceremony::by_operator::{Lost, Reset},
    policy::presets::Preset,
    stated_reason::StatedReason,
    user::EmailAddress,
};
use countersign_service::enroll::Pending;

use crate::harness::{
    On, Person, Phone, TestServer, behind_the_password, enroll_app_with_key, sign_in, sign_in_with_app,
    type_code,
};

const SWITCH: &str = "Two-factor authentication";

/// Ann, who has set her app up.
async fn ann(server: &TestServer) -> (Person, Phone) {
    let ann = server.person("Ann Ames", Preset::Authenticator).await;
    let (phone, _) = enroll_app_with_key(server, &mut sign_in(server, &ann).await).await;
    (ann, phone)
}

on_both_databases! {
    /// CRT-2, CRT-7, CRT-8, CRT-9, CRT-10: profile, security, the switch, and there is the QR code with its key.
    async fn one_press_on_the_security_page_shows_the_qr_code(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Authenticator).await;
        let mut browser = sign_in(&server, &ann).await;
        browser.goto("/profile").await.follow("Security").await.must_be_at("/profile/security");
        browser.press(SWITCH).await.must_be_at("/profile/security/app");
        browser.must_see("Step 1 of 2");
        assert!(browser.page().html.contains("<svg class=\"qr\" role=\"img\""));
        browser.must_see(&format!("Account {} Issuer Trackwell Type Time-based", ann.email));
        let manual_key = browser.page().text_named("Manual key").replace(' ', "");
        let session = SessionToken::parse(browser.cookie("cs").unwrap()).unwrap();
        let pending = server.service.enrollment(&session).await.unwrap().unwrap().pending;
        let Some(Pending::App(pending)) = pending else { panic!("no app is being set up") };
        let address = pending.otpauth_uri.expose();
        assert!(address.starts_with("otpauth://totp/Trackwell:"), "{address}");
        assert!(address.contains(&format!("?secret={manual_key}&issuer=Trackwell")), "{address}");
        browser.goto("/profile").await;
        assert!(!browser.page().switch_is_on(SWITCH), "nothing is on yet");
    }

    /// CRT-2: neither a text nor anything else than an app is offered.
    async fn nothing_but_an_app_can_be_set_up(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Authenticator).await;
        let mut browser = sign_in(&server, &ann).await;
        browser.goto("/profile/security").await.press(SWITCH).await;
        assert!(!browser.page().html.contains("/profile/security/method"), "there is nothing to choose");
        browser.goto("/profile/security/method").await.must_see("In an authenticator app");
        assert!(!browser.page().html.contains("In a text message"));
        let token = browser.form_token();
        let number = [("form_token", token.as_str()), ("phone", "+15125550134")];
        let reply = browser.post_form("/profile/security/phone", &number).await;
        assert_eq!(reply.status, 403);
        assert_eq!(server.texts_to("+15125550134").await.len(), 0);
    }

    /// CRT-3: six digits, others every thirty seconds.
    async fn codes_have_six_digits_and_change_every_thirty_seconds(on: On) {
        let server = TestServer::start(on).await;
        let (ann, phone) = ann(&server).await;
        server.clock.advance(Duration::from_mins(2));
        let code = phone.code(&server.clock);
        assert_eq!(code.len(), 6);
        let mut late = behind_the_password(&server, &ann).await;
        server.clock.advance(Duration::from_secs(90));
        type_code(&mut late, &code).await;
        late.must_see("That code is not right.");
        type_code(&mut late, &phone.code(&server.clock)).await;
        late.must_be_at("/profile");
    }

    /// CRT-4: what both apps read is what everybody's reads; the one that the company recommends is named.
    async fn microsofts_app_is_recommended_and_googles_works_as_well(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Authenticator).await;
        let mut browser = sign_in(&server, &ann).await;
        browser.goto("/profile/security").await;
        browser.must_see("Microsoft Authenticator Android, iPhone · recommended");
        browser.must_see("Google Authenticator Android, iPhone");
        browser.press(SWITCH).await;
        browser.must_see("We recommend Microsoft Authenticator. Any other authenticator app works, too.");
    }

    /// CRT-11, CRT-13: a wrong code turns nothing on, the right one does and says so.
    async fn only_the_first_code_of_the_app_turns_it_on(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Authenticator).await;
        let mut browser = sign_in(&server, &ann).await;
        browser.goto("/profile/security").await.press(SWITCH).await;
        let phone = Phone::scan(&browser);
        browser.press("Next: confirm access").await.must_see("Step 2 of 2");
        let wrong = phone.wrong_code(&server.clock);
        browser.fill("Authentication code", &wrong).press("Next: complete setup").await;
        assert_eq!(browser.status(), 422);
        browser.must_see("That code is not right.");
        sign_in(&server, &ann).await;
        browser.fill("Authentication code", &phone.code(&server.clock)).press("Next: complete setup").await;
        browser.press("Continue").await.must_see("Two-factor authentication is on");
        behind_the_password(&server, &ann).await;
    }

    /// CRT-1, CRT-5, CRT-13: the code of the device, each time, also in a browser that is known.
    async fn every_sign_in_asks_for_the_code_of_the_app(on: On) {
        let server = TestServer::start(on).await;
        let (ann, phone) = ann(&server).await;
        let mut browser = sign_in_with_app(&server, &ann, &phone).await;
        for _ in 0..3 {
            browser.goto("/profile").await.press("Sign out").await;
            server.clock.advance(Duration::from_secs(30));
            browser.goto("/sign-in").await.fill("Email", &ann.email).fill("Password", &ann.password);
            browser.press("Sign in").await.must_be_at("/sign-in/code");
            type_code(&mut browser, &phone.code(&server.clock)).await;
            browser.must_be_at("/profile");
        }
    }

    /// CRT-6: another device has none of the codes; behind a reset it is set up anew, and the old one is nothing.
    async fn a_new_device_needs_a_reset(on: On) {
        let server = TestServer::start(on).await;
        let (ann, old) = ann(&server).await;
        let reason = StatedReason::parse("a new phone").unwrap();
        let whom = server.service.user_named(&EmailAddress::parse(&ann.email).unwrap()).await.unwrap();
        let reset = Reset { lost: Lost::SecondFactors, reason };
        server.service.reset_at_console(whom, reset).await.unwrap().unwrap();
        server.clock.advance(Duration::from_mins(1));
        let mut browser = sign_in(&server, &ann).await;
        let (new, _) = enroll_app_with_key(&server, &mut browser).await;
        server.clock.advance(Duration::from_mins(1));
        let mut browser = behind_the_password(&server, &ann).await;
        type_code(&mut browser, &old.code(&server.clock)).await;
        browser.must_see("That code is not right.");
        type_code(&mut browser, &new.code(&server.clock)).await;
        browser.must_be_at("/profile");
    }

    /// CRT-21, CRT-22, CRT-23, CRT-24: the switch asks once more, advises against it, and then it is off.
    async fn the_switch_turns_it_off_after_a_confirmation(on: On) {
        let server = TestServer::start(on).await;
        let (ann, phone) = ann(&server).await;
        let mut browser = sign_in_with_app(&server, &ann, &phone).await;
        browser.goto("/profile/security").await.press(SWITCH).await;
        browser.must_see("Anybody who knows your password could then sign in as you.");
        browser.must_see("We recommend that you keep it on.");
        browser.follow("Keep it on").await;
        assert!(browser.page().switch_is_on(SWITCH));
        behind_the_password(&server, &ann).await;

        browser.press(SWITCH).await.press("Disable").await;
        browser.must_be_at("/profile/security");
        browser.must_see("Two-factor authentication is off.");
        assert!(!browser.page().switch_is_on(SWITCH));
        sign_in(&server, &ann).await;
        assert_eq!(server.notices(&ann, "two_factor_turned_off").await, 1);
        assert_eq!(server.audit_events(&ann, "two_factor.turned_off").await, 1);
    }
}
