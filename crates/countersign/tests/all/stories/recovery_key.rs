//! The recovery key, as Callroute's document tells it: given at the set-up, used where the phone is lost, replaced.

use std::time::Duration;

use countersign_core::policy::presets::Preset;

use crate::harness::{
    Browser, On, Person, Phone, TestServer, behind_the_password, enroll_app_with_key, sign_in,
    sign_in_with_app, type_code,
};

/// Each key and its event have a time of their own.
const A_MINUTE: Duration = Duration::from_mins(1);

/// Ann, who has an app and a key of her own.
async fn ann(server: &TestServer) -> (Person, String) {
    let ann = server.person("Ann Ames", Preset::Authenticator).await;
    let (_, key) = enroll_app_with_key(server, &mut sign_in(server, &ann).await).await;
    (ann, key)
}

/// What the file of a page says.
async fn downloaded(browser: &mut Browser, path: &str) -> String {
    let reply = browser.send("GET", path, &[], Vec::new()).await;
    assert_eq!(reply.status, 200, "{path}");
    assert_eq!(reply.header("content-disposition"), Some("attachment; filename=\"recovery-key.txt\""));
    assert_eq!(reply.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    reply.text()
}

on_both_databases! {
    /// CRT-2, CRT-12, CRT-13: the app only, and a key at its end, to be kept in a safe place.
    async fn a_set_up_gives_a_key_to_keep_and_says_then_that_it_is_on(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Authenticator).await;
        let mut browser = sign_in(&server, &ann).await;
        let (phone, key) = enroll_app_with_key(&server, &mut browser).await;
        assert_eq!(key.split('-').map(str::len).collect::<Vec<_>>(), [4; 7]);
        browser.must_be_at("/profile/security/turned-on");
        browser.must_see("The next time you sign in, we ask for your password and then for a code");
        browser.goto("/profile/security/recovery-key").await.must_be_at("/profile/security");
        assert_eq!(server.audit_events(&ann, "recovery_key.made").await, 1);
        sign_in_with_app(&server, &ann, &phone).await;
        server.must_keep_its_promises().await;
    }

    /// CRT-12, CRT-20, B3-14: until the person goes on, the same key is shown again, and as a file that names nobody.
    async fn a_key_that_is_not_saved_yet_is_shown_again_and_downloaded(on: On) {
        let server = TestServer::start(on).await;
        let (ann, key) = ann(&server).await;
        let mut browser = behind_the_password(&server, &ann).await;
        type_code(&mut browser, &key).await;
        browser.must_see("keep it in a safe place");
        let new = browser.page().text_named("Your recovery key");
        assert_eq!(browser.goto("/sign-in/recovered").await.page().text_named("Your recovery key"), new);
        browser.goto("/sign-in").await.must_be_at("/sign-in/recovered");
        browser.goto("/sign-in/code").await.must_be_at("/sign-in/recovered");
        browser.goto("/profile").await.must_be_at("/sign-in/recovered");
        let file = downloaded(&mut browser, "/sign-in/recovered/file").await;
        assert!(file.contains(&new) && !file.contains("Ann") && !file.contains(&ann.email), "{file}");
    }

    /// CRT-14, CRT-16, CRT-18, CRT-19, CRT-20: behind the password, in the field of the code; and the old one is void.
    async fn a_lost_phone_costs_no_ticket(on: On) {
        let server = TestServer::start(on).await;
        let (ann, key) = ann(&server).await;
        server.clock.advance(A_MINUTE);
        let mut browser = behind_the_password(&server, &ann).await;
        browser.must_see("Enter your whole recovery key in the same field.");
        type_code(&mut browser, &key.to_lowercase().replace('-', " ")).await;
        browser.must_be_at("/sign-in/recovered");
        assert_eq!(browser.heading(), "Save your new recovery key");
        let new = browser.page().text_named("Your recovery key");
        browser.goto("/sign-in/recovered").await.press("Continue").await.must_be_at("/profile/security");
        browser.goto("/sign-in/recovered").await.must_be_at("/profile");

        server.clock.advance(A_MINUTE);
        let mut next = behind_the_password(&server, &ann).await;
        type_code(&mut next, &key).await;
        assert_eq!(next.status(), 422);
        next.must_see("That code is not right.");
        type_code(&mut next, &new).await;
        next.must_be_at("/sign-in/recovered");
        next.press("Continue").await.must_be_at("/profile/security");

        server.settle().await;
        assert_eq!(server.audit_events(&ann, "recovery_key.used").await, 2);
        assert_eq!(server.notices(&ann, "recovery_key_used").await, 2);
        let mails = server.mails_to(&ann.email).await;
        assert!(mails.iter().any(|mail| mail.rendered.subject.as_deref() == Some("Your recovery key was used")));
        server.must_keep_its_promises().await;
    }

    /// CRT-6, CRT-14: right after the key admitted them, people set the new phone up behind the password alone.
    async fn a_lost_phone_is_replaced_right_after_the_recovery(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Authenticator).await;
        let (old, key) = enroll_app_with_key(&server, &mut sign_in(&server, &ann).await).await;
        server.clock.advance(A_MINUTE);
        let mut browser = behind_the_password(&server, &ann).await;
        type_code(&mut browser, &key).await;
        browser.press("Continue").await.must_see("You signed in with your recovery key.");
        let mut late = browser.copy_of();
        browser.follow("Edit app").await.press("Submit").await;
        assert_eq!(browser.error_summary(), ["Enter your password."]);
        browser.fill("Password", &ann.password).press("Submit").await.must_be_at("/profile/security/app");
        let new = Phone::scan(&browser);
        browser.press("Next: confirm access").await;
        browser.fill("Authentication code", &new.code(&server.clock)).press("Next: complete setup").await;
        browser.must_see("Your new method is set up.");
        late.goto("/profile").await.must_be_at("/sign-in");

        server.clock.advance(Duration::from_mins(5));
        browser.goto("/profile/security").await.follow("Edit app").await.must_see("Authentication code");
        let mut next = behind_the_password(&server, &ann).await;
        type_code(&mut next, &old.code(&server.clock)).await;
        next.must_see("That code is not right.");
        type_code(&mut next, &new.code(&server.clock)).await;
        next.must_be_at("/profile");
        server.must_keep_its_promises().await;
    }

    /// CRT-17: a part is refused; what is plainly a slip costs no try and says what is wrong.
    async fn the_whole_key_is_needed_and_a_slip_is_told(on: On) {
        let server = TestServer::start(on).await;
        let (ann, key) = ann(&server).await;
        let mut browser = behind_the_password(&server, &ann).await;
        let swapped = key.replacen(&key[..2], &format!("{}{}", &key[1..2], &key[..1]), 1);
        for slip in [key[..33].to_owned(), format!("{key}0"), swapped].iter().filter(|slip| **slip != key) {
            type_code(&mut browser, slip).await;
            assert_eq!(browser.status(), 422, "{slip}");
            browser.must_see("one of its 28 characters is wrong, missing or too many");
        }
        type_code(&mut browser, &key[..17]).await;
        browser.must_see("That code is not right.");
        browser.must_see("4 more wrong tries");
        type_code(&mut browser, &key).await;
        browser.must_be_at("/sign-in/recovered");
    }

    /// B3-15, B3-17: behind password and code; the old one is void.
    async fn a_new_key_is_made_on_the_security_page(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Authenticator).await;
        let mut first = sign_in(&server, &ann).await;
        let (phone, key) = enroll_app_with_key(&server, &mut first).await;
        let mut browser = sign_in_with_app(&server, &ann, &phone).await;
        server.clock.advance(Duration::from_secs(30));
        browser.goto("/profile/security").await.follow("Create new recovery key").await;
        browser.fill("Password", &ann.password).press("Create new recovery key").await;
        assert_eq!(browser.error_summary(), ["Enter the code from your authenticator app."]);
        browser.fill("Password", &ann.password).fill("Authentication code", &phone.code(&server.clock));
        browser.press("Create new recovery key").await.must_be_at("/profile/security/recovery-key");
        let new = browser.page().text_named("Your recovery key");
        let file = downloaded(&mut browser, "/profile/security/recovery-key/file").await;
        assert!(file.contains(&new));
        browser.goto("/profile/security/recovery-key").await.press("Continue").await;
        browser.must_be_at("/profile/security");
        browser.must_see("Your recovery key is in force.");
        first.goto("/profile").await.must_be_at("/sign-in");
        assert_eq!(server.notices(&ann, "recovery_key_made").await, 1);

        let mut elsewhere = behind_the_password(&server, &ann).await;
        type_code(&mut elsewhere, &key).await;
        elsewhere.must_see("That code is not right.");
        type_code(&mut elsewhere, &new).await;
        elsewhere.must_be_at("/sign-in/recovered");
    }

    /// With what it stands in for, the key goes as well.
    async fn turning_it_off_takes_the_key_with_it(on: On) {
        let server = TestServer::start(on).await;
        let (ann, key) = ann(&server).await;
        let mut browser = behind_the_password(&server, &ann).await;
        type_code(&mut browser, &key).await;
        let new = browser.page().text_named("Your recovery key");
        browser.press("Continue").await;
        browser.goto("/profile/security").await.press("Two-factor authentication").await;
        browser.press("Disable").await;
        browser.must_see("Two-factor authentication is off.");
        let mut browser = sign_in(&server, &ann).await;
        let (_, another) = enroll_app_with_key(&server, &mut browser).await;
        let mut elsewhere = behind_the_password(&server, &ann).await;
        type_code(&mut elsewhere, &new).await;
        elsewhere.must_see("That code is not right.");
        type_code(&mut elsewhere, &another).await;
        elsewhere.must_be_at("/sign-in/recovered");
    }
}
