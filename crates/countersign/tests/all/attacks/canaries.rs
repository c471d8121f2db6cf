//! Faults at every door, and in what is told of them no word that somebody typed or holds.
//!
//! ```text
//!   each form × each statement × { fails, panics } + { the commit fails }
//!   each page × each read fails
//!   each door × the database is gone
//!        └─▶ both kinds of log, at their most talkative · panic messages · the error page · the numbers
//! ```

use std::{
    io::{self, Write},
    panic,
    sync::{Arc, LazyLock, Mutex},
};

use countersign_store::{Dialect, Sql, database::Injection, params};
use countersign_web::router::{Access, Door, doors};
use tracing_subscriber::{Layer, fmt, layer::SubscriberExt};

use super::{
    numbers::METRICS,
    web::{FORM, Victim, unsafe_doors},
};
use crate::harness::{On, Reply, TestServer};

/// Everything that was told so far.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<u8>>>);

/// Far behind the last statement of any transaction.
const STATEMENTS_MAX: u32 = 60;
/// Far behind the last look of any page.
const READS_MAX: u32 = 30;

on_both_databases! {
    /// A108: whatever fails wherever, what people typed and hold is in no log, no page, no number and no panic.
    async fn atk_108_no_fault_tells_a_secret(on: On) {
        let told = Told::default();
        told.listen();
        let numbers = LazyLock::force(&METRICS);
        let server = TestServer::start(on).await;
        let mut secrets = vec![
            "violet kettle hums at dawn".to_owned(),
            "15125550134".to_owned(),
            "5125550134".to_owned(),
            "canary".to_owned(),
        ];
        let mut struck = 0;
        for (number, door) in unsafe_doors().iter().enumerate() {
            let victim = Victim::named(&server, &format!("Ann Ames {number}")).await;
            secrets.extend(victim.secrets());
            let hits = fail_everywhere(&server, &victim, door, &secrets).await;
            struck += hits;
        }
        assert!(struck > 60, "only {struck} faults were forced");

        let victim = Victim::named(&server, "Ann Ames").await;
        secrets.extend(victim.secrets());
        let asking: Vec<_> = doors().into_iter().filter(|door| !STEADY.contains(&door.path)).collect();
        let mut struck = 0;
        for page in asking.iter().filter(|door| door.method == "GET" && door.path != NEVER_READY) {
            struck += fail_reads(&server, &victim, page, &secrets).await;
        }
        assert!(struck > 60, "only {struck} reads were made to fail");
        server.database.close().await;
        for door in &asking {
            let reply = knock_with_canaries(&victim, door).await;
            must_tell_none(&reply.text(), &secrets, door);
        }
        told.must_hold_none_of(&secrets);
        let numbers = numbers.render(&server.service).await;
        assert!(numbers.contains("status=\"5xx\""), "{numbers}");
        for secret in &secrets {
            assert!(!is_among_numbers(secret, &numbers), "{secret} in {numbers}");
        }
    }
}

/// They ask for no secret and answer without a database.
const STEADY: [&str; 2] = ["/healthz", "/assets/{file}"];

/// The clock of these tests is not that of PostgreSQL, which takes such a node out of service (C-09).
const NEVER_READY: &str = "/readyz";

/// Posts the right form until nothing is left to fail; answers how often something did.
async fn fail_everywhere(server: &TestServer, victim: &Victim, door: &Door, secrets: &[String]) -> u32 {
    let mut struck = 0;
    let mut post = async |injection| {
        let (mut browser, token) = victim.at(door);
        let form = victim.filled_form(door, &token);
        server.database.inject(injection, 1);
        let reply = browser.send("POST", door.path, &SAME_ORIGIN, form).await;
        server.database.inject(injection, 0);
        must_tell_none_if_failed(&reply, secrets, door);
        // A fault costs a try, and a lock would end this early.
        server.change(&FORGET_FAILURES, params![]).await;
        let has_failed = reply.status >= 500;
        struck += u32::from(has_failed);
        has_failed
    };
    // It undoes what it hits, so what follows finds everything as it was.
    post(Injection::FailCommit).await;
    // The statements are the same; each takes longer there, for it goes over a network.
    let step = if server.database.dialect() == Dialect::Sqlite { 1 } else { 4 };
    for statement in (1..STATEMENTS_MAX).step_by(step) {
        let failed = post(Injection::FailStatement(statement)).await;
        if !failed || !post(Injection::PanicAtStatement(statement)).await {
            break;
        }
    }
    struck
}

