//! What an operator does for people on the operator's pages: found, unlocked, signed out, helped out of a lost
//! phone; companies and their gate.

use std::time::Duration;

use countersign_core::policy::{SecondFactorRule, presets::Preset};

use crate::harness::{
    Browser, On, Person, Phone, TestServer, behind_the_password, enroll_app, enroll_phone, operator, sign_in,
    sign_in_with_app, sign_in_with_text, type_password,
};

const NUMBER: &str = "+15125550134";
const GATE: &str = "Two-factor authentication available";
const REASON: &str = "Lost the phone; called back on the number in the contract";

/// An operator, and their browser, signed in.
async fn at_work(server: &TestServer) -> (Person, Phone, Browser) {
    let (olga, app) = operator(server, "Olga Ortiz").await;
    let browser = sign_in_with_app(server, &olga, &app).await;
    (olga, app, browser)
}

/// Finds somebody by part of their name, and opens their page.
async fn look_up(browser: &mut Browser, person: &Person) {
    browser.goto("/operator/users").await;
    let part = person.name.to_lowercase();
    browser.fill("Part of a name or an email address, or an id", &part).press("Search").await;
    browser.must_see(&person.email);
    browser.follow(&person.name).await;
    browser.must_be_at(&format!("/operator/users/{}", person.id));
}

/// The code of half a minute later, which was not used yet.
fn next_code(server: &TestServer, app: &Phone) -> String {
    server.clock.advance(Duration::from_secs(30));
    app.code(&server.clock)
}

