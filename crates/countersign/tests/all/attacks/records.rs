//! The record of what happened: nothing is forged into it, nothing happens past it, and what is done to it shows.

use std::{fs, time::Duration};

use countersign_core::{authenticator::password::Password, policy::presets::Preset, user::EmailAddress};
use countersign_store::{Sql, params};
use serde_json::{Value, json};

use super::target::A_STEP;
use crate::{
    commands::open,
    harness::{
        Browser, Installation, On, Person, Phone, TestServer, behind_the_password, sign_in, type_code,
        type_password, until,
    },
};

const NUMBER: &str = "+15125550134";
const NEW_PASSWORD: &str = "four geese argue quietly";
const PASSWORD: &str = "copper lantern drifts north";

/// What browsers may call themselves: everything that a header can hold.
const HOSTILE: [&str; 8] = [
    "Firefox\u{202e}gnp.exe",
    "{\"kind\":\"sign_in.signed_in\"}",
    "\",\"kind\":\"forged\",\"x\":\"",
    "\u{9b}2J\u{9b}1;1H",
    "a\tb\u{85}c",
    "Opera\\n2026-01-01T00:00:00Z  sign_in.signed_in",
    "\u{2066}\u{2028}\u{2029}\u{feff}",
    "日本語 \u{e0041}\u{e0042}",
];