/// Asks for the page until no look into the database is left to fail; answers how often one did.
async fn fail_reads(server: &TestServer, victim: &Victim, page: &Door, secrets: &[String]) -> u32 {
    for read in 1..READS_MAX {
        server.database.inject(Injection::FailRead(read), 1);
        let reply = knock_with_canaries(victim, page).await;
        server.database.inject(Injection::FailRead(read), 0);
        must_tell_none_if_failed(&reply, secrets, page);
        if reply.status < 500 {
            return read - 1;
        }
    }
    panic!("{} fails without a fault", page.path);
}

/// At a door where something fails: secrets in the body, the query, the path and the headers.
async fn knock_with_canaries(victim: &Victim, door: &Door) -> Reply {
    let (mut browser, token) = victim.at(door);
    let path = door.path.replace("{message}", "canary").replace("{token}", "canary");
    let path = format!("{path}?canary=canary");
    "canary".clone_into(&mut browser.user_agent);
    let headers = [&SAME_ORIGIN[..], &[("x-forwarded-for", "canary"), ("x-canary", "canary")]].concat();
    let body = match door.access {
        _ if door.method == "GET" => Vec::new(),
        Access::Gateway => b"canary=canary".to_vec(),
        _ => victim.filled_form(door, &token),
    };
    browser.send(door.method.as_str(), &path, &headers, body).await
}

/// The times that were measured have so many digits that a code stands within one now and then: digits count when
/// nothing stands before or after them that belongs to the same number.
fn is_among_numbers(secret: &str, numbers: &str) -> bool {
    if !secret.bytes().all(|byte| byte.is_ascii_digit()) {
        return numbers.contains(secret);
    }
    let mut words = numbers.split(|letter: char| !letter.is_ascii_digit() && letter != '.');
    words.any(|word| word == secret)
}

#[track_caller]
fn must_tell_none_if_failed(reply: &Reply, secrets: &[String], door: &Door) {
    if reply.status >= 500 {
        must_tell_none(&reply.text(), secrets, door);
    }
}

#[track_caller]
fn must_tell_none(text: &str, secrets: &[String], door: &Door) {
    let found = secrets.iter().find(|secret| tells(text, secret));
    assert_eq!(found, None, "{} {}:\n{text}", door.method, door.path);
}

/// Ids have so many digits among their letters that a code stands within one now and then: digits count when neither
/// letter nor digit stands before or after them.
fn tells(text: &str, secret: &str) -> bool {
    let is_number = secret.bytes().all(|byte| byte.is_ascii_digit());
    text.match_indices(secret).any(|(place, _)| {
        let (before, after) = (&text[..place], &text[place + secret.len()..]);
        let is_within = before.ends_with(char::is_alphanumeric) || after.starts_with(char::is_alphanumeric);
        !is_number || !is_within
    })
}

impl Told {
    /// Both kinds of log, with everything that any crate says, and the messages of panics. For the rest of this
    /// process: `nextest` gives each test its own.
    fn listen(&self) {
        // Without the time, whose digits look like a code now and then.
        let (json, text) = (self.clone(), self.clone());
        let json = fmt::layer().json().without_time().with_writer(move || json.clone());
        let text = fmt::layer().with_ansi(false).without_time().with_writer(move || text.clone());
        let both = tracing_subscriber::registry().with(json.and_then(text));
        tracing::subscriber::set_global_default(both).unwrap();
        let panics = self.clone();
        panic::set_hook(Box::new(move |panic| {
            writeln!(panics.clone(), "panicked: {panic}").unwrap();
            eprintln!("{panic}");
        }));
    }

    fn must_hold_none_of(&self, secrets: &[String]) {
        let told = String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned();
        assert!(told.contains("injected at statement") && told.contains("\"message\":\"answered\""));
        for line in told.lines() {
            let found = secrets.iter().find(|secret| tells(line, secret));
            assert_eq!(found, None, "{line}");
        }
    }
}

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const SAME_ORIGIN: [(&str, &str); 2] = [("content-type", FORM), ("sec-fetch-site", "same-origin")];
static FORGET_FAILURES: Sql = Sql::new("DELETE FROM ladders");
