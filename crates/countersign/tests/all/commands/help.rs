//! What an operator does about people and companies by commands, beside a running server.

use std::time::Duration;

use countersign_service::clock::{Clock, VirtualClock};
use serde_json::{Value, json};

use super::{PASSWORD, add};
use crate::harness::{Browser, Installation, On, Phone, Running, type_password};

const ANN: &str = "ann@trackwell.example";
const REASON: &str = "Lost the phone; called back";

/// Signed in, with an app.
async fn with_app(server: &Running) -> (Browser, Phone) {
    let mut browser = server.browser();
    type_password(&mut browser, ANN, PASSWORD).await;
    browser.goto("/profile/security").await.press("Two-factor authentication").await;
    browser.fill("Password", PASSWORD).press("Submit").await;
    let phone = Phone::scan(&browser);
    browser.press("Next: confirm access").await;
    browser.fill("Authentication code", &code_in(0, &phone)).press("Next: complete setup").await;
    browser.must_see("Two-factor authentication is on");
    (browser, phone)
}

/// What the phone shows then; half a minute ahead is good as well.
fn code_in(seconds: u64, phone: &Phone) -> String {
    phone.code(&VirtualClock::starting_at(Clock::system().now().plus(Duration::from_secs(seconds))))
}

on_both_databases! {
    /// How many are left, and never which.
    async fn backup_codes_are_shown_by_how_many_are_left(on: On) {
        let here = Installation::migrated(on).await;
        here.run(&["org", "add", "Trackwell", "--preset", "default"]).must_succeed();
        add(&here, ANN, PASSWORD);
        let server = here.serve();
        let (mut anns, phone) = with_app(&server).await;
        anns.goto("/profile/security/backup-codes/create").await.fill("Password", PASSWORD);
        anns.fill("Authentication code", &code_in(30, &phone)).press("Generate backup codes").await;
        anns.must_be_at("/profile/security/backup-codes");
        let shown = here.run(&["user", "show", ANN, "--json"]).must_succeed().json();
        let (codes, app) = (&shown["methods"][2], &shown["methods"][1]);
        assert_eq!((&codes["method"], &codes["left"]), (&json!("backup_codes"), &json!(10)));
        assert_eq!(app.get("left"), None);
        let said = here.run(&["user", "show", ANN]).must_succeed().stdout;
        assert!(said.contains("backup_codes: in use, 10 left, added at"), "{said}");
    }

    /// Found, shown, unlocked, signed out, helped out of a lost app: each as one line of JSON, each with a record.
    async fn a_person_is_helped_beside_a_running_server(on: On) {
        let here = Installation::migrated(on).await;
        here.run(&["org", "add", "Trackwell", "--preset", "per-user", "--two-factor", "on"]).must_succeed();
        add(&here, ANN, PASSWORD);
        let server = here.serve();
        let ask = |command: &[&str]| here.run(&[command, &["--json"]].concat()).must_succeed().json();
        let refused = |command: &[&str]| here.run(&[command, &["--json"]].concat()).json()["error"].clone();

        let found = ask(&["user", "find", "ann@"]);
        assert_eq!((&found[0]["email"], &found[0]["second_factor"]), (&json!(ANN), &json!("off")));
        assert_eq!(ask(&["user", "find", "--locked"]), json!([]));
        assert_eq!(refused(&["user", "find", "--organization", "Nowhere"]), "no_such_organization");

        let mut stranger = server.browser();
        for _ in 0..5 {
            type_password(&mut stranger, ANN, "not the password of Ann").await;
        }
        assert_eq!(ask(&["user", "find", "--locked"])[0]["email"], ANN);
        assert!(ask(&["user", "show", ANN])["locked_until"].is_string());
        assert_eq!(ask(&["user", "unlock", ANN]), json!({ "email": ANN, "waits_for_mail_server": true }));
        assert_eq!(refused(&["user", "unlock", ANN]), "not_locked");

        let (mut anns, _) = with_app(&server).await;
        let shown = ask(&["user", "show", ANN]);
        assert_eq!(shown["required"], json!({ "second_factor": "asked for", "reason": "own_choice" }));
        assert_eq!((&shown["methods"][1]["method"], &shown["methods"][1]["state"]), (&json!("app"), &json!("in use")));
        assert_eq!(shown["methods"][0].get("last_used_at"), None, "a right password writes nothing: {shown}");
        assert_eq!(shown["sessions"].as_array().unwrap().len(), 1);
        assert!(records(&shown).contains(&("name.unlocked_by_operator", Some("console"))), "{shown}");

        assert_eq!(ask(&["user", "end-sessions", ANN]), json!({ "email": ANN, "waits_for_mail_server": true }));
        anns.goto("/profile").await.must_be_at("/sign-in");
        assert_eq!(refused(&["user", "reset-method", ANN, "phone", "--reason", REASON]), "no_such_method");
        assert_eq!(refused(&["user", "reset-method", ANN, "password", "--reason", REASON]), "no_such_method");
        assert_eq!(refused(&["user", "reset-method", ANN, "app", "--reason", "?"]), "reason");
        let reset = ask(&["user", "reset-method", ANN, "app", "--reason", REASON]);
        assert_eq!(reset, json!({ "email": ANN, "reset": "app", "waits_for_mail_server": true }));
        assert_eq!(refused(&["user", "reset-two-factor", ANN, "--reason", REASON]), "no_second_factor");
        let shown = ask(&["user", "show", ANN]);
        let event = &shown["events"][0];
        assert_eq!((&event["reason"], &event["by"]), (&json!(format!("app: {REASON}")), &json!("console")));
        type_password(&mut anns, ANN, PASSWORD).await;
        anns.must_be_at("/profile");
        assert_eq!(refused(&["user", "show", "nobody@trackwell.example"]), "no_such_user");
        server.stop();
    }

    async fn companies_and_sending_are_shown_beside_a_running_server(on: On) {
        let here = Installation::migrated(on).await;
        here.run(&["org", "add", "Trackwell", "--preset", "per-user"]).must_succeed();
        add(&here, ANN, PASSWORD);
        let server = here.serve();
        let ask = |command: &[&str]| here.run(&[command, &["--json"]].concat()).must_succeed().json();
        let shown = ask(&["org", "show", "Trackwell"]);
        assert_eq!((&shown["two_factor"], &shown["people"]), (&json!("off"), &json!(1)));
        ask(&["org", "two-factor", "Trackwell", "on"]);
        let shown = ask(&["org", "show", "Trackwell"]);
        assert_eq!((&shown["two_factor"], &shown["people_with_second_factor"]), (&json!("on"), &json!(0)));
        assert!(shown["two_factor_since"].is_string());
        ask(&["user", "invite", ANN]);
        let health = ask(&["outbox", "health"]);
        assert_eq!((&health["waiting"][0]["messages"], &health["dead_letters"]), (&json!(1), &json!(0)));
        server.stop();
    }
}

/// Nobody is said to be told of what waits in the outbox.
#[tokio::test]
async fn whoever_is_helped_is_told_now_or_once_there_is_a_mail_server() {
    let here = Installation::migrated(On::Sqlite).await;
    here.run(&["org", "add", "Trackwell"]).must_succeed();
    add(&here, ANN, PASSWORD);
    let ended = || here.run(&["user", "end-sessions", ANN]).must_succeed().stdout;
    let waits = "they are told as soon as a mail server is configured.";
    assert_eq!(ended(), format!("Signed {ANN} out everywhere; {waits}\n"));
    here.configure("smtp_host = \"mail.example.com\"\nmail_from = \"a@example.com\"\n");
    assert_eq!(ended(), format!("Signed {ANN} out everywhere, and told them.\n"));
}

fn records(shown: &Value) -> Vec<(&str, Option<&str>)> {
    let events = shown["events"].as_array().unwrap();
    events.iter().map(|event| (event["kind"].as_str().unwrap(), event["by"].as_str())).collect()
}
