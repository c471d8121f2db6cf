//! Backup codes: generated, saved, used where the phone is lost, counted down, replaced by newer ones.

use std::time::Duration;

use countersign_core::policy::presets::Preset;

use crate::harness::{
    Browser, On, Person, Phone, TestServer, behind_the_password, choose_app, enroll_app,
    generate_backup_codes, operator, shown_codes, sign_in, sign_in_with_app, type_code,
};

/// Each use and its event have a time of their own.
const A_MINUTE: Duration = Duration::from_mins(1);

/// Ann, her app, and the ten codes that she saved.
async fn ann(server: &TestServer) -> (Person, Phone, Vec<String>) {
    let ann = server.person("Ann Ames", Preset::Default).await;
    let mut browser = sign_in(server, &ann).await;
    let phone = enroll_app(server, &mut browser, &ann).await;
    let codes = generate_backup_codes(server, &mut browser, (&ann, &phone)).await;
    (ann, phone, codes)
}

/// Signed in by a backup code.
async fn sign_in_with(server: &TestServer, person: &Person, code: &str) -> Browser {
    server.clock.advance(A_MINUTE);
    let mut browser = behind_the_password(server, person).await;
    type_code(&mut browser, code).await;
    browser.must_be_at("/profile/security/backup-code-used");
    browser
}