on_both_databases! {
    /// A102: whatever a browser calls itself, each event is one line, in lists, in exports and in the log.
    async fn atk_102_one_event_in_is_one_line_out(on: On) {
        let here = Installation::migrated(on).await;
        here.run(&["org", "add", "Trackwell"]).must_succeed();
        let add = ["user", "add", "ann@trackwell.example", "--name", "Ann", "--organization", "Trackwell"];
        here.run_with_input(&add, PASSWORD).must_succeed();
        let server = here.serve();
        for user_agent in HOSTILE {
            let mut browser = server.browser();
            user_agent.clone_into(&mut browser.user_agent);
            type_password(&mut browser, "ann@trackwell.example", user_agent).await;
            assert_ne!(browser.path(), "/profile");
        }
        must_be_one_line_each(&server.stop());
        // Somebody who can write to the database is not stopped by what the pages let pass.
        for (number, text) in HOSTILE.iter().enumerate() {
            let id = format!("evt_{number}");
            let forged = format!("\r\n\u{1b}[31m{text}\u{7f}\u{9d}");
            change(&here, &FORGE, params![id, forged]).await;
        }

        let all = count(&here).await;
        let exported = here.run(&["audit", "export", "--format", "jsonl"]).must_succeed().stdout;
        must_be_one_line_each(&exported);
        assert_eq!(exported.lines().count(), all);
        let listed = here.run(&["audit", "list"]).must_succeed().stdout;
        must_be_visible(&listed);
        assert_eq!(listed.lines().count(), all);
        let listed = here.run(&["audit", "list", "--json"]).must_succeed();
        must_be_visible(&listed.stdout);
        assert_eq!(listed.json().as_array().unwrap().len(), all);
        let verified = here.run(&["audit", "verify"]);
        assert!(!verified.succeeded);
        must_be_visible(&verified.stdout);
    }

    /// A103: `audit verify` beside a server is content with what the server wrote, and with nothing else.
    async fn atk_103_the_command_finds_what_was_done_to_the_tables(on: On) {
        let here = Installation::migrated(on).await;
        for number in 0..12 {
            here.run(&["org", "add", &format!("Company {number}")]).must_succeed();
        }
        let server = here.serve();
        until_sealed(&here, 12).await;
        let verified = here.run(&["audit", "verify", "--json"]).must_succeed().json();
        assert_eq!((&verified["events"], &verified["findings"]), (&json!(12), &json!([])), "{verified}");
        assert_eq!(verified["chain"]["position"], 12);

        change(&here, &EDIT, params![]).await;
        change(&here, &REMOVE, params![]).await;
        let ran = here.run(&["audit", "verify", "--json"]);
        assert!(!ran.succeeded);
        let verified: Value = serde_json::from_str(&ran.stdout).unwrap();
        let found = verified["findings"].as_array().unwrap().iter();
        let found: Vec<Value> = found.map(|one| json!([one["finding"], one["position"]])).collect();
        assert_eq!(found, [json!(["altered", 3]), json!(["missing", 8]), json!(["tail_missing", 12])]);
        let told: Value = serde_json::from_str(&ran.stderr).unwrap();
        assert_eq!(told["error"], "audit_findings");
        let told = here.run(&["audit", "verify"]).stdout;
        assert!(told.contains("at 3: altered after it was written"), "{told}");
        server.stop();
    }

    /// A103: a tail that is cut off, with a head that fits what is left, is not sealed over.
    async fn atk_103_nothing_is_sealed_behind_a_head_that_somebody_else_wrote(on: On) {
        let server = TestServer::start(on).await;
        for number in 0..6 {
            server.person(&format!("Ann {number}"), Preset::PerUser).await;
        }
        server.seal().await;
        assert!(server.service.verify_audit().await.unwrap().is_clean());
        server.change(&CUT_OFF, params![]).await;
        server.change(&HEAD_OF_THE_REST, params![]).await;
        server.person("Bea", Preset::PerUser).await;
        let refused = server.try_to_seal().await.unwrap_err();
        assert_eq!(refused.code(), "audit_head_altered");
        let report = server.service.verify_audit().await.unwrap();
        assert_eq!(report.findings.iter().map(|one| one.what.code()).collect::<Vec<_>>(), ["head_altered"]);
    }

    /// A103: a record that is made to look like one from before its chain is not taken for one, neither beside a
    /// running server nor by the next start.
    async fn atk_103_a_rewritten_record_is_never_stamped_anew(on: On) {
        let here = Installation::migrated(on).await;
        for number in 0..4 {
            here.run(&["org", "add", &format!("Company {number}")]).must_succeed();
        }
        let server = here.serve();
        until_sealed(&here, 4).await;
        for sql in [&EDIT, &REMOVE_ONE, &WITHOUT_STAMPS, &WITHOUT_HEAD] {
            change(&here, sql, params![]).await;
        }
        let log = here.path().join("log");
        let alarmed = async || fs::read_to_string(&log).unwrap().contains("audit_head_altered");
        until("the sealer says that the head is not its own", &alarmed).await;
        must_be_found(&here);
        server.stop();
        let server = here.serve();
        until("the next one says so, too", &alarmed).await;
        here.run(&["org", "add", "Company 4"]).must_succeed();
        server.stop();
        here.run(&["migrate"]).must_succeed();
        must_be_found(&here);
    }

    /// A103: with its head left in place, what has no stamp is not sealed behind it; what Countersign writes is.
    async fn atk_103_what_lost_its_stamp_raises_an_alarm(on: On) {
        let server = TestServer::start(on).await;
        server.person("Ann Ames", Preset::PerUser).await;
        server.change(&WITHOUT_STAMPS, params![]).await;
        server.person("Bea", Preset::PerUser).await;
        for _ in 0..2 {
            assert_eq!(server.try_to_seal().await.unwrap_err().code(), "audit_events_unstamped");
        }
        let report = server.service.verify_audit().await.unwrap();
        assert!(report.events > 0 && report.unsealed.events > 0, "{report:?}");
        assert!(report.findings.iter().all(|one| one.what.code() == "unstamped"), "{report:?}");
        assert_eq!(report.findings_in_all, report.unsealed.events);
    }

    /// A104: signing in, a set-up by app and what follows it: without its record nothing of it happens.
    async fn atk_104_nothing_by_app_happens_without_its_record(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = server.browser();
        only_with_its_record(&server, "signing in by password", async || {
            type_password(&mut browser, &ann.email, &ann.password).await;
            browser.status()
        })
        .await;
        begin_set_up(&server, &mut browser, &ann).await;
        browser.choose("In an authenticator app").press("Next").await;
        let phone = Phone::scan(&browser);
        browser.press("Next: confirm access").await;
        let confirm = browser.path().to_owned();
        only_with_its_record(&server, "turning it on by app", async || {
            browser.goto(&confirm).await.fill("Authentication code", &phone.code(&server.clock));
            browser.press("Next: complete setup").await.status()
        })
        .await;
        server.clock.advance(A_STEP);
        let mut half = server.browser();
        only_with_its_record(&server, "the right password", async || {
            type_password(&mut half, &ann.email, &ann.password).await;
            half.status()
        })
        .await;
        only_with_its_record(&server, "signing in by code", async || {
            half.goto("/sign-in/code").await;
            type_code(&mut half, &phone.code(&server.clock)).await;
            half.status()
        })
        .await;
        server.clock.advance(A_STEP);
        only_with_its_record(&server, "changing the password", async || {
            browser.goto("/profile/password").await;
            browser.fill("Current password", &ann.password).fill("New password", NEW_PASSWORD);
            browser.fill("Authentication code", &phone.code(&server.clock));
            browser.press("Save password").await.status()
        })
        .await;
        only_with_its_record(&server, "turning it off", async || {
            browser.goto("/profile/security/turn-off").await.fill("Password", NEW_PASSWORD);
            browser.press("Disable").await.status()
        })
        .await;
        only_with_its_record(&server, "signing out", async || {
            browser.goto("/profile").await.press("Sign out").await.status()
        })
        .await;
    }

    /// A104: the same by text, where a code that is sent is recorded as well.
    async fn atk_104_nothing_by_text_happens_without_its_record(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = sign_in(&server, &ann).await;
        begin_set_up(&server, &mut browser, &ann).await;
        browser.choose("In a text message").press("Next").await;
        let number = browser.path().to_owned();
        only_with_its_record(&server, "texting a code for a set-up", async || {
            browser.goto(&number).await.fill("Mobile number", NUMBER);
            browser.press("Next: confirm access").await.status()
        })
        .await;
        let (confirm, code) = (browser.path().to_owned(), server.text_code(NUMBER).await);
        only_with_its_record(&server, "turning it on by text", async || {
            browser.goto(&confirm).await.fill("Authentication code", &code);
            browser.press("Next: complete setup").await.status()
        })
        .await;
        let mut half = behind_the_password(&server, &ann).await;
        let code = server.text_code(NUMBER).await;
        only_with_its_record(&server, "signing in by text", async || {
            half.goto("/sign-in/code").await;
            type_code(&mut half, &code).await;
            half.status()
        })
        .await;
    }

    /// A104: what links do, and what an operator does.
    async fn atk_104_nothing_by_link_or_operator_happens_without_its_record(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        // So long that the address has to be proved anew.
        server.advance(Duration::from_hours(15 * 24));
        let email = EmailAddress::parse(&ann.email).unwrap();
        let mut browser = sign_in(&server, &ann).await;
        only_with_its_record(&server, "mailing a link", async || {
            browser.goto("/profile/security").await.press("Send link").await.status()
        })
        .await;
        use_link(&server, &mut browser, &ann, "/verify-email", "Confirm this address").await;
        let by_operator = async |what: &str| {
            only_with_its_record(&server, what, async || {
                let (service, email) = (&server.service, email.clone());
                let done = match what {
                    "a new company" => service.add_organization("Quietline", Preset::Default, None).await,
                    "closing the gate" => service.set_two_factor_gate("Quietline", false).await,
                    "an invitation" => service.invite(email).await,
                    _ => service.set_password(email, Password::new(NEW_PASSWORD.to_owned())).await,
                };
                if done.is_ok() { 200 } else { 500 }
            })
            .await;
        };
        by_operator("a new company").await;
        by_operator("closing the gate").await;
        by_operator("a password by the operator").await;
        use_link(&server, &mut browser, &ann, "/not-me", "This was not me").await;
        by_operator("an invitation").await;
        let link = server.link_in_mail(&ann.email, "/set-password").await;
        only_with_its_record(&server, "a password by link", async || {
            browser.goto(&link).await.fill("New password", "seven plums on a tin roof");
            browser.press("Save password").await.status()
        })
        .await;
    }
}

