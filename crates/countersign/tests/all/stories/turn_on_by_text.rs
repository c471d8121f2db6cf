//! Turning two-factor authentication on with text messages, from the profile page.

use std::time::Duration;

use countersign_core::policy::presets::Preset;
use countersign_store::Sql;

use crate::harness::{
    Browser, On, Person, Phone, TestServer, choosing_a_method, enroll_phone, sign_in, type_password,
};

const SWITCH: &str = "Two-factor authentication";
const NUMBER: &str = "+15125550134";
/// As people type it, and as the page shows it.
const TYPED: &str = "(512) 555-0134";
const SHOWN: &str = "+1 512-555-0134";
const OTHER_NUMBER: &str = "+15125550777";

on_both_databases! {
    /// CR-16: the method is picked by its name; picking sends nothing and turns nothing on.
    async fn the_person_picks_the_text_message(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = choosing_a_method(&server, &ann).await;
        browser.choose("In a text message").press("Next").await;
        browser.must_be_at("/profile/security/phone");
        browser.must_see("Step 3 of 4");
        browser.must_see("We text a code to this number now, and each time you sign in.");
        assert_eq!(texts_to_anybody(&server).await, 0);
        browser.goto("/profile").await;
        assert!(!browser.page().switch_is_on(SWITCH));
    }

    /// CR-17: the number is entered, and leads to the confirmation.
    async fn the_mobile_number_leads_to_the_confirmation(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = entering_a_number(&server, &ann).await;
        for (typed, mistake) in [
            ("", "Enter your mobile number."),
            (
                "555 01",
                "This is no phone number. Check it; a number of another country begins with +.",
            ),
            ("+1 800 555 0134", "Text messages do not reach this number. Enter a mobile number."),
        ] {
            browser.fill("Mobile number", typed).press("Next: confirm access").await;
            assert_eq!((browser.status(), browser.error_summary().as_slice()), (422, &[mistake.to_owned()][..]));
            assert_eq!(browser.field_value("Mobile number"), typed, "what was typed is not lost");
        }
        browser.fill("Mobile number", TYPED).press("Next: confirm access").await;
        browser.must_be_at("/profile/security/phone/confirm");
        browser.must_see(&format!("We sent a 6-digit code to {SHOWN}."));
    }

    /// CR-18: one text, to that number and to no other.
    async fn the_code_goes_to_exactly_that_number(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let ben = server.person("Ben Boyle", Preset::PerUser).await;
        enroll_phone(&server, &mut sign_in(&server, &ben).await, &ben, OTHER_NUMBER).await;
        let mut browser = entering_a_number(&server, &ann).await;
        browser.fill("Mobile number", TYPED).press("Next: confirm access").await;

        let texts = server.texts_to(NUMBER).await;
        assert_eq!(texts.len(), 1);
        let code = server.text_code(NUMBER).await;
        assert_eq!(
            texts[0].rendered.text,
            format!(
                "{code} is your Trackwell code to set up this phone, asked for at 14:05 UTC (Firefox). \
                 It works for 10 minutes. We never ask for it.\n@localhost #{code}"
            )
        );
        assert_eq!(server.texts_to(OTHER_NUMBER).await.len(), 1, "the one of Ben's own set-up");
        assert_eq!(texts_to_anybody(&server).await, 2);
    }

    /// CR-19: before the code was right, nothing is on and nobody is asked; after it, everything is.
    async fn only_the_texted_code_completes_the_set_up(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = entering_a_number(&server, &ann).await;
        browser.fill("Mobile number", TYPED).press("Next: confirm access").await;
        let code = server.text_code(NUMBER).await;
        browser.press("Next: complete setup").await;
        assert_eq!(browser.error_summary(), ["Enter the code that we sent to you."]);
        let wrong = if code == "000000" { "111111" } else { "000000" };
        browser.fill("Authentication code", wrong).press("Next: complete setup").await;
        assert_eq!(browser.status(), 422);
        browser.must_see("That code is not right. Enter the newest one that you have. After 4 more wrong tries");
        sign_in(&server, &ann).await.goto("/profile").await.must_see("Off");
        assert_eq!(server.notices(&ann, "two_factor_turned_on").await, 0);

        browser.fill("Authentication code", &code).press("Next: complete setup").await;
        browser.must_be_at("/profile/security/turned-on");
        browser.must_see(&format!("then for a code that we text to {SHOWN}."));
        browser.follow("Done").await;
        assert!(browser.page().switch_is_on(SWITCH));
        browser.must_see(&format!("Text messages to {SHOWN} In use Added November 22, 2026 at 14:05 UTC"));
        assert_eq!(server.notices(&ann, "two_factor_turned_on").await, 1);
        let mut elsewhere = server.browser();
        type_password(&mut elsewhere, &ann.email, &ann.password).await;
        elsewhere.must_be_at("/sign-in/code");
    }

    async fn a_number_that_was_mistyped_is_entered_anew_and_only_its_own_code_counts(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = entering_a_number(&server, &ann).await;
        browser.fill("Mobile number", OTHER_NUMBER).press("Next: confirm access").await;
        let misled = server.text_code(OTHER_NUMBER).await;
        browser.follow("Use another number").await;
        assert_eq!(browser.field_value("Mobile number"), "+1 512-555-0777");
        server.advance(Duration::from_secs(30));
        browser.fill("Mobile number", TYPED).press("Next: confirm access").await;
        browser.must_see(SHOWN);
        let code = server.text_code(NUMBER).await;
        assert_ne!(code, misled, "one in a million");
        browser.fill("Authentication code", &misled).press("Next: complete setup").await;
        browser.must_see("That code is not right.");
        browser.fill("Authentication code", &code).press("Next: complete setup").await;
        browser.must_be_at("/profile/security/turned-on");
    }

    async fn back_reload_and_a_second_click_in_the_set_up_send_nothing_more(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = entering_a_number(&server, &ann).await;
        browser.fill("Mobile number", TYPED);
        let mut second_click = browser.copy_of();
        browser.press("Next: confirm access").await.must_be_at("/profile/security/phone/confirm");
        second_click.press("Next: confirm access").await.must_be_at("/profile/security/phone/confirm");
        for _ in 0..2 {
            browser.goto("/profile/security/phone/confirm").await.must_see("We sent a 6-digit code to");
        }
        browser.goto("/profile/security/phone").await;
        assert_eq!(browser.field_value("Mobile number"), SHOWN, "nothing is lost by going back");
        browser.press("Next: confirm access").await.must_be_at("/profile/security/phone/confirm");
        assert_eq!(server.texts_to(NUMBER).await.len(), 1);

        let code = server.text_code(NUMBER).await;
        browser.fill("Authentication code", &code);
        let mut second_click = browser.copy_of();
        browser.press("Next: complete setup").await.must_be_at("/profile/security/turned-on");
        second_click.press("Next: complete setup").await;
        assert_eq!(server.notices(&ann, "two_factor_turned_on").await, 1);
        browser.goto("/profile/security/phone/confirm").await.must_be_at("/profile/security");
        assert!(browser.page().switch_is_on(SWITCH), "the browser that finished is signed in");
    }

    async fn two_tabs_choose_two_methods_and_the_last_choice_holds(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut texts = entering_a_number(&server, &ann).await;
        let mut app = texts.copy_of();
        texts.fill("Mobile number", TYPED).press("Next: confirm access").await;
        let code = server.text_code(NUMBER).await;
        app.goto("/profile/security/method").await.choose("In an authenticator app").press("Next").await;
        let phone = Phone::scan(&app);

        texts.fill("Authentication code", &code).press("Next: complete setup").await;
        assert_eq!(texts.status(), 409);
        texts.must_see("This set-up ran out or was finished elsewhere.");
        app.press("Next: confirm access").await;
        app.fill("Authentication code", &phone.code(&server.clock)).press("Next: complete setup").await;
        app.must_be_at("/profile/security/turned-on");
        app.follow("Done").await.must_see("Authenticator app In use");
    }

    async fn a_code_that_ran_out_in_the_set_up_is_replaced(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = entering_a_number(&server, &ann).await;
        browser.fill("Mobile number", TYPED).press("Next: confirm access").await;
        let old = server.text_code(NUMBER).await;
        server.advance(Duration::from_mins(10));
        browser.fill("Authentication code", &old).press("Next: complete setup").await;
        assert_eq!(browser.status(), 409);
        browser.must_see("Our last code has run out, or too many wrong ones were entered. Ask for a new one.");
        browser.press("Send a new code").await.must_be_at("/profile/security/phone/confirm");
        let new = server.text_code(NUMBER).await;
        browser.fill("Authentication code", &new).press("Next: complete setup").await;
        browser.must_be_at("/profile/security/turned-on");
    }

    async fn a_set_up_that_ran_out_begins_anew(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = entering_a_number(&server, &ann).await;
        browser.fill("Mobile number", TYPED).press("Next: confirm access").await;
        let code = server.text_code(NUMBER).await;
        server.advance(Duration::from_mins(30));
        browser.fill("Authentication code", &code).press("Next: complete setup").await;
        assert_eq!(browser.status(), 409);
        browser.must_see("This set-up ran out or was finished elsewhere. Start again.");
        browser.goto("/profile").await;
        assert!(!browser.page().switch_is_on(SWITCH));
        enroll_phone(&server, &mut browser, &ann, NUMBER).await;
    }
}

/// Signed in, past the password, with the text message chosen.
async fn entering_a_number(server: &TestServer, person: &Person) -> Browser {
    let mut browser = choosing_a_method(server, person).await;
    browser.choose("In a text message").press("Next").await;
    browser.must_be_at("/profile/security/phone");
    browser
}

async fn texts_to_anybody(server: &TestServer) -> i64 {
    server.number(&COUNT_TEXTS, Vec::new()).await
}

static COUNT_TEXTS: Sql = Sql::new("SELECT COUNT(*) FROM outbox WHERE channel = 'sms'");
