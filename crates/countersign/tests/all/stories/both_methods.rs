//! An app and a phone side by side: what is asked for first, the other way, and replacing one of them.

use std::time::Duration;

use countersign_core::policy::presets::Preset;

use crate::harness::{
    Browser, On, Person, Phone, TestServer, behind_the_password, enroll_app, enroll_phone, sign_in,
    sign_in_with_app, sign_in_with_text, type_code,
};

const NUMBER: &str = "+15125550134";
const NEW_NUMBER: &str = "+15125550777";
const FROM_APP: &str = "Enter the 6-digit code from your authenticator app.";

on_both_databases! {
    /// CR-26: who has an app is asked for its code; no text is sent unless they want one.
    async fn who_has_an_app_is_texted_only_on_request(on: On) {
        let (server, ann, phone) = somebody_with_both(on).await;
        let texts = server.texts_to(NUMBER).await.len();
        sign_in_with_app(&server, &ann, &phone).await;
        let mut browser = behind_the_password(&server, &ann).await;
        browser.must_see(FROM_APP);
        assert_eq!(server.texts_to(NUMBER).await.len(), texts);

        browser.follow("Try another way").await.must_be_at("/sign-in/other-way");
        assert_eq!(browser.heading(), "Choose another way");
        browser.press("Text a code to •••• 34").await.must_be_at("/sign-in/code");
        browser.must_see("We sent a 6-digit code to •••• 34.");
        assert_eq!(server.texts_to(NUMBER).await.len(), texts + 1);
        type_code(&mut browser, &server.text_code(NUMBER).await).await;
        browser.must_be_at("/profile");
    }

    async fn after_a_text_the_app_still_works(on: On) {
        let (server, ann, phone) = somebody_with_both(on).await;
        server.advance(Duration::from_secs(30));
        let mut browser = behind_the_password(&server, &ann).await;
        browser.follow("Try another way").await.press("Text a code to •••• 34").await;
        browser.follow("Try another way").await.follow("Use your authenticator app").await;
        browser.must_see(FROM_APP);
        type_code(&mut browser, &phone.wrong_code(&server.clock)).await;
        browser.must_see(FROM_APP);
        type_code(&mut browser, &phone.code(&server.clock)).await;
        browser.must_be_at("/profile");
    }

    async fn where_no_text_is_sent_any_more_the_app_is_named(on: On) {
        let (server, ann, phone) = somebody_with_both(on).await;
        server.advance(Duration::from_secs(30));
        for _ in 0..5 {
            let mut browser = behind_the_password(&server, &ann).await;
            browser.follow("Try another way").await.press("Text a code to •••• 34").await;
        }
        let texts = server.texts_to(NUMBER).await.len();
        let mut browser = behind_the_password(&server, &ann).await;
        browser.follow("Try another way").await.press("Text a code to •••• 34").await;
        assert_eq!((browser.status(), browser.page().header("retry-after")), (429, Some("3600")));
        browser.must_see("We sent you too many codes that were not entered.");
        browser.must_see("You can ask for one again in an hour.");
        browser.must_see("Use your authenticator app instead.");
        assert_eq!(server.texts_to(NUMBER).await.len(), texts);
        type_code(&mut browser, &phone.code(&server.clock)).await;
        browser.must_be_at("/profile");
    }

    async fn both_are_listed_and_the_second_one_is_told_by_mail(on: On) {
        let (server, ann, phone) = somebody_with_both(on).await;
        let mut browser = sign_in_with_app(&server, &ann, &phone).await;
        browser.goto("/profile/security").await;
        browser.must_see("Authenticator app In use");
        browser.must_see("Text messages to +1 512-555-0134 In use");
        let mail = &server.mails_to(&ann.email).await[0].rendered;
        assert_eq!(mail.subject.as_deref(), Some("A way to sign in was added"));
        assert!(mail.text.contains("Method: an authenticator app"), "{}", mail.text);
    }

    async fn a_phone_is_added_beside_an_app(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = sign_in(&server, &ann).await;
        let phone = enroll_app(&server, &mut browser, &ann).await;
        server.advance(Duration::from_secs(30));
        browser.goto("/profile/security").await.follow("Add phone").await;
        browser.must_see("Step 1 of 4");
        browser.fill("Password", &ann.password).press("Submit").await;
        assert_eq!(browser.error_summary(), ["Enter the code from your authenticator app."]);
        browser.fill("Password", &ann.password).fill("Authentication code", &phone.code(&server.clock));
        browser.press("Submit").await.must_be_at("/profile/security/method");
        browser.press("Next").await.must_be_at("/profile/security/phone");
        confirm_number(&server, &mut browser, NUMBER).await;

        let mut browser = behind_the_password(&server, &ann).await;
        browser.must_see(FROM_APP);
        browser.follow("Try another way").await.must_see("Text a code to •••• 34");
    }

    async fn a_changed_number_gets_the_codes_once_it_is_confirmed_and_the_old_one_none(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = sign_in(&server, &ann).await;
        enroll_phone(&server, &mut browser, &ann, NUMBER).await;
        browser.goto("/profile/security").await.follow("Edit phone").await;
        prove_by_text(&server, &mut browser, &ann).await;
        browser.press("Next").await.must_be_at("/profile/security/phone");
        browser.fill("Mobile number", NEW_NUMBER).press("Next: confirm access").await;
        assert_eq!(server.texts_to(NEW_NUMBER).await.len(), 1);
        sign_in_with_text(&server, &ann, NUMBER).await;

        let code = server.text_code(NEW_NUMBER).await;
        browser.fill("Authentication code", &code).press("Next: complete setup").await;
        browser.must_be_at("/profile/security");
        browser.must_see("Your new method is set up.");
        browser.must_see("Text messages to +1 512-555-0777 In use");
        assert!(!browser.page().text().contains("0134"));
        let to_the_old_one = server.texts_to(NUMBER).await.len();
        sign_in_with_text(&server, &ann, NEW_NUMBER).await;
        assert_eq!(server.texts_to(NUMBER).await.len(), to_the_old_one);
        let mail = &server.mails_to(&ann.email).await[0].rendered;
        assert_eq!(mail.subject.as_deref(), Some("A way to sign in was replaced"));
        assert!(mail.text.contains("Method: text messages to your phone"), "{}", mail.text);
    }

    async fn an_app_on_a_new_phone_takes_the_place_of_the_old_one(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = sign_in(&server, &ann).await;
        let old = enroll_app(&server, &mut browser, &ann).await;
        server.advance(Duration::from_secs(30));
        browser.goto("/profile/security").await.follow("Edit app").await;
        browser.fill("Password", &ann.password).fill("Authentication code", &old.code(&server.clock));
        browser.press("Submit").await.press("Next").await.must_be_at("/profile/security/app");
        let new = set_app_up(&server, &mut browser).await;

        server.advance(Duration::from_secs(30));
        let mut browser = behind_the_password(&server, &ann).await;
        type_code(&mut browser, &old.code(&server.clock)).await;
        browser.must_see("That code is not right.");
        type_code(&mut browser, &new.code(&server.clock)).await;
        browser.must_be_at("/profile");
        assert_eq!(server.notices(&ann, "method_replaced").await, 1);
    }

    async fn a_texted_code_is_not_enough_to_replace_the_app(on: On) {
        let (server, ann, phone) = somebody_with_both(on).await;
        let mut browser = sign_in_with_text_instead(&server, &ann).await;
        browser.goto("/profile/security").await.follow("Edit app").await;
        prove_by_text(&server, &mut browser, &ann).await;
        browser.press("Next").await;
        assert_eq!(browser.status(), 403);
        browser.must_see("This takes a code from your app: one that we send is not enough.");
        browser.must_see("If you lost it, ask support to help you.");
        sign_in_with_app(&server, &ann, &phone).await;
    }

    async fn a_canceled_change_leaves_everything_as_it_was(on: On) {
        let (server, ann, phone) = somebody_with_both(on).await;
        let mut browser = sign_in_with_app(&server, &ann, &phone).await;
        browser.goto("/profile/security").await.follow("Edit phone").await;
        prove_by_text(&server, &mut browser, &ann).await;
        browser.press("Next").await;
        browser.fill("Mobile number", NEW_NUMBER).press("Next: confirm access").await;
        browser.press("Cancel").await.must_be_at("/profile/security");
        browser.must_see("Text messages to +1 512-555-0134 In use");
        sign_in_with_app(&server, &ann, &phone).await;
    }
}

