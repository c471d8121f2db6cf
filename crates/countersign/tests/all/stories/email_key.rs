//! `B3Networks`' document, but for what its policy adds: codes by email, a recovery key for who lost the mailbox, and an
//! app beside them.

use std::time::Duration;

use countersign_core::policy::presets::Preset;

use crate::harness::{
    Browser, On, Person, Phone, TestServer, behind_the_password, enroll_mailbox, forget_password, sign_in,
    sign_in_with_mail, type_code, type_password,
};

const SWITCH: &str = "Two-factor authentication";
const A_MINUTE: Duration = Duration::from_mins(1);
const NEW_PASSWORD: &str = "violet kettle hums at dawn";

/// Ann, who gets her codes by email, and her recovery key.
async fn ann(server: &TestServer) -> (Person, String) {
    let ann = server.person("Ann Ames", Preset::EmailKey).await;
    let key = enroll_mailbox(server, &mut sign_in(server, &ann).await, &ann).await;
    server.clock.advance(A_MINUTE);
    (ann, key)
}

/// Has a code mailed where an act asks for one, and reads it.
async fn mailed(server: &TestServer, browser: &mut Browser, person: &Person) -> String {
    browser.press("Send a code").await;
    browser.must_see(&format!("{}••@example.com", &person.email[..1]));
    server.mail_code(&person.email).await
}

/// Ann chose a new password by a link in her mailbox.
async fn reset(server: &TestServer, ann: &mut Person) {
    let mut browser = server.browser();
    forget_password(server, &mut browser, &ann.email).await;
    let link = server.link_in_mail(&ann.email, "/reset-password").await;
    browser.goto(&link).await.fill("New password", NEW_PASSWORD).press("Save password").await;
    ann.password = NEW_PASSWORD.into();
}

