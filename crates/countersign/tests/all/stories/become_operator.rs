//! Becoming an operator behind a link of the console, and getting back in behind one.

use std::time::Duration;

use countersign_core::{policy::presets::Preset, stated_reason::StatedReason, user::EmailAddress};

use crate::harness::{Browser, On, Person, Phone, TestServer, operator, sign_in_with_app, type_password};

const DEAD: &str = "This link does not work any more";
const PASSWORD: &str = "four geese argue quietly";

on_both_databases! {
    async fn whoever_has_the_link_becomes_an_operator_and_signs_in(on: On) {
        let server = TestServer::start(on).await;
        let link = invited(&server).await;
        let mut browser = server.browser();
        browser.goto(&link).await.must_be_at("/operator/set-up");
        assert_eq!(browser.statuses(), [303, 200], "the token leaves the address at once");
        assert_eq!(browser.heading(), "Become an operator of Trackwell");
        browser.must_see("Step 1 of 2");
        let nell = nell(&server);
        enter(&mut browser, &nell).await;
        browser.must_be_at("/operator/set-up/app");
        browser.must_see("Account nell.new@example.com Issuer Trackwell");
        let phone = Phone::scan(&browser);
        finish(&mut browser, &phone.code(&server.clock)).await;
        browser.must_be_at("/sign-in");
        browser.must_see("You are an operator now. Sign in with your new password and a code from your app.");
        assert_eq!(browser.cookie("cs"), None, "nobody is signed in by it");
        assert_eq!((browser.cookie("cs-operator-link"), browser.cookie("cs-operator-set-up")), (None, None));

        type_password(&mut browser, &nell.email, PASSWORD).await;
        browser.fill("Authentication code", &phone.code(&server.clock)).press("Verify").await;
        browser.must_see("That code was used already.");
        let mut browser = sign_in_with_app(&server, &nell, &phone).await;
        browser.must_see("nell.new@example.com Not verified");
        browser.follow("Operator").await.must_be_at("/operator");
        server.must_keep_its_promises().await;
    }

    async fn a_link_makes_one_operator_and_is_good_for_a_day(on: On) {
        let server = TestServer::start(on).await;
        let (used, forgotten) = (invited(&server).await, invited(&server).await);
        become_operator(&server, &used, &nell(&server)).await;
        let mut browser = server.browser();
        // The second one was good for the first operator only.
        for link in [used, forgotten] {
            browser.goto(&link).await;
            assert_eq!((browser.status(), browser.heading().as_str()), (410, DEAD));
        }
        let withdrawn = invited(&server).await;
        server.service.withdraw_operator_links().await.unwrap();
        browser.goto(&withdrawn).await;
        assert_eq!((browser.status(), browser.heading().as_str()), (410, DEAD));
        let late = invited(&server).await;
        browser.goto(&late).await;
        server.advance(Duration::from_hours(24));
        browser.fill("Name", "Otto Old").fill("Email", "otto@example.com").fill("New password", PASSWORD);
        browser.press("Next").await;
        assert_eq!((browser.status(), browser.heading().as_str()), (410, DEAD));
        for foreign in ["/operator/set-up?token=cs_o1_none", "/operator/set-up", "/operator/set-up/app"] {
            let mut stranger = server.browser();
            stranger.goto(foreign).await;
            assert_eq!((stranger.status(), stranger.heading().as_str()), (410, DEAD), "{foreign}");
        }
        assert_eq!(server.service.operators().await.unwrap().len(), 1);
        server.must_keep_its_promises().await;
    }

    /// Back and forth, and in a second tab, the app keeps its secret; another browser has one of its own.
    async fn going_back_keeps_the_secret_and_another_browser_sees_none_of_it(on: On) {
        let server = TestServer::start(on).await;
        let link = invited(&server).await;
        let (nell, mut browser) = (nell(&server), server.browser());
        browser.goto(&link).await;
        let mut tab = browser.copy_of();
        enter(&mut browser, &nell).await;
        let key = browser.page().text_named("Manual key");
        browser.follow("Back").await.must_be_at("/operator/set-up");
        assert_eq!(browser.field_value("Email"), nell.email);
        enter(&mut browser, &Person { name: "Nell Newer".to_owned(), ..nell.clone() }).await;
        assert_eq!(browser.page().text_named("Manual key"), key);

        let mut another = server.browser();
        another.goto(&link).await;
        assert_eq!(another.field_value("Email"), "");
        another.goto("/operator/set-up/app").await.must_be_at("/operator/set-up");
        enter(&mut tab, &Person { email: "other@example.com".to_owned(), ..nell.clone() }).await;
        assert_ne!(tab.page().text_named("Manual key"), key);

        let phone = Phone::scan(&browser);
        finish(&mut browser, &phone.code(&server.clock)).await;
        browser.must_be_at("/sign-in");
        tab.press("Finish").await;
        assert_eq!(tab.status(), 410);
        let operators = server.service.operators().await.unwrap();
        assert_eq!((operators.len(), operators[0].name.as_str()), (1, "Nell Newer"));
    }

    async fn wrong_codes_and_time_end_a_set_up_and_five_set_ups_the_link(on: On) {
        let server = TestServer::start(on).await;
        let link = invited(&server).await;
        let (nell, mut browser) = (nell(&server), server.browser());
        browser.goto(&link).await;
        for set_up in 1..=5 {
            enter(&mut browser, &nell).await;
            browser.must_be_at("/operator/set-up/app");
            if set_up == 5 {
                server.advance(Duration::from_mins(10));
                let phone = Phone::scan(&browser);
                finish(&mut browser, &phone.code(&server.clock)).await;
            }
            for left in (1..5).rev().filter(|_| set_up < 5) {
                let wrong = Phone::scan(&browser).wrong_code(&server.clock);
                finish(&mut browser, &wrong).await;
                assert_eq!(browser.status(), 422);
                browser.must_see(&format!("After {left} more wrong tr"));
            }
            if set_up < 5 {
                let wrong = Phone::scan(&browser).wrong_code(&server.clock);
                finish(&mut browser, &wrong).await;
            }
            assert_eq!(browser.status(), 409);
            browser.must_see("This set-up took more than 10 minutes, or too many wrong codes were entered.");
        }
        enter(&mut browser, &nell).await;
        assert_eq!((browser.status(), browser.heading().as_str()), (410, DEAD));
        assert!(server.service.operators().await.unwrap().is_empty());
    }

    async fn what_cannot_be_is_refused_with_its_reason_and_nothing_typed_is_lost(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let link = invited(&server).await;
        let mut browser = server.browser();
        browser.goto(&link).await.press("Next").await;
        assert_eq!(browser.error_summary(), [
            "Enter your name, with at most 100 characters.",
            "Enter your email address.",
            "Enter a new password.",
        ]);
        enter(&mut browser, &ann).await;
        assert_eq!(browser.status(), 422);
        browser.must_see("Somebody has an account with this address already.");
        assert_eq!((browser.field_value("Name"), browser.field_value("Email")), (ann.name, ann.email));
        let nell = Person { password: "nell.new@example.com".to_owned(), ..nell(&server) };
        enter(&mut browser, &nell).await;
        browser.must_see("This password is made of your name, your address or your company.");
    }

    /// Break-glass: everything is lost; the console gives a link, and the operator is in again.
    async fn an_operator_who_lost_everything_gets_back_in_by_the_console(on: On) {
        let server = TestServer::start(on).await;
        let (cleo, her_app) = operator(&server, "Cleo Chen").await;
        let (ida, _) = operator(&server, "Ida Ito").await;
        let mut thief = sign_in_with_app(&server, &cleo, &her_app).await;
        let reason = StatedReason::parse("lost phone and notebook, ticket 4711").unwrap();
        let email = EmailAddress::parse(&cleo.email).unwrap();
        let token = server.service.reset_operator(email, reason).await.unwrap();
        let link = format!("/operator/set-up?token={}", token.expose_text());
        thief.goto("/operator").await.must_be_at("/sign-in");
        type_password(&mut thief, &cleo.email, &cleo.password).await;
        thief.must_see("That email and password do not match.");
        let told = &server.mails_to(&cleo.email).await[0].rendered;
        assert_eq!(told.subject.as_deref(), Some("Your sign-in was reset"));
        assert!(!told.text.contains(&token.expose_text()), "the link goes to nobody by mail");
        let alert = &server.mails_to(&ida.email).await[0].rendered;
        assert_eq!(alert.subject.as_deref(), Some("An operator’s sign-in was reset"));

        server.advance(Duration::from_secs(1));
        let mut browser = server.browser();
        browser.goto(&link).await;
        assert_eq!(browser.heading(), "Set up your sign-in again");
        browser.must_see("For cleo.chen@example.com.");
        browser.fill("New password", PASSWORD).press("Next").await.must_be_at("/operator/set-up/app");
        let phone = Phone::scan(&browser);
        finish(&mut browser, &phone.code(&server.clock)).await;
        let cleo = Person { password: PASSWORD.to_owned(), ..cleo };
        let mut browser = sign_in_with_app(&server, &cleo, &phone).await;
        browser.goto("/operator").await.must_be_at("/operator");
        browser.goto("/profile/security").await.must_see("Authenticator app In use");
        assert_eq!(server.audit_events(&cleo, "operator.reset").await, 1);
        assert_eq!(server.audit_events(&cleo, "operator.set_up_anew").await, 1);
        browser.goto(&link).await;
        assert_eq!(browser.status(), 410);
        server.must_keep_its_promises().await;
    }

    /// Whoever came by a link of the console typed the address themselves: a slip would send all notices astray.
    async fn an_operator_confirms_the_address_and_keeps_everything_else(on: On) {
        let server = TestServer::start(on).await;
        let nell = nell(&server);
        let phone = become_operator(&server, &invited(&server).await, &nell).await;
        let mut browser = sign_in_with_app(&server, &nell, &phone).await;
        browser.goto("/profile/security").await.must_see("Nobody has confirmed yet that nell.new@example.com");
        browser.goto("/profile").await.press("Send a link to confirm it").await.must_be_at("/profile/security");
        browser.must_see("We sent a link to nell.new@example.com.");
        let link = server.link_in_mail(&nell.email, "/verify-email").await;
        browser.goto(&link).await.press("Confirm this address").await.must_be_at("/profile/security");
        browser.must_see("Your email address is confirmed.");
        assert!(!browser.page().text().contains("Nobody has confirmed yet"));
        browser.goto("/profile").await.must_see("nell.new@example.com Verified");
        sign_in_with_app(&server, &nell, &phone).await.goto("/operator").await.must_be_at("/operator");
    }

    /// A62: the address is proved by a link that takes nothing away, since nobody but the operator set it up.
    async fn proving_the_address_later_takes_no_second_factor_away(on: On) {
        let server = TestServer::start(on).await;
        let nell = nell(&server);
        let phone = become_operator(&server, &invited(&server).await, &nell).await;
        server.service.invite(EmailAddress::parse(&nell.email).unwrap()).await.unwrap();
        let mut browser = server.browser();
        browser.goto(&server.link_in_mail(&nell.email, "/set-password").await).await;
        browser.fill("New password", "seven plums on a tin roof").press("Save password").await;
        browser.must_be_at("/sign-in");
        let nell = Person { password: "seven plums on a tin roof".to_owned(), ..nell };
        sign_in_with_app(&server, &nell, &phone).await.goto("/operator").await.must_be_at("/operator");
    }
}

async fn invited(server: &TestServer) -> String {
    let token = server.service.invite_operator().await.unwrap();
    format!("/operator/set-up?token={}", token.expose_text())
}

/// Somebody who is nobody yet.
fn nell(server: &TestServer) -> Person {
    Person { password: PASSWORD.to_owned(), ..server.nobody("Nell New") }
}

async fn enter(browser: &mut Browser, person: &Person) {
    browser.fill("Name", &person.name).fill("Email", &person.email);
    browser.fill("New password", &person.password).press("Next").await;
}

async fn finish(browser: &mut Browser, code: &str) {
    browser.fill("Authentication code", code).press("Finish").await;
}

async fn become_operator(server: &TestServer, link: &str, person: &Person) -> Phone {
    let mut browser = server.browser();
    browser.goto(link).await;
    enter(&mut browser, person).await;
    let phone = Phone::scan(&browser);
    finish(&mut browser, &phone.code(&server.clock)).await;
    browser.must_be_at("/sign-in");
    phone
}