/// With texts first and an app beside them.
async fn somebody_with_both(on: On) -> (TestServer, Person, Phone) {
    let server = TestServer::start(on).await;
    let ann = server.person("Ann Ames", Preset::PerUser).await;
    let mut browser = sign_in(&server, &ann).await;
    enroll_phone(&server, &mut browser, &ann, NUMBER).await;
    browser.goto("/profile/security").await.follow("Add app").await;
    prove_by_text(&server, &mut browser, &ann).await;
    browser.press("Next").await.must_be_at("/profile/security/app");
    let phone = set_app_up(&server, &mut browser).await;
    (server, ann, phone)
}

/// A new browser, signed in by the code of a text that was asked for in place of the app's.
async fn sign_in_with_text_instead(server: &TestServer, person: &Person) -> Browser {
    let mut browser = behind_the_password(server, person).await;
    browser.follow("Try another way").await.press("Text a code to •••• 34").await;
    type_code(&mut browser, &server.text_code(NUMBER).await).await;
    browser.must_be_at("/profile");
    browser
}

/// Password and a code to the present number, on the page before a change.
async fn prove_by_text(server: &TestServer, browser: &mut Browser, person: &Person) {
    browser.must_see("We can text a code to •••• 34.");
    browser.press("Send a code").await.must_see("We sent a 6-digit code to •••• 34.");
    let code = server.text_code(NUMBER).await;
    browser.fill("Password", &person.password).fill("Authentication code", &code);
    browser.press("Submit").await.must_be_at("/profile/security/method");
}

async fn set_app_up(server: &TestServer, browser: &mut Browser) -> Phone {
    let phone = Phone::scan(browser);
    browser.press("Next: confirm access").await;
    browser.fill("Authentication code", &phone.code(&server.clock)).press("Next: complete setup").await;
    browser.must_see("Your new method is set up.");
    phone
}

async fn confirm_number(server: &TestServer, browser: &mut Browser, number: &str) {
    browser.fill("Mobile number", number).press("Next: confirm access").await;
    let code = server.text_code(number).await;
    browser.fill("Authentication code", &code).press("Next: complete setup").await;
    browser.must_see("Your new method is set up.");
}
