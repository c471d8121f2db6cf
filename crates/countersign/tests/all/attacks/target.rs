//! The one who is attacked, what an attacker has of them, and what the database says afterwards.

use std::time::Duration;

use countersign_core::policy::presets::Preset;
use countersign_store::{Sql, params};

use crate::harness::{Browser, Person, Phone, Reply, TestServer, enroll_app, sign_in, type_password};

/// Somebody with an authenticator app under the default policy.
pub(super) struct Target {
    pub(super) person: Person,
    pub(super) phone: Phone,
    /// Their own: signed in, and known from its first sign-in.
    pub(super) browser: Browser,
}

/// The longest lock of the ladder.
pub(super) const AN_HOUR: Duration = Duration::from_hours(1);
/// So long an app shows one code.
pub(super) const A_STEP: Duration = Duration::from_secs(30);

impl Target {
    /// The app's present code is a fresh one.
    pub(super) async fn new(server: &TestServer, name: &str) -> Self {
        let person = server.person(name, Preset::Default).await;
        let mut browser = sign_in(server, &person).await;
        let phone = enroll_app(server, &mut browser, &person).await;
        server.clock.advance(A_STEP);
        Self { person, phone, browser }
    }

    /// A browser that nobody knows, past the right password.
    pub(super) async fn half_signed_in(&self, server: &TestServer) -> Browser {
        let mut browser = server.browser();
        type_password(&mut browser, &self.person.email, &self.person.password).await;
        browser.must_be_at("/sign-in/code");
        browser
    }

    pub(super) fn code(&self, server: &TestServer) -> String {
        self.phone.code(&server.clock)
    }

    pub(super) fn wrong_code(&self, server: &TestServer) -> String {
        self.phone.wrong_code(&server.clock)
    }
}

/// Posts to `path` what stands in `fields`, with the form token of the page that is shown.
pub(super) async fn post(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Reply {
    let token = browser.form_token();
    let mut all = vec![("form_token", token.as_str())];
    all.extend_from_slice(fields);
    browser.post_form(path, &all).await
}

pub(super) async fn post_code(browser: &mut Browser, code: &str) -> Reply {
    post(browser, "/sign-in/code", &[("code", code)]).await
}

pub(super) async fn post_password(browser: &mut Browser, email: &str, password: &str) -> Reply {
    post(browser, "/sign-in", &[("email", email), ("password", password)]).await
}

/// All of them post the same at the same time; the answers come with the browsers that got them.
pub(super) async fn post_at_once(
    browsers: Vec<Browser>,
    path: &'static str,
    fields: &[(&str, &str)],
) -> Vec<(Browser, Reply)> {
    let fields: Vec<(String, String)> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let mut running = Vec::new();
    for mut browser in browsers {
        let fields = fields.clone();
        running.push(tokio::spawn(async move {
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let reply = post(&mut browser, path, &fields).await;
            (browser, reply)
        }));
    }
    let mut answers = Vec::new();
    for answer in running {
        answers.push(answer.await.unwrap());
    }
    answers
}

/// Whether the answer hands out what opens the profile.
pub(super) fn gives_a_session(reply: &Reply) -> bool {
    let lines = reply.headers.get_all("set-cookie").iter();
    lines.filter_map(|line| line.to_str().ok()).any(|line| {
        let (pair, _) = line.split_once(';').unwrap_or((line, ""));
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        ["cs", "__Host-cs"].contains(&name) && !value.is_empty()
    })
}

/// Wrong entries on the ladder of the name itself.
pub(super) async fn failures(server: &TestServer, person: &Person) -> i64 {
    let rows = server.rows(&FAILURES, params![person.id.as_str()]).await;
    rows.first().map_or(0, |row| row.int(0).unwrap())
}

/// Wrong codes in a row, counted on the app.
pub(super) async fn app_failures(server: &TestServer, person: &Person) -> i64 {
    server.number(&APP_FAILURES, params![person.id.as_str()]).await
}

/// How many times the person was told by a page whether a code is right or wrong, and it was wrong.
pub(super) async fn wrong_codes_judged(server: &TestServer, person: &Person) -> i64 {
    server.number(&WRONG_CODES_JUDGED, params![person.id.as_str()]).await
}

/// All sessions that were ever made for the person.
pub(super) async fn sessions(server: &TestServer, person: &Person) -> i64 {
    server.number(&SESSIONS, params![person.id.as_str()]).await
}

pub(super) async fn open_sign_ins(server: &TestServer, person: &Person) -> i64 {
    server.number(&OPEN_SIGN_INS, params![person.id.as_str()]).await
}

static FAILURES: Sql = Sql::new("SELECT failures FROM ladders WHERE subject = $1");
static APP_FAILURES: Sql = Sql::new(
    "SELECT failures_in_a_row FROM authenticators \
     WHERE user_id = $1 AND kind = 'app' AND bound_at IS NOT NULL AND revoked_at IS NULL",
);
static WRONG_CODES_JUDGED: Sql = Sql::new(
    "SELECT COUNT(*) FROM audit_events \
     WHERE user_id = $1 AND kind = 'sign_in.refused' AND reason LIKE 'wrong_code %'",
);
static SESSIONS: Sql = Sql::new("SELECT COUNT(*) FROM sessions WHERE user_id = $1");
static OPEN_SIGN_INS: Sql = Sql::new(
    "SELECT COUNT(*) FROM ceremonies WHERE user_id = $1 AND purpose = 'sign_in' AND ended_at IS NULL",
);
