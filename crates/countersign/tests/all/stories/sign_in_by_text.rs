//! Signing in with the code of a text message: one for each sign-in, and another one when it is asked for.

use std::time::Duration;

use countersign_core::policy::presets::Preset;

use crate::harness::{
    Browser, On, Person, Setup, TestServer, behind_the_password, enroll_app, enroll_phone, sign_in,
    sign_in_with_text, type_code,
};

const NUMBER: &str = "+15125550134";
const SENT: &str = "We sent a 6-digit code to •••• 34.";

on_both_databases! {
    /// CR-12, CR-16: one text at each sign-in, and its code admits.
    async fn each_sign_in_texts_one_new_code_which_admits(on: On) {
        let (server, ann) = somebody_with_texts(on).await;
        let mut codes = vec![server.text_code(NUMBER).await];
        for round in 2..=4 {
            let mut browser = behind_the_password(&server, &ann).await;
            browser.must_see(SENT);
            let code = server.text_code(NUMBER).await;
            let texts = server.texts_to(NUMBER).await;
            assert_eq!(texts.len(), round, "one for each sign-in");
            assert_eq!(
                texts[0].rendered.text,
                format!(
                    "{code} is your Trackwell sign-in code, asked for at 14:05 UTC (Firefox). \
                     It works for 10 minutes. We never ask for it.\n@localhost #{code}"
                )
            );
            browser.goto("/profile").await.must_be_at("/sign-in/code");
            type_code(&mut browser, &code).await;
            browser.must_be_at("/profile");
            codes.push(code);
        }
        codes.sort_unstable();
        codes.dedup();
        assert!(codes.len() > 2, "each sign-in has a code of its own: {codes:?}");
    }

    /// CR-2: the code comes from the source that each person chose, and from no other.
    async fn each_person_is_asked_for_a_code_of_the_source_they_chose(on: On) {
        let (server, ann) = somebody_with_texts(on).await;
        let ben = server.person("Ben Boyle", Preset::PerUser).await;
        let bens_app = enroll_app(&server, &mut sign_in(&server, &ben).await, &ben).await;
        server.advance(Duration::from_secs(30));

        let mut anns = behind_the_password(&server, &ann).await;
        let texted = server.text_code(NUMBER).await;
        let mut bens = behind_the_password(&server, &ben).await;
        anns.must_see(SENT);
        bens.must_see("Enter the 6-digit code from your authenticator app.");
        type_code(&mut bens, &texted).await;
        bens.must_see("That code is not right.");
        type_code(&mut bens, &bens_app.code(&server.clock)).await;
        bens.must_be_at("/profile");
        type_code(&mut anns, &texted).await;
        anns.must_be_at("/profile");
    }

    async fn a_new_code_may_be_asked_for_after_30_60_and_120_seconds_and_then_no_more(on: On) {
        let (server, ann) = somebody_with_texts(on).await;
        let mut browser = behind_the_password(&server, &ann).await;
        let before = server.texts_to(NUMBER).await.len();
        for (resend, (wait, at)) in (1..).zip([(30, "14:05:30"), (60, "14:06:30"), (120, "14:08:30")]) {
            browser.must_see(&format!("You can ask for a new code at {at} UTC (in {wait} seconds)."));
            assert!(!browser.page().has_button("Send a new code"));
            server.advance(Duration::from_millis(wait * 1000 - 1));
            ask_again(&mut browser).await;
            assert_eq!(server.texts_to(NUMBER).await.len(), before + resend - 1, "a moment too soon");

            server.advance(Duration::from_millis(1));
            browser.goto("/sign-in/code").await.press("Send a new code").await;
            browser.must_be_at("/sign-in/code");
            browser.must_see(SENT);
            assert_eq!(server.texts_to(NUMBER).await.len(), before + resend);
        }
        browser.must_see("We cannot send more codes for this sign-in. Start again, or ask support for help.");
        assert!(!browser.page().has_button("Send a new code"));
        server.advance(Duration::from_mins(5));
        ask_again(&mut browser).await;
        assert_eq!(server.texts_to(NUMBER).await.len(), before + 3);

        type_code(&mut browser, &server.text_code(NUMBER).await).await;
        browser.must_be_at("/profile");
    }

    async fn only_the_newest_code_counts_and_one_that_ran_out_is_replaced(on: On) {
        let (server, ann) = somebody_with_texts(on).await;
        let mut browser = behind_the_password(&server, &ann).await;
        let first = server.text_code(NUMBER).await;
        server.advance(Duration::from_secs(30));
        browser.goto("/sign-in/code").await.press("Send a new code").await;
        let second = server.text_code(NUMBER).await;
        assert_ne!(first, second, "one in a million");
        type_code(&mut browser, &first).await;
        browser.must_see("That code is not right. Enter the newest one that you have.");

        server.advance(Duration::from_mins(10));
        type_code(&mut browser, &second).await;
        assert_eq!(browser.status(), 409);
        browser.must_see("Our last code has run out, or too many wrong ones were entered. Ask for a new one.");
        browser.press("Send a new code").await.must_see(SENT);
        type_code(&mut browser, &server.text_code(NUMBER).await).await;
        browser.must_be_at("/profile");
    }

    async fn reload_back_and_a_second_click_cost_no_second_text_and_break_nothing(on: On) {
        let (server, ann) = somebody_with_texts(on).await;
        let mut browser = behind_the_password(&server, &ann).await;
        let texts = server.texts_to(NUMBER).await.len();
        for _ in 0..3 {
            browser.goto("/sign-in/code").await.must_see(SENT);
        }
        browser.goto("/sign-in").await.must_be_at("/sign-in");
        browser.goto("/sign-in/code").await.must_see(SENT);

        server.advance(Duration::from_secs(30));
        browser.goto("/sign-in/code").await;
        let mut second_click = browser.copy_of();
        browser.press("Send a new code").await.must_see(SENT);
        second_click.press("Send a new code").await.must_see(SENT);
        assert_eq!(server.texts_to(NUMBER).await.len(), texts + 1);

        let code = server.text_code(NUMBER).await;
        let mut second_click = browser.copy_of();
        type_code(&mut browser, &code).await;
        browser.must_be_at("/profile");
        type_code(&mut second_click, &code).await;
        second_click.must_see("This sign-in ran out or was finished elsewhere.");
        browser.goto("/sign-in/code").await.must_be_at("/profile");
    }

    async fn two_tabs_of_one_sign_in_share_its_codes(on: On) {
        let (server, ann) = somebody_with_texts(on).await;
        let mut browser = behind_the_password(&server, &ann).await;
        let mut other_tab = browser.copy_of();
        server.advance(Duration::from_secs(30));
        other_tab.goto("/sign-in/code").await.press("Send a new code").await;
        browser.goto("/sign-in/code").await.must_see("You can ask for a new code at 14:06:30 UTC");
        type_code(&mut browser, &server.text_code(NUMBER).await).await;
        browser.must_be_at("/profile");
    }

    async fn a_second_sign_in_has_codes_of_its_own(on: On) {
        let (server, ann) = somebody_with_texts(on).await;
        let mut first = behind_the_password(&server, &ann).await;
        let for_the_first = server.text_code(NUMBER).await;
        let mut second = behind_the_password(&server, &ann).await;
        let for_the_second = server.text_code(NUMBER).await;
        type_code(&mut second, &for_the_first).await;
        second.must_see("That code is not right.");
        type_code(&mut second, &for_the_second).await;
        second.must_be_at("/profile");
        first.goto("/sign-in/code").await;
        type_code(&mut first, &for_the_first).await;
        assert_eq!(first.status(), 409, "a newer code took its place");
    }

    async fn who_never_enters_their_codes_is_told_when_to_ask_again(on: On) {
        let (server, ann) = somebody_with_texts(on).await;
        for _ in 0..5 {
            behind_the_password(&server, &ann).await.must_see(SENT);
        }
        let texts = server.texts_to(NUMBER).await.len();
        let browser = behind_the_password(&server, &ann).await;
        browser.must_see("that were not entered. You can ask for one again in an hour.");
        browser.must_see("If you cannot wait, ask support for help.");
        assert_eq!(server.texts_to(NUMBER).await.len(), texts);

        server.advance(Duration::from_hours(1));
        sign_in_with_text(&server, &ann, NUMBER).await;
    }

    async fn a_number_that_is_not_texted_is_refused_and_the_app_works_instead(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = sign_in(&server, &ann).await;
        browser.goto("/profile/security/turn-on").await;
        browser.fill("Password", &ann.password).press("Submit").await;
        browser.choose("In a text message").press("Next").await;
        browser.fill("Mobile number", "+49 151 12345678").press("Next: confirm access").await;
        assert_eq!(browser.status(), 422);
        browser.must_see("We do not send text messages to numbers of this country.");
        browser.follow("Back").await.must_be_at("/profile/security/method");
        browser.choose("In an authenticator app").press("Next").await.must_be_at("/profile/security/app");
        assert!(server.texts_to("+4915112345678").await.is_empty());
    }
}

#[tokio::test]
async fn without_a_gateway_the_set_up_says_so_and_the_app_still_works() {
    let server = Setup { records_texts: false, ..Setup::default() }.start(On::Sqlite).await;
    let ann = server.person("Ann Ames", Preset::PerUser).await;
    let mut browser = sign_in(&server, &ann).await;
    browser.goto("/profile/security/turn-on").await;
    browser.fill("Password", &ann.password).press("Submit").await;
    assert!(!browser.page().has_field("In a text message"), "nothing is offered that cannot work");
    enroll_app(&server, &mut browser, &ann).await;
}

async fn somebody_with_texts(on: On) -> (TestServer, Person) {
    let server = TestServer::start(on).await;
    let ann = server.person("Ann Ames", Preset::PerUser).await;
    enroll_phone(&server, &mut sign_in(&server, &ann).await, &ann, NUMBER).await;
    (server, ann)
}

/// Sends the form of "Send a new code", whether its button is shown or not.
async fn ask_again(browser: &mut Browser) {
    let token = browser.form_token();
    browser.post_form("/sign-in/code/send", &[("form_token", &token), ("by", "sms")]).await;
}