on_both_databases! {
    /// B3-1: whose address nobody proved is told why it cannot be turned on, and what to do.
    async fn nothing_is_turned_on_before_the_address_is_proved(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person_with_unproved_address("Ann Ames", Preset::EmailKey).await;
        let mut browser = sign_in(&server, &ann).await;
        browser.goto("/profile/security").await.must_see("First confirm your email address");
        browser.press(SWITCH).await;
        browser.must_see("Before you turn on two-factor authentication, we make sure that");
        assert_eq!(server.audit_events(&ann, "enrollment.started").await, 0);
    }

    /// B3-2 … B3-6, B3-12 … B3-14: from the profile to the security page, a code to the registered address, the key,
    /// and the end.
    async fn a_code_from_the_mailbox_turns_it_on_and_gives_the_key(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::EmailKey).await;
        let mut browser = sign_in(&server, &ann).await;
        browser.goto("/profile").await.follow("Security").await.press(SWITCH).await;
        browser.must_be_at("/profile/security/method");
        browser.choose("In an email").press("Next").await.must_be_at("/profile/security/email");
        browser.must_see(&format!("We email a 6-digit code to {} now", ann.email));
        browser.press("Send verification code").await.must_be_at("/profile/security/email/confirm");
        browser.must_see(&format!("We sent a 6-digit code to {}.", ann.email));
        browser.goto("/profile").await;
        assert!(!browser.page().switch_is_on(SWITCH), "nothing is on before the code was entered");
        let code = server.mail_code(&ann.email).await;
        let wrong = if code == "123456" { "654321" } else { "123456" };
        browser.goto("/profile/security/email/confirm").await;
        browser.fill("Authentication code", wrong).press("Next: complete setup").await;
        assert_eq!(browser.status(), 422);
        browser.fill("Authentication code", &code).press("Next: complete setup").await;
        assert_eq!(browser.heading(), "Save your recovery key");
        browser.must_see("keep it in a safe place, as you keep your password");
        browser.must_see("so that you are not locked out");
        let key = browser.page().text_named("Your recovery key");
        let file = browser.send("GET", "/profile/security/recovery-key/file", &[], Vec::new()).await;
        assert!(file.status == 200 && file.text().contains(&key));
        browser.goto("/profile/security/recovery-key?after=set-up").await.press("Continue").await;
        browser.must_see("Two-factor authentication is on");
        browser.must_see(&format!("for a code that we email to {}.", ann.email));
        assert_eq!(server.notices(&ann, "two_factor_turned_on").await, 1);
        server.must_keep_its_promises().await;
    }

    /// B3-7: the next sign-in takes the code in the mail, masked until then where it went.
    async fn every_sign_in_mails_a_code_and_takes_it_once(on: On) {
        let server = TestServer::start(on).await;
        let (ann, _) = ann(&server).await;
        let mut browser = behind_the_password(&server, &ann).await;
        browser.must_see(&format!("We sent a 6-digit code to {}••@example.com.", &ann.email[..1]));
        assert!(!browser.page().html.contains(&ann.email));
        let code = server.mail_code(&ann.email).await;
        let mut other = browser.copy_of();
        type_code(&mut browser, &code).await;
        browser.must_be_at("/profile");
        type_code(&mut other, &code).await;
        assert_ne!(other.path(), "/profile", "a code is used once");
        server.must_keep_its_promises().await;
    }

    /// P3: ten minutes, three further ones, each voids those before, and then the sign-in begins
    /// anew.
    async fn a_code_that_ran_out_is_replaced_three_times_and_then_no_more(on: On) {
        let server = TestServer::start(on).await;
        let (ann, _) = ann(&server).await;
        let mut browser = behind_the_password(&server, &ann).await;
        let first = server.mail_code(&ann.email).await;
        server.clock.advance(Duration::from_mins(10));
        type_code(&mut browser, &first).await;
        browser.must_see("Our last code has run out");
        for _ in 0..3 {
            browser.goto("/sign-in/code").await.press("Send a new code").await;
            server.clock.advance(Duration::from_mins(2));
        }
        let newest = server.mail_code(&ann.email).await;
        browser.goto("/sign-in/code").await;
        browser.must_see("We cannot send more codes for this sign-in. Start again, or ask support for help.");
        if first != newest {
            type_code(&mut browser, &first).await;
            browser.must_see("That code is not right.");
        }
        type_code(&mut browser, &newest).await;
        browser.must_be_at("/profile");
    }

    /// B3-7, B3-11: who cannot get the mail types the key in the same field.
    async fn the_key_admits_who_lost_the_mailbox(on: On) {
        let server = TestServer::start(on).await;
        let (ann, key) = ann(&server).await;
        let mut browser = behind_the_password(&server, &ann).await;
        browser.must_see("Cannot get a code? Enter your whole recovery key in the same field.");
        type_code(&mut browser, &key).await;
        browser.must_be_at("/sign-in/recovered");
        let new = browser.page().text_named("Your recovery key");
        assert_ne!(new, key);
        browser.press("Continue").await;
        browser.goto("/profile").await.must_be_at("/profile");
        server.must_keep_its_promises().await;
    }

    /// B3-8, B3-9, B3-10: on the security page, with a code from the mailbox and nothing else.
    async fn a_code_from_the_mailbox_turns_it_off(on: On) {
        let server = TestServer::start(on).await;
        let (ann, _) = ann(&server).await;
        let mut browser = sign_in_with_mail(&server, &ann).await;
        browser.goto("/profile/security").await.press(SWITCH).await;
        assert!(!browser.page().html.contains("name=\"password\""), "only a code is asked for");
        let code = mailed(&server, &mut browser, &ann).await;
        browser.fill("Authentication code", &code).press("Disable").await;
        browser.must_see("Two-factor authentication is off.");
        sign_in(&server, &ann).await;
        assert_eq!(server.audit_events(&ann, "two_factor.turned_off").await, 1);
        server.must_keep_its_promises().await;
    }

    /// B3-15, B3-16, B3-17: a new key takes a code from the mailbox; the old one is void.
    async fn a_code_from_the_mailbox_makes_a_new_key(on: On) {
        let server = TestServer::start(on).await;
        let (ann, old) = ann(&server).await;
        let mut browser = sign_in_with_mail(&server, &ann).await;
        browser.goto("/profile/security").await.follow("Create new recovery key").await;
        assert!(!browser.page().html.contains("name=\"password\""), "only a code is asked for");
        let code = mailed(&server, &mut browser, &ann).await;
        browser.fill("Authentication code", &code).press("Create new recovery key").await;
        let new = browser.page().text_named("Your recovery key");
        assert_ne!(new, old);
        browser.press("Continue").await;
        server.clock.advance(A_MINUTE);
        let mut browser = behind_the_password(&server, &ann).await;
        type_code(&mut browser, &old).await;
        browser.must_see("That code is not right.");
        type_code(&mut browser, &new).await;
        browser.must_be_at("/sign-in/recovered");
    }

    /// B3-18, B3-20, B3-30: the app beside it, which is asked for from then on; the mailbox stays another way.
    async fn an_app_is_another_way_and_the_mailbox_stays_one(on: On) {
        let server = TestServer::start(on).await;
        let (ann, _) = ann(&server).await;
        let mut browser = sign_in_with_mail(&server, &ann).await;
        browser.goto("/profile/security").await;
        browser.must_see("Google Authenticator Android, iPhone · recommended");
        browser.must_see("Microsoft Authenticator Android, iPhone · recommended");
        browser.follow("Add app").await;
        let code = mailed(&server, &mut browser, &ann).await;
        browser.fill("Password", &ann.password).fill("Authentication code", &code).press("Submit").await;
        browser.must_be_at("/profile/security/app");
        browser.must_see("We recommend Google Authenticator or Microsoft Authenticator.");
        let phone = Phone::scan(&browser);
        browser.press("Next: confirm access").await;
        let code = phone.code(&server.clock);
        browser.fill("Authentication code", &code).press("Next: complete setup").await;
        browser.must_see(&format!("Codes by email to {}", ann.email));

        let mails = server.mails_to(&ann.email).await.len();
        server.advance(Duration::from_secs(30));
        let mut browser = behind_the_password(&server, &ann).await;
        browser.must_see("Enter the 6-digit code from your authenticator app.");
        type_code(&mut browser, &phone.code(&server.clock)).await;
        browser.must_be_at("/profile");
        let mut browser = behind_the_password(&server, &ann).await;
        assert_eq!(server.mails_to(&ann.email).await.len(), mails, "nothing is mailed unasked");
        browser.follow("Try another way").await;
        browser.press(&format!("Email a code to {}••@example.com", &ann.email[..1])).await;
        browser.must_be_at("/sign-in/code");
        let code = server.mail_code(&ann.email).await;
        type_code(&mut browser, &code).await;
        browser.must_be_at("/profile");
    }

    /// A65, A66: a day long, who chose the password by a link to the mailbox gets no code there; the key still admits.
    async fn atk_66_a_mailbox_that_chose_the_password_gets_no_code_for_a_day(on: On) {
        let server = TestServer::start(on).await;
        let (mut ann, key) = ann(&server).await;
        reset(&server, &mut ann).await;
        let codes = || async {
            let mails = server.mails_to(&ann.email).await;
            mails.iter().filter(|mail| mail.rendered.subject.as_deref() == Some("Your Trackwell code")).count()
        };
        let before = codes().await;
        let mut thief = behind_the_password(&server, &ann).await;
        thief.must_see("You chose your password with a link to this mailbox.");
        assert!(!thief.page().html.contains("/sign-in/code/send"), "asking for one changes nothing");
        let token = thief.form_token();
        let asking = [("form_token", token.as_str()), ("by", "email")];
        assert_eq!(thief.post_form("/sign-in/code/send", &asking).await.status, 429);
        assert_eq!(codes().await, before);
        let mut owner = behind_the_password(&server, &ann).await;
        type_code(&mut owner, &key).await;
        owner.must_be_at("/sign-in/recovered");
        server.advance(Duration::from_hours(24));
        let mut later = server.browser();
        type_password(&mut later, &ann.email, &ann.password).await;
        let code = server.mail_code(&ann.email).await;
        type_code(&mut later, &code).await;
        later.must_be_at("/profile");
        server.must_keep_its_promises().await;
    }

    /// Neither phone nor anything else than the document names is offered.
    async fn nothing_but_a_mailbox_and_an_app_is_offered(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::EmailKey).await;
        let mut browser = sign_in(&server, &ann).await;
        browser.goto("/profile/security").await.press(SWITCH).await;
        browser.must_see("In an email");
        browser.must_see("In an authenticator app");
        assert!(!browser.page().html.contains("In a text message"));
    }
}
