//! The gateway is slow, silent, broken or confused: the page answers all the same, and says what works.
//!
//! A gateway that holds its answer back until the test lets it go shows that no page waited for it.

use std::time::Duration;

use countersign_core::policy::presets::Preset;

use super::gateway::{Behavior, Gateway};
use crate::harness::{
    On, Person, Phone, Setup, TestServer, behind_the_password, choosing_a_method, enroll_app,
    sign_in_with_app, type_code,
};

const NUMBER: &str = "+15125550134";
const ON_ITS_WAY: &str = "Your 6-digit code is on its way to •••• 34.";
const SENT: &str = "We sent a 6-digit code to •••• 34.";
const FAILED: &str = "We could not send a code to •••• 34.";

on_both_databases! {
    async fn a_slow_gateway_is_not_waited_for(on: On) {
        let (gateway, server, ann) = somebody_impatient_with_texts(on).await;
        gateway.behave(Behavior::Hold);
        let mut browser = behind_the_password(&server, &ann).await;
        browser.must_see(ON_ITS_WAY);
        browser.must_see("You can ask for a new code at 14:05:31 UTC");
        gateway.release();
        server.settle().await;
        browser.goto("/sign-in/code").await.must_see(SENT);
        assert_eq!(gateway.texts_to(NUMBER).len(), 2);
        type_code(&mut browser, &gateway.code(NUMBER)).await;
        browser.must_be_at("/profile");
        server.must_keep_its_promises().await;
    }

    async fn a_gateway_that_never_answers_leaves_the_app(on: On) {
        let (gateway, server, ann) = somebody_impatient_with_texts(on).await;
        let phone = add_app(&gateway, &server, &ann).await;
        gateway.behave(Behavior::Hold);
        server.clock.advance(Duration::from_secs(30));
        let mut browser = behind_the_password(&server, &ann).await;
        browser.follow("Try another way").await.press("Text a code to •••• 34").await;
        browser.must_see(ON_ITS_WAY);
        browser.follow("Try another way").await.follow("Use your authenticator app").await;
        type_code(&mut browser, &phone.code(&server.clock)).await;
        browser.must_be_at("/profile");
        sign_in_with_app(&server, &ann, &phone).await;
        server.must_keep_its_promises().await;
    }

    async fn a_gateway_that_fails_for_a_while_gets_the_text_again_within_its_life(on: On) {
        let (gateway, server, ann) = somebody_with_texts(on).await;
        gateway.behave(Behavior::Refuse(500, 20500));
        let mut browser = behind_the_password(&server, &ann).await;
        browser.must_see(ON_ITS_WAY);
        server.settle().await;
        gateway.behave(Behavior::Accept);
        server.advance(Duration::from_secs(3));
        server.settle().await;
        browser.goto("/sign-in/code").await.must_see(SENT);
        assert_eq!(gateway.texts_to(NUMBER).len(), 2);
        type_code(&mut browser, &gateway.code(NUMBER)).await;
        browser.must_be_at("/profile");
        server.must_keep_its_promises().await;
    }

    async fn a_code_that_outlived_the_failure_is_never_sent(on: On) {
        let (gateway, server, ann) = somebody_with_texts(on).await;
        gateway.behave(Behavior::Refuse(503, 20500));
        let mut browser = behind_the_password(&server, &ann).await;
        for _ in 0..20 {
            server.advance(Duration::from_secs(30));
            server.settle().await;
        }
        gateway.behave(Behavior::Accept);
        server.advance(Duration::from_mins(1));
        server.settle().await;
        assert_eq!(gateway.texts_to(NUMBER).len(), 1, "the one of the set-up");
        browser.goto("/sign-in/code").await.must_see(FAILED);
        browser.press("Send a new code").await.must_see(SENT);
        type_code(&mut browser, &gateway.code(NUMBER)).await;
        browser.must_be_at("/profile");
        server.must_keep_its_promises().await;
    }

    async fn a_code_that_a_newer_one_replaced_while_it_waited_is_never_sent(on: On) {
        let (gateway, server, ann) = somebody_with_texts(on).await;
        gateway.behave(Behavior::Refuse(503, 20500));
        let mut browser = behind_the_password(&server, &ann).await;
        server.advance(Duration::from_secs(30));
        server.settle().await;
        browser.goto("/sign-in/code").await.press("Send a new code").await;
        server.settle().await;
        gateway.behave(Behavior::Accept);
        server.advance(Duration::from_mins(1));
        server.settle().await;
        assert_eq!(gateway.texts_to(NUMBER).len(), 2, "the one of the set-up, and the newest");
        type_code(&mut browser, &gateway.code(NUMBER)).await;
        browser.must_be_at("/profile");
    }

    async fn a_number_that_the_gateway_refuses_for_good_is_told_at_once(on: On) {
        let (gateway, server, ann) = somebody_with_texts(on).await;
        gateway.behave(Behavior::Refuse(400, 21610));
        let browser = behind_the_password(&server, &ann).await;
        browser.must_see(&format!("{FAILED} If you cannot wait, ask support for help."));
        browser.must_see("Contact support@example.com");
        server.advance(Duration::from_mins(5));
        server.settle().await;
        assert_eq!(gateway.requests(), 2, "it is not asked again");
    }

    async fn in_a_set_up_the_app_is_offered_where_no_text_arrives(on: On) {
        let gateway = Gateway::start().await;
        let server = gateway.as_twilio().start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        gateway.behave(Behavior::Refuse(400, 21211));
        let mut browser = choosing_a_method(&server, &ann).await;
        browser.choose("In a text message").press("Next").await;
        browser.fill("Mobile number", NUMBER).press("Next: confirm access").await;
        browser.must_see(
            "We could not send a code to +1 512-555-0134. \
             You can go back and choose an authenticator app instead.",
        );
        enroll_app(&server, &mut browser, &ann).await;
    }

    async fn a_gateway_that_hangs_up_gets_the_text_again(on: On) {
        let (gateway, server, ann) = somebody_with_texts(on).await;
        gateway.behave(Behavior::HangUp);
        let mut browser = behind_the_password(&server, &ann).await;
        browser.must_see(ON_ITS_WAY);
        server.settle().await;
        gateway.behave(Behavior::Accept);
        server.advance(Duration::from_secs(3));
        server.settle().await;
        assert_eq!(gateway.texts_to(NUMBER).len(), 2);
        type_code(&mut browser, &gateway.code(NUMBER)).await;
        browser.must_be_at("/profile");
    }

    /// Perhaps twice, never not at all; and twice is the same code, which admits once.
    async fn a_text_whose_answer_was_lost_may_come_twice_and_its_code_counts_once(on: On) {
        let (gateway, server, ann) = somebody_with_texts(on).await;
        gateway.behave(Behavior::LoseTheAnswer);
        let mut browser = behind_the_password(&server, &ann).await;
        server.settle().await;
        gateway.behave(Behavior::Accept);
        server.advance(Duration::from_secs(3));
        server.settle().await;
        let texts = gateway.texts_to(NUMBER);
        assert_eq!(texts.len(), 3);
        assert_eq!(texts[1].body, texts[2].body);
        let mut again = browser.copy_of();
        type_code(&mut browser, &texts[1].code()).await;
        browser.must_be_at("/profile");
        type_code(&mut again, &texts[2].code()).await;
        assert_eq!(again.status(), 409);
    }

    /// The second answer, a refusal, is not taken for that of the next text.
    async fn a_gateway_that_answers_twice_confuses_nobody(on: On) {
        let (gateway, server, ann) = somebody_with_texts(on).await;
        gateway.behave(Behavior::AnswerTwice);
        for round in 2..=4 {
            let mut browser = behind_the_password(&server, &ann).await;
            browser.must_see(SENT);
            server.settle().await;
            assert_eq!(gateway.texts_to(NUMBER).len(), round);
            type_code(&mut browser, &gateway.code(NUMBER)).await;
            browser.must_be_at("/profile");
            server.clock.advance(Duration::from_secs(1));
        }
        assert!(server.service.outbox().await.unwrap().dead.is_empty());
        server.must_keep_its_promises().await;
    }
}

