//! A phone number: who gets to see it, and what it takes to put another one in its place.

use std::time::Duration;

use countersign_core::policy::presets::Preset;
use countersign_store::{Sql, params};

use super::{
    sent_codes::replace_number,
    target::{gives_a_session, post, post_code},
    texted::{Texted, forget_failures, wrong},
};
use crate::harness::{Browser, On, Phone, TestServer, sign_in, sign_in_with_app, type_password};

const ANNS: &str = "+15125550134";
const NEW: &str = "+12125550187";

/// Pieces of the number that tell more than its mask does, however it is written.
const TELLING: [&str; 4] = ["5125550134", "512-555-0134", "0134", "555"];

/// Longer than any number is written.
const A_RANDOM_WORD: usize = 16;

on_both_databases! {
    /// A38: before the password, no page shows anything of a number, and none differs for who has a phone.
    async fn atk_38_nothing_of_a_number_is_shown_before_the_password(on: On) {
        let server = TestServer::start(on).await;
        let ann = Texted::new(&server, "Ann Ames", ANNS).await;
        let bea = server.person("Bea Ames", Preset::Default).await;
        let mut told = Vec::new();
        for email in [&ann.person.email, &bea.email, &"cyd.ames@example.com".to_owned()] {
            let mut stranger = server.browser();
            for _ in 0..6 {
                type_password(&mut stranger, email, "not the password of anybody").await;
                let page = stranger.page().text_without_id();
                assert!(!shows_more_than_the_mask(&page) && !page.contains("34"), "{page}");
            }
            let page = stranger.page().text_without_id();
            told.push((stranger.status(), page));
        }
        told.dedup();
        assert_eq!(told.len(), 1, "{told:?}");
    }

    /// A38: after the password, the mask and nothing more; the whole number is for its signed-in owner.
    async fn atk_38_a_half_made_sign_in_shows_the_mask_only(on: On) {
        let server = TestServer::start(on).await;
        let mut ann = Texted::new(&server, "Ann Ames", ANNS).await;
        let (mut half, _) = ann.half_signed_in(&server).await;
        for path in ["/sign-in/code", "/sign-in/other-way", "/sign-in", "/profile/security"] {
            let reply = half.send("GET", path, &[], Vec::new()).await;
            assert!(!shows_more_than_the_mask(&reply.text()), "{path}");
        }
        half.goto("/sign-in/code").await.must_see("•••• 34");
        for text in [post_code(&mut half, "000000").await.text_without_id(), half.page().html.clone()] {
            assert!(!shows_more_than_the_mask(&text), "{text}");
        }
        ann.browser.goto("/profile/security").await.must_see("+1 512-555-0134");
    }

    /// A48: a new number is a new binding: behind the proofs, confirmed by a code of its own, and told; then
    /// nothing goes to the old one any more, and nothing from it is good.
    async fn atk_48_a_new_number_is_a_new_binding_and_the_old_one_is_out(on: On) {
        let server = TestServer::start(on).await;
        let mut ann = Texted::new(&server, "Ann Ames", ANNS).await;
        let mut elsewhere = ann.browser.copy_of();
        let mut own = ann.browser.copy_of();
        let proof = ann.code_for(&server, &mut own, "change_methods").await;
        replace_number(&server, &mut own, (&ann.person, &proof), NEW).await;
        assert_eq!(server.notices(&ann.person, "method_replaced").await, 1);
        elsewhere.goto("/profile").await.must_be_at("/sign-in");

        let to_the_old_one = ann.sent(&server).await;
        NEW.clone_into(&mut ann.to);
        let (mut half, code) = ann.half_signed_in(&server).await;
        assert!(!gives_a_session(&post_code(&mut half, &proof).await));
        assert!(gives_a_session(&post_code(&mut half, &code).await));
        for act in ["turn_off", "change_methods", "change_password"] {
            ann.code_for(&server, &mut own, act).await;
        }
        assert_eq!(server.texts_to(ANNS).await.len(), to_the_old_one);
    }

    /// A48: the same number once more is a new binding, too: somebody else may hold it by now.
    async fn atk_48_the_same_number_again_is_a_new_binding(on: On) {
        let server = TestServer::start(on).await;
        let ann = Texted::new(&server, "Ann Ames", ANNS).await;
        let (mut half, old_code) = ann.half_signed_in(&server).await;
        let mut own = ann.browser.copy_of();
        let proof = ann.code_for(&server, &mut own, "change_methods").await;
        replace_number(&server, &mut own, (&ann.person, &proof), ANNS).await;
        let phones = server.rows(&PHONES, params![ann.person.id.as_str()]).await;
        let in_force = phones.iter().filter(|row| row.optional_int(1).unwrap().is_none()).count();
        assert_eq!((phones.len(), in_force), (2, 1));
        assert_ne!(phones[0].text(0).unwrap(), phones[1].text(0).unwrap());
        assert!(!gives_a_session(&post_code(&mut half, &old_code).await));
    }

    /// A48: until the new number is confirmed, the old one stays what it was.
    async fn atk_48_a_number_that_was_not_confirmed_replaces_nothing(on: On) {
        let server = TestServer::start(on).await;
        let ann = Texted::new(&server, "Ann Ames", ANNS).await;
        let mut own = ann.browser.copy_of();
        let proof = ann.code_for(&server, &mut own, "change_methods").await;
        begin_replacing(&mut own, (&ann.person.password, &proof)).await;
        let code = server.text_code(NEW).await;
        let reply = post(&mut own, "/profile/security/phone/confirm", &[("code", &*wrong(&code))]).await;
        assert_eq!(reply.status, 422);
        server.advance(Duration::from_mins(10));
        let late = post(&mut own, "/profile/security/phone/confirm", &[("code", &*code)]).await;
        assert!([303, 409].contains(&late.status), "{}", late.status);
        let (mut half, code) = ann.half_signed_in(&server).await;
        assert!(gives_a_session(&post_code(&mut half, &code).await), "the old number is asked as before");
        assert_eq!(server.notices(&ann.person, "method_replaced").await, 0);
    }

    /// A48: whoever took over a number, with session and password besides, gets rid of no app by it.
    async fn atk_48_a_texted_code_neither_removes_nor_replaces_an_app(on: On) {
        let server = TestServer::start(on).await;
        let ann = Texted::new(&server, "Ann Ames", ANNS).await;
        let mut own = ann.browser.copy_of();
        let proof = ann.code_for(&server, &mut own, "change_methods").await;
        own.goto("/profile/security/change?method=app").await;
        own.fill("Password", &ann.person.password).fill("Authentication code", &proof).press("Submit").await;
        own.choose("In an authenticator app").press("Next").await;
        let app = Phone::scan(&own);
        own.press("Next: confirm access").await;
        own.fill("Authentication code", &app.code(&server.clock)).press("Next: complete setup").await;
        own.must_see("Your new method is set up.");

        // A session that was signed in by the app, which the thief does not have.
        let mut thief = sign_in_with_app(&server, &ann.person, &app).await;
        for (act, door) in
            [("turn_off", "/profile/security/turn-off"), ("change_methods", "/profile/security/change")]
        {
            post(thief.goto("/profile").await, "/profile/security/send-code", &[("act", act), ("by", "sms")]).await;
            let code = server.text_code(ANNS).await;
            let both = [("password", ann.person.password.as_str()), ("code", &code)];
            post(&mut thief, door, &both).await;
            thief.goto("/profile").await;
            let chosen = post(&mut thief, "/profile/security/method", &[("method", "app")]).await;
            assert_ne!(chosen.location(), Some("/profile/security/app"), "{door}");
            forget_failures(&server).await;
        }
        assert_eq!(server.audit_events(&ann.person, "two_factor.turned_off").await, 0);
        sign_in_with_app(&server, &ann.person, &app).await;
    }

    /// A53, A56: whoever has a session and even the password neither turns off nor adds nor replaces without a code.
    async fn atk_53_changing_or_removing_a_phone_takes_password_and_code(on: On) {
        let server = TestServer::start(on).await;
        let ann = Texted::new(&server, "Ann Ames", ANNS).await;
        let password = ann.person.password.as_str();
        for (act, door, event) in [
            ("turn_off", "/profile/security/turn-off", "two_factor.turned_off"),
            ("change_methods", "/profile/security/change", "enrollment.started"),
        ] {
            let mut own = ann.browser.copy_of();
            let events_before = server.audit_events(&ann.person, event).await;
            let reply = post(own.goto("/profile").await, door, &[("password", password), ("code", "000000")]).await;
            assert_eq!(reply.status, 409, "no code was sent, none is compared: {}", reply.text());
            let code = ann.code_for(&server, &mut own, act).await;
            for (password, code, status) in [
                (password, "", 422),
                ("", &*code, 422),
                ("a guess", &code, 422),
                (password, &wrong(&code), 422),
            ] {
                let reply = post(&mut own, door, &[("password", password), ("code", code)]).await;
                assert_eq!(reply.status, status, "{door} {password} {code}: {}", reply.text());
                forget_failures(&server).await;
            }
            // The door for people who have no second factor yet is none for those who have.
            let reply = post(&mut own, "/profile/security/turn-on", &[("password", password)]).await;
            assert_eq!(reply.status, 403, "{}", reply.text());
            assert_eq!(server.audit_events(&ann.person, event).await, events_before);
        }
        let mut own = ann.browser.copy_of();
        let code = server.text_code(ANNS).await;
        let both = [("password", password), ("code", code.as_str())];
        assert_eq!(post(own.goto("/profile").await, "/profile/security/change", &both).await.status, 303);
    }
}

