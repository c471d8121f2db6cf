//! C-08 and C-09: clocks that jump under a running server, and two nodes that do not agree on the time.

use std::{fs, path::PathBuf};

use url::Url;

use super::{readiness, until_it_says};
use crate::{
    harness::{On, Running, has_postgres, type_code, type_password, until},
    real::{
        authenticator::{self, Authenticator},
        serving::{PASSWORD, Serving},
    },
};

const ANN: &str = "ann@example.com";

/// A server whose clock is set by a file.
struct Shifted {
    server: Running,
    file: PathBuf,
}

impl Shifted {
    fn start(serving: &Serving, name: &str, by_secs: i64) -> Self {
        let file = serving.here.path().join(name);
        set(&file, by_secs);
        let environment = [
            ("COUNTERSIGN_LISTEN", "127.0.0.1:0"),
            ("LD_PRELOAD", "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"),
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_TIMESTAMP_FILE", file.to_str().unwrap()),
            // No clock that is set moves this one.
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ];
        Self { server: serving.here.start(&["serve"], &environment), file }
    }

    fn set(&self, by_secs: i64) {
        set(&self.file, by_secs);
    }
}

fn set(file: &std::path::Path, by_secs: i64) {
    let sign = if by_secs < 0 { "-" } else { "+" };
    // At once: the server may read it at any moment.
    fs::write(file.with_extension("new"), format!("{sign}{}\n", by_secs.abs())).unwrap();
    fs::rename(file.with_extension("new"), file).unwrap();
}

const HOUR: i64 = 3600;

on_both_databases! {
    /// C-08: what an hour ahead ended early stays ended when the clock goes back, and codes of apps wait for the
    /// operator.
    async fn a_clock_that_jumps_alarms_and_revives_nothing(on: On) {
        let serving = Serving::prepare(on, "").await;
        serving.add(ANN, "Ann Ames");
        let shifted = Shifted::start(&serving, "clock", 0);
        let at = shifted.server.address();
        let mut before = shifted.server.browser();
        type_password(&mut before, ANN, PASSWORD).await;
        let app = authenticator::enroll(&mut before, PASSWORD).await;
        let mut half_way = shifted.server.browser();
        type_password(&mut half_way, ANN, PASSWORD).await;
        half_way.must_be_at("/sign-in/code");

        shifted.set(HOUR);
        before.goto("/profile").await.must_be_at("/sign-in");
        assert_alarm(at, on).await;
        let ahead = sign_in(&shifted.server, &app, "1 hour").await;

        shifted.set(0);
        before.goto("/profile").await.must_be_at("/sign-in");
        until_gone_back(&serving).await;
        before.goto("/profile").await.must_be_at("/sign-in");
        let (token, code) = (half_way.form_token(), app.code_at("30 seconds"));
        half_way.post_form("/sign-in/code", &[("form_token", &token), ("code", &code)]).await;
        assert_eq!(half_way.cookie("cs"), None, "a sign-in of an hour ago");
        ahead.copy_of().goto("/profile").await.must_be_at("/sign-in");

        let mut browser = shifted.server.browser();
        type_password(&mut browser, ANN, PASSWORD).await;
        type_code(&mut browser, &app.code_at("30 seconds")).await;
        browser.must_be_at("/sign-in/code");
        serving.here.run(&["user", "reset-app-clock", ANN, "--reason", "the clock was set"]).must_succeed();
        let again = serving.here.run(&["user", "reset-app-clock", ANN, "--reason", "once more"]);
        assert!(again.refusal().contains("ahead of this machine's clock"));
        sign_in(&shifted.server, &app, "30 seconds").await;
        serving.here.run(&["invariants"]).must_succeed();
        let log = shifted.server.stop();
        assert!(log.contains("clock_jumped"), "{log}");
    }
}