async fn somebody_with_texts(on: On) -> (Gateway, TestServer, Person) {
    somebody(on, |setup| setup).await
}

async fn somebody_impatient_with_texts(on: On) -> (Gateway, TestServer, Person) {
    somebody(on, Setup::impatient_as_people).await
}

async fn somebody(on: On, change: impl FnOnce(Setup) -> Setup) -> (Gateway, TestServer, Person) {
    let gateway = Gateway::start().await;
    let server = change(gateway.as_twilio()).start(on).await;
    let ann = server.person("Ann Ames", Preset::PerUser).await;
    gateway.enroll(&server, &ann, NUMBER).await;
    (gateway, server, ann)
}

/// Adds an app beside the phone.
async fn add_app(gateway: &Gateway, server: &TestServer, person: &Person) -> Phone {
    let mut browser = behind_the_password(server, person).await;
    server.settle().await;
    type_code(&mut browser, &gateway.code(NUMBER)).await;
    server.clock.advance(Duration::from_secs(1));
    browser.goto("/profile/security").await.follow("Add app").await.press("Send a code").await;
    server.settle().await;
    browser.fill("Password", &person.password).fill("Authentication code", &gateway.code(NUMBER));
    browser.press("Submit").await.press("Next").await;
    let phone = Phone::scan(&browser);
    browser.press("Next: confirm access").await;
    browser.fill("Authentication code", &phone.code(&server.clock)).press("Next: complete setup").await;
    browser.must_see("Your new method is set up.");
    phone
}