/// Nothing of it was sealed, and the command says so.
fn must_be_found(here: &Installation) {
    let ran = here.run(&["audit", "verify", "--json"]);
    assert!(!ran.succeeded, "{}", ran.stdout);
    let verified: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&verified["events"], &verified["chain"]), (&json!(0), &json!(null)), "{verified}");
    let codes = verified["findings"].as_array().unwrap().iter().map(|one| one["finding"].as_str().unwrap());
    let codes: Vec<&str> = codes.collect();
    assert_eq!(codes, ["head_altered", "unstamped", "unstamped", "unstamped"]);
}

/// Does it while nothing can be recorded, which is a fault that changes nothing, and then once more.
pub(super) async fn only_with_its_record(server: &TestServer, what: &str, mut act: impl AsyncFnMut() -> u16) {
    let before = state(server).await;
    server.change(&FORBID, params![]).await;
    let status = act().await;
    assert!(status >= 500, "{what}: {status}");
    assert_eq!(state(server).await, before, "{what}");
    server.change(&ALLOW, params![]).await;
    let status = act().await;
    assert!(status < 400, "{what}: {status}");
    let after = state(server).await;
    assert_ne!(after, before, "{what}");
    assert!(after.last() > before.last(), "{what} is recorded");
}

async fn begin_set_up(server: &TestServer, browser: &mut Browser, person: &Person) {
    only_with_its_record(server, "beginning a set-up", async || {
        browser.goto("/profile/security/turn-on").await.fill("Password", &person.password);
        browser.press("Submit").await.status()
    })
    .await;
}

async fn use_link(server: &TestServer, browser: &mut Browser, person: &Person, page: &str, button: &str) {
    let link = server.link_in_mail(&person.email, page).await;
    only_with_its_record(server, page, async || browser.goto(&link).await.press(button).await.status()).await;
}