/// C-08: nor does it revive anything when nobody serves while it is set back: neither a session nor a link of the
/// console. PostgreSQL has a clock of its own, by which such a node is not ready.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_set_back_while_nobody_serves_revives_nothing() {
    let serving = Serving::prepare(On::Sqlite, "").await;
    serving.add(ANN, "Ann Ames");
    let invited = serving.here.run(&["operator", "invite", "--json"]).must_succeed().json();
    let link = Url::parse(invited["link"].as_str().unwrap()).unwrap();
    let link = format!("{}?{}", link.path(), link.query().unwrap());
    let shifted = Shifted::start(&serving, "clock", 0);
    let (mut browser, mut invited) = (shifted.server.browser(), shifted.server.browser());
    type_password(&mut browser, ANN, PASSWORD).await;
    browser.must_be_at("/profile");
    invited.goto(&link).await;
    assert_eq!(invited.status(), 200);

    shifted.set(25 * HOUR);
    browser.goto("/profile").await.must_be_at("/sign-in");
    invited.goto(&link).await;
    assert_eq!(invited.status(), 410);
    shifted.server.stop();

    let shifted = Shifted::start(&serving, "clock", 0);
    let at = shifted.server.address();
    let (mut browser, mut invited) = (browser.by_way_of_address(at), invited.by_way_of_address(at));
    browser.goto("/profile").await.must_be_at("/sign-in");
    until_gone_back(&serving).await;
    browser.goto("/profile").await.must_be_at("/sign-in");
    invited.goto(&link).await;
    assert_eq!(invited.status(), 410);
    let log = shifted.server.stop();
    assert!(log.contains("clock_jumped"), "{log}");
}

/// C-09: of two nodes the one that does not agree with the database is not ready; both count as one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_five_seconds_off_is_not_ready_and_counts_like_the_other() {
    if !has_postgres() {
        return;
    }
    let serving = Serving::prepare(On::Postgres, "").await;
    serving.add(ANN, "Ann Ames");
    let (right, wrong) = (Shifted::start(&serving, "right", 0), Shifted::start(&serving, "wrong", 5));
    for (node, status, word) in [(&right, 200, "ready"), (&wrong, 503, "clocks_apart")] {
        // An answer that takes long tells less of a clock.
        let said = async || readiness(node.server.address()).await == Some((status, word.to_owned()));
        until(word, said).await;
    }
    let mut browser = right.server.browser();
    type_password(&mut browser, ANN, PASSWORD).await;
    let app = authenticator::enroll(&mut browser, PASSWORD).await;
    let code = app.code_at("30 seconds");
    let mut sessions = 0;
    for node in [&wrong, &right, &wrong] {
        let mut browser = node.server.browser();
        type_password(&mut browser, ANN, PASSWORD).await;
        type_code(&mut browser, &code).await;
        sessions += usize::from(browser.path() == "/profile");
    }
    assert_eq!(sessions, 1, "of one code");
    let mut verdicts = 0;
    for node in [&wrong, &right].into_iter().cycle().take(8) {
        let mut browser = node.server.browser();
        type_password(&mut browser, ANN, "a guess of the attacker").await;
        verdicts += usize::from(browser.page().text().contains("do not match"));
    }
    assert!(verdicts <= 5, "{verdicts} verdicts");
    serving.here.run(&["invariants"]).must_succeed();
}

async fn sign_in(server: &Running, app: &Authenticator, time: &str) -> crate::harness::Browser {
    let mut browser = server.browser();
    type_password(&mut browser, ANN, PASSWORD).await;
    type_code(&mut browser, &app.code_at(time)).await;
    browser.must_be_at("/profile");
    browser
}

/// PostgreSQL has a clock of its own, which says more.
async fn assert_alarm(at: std::net::SocketAddr, on: On) {
    until_it_says(at, if on == On::Sqlite { "clock_jumped" } else { "clocks_apart" }).await;
}

/// Time stands still until what was over is ended.
async fn until_gone_back(serving: &Serving) {
    crate::real::background::until_there_are(1, async || serving.rows(&WENT_BACK).await).await;
}

static WENT_BACK: countersign_store::Sql =
    countersign_store::Sql::new("SELECT id FROM audit_events WHERE kind = 'clock.went_back'");