on_both_databases! {
    /// CR-26 and what its document leaves to support: somebody without the phone gets in again, and sets up anew.
    async fn an_operator_helps_who_lost_the_phone(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut anns = sign_in(&server, &ann).await;
        enroll_phone(&server, &mut anns, &ann, NUMBER).await;
        let (olga, app, mut olgas) = at_work(&server).await;

        look_up(&mut olgas, &ann).await;
        olgas.must_see("The password, then a second step.");
        olgas.must_see("•••• 34");
        assert!(!olgas.page().html.contains("5550134"), "A38: nobody needs the whole number");
        olgas.follow("Remove lost phone").await;
        olgas.must_see("Remove the phone of Ann Ames?");
        olgas.must_see("Ann Ames is signed out everywhere");
        olgas.must_see("Then the password alone lets Ann Ames in");
        olgas.fill("Reason", "").fill("Authentication code", "").press("Remove the phone of Ann Ames").await;
        assert_eq!(olgas.status(), 422);
        olgas.must_see("Say in 3 to 200 characters what happened");
        olgas.fill("Reason", REASON).fill("Authentication code", "000000");
        olgas.press("Remove the phone of Ann Ames").await;
        olgas.must_see("That code is not right.");
        assert_eq!(olgas.field_value("Reason"), REASON, "what was typed is kept");
        olgas.fill("Authentication code", &next_code(&server, &app)).press("Remove the phone of Ann Ames").await;
        olgas.must_be_at(&format!("/operator/users/{}", ann.id));
        olgas.must_see("Removed. We told them by email.");
        olgas.must_see(&format!("phone: {REASON}"));
        olgas.must_see(olga.id.as_str());

        anns.goto("/profile").await.must_be_at("/sign-in");
        let mails = server.mails_to(&ann.email).await;
        let told = &mails.first().unwrap().rendered;
        assert_eq!(told.subject.as_deref(), Some("A way to sign in was removed"));
        assert!(told.text.starts_with("An administrator of Trackwell removed a way to sign in"), "{}", told.text);
        assert!(!told.text.contains("127.0.0.1") && !told.text.contains("Firefox"), "{}", told.text);
        assert_eq!(server.audit_events(&ann, "method.reset").await, 1);
        assert_eq!(server.notices(&ann, "method_reset").await, 1);

        let mut again = sign_in(&server, &ann).await;
        enroll_phone(&server, &mut again, &ann, "+15125550177").await;
        sign_in_with_text(&server, &ann, "+15125550177").await;
    }

    /// A lock that an operator ends, before its time.
    async fn an_operator_unlocks_a_name(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let (_, _, mut olgas) = at_work(&server).await;
        let mut anns = server.browser();
        for _ in 0..5 {
            type_password(&mut anns, &ann.email, "not my password").await;
        }
        type_password(&mut anns, &ann.email, &ann.password).await;
        assert_eq!(anns.status(), 429);

        olgas.goto("/operator/users").await.follow("Locked now").await;
        olgas.follow("Ann Ames").await;
        olgas.must_see("The name is locked until");
        olgas.press("Unlock Ann Ames").await;
        olgas.must_see("Unlocked. We told them by email.");
        olgas.must_see("Not locked");
        assert!(!olgas.page().has_button("Unlock Ann Ames"));

        sign_in(&server, &ann).await;
        let mails = server.mails_to(&ann.email).await;
        assert_eq!(mails.first().unwrap().rendered.subject.as_deref(), Some("Your account was unlocked"));
        olgas.goto("/operator/users?locked=yes").await.must_see("Nobody was found.");
    }

    async fn an_operator_signs_somebody_out_everywhere(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let (mut one, mut two) = (sign_in(&server, &ann).await, sign_in(&server, &ann).await);
        let (_, _, mut olgas) = at_work(&server).await;
        look_up(&mut olgas, &ann).await;
        olgas.follow("Sign out everywhere Ann Ames").await;
        olgas.must_see("2 sessions of Ann Ames end");
        olgas.press("Sign out everywhere Ann Ames").await;
        olgas.must_see("Signed out everywhere. We told them by email.");
        olgas.must_see("Not signed in anywhere.");
        for browser in [&mut one, &mut two] {
            browser.goto("/profile").await.must_be_at("/sign-in");
        }
        assert_eq!(server.notices(&ann, "signed_out_everywhere").await, 1);
        sign_in(&server, &ann).await;
    }

    /// CR-3, from the page: what it touches is said first, and the operator's code opens it.
    async fn an_operator_makes_two_factor_authentication_available(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        server.set_two_factor_gate(Preset::PerUser, false).await;
        let (_, app, mut olgas) = at_work(&server).await;
        olgas.goto("/operator/organizations").await.follow("Company per-user").await;
        assert!(!olgas.page().switch_is_on(GATE));
        olgas.press(GATE).await;
        olgas.must_see("Make two-factor authentication available to Company per-user?");
        olgas.must_see("1 person of this company can set up a second step then");
        olgas.fill("Authentication code", &next_code(&server, &app)).press("Make it available").await;
        olgas.must_see("Two-factor authentication is available to this company now.");
        assert!(olgas.page().switch_is_on(GATE));
        let phone = enroll_app(&server, &mut sign_in(&server, &ann).await, &ann).await;

        olgas.press(GATE).await;
        olgas.must_see("One of them has a second step, keeps it, and is still asked for it.");
        olgas.fill("Authentication code", &next_code(&server, &app)).press("Make it unavailable").await;
        olgas.must_see("is not available to this company any more.");
        sign_in_with_app(&server, &ann, &phone).await;
    }

    async fn an_operator_adds_a_company(on: On) {
        let server = TestServer::start(on).await;
        let (_, _, mut olgas) = at_work(&server).await;
        olgas.goto("/operator/organizations").await.follow("Add company").await;
        olgas.fill("Name", "https://evil.example").choose("per-user").press("Add company").await;
        olgas.must_see("must not look like an address of the web");
        olgas.fill("Name", "Harborline").press("Add company").await;
        olgas.must_see("The company is made.");
        assert_eq!(olgas.heading(), "Harborline");
        assert!(!olgas.page().switch_is_on(GATE), "its preset begins closed");
        olgas.goto("/operator/organizations/add").await.fill("Name", "Harborline").press("Add company").await;
        olgas.must_see("A company of this name exists already.");
    }

    /// Under a rule that requires it, a reset leaves nobody able to sign in: the page says so before.
    async fn a_reset_under_a_rule_says_that_nobody_gets_in_then(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        enroll_app(&server, &mut sign_in(&server, &ann).await, &ann).await;
        server.change_policy(Preset::PerUser, |policy| {
            policy.second_factor = SecondFactorRule::Required;
        }).await;
        let (_, _, mut olgas) = at_work(&server).await;
        look_up(&mut olgas, &ann).await;
        olgas.must_see("Required by Company per-user.");
        olgas.follow("Remove lost app").await;
        olgas.must_see("nobody can sign in with this account until that rule changes");
        olgas.follow("Keep it").await;
        behind_the_password(&server, &ann).await;
    }

    /// Nobody helps themselves: an operator's own page has no buttons, and a posted form changes nothing.
    async fn an_operator_does_nothing_to_their_own_account(on: On) {
        let server = TestServer::start(on).await;
        let (olga, app, mut olgas) = at_work(&server).await;
        look_up(&mut olgas, &olga).await;
        olgas.must_see("This is your own account.");
        assert!(!olgas.page().html.contains("/reset?method="));
        let path = format!("/operator/users/{}", olga.id);
        olgas.goto(&format!("{path}/reset?method=app")).await;
        olgas.fill("Reason", REASON).fill("Authentication code", &next_code(&server, &app));
        olgas.press("Remove the app of Olga Ortiz").await;
        assert_eq!(olgas.status(), 403);
        olgas.must_see("You cannot do this to your own account here.");
        let token = olgas.form_token();
        let ended = olgas.post_form(&format!("{path}/sign-out"), &[("form_token", &token)]).await;
        assert_eq!(ended.status, 403);
        olgas.goto("/operator/users").await.must_be_at("/operator/users");
        sign_in_with_app(&server, &olga, &app).await;
    }

    /// Lists go on page by page, and an address keeps what narrows them.
    async fn many_people_are_paged_and_filtered_in_the_address(on: On) {
        let server = TestServer::start(on).await;
        let (_, _, mut olgas) = at_work(&server).await;
        for number in 0..26 {
            server.invited_person(&format!("Pat Poe {number:02}"), Preset::PerUser).await;
        }
        olgas.goto("/operator/users?q=pat+poe").await;
        olgas.must_see("Pat Poe 00");
        assert!(!olgas.page().text().contains("olga.ortiz@example.com"));
        assert!(!olgas.page().text().contains("Pat Poe 25"));
        olgas.follow("Next page").await;
        olgas.must_see("Pat Poe 25");
        olgas.follow("First page").await.must_see("Pat Poe 00");
        olgas.goto("/operator/users/usr_nobody").await;
        assert_eq!(olgas.status(), 404);
    }
}
