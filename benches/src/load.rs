//! Load by `wrk`: prepared requests from a file, every answer checked by a script (`load.lua`).

use std::{fmt::Write, fs, net::SocketAddr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign_core::keys::KeyRing;
use serde::Deserialize;
use tokio::process::Command;

use crate::{
    Outcome, clock,
    people::Person,
    server::{HOST, Site},
    town::PASSWORD,
};

/// One request, without the headers that all have.
pub(crate) struct Prepared {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) cookies: String,
    pub(crate) body: String,
}

/// How requests are sent, and what their right answer is.
#[derive(Clone, Copy)]
pub(crate) struct Load<'a> {
    pub(crate) nodes: &'a [SocketAddr],
    pub(crate) connections: usize,
    pub(crate) seconds: u64,
    /// Begin from the front when all were sent; else that is an error, since the bench would measure refusals.
    pub(crate) again: bool,
    pub(crate) status: u16,
    pub(crate) location: &'static str,
}

/// What a run of `wrk` found.
#[derive(Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
}

/// What the scripts print.
#[derive(Deserialize)]
pub(crate) struct Told {
    requests: f64,
    micros: f64,
    p50: f64,
    p99: f64,
    wrong: u64,
    wrong_status: u16,
    dry: u64,
    broken: u64,
}

/// The code of the app, typed after the password.
pub(crate) fn code_checks(people: &[Person], keys: &KeyRing) -> Vec<Prepared> {
    let now = clock::now();
    let check = |person: &Person| {
        let ceremony = person.ceremony_token.expose_text();
        let token = form_token(keys, &ceremony);
        Prepared {
            method: "POST",
            path: "/sign-in/code",
            cookies: format!("cs-form={NONCE}; cs-flow={ceremony}"),
            body: format!("form_token={token}&code={}", person.code(now)),
        }
    };
    people.iter().map(check).collect()
}

/// The page that only asks whether there is a session.
pub(crate) fn session_checks(people: &[Person]) -> Vec<Prepared> {
    let check = |person: &Person| Prepared {
        method: "GET",
        path: "/",
        cookies: format!("cs-form={NONCE}; cs={}", person.session_token.expose_text()),
        body: String::new(),
    };
    people.iter().map(check).collect()
}

/// Name and password.
pub(crate) fn password_checks(people: &[Person], keys: &KeyRing) -> Vec<Prepared> {
    let (token, password) = (form_token(keys, ""), PASSWORD.replace(' ', "+"));
    let check = |person: &Person| Prepared {
        method: "POST",
        path: "/sign-in",
        cookies: format!("cs-form={NONCE}"),
        body: format!("form_token={token}&email={}&password={password}", person.email.replace('@', "%40")),
    };
    people.iter().map(check).collect()
}

/// What the floor is asked.
pub(crate) fn floor_checks() -> Vec<Prepared> {
    let check = |code: u32| Prepared {
        method: "POST",
        path: "/check",
        cookies: String::new(),
        body: format!(r#"{{"code":"{code:06}"}}"#),
    };
    (0..10_000).map(check).collect()
}

impl Load<'_> {
    pub(crate) async fn run(&self, site: &Site, requests: &[Prepared]) -> Outcome<Measured> {
        let file = site.file("requests");
        let lines = requests.iter().fold(String::new(), |mut lines, request| {
            let Prepared { method, path, cookies, body } = request;
            // Writing to a string cannot fail.
            let _ = writeln!(lines, "{method}\t{path}\t{cookies}\t{body}");
            lines
        });
        fs::write(&file, lines)?;
        let script = site.file("load.lua");
        fs::write(&script, include_str!("load.lua"))?;
        let first = self.nodes.first().ok_or("a load needs a server")?;
        let nodes: Vec<_> = self.nodes.iter().map(ToString::to_string).collect();
        let threads = self.nodes.len().to_string();
        let mut wrk = Command::new("wrk");
        wrk.args(["-t", &threads, "-c", &self.connections.to_string()])
            .args(["-d", &format!("{}s", self.seconds), "--timeout", "20s", "-s"])
            .arg(&script)
            .arg(format!("http://{first}"))
            .env("BENCH_REQUESTS", &file)
            .env("BENCH_NODES", nodes.join(","))
            .env("BENCH_THREADS", &threads)
            .env("BENCH_HOST", HOST)
            .env("BENCH_TYPE", if self.status == 200 { "application/json" } else { FORM })
            .env("BENCH_STATUS", self.status.to_string())
            .env("BENCH_LOCATION", self.location)
            .env("BENCH_AGAIN", if self.again { "1" } else { "0" });
        Told::of(&mut wrk).await
    }
}

impl Told {
    /// Runs `wrk`, whose script prints what it found as its last line.
    pub(crate) async fn of(wrk: &mut Command) -> Outcome<Measured> {
        let output = wrk.output().await?;
        let text = String::from_utf8_lossy(&output.stdout);
        let told = text.lines().rev().find(|line| line.starts_with('{'));
        let told =
            told.ok_or_else(|| format!("wrk failed: {text}{}", String::from_utf8_lossy(&output.stderr)))?;
        serde_json::from_str::<Self>(told)?.judged()
    }

    /// A run that met a wrong answer measured something else.
    fn judged(self) -> Outcome<Measured> {
        if self.dry > 0 {
            return Err("there were not enough prepared requests for this run".into());
        }
        if self.wrong + self.broken > 0 {
            let Self { wrong, wrong_status, broken, .. } = self;
            return Err(format!("{wrong} wrong answers (such as {wrong_status}), {broken} broken").into());
        }
        Ok(Measured {
            per_second: self.requests / (self.micros / 1e6),
            p50_ms: self.p50 / 1e3,
            p99_ms: self.p99 / 1e3,
        })
    }
}

/// As the server makes it for a form that it shows to this browser.
fn form_token(keys: &KeyRing, ceremony: &str) -> String {
    let parts = [NONCE.as_bytes(), b"".as_slice(), ceremony.as_bytes()];
    URL_SAFE_NO_PAD.encode(keys.form_tokens().digest(&parts))
}

/// How long a run lasts whose requests are each sent once only, at most so many a second.
pub(crate) fn enough_for(seconds: u64) -> usize {
    usize::try_from(seconds).unwrap_or(1).saturating_mul(CHECKS_A_SECOND_MAX)
}

/// Far more than any run reached; a run that comes to their end fails and says so.
const CHECKS_A_SECOND_MAX: usize = 16_000;
/// 32 zero bytes: the random value of a browser, here the same for all.
const NONCE: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const FORM: &str = "application/x-www-form-urlencoded";
