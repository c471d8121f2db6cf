//! Turning two-factor authentication off again, by the password as the preset's document says.

use countersign_core::{
    ceremony::by_operator::{Lost, Reset},
    policy::presets::Preset,
    refusal::Refusal,
    stated_reason::StatedReason,
    user::EmailAddress,
};

use crate::harness::{On, TestServer, enroll_app, enroll_phone, sign_in, sign_in_with_app};

const SWITCH: &str = "Two-factor authentication";
const NUMBER: &str = "+15125550134";

on_both_databases! {
    /// CR-27: the same page, the same switch.
    async fn the_same_switch_turns_it_off(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = sign_in(&server, &ann).await;
        enroll_app(&server, &mut browser, &ann).await;

        browser.goto("/profile/security").await.press(SWITCH).await;
        browser.must_be_at("/profile/security/turn-off");
        assert_eq!(browser.heading(), "Turn off two-factor authentication?");
        browser.fill("Password", &ann.password).press("Disable").await;
        browser.must_be_at("/profile/security");
        browser.must_see("Two-factor authentication is off.");
        assert!(!browser.page().switch_is_on(SWITCH));
        assert_eq!(server.notices(&ann, "two_factor_turned_off").await, 1);
        assert_eq!(server.audit_events(&ann, "two_factor.turned_off").await, 1);
        sign_in(&server, &ann).await;
    }

    /// CR-28: the password and nothing else, and nothing is off before it.
    async fn it_stays_on_until_the_right_password(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = sign_in(&server, &ann).await;
        let phone = enroll_app(&server, &mut browser, &ann).await;

        browser.goto("/profile/security/turn-off").await;
        assert!(!browser.page().has_field("Authentication code"), "the document asks for no code");
        browser.press("Disable").await;
        assert_eq!(browser.error_summary(), ["Enter your password."]);
        browser.fill("Password", "not her password").press("Disable").await;
        assert_eq!(browser.status(), 422);
        browser.must_see("That password is not right. After 4 more wrong tries");
        browser.follow("Keep it on").await;
        assert!(browser.page().switch_is_on(SWITCH));
        assert_eq!(server.notices(&ann, "two_factor_turned_off").await, 0);
        sign_in_with_app(&server, &ann, &phone).await;
    }

    async fn under_best_practice_a_texted_code_is_needed_beside_the_password(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let mut browser = sign_in(&server, &ann).await;
        enroll_phone(&server, &mut browser, &ann, NUMBER).await;
        browser.goto("/profile/security/turn-off").await.fill("Password", &ann.password).press("Disable").await;
        assert_eq!(browser.error_summary(), ["Enter the code that we sent to you."]);
        browser.press("Send a code").await.must_be_at("/profile/security/turn-off");
        browser.must_see("We sent a 6-digit code to •••• 34.");
        let code = server.text_code(NUMBER).await;
        browser.fill("Password", &ann.password).fill("Authentication code", &code).press("Disable").await;
        browser.must_see("Two-factor authentication is off.");
        sign_in(&server, &ann).await;
    }

    /// An operator helps who lost the phone, and the person is told who did it.
    async fn an_operator_takes_a_lost_second_factor_off(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let email = EmailAddress::parse(&ann.email).unwrap();
        let whom = server.service.user_named(&email).await.unwrap();
        let reset = Reset { lost: Lost::SecondFactors, reason: StatedReason::parse("lost the phone").unwrap() };
        let nothing = server.service.reset_at_console(whom.clone(), reset.clone()).await.unwrap();
        assert_eq!(nothing, Err(Refusal::NothingThere));
        let mut lost = sign_in(&server, &ann).await;
        enroll_phone(&server, &mut lost, &ann, NUMBER).await;

        server.service.reset_at_console(whom, reset).await.unwrap().unwrap();
        lost.goto("/profile").await.must_be_at("/sign-in");
        sign_in(&server, &ann).await;
        let mails = server.mails_to(&ann.email).await;
        let told = &mails.first().unwrap().rendered;
        assert_eq!(told.subject.as_deref(), Some("Your two-factor authentication was removed"));
        assert!(!told.text.contains("0.0.0.0") && !told.text.contains("127.0.0.1"), "{}", told.text);
    }

    /// CR-29: who else has it on is asked as before.
    async fn turning_it_off_changes_ones_own_sign_in_only(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let ben = server.person("Ben Boyle", Preset::PerUser).await;
        let mut anns = sign_in(&server, &ann).await;
        enroll_app(&server, &mut anns, &ann).await;
        let mut bens = sign_in(&server, &ben).await;
        let bens_phone = enroll_app(&server, &mut bens, &ben).await;

        anns.goto("/profile/security/turn-off").await;
        anns.must_see("This changes your own sign-in only.");
        anns.fill("Password", &ann.password).press("Disable").await;
        anns.must_see("Two-factor authentication is off.");

        sign_in(&server, &ann).await;
        sign_in_with_app(&server, &ben, &bens_phone).await;
        bens.goto("/profile/security").await;
        assert!(bens.page().switch_is_on(SWITCH));
        assert_eq!(server.notices(&ben, "two_factor_turned_off").await, 0);
    }
}