/// A wrong password neither sends a code to the number nor tells that there is one.
#[tokio::test]
async fn atk_38_a_wrong_password_costs_no_text() {
    let server = TestServer::start(On::Sqlite).await;
    let ann = Texted::new(&server, "Ann Ames", ANNS).await;
    let before = ann.sent(&server).await;
    let mut stranger = server.browser();
    type_password(&mut stranger, &ann.person.email, "not the password of Ann").await;
    assert_eq!((stranger.status(), ann.sent(&server).await), (422, before));
    let bea = server.person("Bea Birch", Preset::Default).await;
    sign_in(&server, &bea).await;
    assert_eq!(ann.sent(&server).await, before);
}

fn shows_more_than_the_mask(page: &str) -> bool {
    // Long words are random (tokens, the id of the request) and may hold any three digits.
    let words =
        page.split_inclusive(|letter: char| !letter.is_ascii_alphanumeric() && !"-_".contains(letter));
    let written: String = words.filter(|word| word.len() < A_RANDOM_WORD).collect();
    TELLING.iter().any(|piece| written.contains(piece))
}

/// Up to the code that is texted to the new number.
async fn begin_replacing(browser: &mut Browser, (password, proof): (&str, &str)) {
    browser.goto("/profile/security/change?method=phone").await;
    browser.fill("Password", password).fill("Authentication code", proof).press("Submit").await;
    browser.choose("In a text message").press("Next").await;
    browser.fill("Mobile number", NEW).press("Next: confirm access").await;
}

static PHONES: Sql = Sql::new(
    "SELECT id, revoked_at FROM authenticators WHERE user_id = $1 AND kind = 'phone' ORDER BY created_at",
);