on_both_databases! {
    /// CTM-20, CTM-22, CTM-23, CTM-24: offered when the second step is on, behind a proof, shown once to be kept.
    async fn codes_are_generated_behind_a_proof_and_shown_once(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let mut browser = sign_in(&server, &ann).await;
        let phone = enroll_app(&server, &mut browser, &ann).await;
        browser.must_see("What if you cannot get a code one day?");
        server.clock.advance(Duration::from_secs(30));
        browser.follow("Generate backup codes").await.press("Generate backup codes").await;
        assert_eq!(
            browser.error_summary(),
            ["Enter your password.", "Enter the code from your authenticator app."]
        );
        let wrong = phone.wrong_code(&server.clock);
        browser.fill("Password", &ann.password).fill("Authentication code", &wrong);
        browser.press("Generate backup codes").await;
        assert_eq!(browser.status(), 422);
        browser.fill("Password", &ann.password).fill("Authentication code", &phone.code(&server.clock));
        browser.press("Generate backup codes").await.must_be_at("/profile/security/backup-codes");
        browser.must_see("keep them in a safe place");
        let codes = shown_codes(&browser);
        assert_eq!(codes.len(), 10);
        assert!(codes.iter().all(|code| code.split('-').map(str::len).eq([6; 3])), "{codes:?}");
        let reply = browser.send("GET", "/profile/security/backup-codes/file", &[], Vec::new()).await;
        assert_eq!(reply.header("content-disposition"), Some("attachment; filename=\"backup-codes.txt\""));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        let file = reply.text();
        assert!(codes.iter().all(|code| file.contains(code.as_str())), "{file}");
        assert!(!file.contains("Ann") && !file.contains(&ann.email), "{file}");

        // Until they are saved they can be seen again, here and nowhere else.
        browser.goto("/profile/security").await.follow("Show them").await;
        assert_eq!(shown_codes(&browser), codes);
        let mut elsewhere = sign_in_with_app(&server, &ann, &phone).await;
        elsewhere.goto("/profile/security/backup-codes").await.must_be_at("/profile/security");
        browser.goto("/profile/security/backup-codes").await.press("Continue").await;
        browser.must_be_at("/profile/security");
        browser.must_see("Your backup codes are in force.");
        browser.must_see("10 of 10 left");
        browser.goto("/profile/security/backup-codes").await.must_be_at("/profile/security");
        server.settle().await;
        assert_eq!(server.audit_events(&ann, "backup_codes.made").await, 1);
        assert_eq!(server.notices(&ann, "backup_codes_made").await, 1);
        server.must_keep_its_promises().await;
    }

    /// CTM-19, CTM-28: in the field of the code; then the lost phone is replaced, behind the password alone.
    async fn a_lost_phone_is_replaced_right_after_a_backup_code(on: On) {
        let server = TestServer::start(on).await;
        let (ann, old, codes) = ann(&server).await;
        server.clock.advance(A_MINUTE);
        let mut browser = behind_the_password(&server, &ann).await;
        browser.must_see("Enter one of your backup codes in the same field.");
        type_code(&mut browser, &codes[4].to_lowercase().replace('-', " ")).await;
        browser.must_be_at("/profile/security/backup-code-used");
        assert_eq!(browser.heading(), "You used a backup code");
        browser.must_see("You have 9 backup codes left.");
        server.clock.advance(Duration::from_secs(10));
        browser.follow("Replace it now").await.fill("Password", &ann.password).press("Submit").await;
        choose_app(&mut browser).await;
        browser.must_be_at("/profile/security/app");
        let new = Phone::scan(&browser);
        browser.press("Next: confirm access").await;
        browser.fill("Authentication code", &new.code(&server.clock)).press("Next: complete setup").await;
        browser.must_see("Your new method is set up.");
        browser.must_see("9 of 10 left");
        browser.goto("/profile/security/backup-code-used").await.must_be_at("/profile/security");

        server.clock.advance(A_MINUTE);
        let mut next = behind_the_password(&server, &ann).await;
        type_code(&mut next, &old.code(&server.clock)).await;
        next.must_see("That code is not right.");
        type_code(&mut next, &codes[4]).await;
        assert_eq!(next.status(), 409);
        next.must_see("That backup code was used already. Take another one.");
        type_code(&mut next, &new.code(&server.clock)).await;
        next.must_be_at("/profile");
        sign_in_with(&server, &ann, &codes[9]).await.follow("I still have it").await.must_be_at("/profile");
        server.settle().await;
        assert_eq!(server.audit_events(&ann, "backup_codes.used").await, 2);
        assert_eq!(server.notices(&ann, "backup_code_used").await, 2);
        server.must_keep_its_promises().await;
    }

    /// P6: a slip costs no try and says what is wrong; a code of somebody else does cost one.
    async fn a_slip_is_told_from_a_guess(on: On) {
        let server = TestServer::start(on).await;
        let (ann, _, codes) = ann(&server).await;
        let code = &codes[0];
        let mut browser = behind_the_password(&server, &ann).await;
        let swapped = format!("{}{}{}", &code[..7], code[7..13].chars().rev().collect::<String>(), &code[13..]);
        for slip in [code[..19].to_owned(), format!("{code}00"), swapped].iter().filter(|slip| *slip != code) {
            type_code(&mut browser, slip).await;
            assert_eq!(browser.status(), 422, "{slip}");
            browser.must_see("one of its 18 characters is wrong, missing or too many");
        }
        type_code(&mut browser, "000000-000000-000000").await;
        browser.must_see("That code is not right.");
        browser.must_see("4 more wrong tries");
        type_code(&mut browser, code).await;
        browser.must_be_at("/profile/security/backup-code-used");
    }

    /// P6: the security page counts down; at three, page and email tell to make new ones; those void the old.
    async fn few_codes_are_told_and_new_ones_void_them(on: On) {
        let server = TestServer::start(on).await;
        let (ann, phone, codes) = ann(&server).await;
        for code in &codes[..7] {
            sign_in_with(&server, &ann, code).await;
        }
        let mut browser = sign_in_with_app(&server, &ann, &phone).await;
        browser.goto("/profile/security").await.must_see("3 of 10 left");
        browser.must_see("Few are left. Generate new ones now");
        server.settle().await;
        assert_eq!(server.notices(&ann, "backup_code_used").await, 6);
        assert_eq!(server.notices(&ann, "backup_codes_few").await, 1);
        let mails = server.mails_to(&ann.email).await;
        let few = mails.iter().filter(|mail| mail.rendered.text.contains("only few are left"));
        assert_eq!(few.count(), 1);

        let new = generate_backup_codes(&server, &mut browser, (&ann, &phone)).await;
        browser.must_see("10 of 10 left");
        let mut elsewhere = behind_the_password(&server, &ann).await;
        type_code(&mut elsewhere, &codes[9]).await;
        elsewhere.must_see("That code is not right.");
        type_code(&mut elsewhere, &new[9]).await;
        elsewhere.must_be_at("/profile/security/backup-code-used");
        server.must_keep_its_promises().await;
    }

    /// With what they stand in for, the codes go as well, whoever takes it.
    async fn turning_it_off_or_a_reset_takes_the_codes_with_it(on: On) {
        let server = TestServer::start(on).await;
        let (ann, _, codes) = ann(&server).await;
        let mut browser = sign_in_with(&server, &ann, &codes[0]).await;
        browser.goto("/profile/security/turn-off").await.fill("Password", &ann.password);
        browser.press("Disable").await.must_see("Two-factor authentication is off.");
        let phone = enroll_app(&server, &mut browser, &ann).await;
        let mut elsewhere = behind_the_password(&server, &ann).await;
        type_code(&mut elsewhere, &codes[1]).await;
        elsewhere.must_see("That code is not right.");
        let codes = generate_backup_codes(&server, &mut browser, (&ann, &phone)).await;

        let (olga, app) = operator(&server, "Olga Ortiz").await;
        let mut olgas = sign_in_with_app(&server, &olga, &app).await;
        olgas.goto(&format!("/operator/users/{}", ann.id)).await.must_see("10 of 10 left");
        olgas.follow("Remove lost app").await;
        server.clock.advance(Duration::from_secs(30));
        olgas.fill("Reason", "Lost the phone; called back").fill("Authentication code", &app.code(&server.clock));
        olgas.press("Remove the app of Ann Ames").await.must_see("Removed. We told them by email.");
        let mut browser = sign_in(&server, &ann).await;
        enroll_app(&server, &mut browser, &ann).await;
        browser.goto("/profile/security").await.must_see("Backup codes");
        let mut elsewhere = behind_the_password(&server, &ann).await;
        type_code(&mut elsewhere, &codes[2]).await;
        elsewhere.must_see("That code is not right.");
        server.must_keep_its_promises().await;
    }

    /// CallRail's document names no such thing.
    async fn a_policy_without_them_offers_none(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = sign_in(&server, &ann).await;
        enroll_app(&server, &mut browser, &ann).await;
        assert!(!browser.page().text().contains("ackup"));
        browser.goto("/profile/security").await;
        assert!(!browser.page().text().contains("ackup"));
        browser.goto("/profile/security/backup-codes/create").await.must_be_at("/profile/security");
    }
}