/// Everything that a decision changes but counts of tries, with the number of events at the end.
async fn state(server: &TestServer) -> Vec<i64> {
    let row = server.rows(&STATE, params![]).await.remove(0);
    (0..19).map(|column| row.int(column).unwrap()).collect()
}

fn must_be_visible(text: &str) {
    let hidden = |character: &char| {
        character.is_control() && *character != '\n'
            || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2028}'..='\u{2029}' | '\u{2060}'..='\u{206f}')
            || matches!(character, '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
    };
    assert_eq!(text.chars().find(hidden), None, "{text:?}");
}

fn must_be_one_line_each(text: &str) {
    must_be_visible(text);
    for line in text.lines() {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        assert_ne!(event["kind"], "forged");
    }
}

/// A server seals within a second; one that does not is found by the time that a test may take.
async fn until_sealed(here: &Installation, events: u64) {
    let sealed = async || here.run(&["audit", "verify", "--json"]).must_succeed().json()["events"].clone();
    until("the events are sealed", async || sealed().await == json!(events)).await;
}

async fn change(here: &Installation, sql: &'static Sql, values: Vec<countersign_store::Value>) {
    let database = open(here).await;
    let writing = database.write(move |tx| {
        let values = values.clone();
        Box::pin(async move { tx.execute(sql, &values).await })
    });
    writing.await.unwrap();
    database.close().await;
}

async fn count(here: &Installation) -> usize {
    let database = open(here).await;
    let row = database.read_one(&COUNT, &[]).await.unwrap().unwrap();
    database.close().await;
    usize::try_from(row.int(0).unwrap()).unwrap()
}

static COUNT: Sql = Sql::new("SELECT COUNT(*) FROM audit_events");
static FORGE: Sql = Sql::new(
    "INSERT INTO audit_events (id, at, kind, reason, source, user_agent, user_id) \
     VALUES ($1, 0, $2, $2, $2, $2, $2)",
);
static EDIT: Sql = Sql::new("UPDATE audit_events SET reason = 'nothing' WHERE position = 3");
static REMOVE: Sql = Sql::new("DELETE FROM audit_events WHERE position IN (7, 12)");
static REMOVE_ONE: Sql = Sql::new("DELETE FROM audit_events WHERE position = 2");
static WITHOUT_STAMPS: Sql =
    Sql::new("UPDATE audit_events SET position = NULL, link = NULL, stamp = NULL, sealed_at = NULL");
static WITHOUT_HEAD: Sql =
    Sql::new("UPDATE audit_head SET begun_at = NULL, position = 0, link = NULL, found = 0, stamp = NULL");
static CUT_OFF: Sql = Sql::new("DELETE FROM audit_events WHERE position > 4");
static HEAD_OF_THE_REST: Sql = Sql::new(
    "UPDATE audit_head SET position = 4, link = (SELECT link FROM audit_events WHERE position = 4) WHERE id = 1",
);
static FORBID: Sql = Sql::per_dialect(
    "CREATE TRIGGER no_record BEFORE INSERT ON audit_events BEGIN SELECT RAISE(ABORT, 'no record'); END",
    "ALTER TABLE audit_events ADD CONSTRAINT no_record CHECK (at < 0) NOT VALID",
);
static ALLOW: Sql =
    Sql::per_dialect("DROP TRIGGER no_record", "ALTER TABLE audit_events DROP CONSTRAINT no_record");
static STATE: Sql = Sql::new(
    "SELECT (SELECT COUNT(*) FROM sessions), (SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL), \
         (SELECT CAST(SUM(epoch) AS BIGINT) FROM users), (SELECT CAST(SUM(email_verified_at) AS BIGINT) FROM users), \
         (SELECT COUNT(password_change_due_at) FROM users), \
         (SELECT COUNT(bound_at) FROM authenticators), (SELECT COUNT(revoked_at) FROM authenticators), \
         (SELECT COUNT(*) FROM ceremonies WHERE ended_at IS NULL), (SELECT COUNT(*) FROM notices), \
         (SELECT COUNT(*) FROM outbox), (SELECT COUNT(used_at) FROM links), \
         (SELECT COUNT(two_factor_opened_at) FROM organizations), \
         (SELECT COUNT(operator_since) FROM users), (SELECT COUNT(*) FROM operator_links), \
         (SELECT COUNT(used_at) + COUNT(superseded_at) FROM operator_links), \
         (SELECT COUNT(locked_until) FROM ladders), (SELECT COUNT(dead_at) FROM outbox), \
         (SELECT CAST(COALESCE(SUM(accepted_step), 0) AS BIGINT) FROM authenticators), \
         (SELECT COUNT(*) FROM audit_events)",
);
