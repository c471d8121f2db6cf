//! `kill -9` of the server under load, fifty times: nothing that was acknowledged is lost, no code is good twice.
//!
//! ```text
//!   start ─▶ check ─▶ people sign in, turn on and off, change passwords ─▶ kill -9 ─┐
//!     ▲        │                     texts ▼         ▼ mails                        │
//!     │     database                 Recorder     MailServer                        │
//!     └─────────────────────────────────────────────────────────────────────────────┘
//! ```

mod client;
mod invariants;
mod person;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use countersign_store::Sql;
use tokio::task::JoinSet;

use self::{
    client::Client,
    invariants::{UsedCodes, check_database, check_mails, sent_again},
    person::{Person, World},
};
use super::{
    loopback::Recorder,
    mail_server::{Encryption, MailServer},
    serving::{Serving, change, rows},
    twilio_client::{ACCEPTED, ACCOUNT, TOKEN},
};
use crate::harness::{On, Running};

/// As often as was asked for: each kill hits other requests, and fifty of them hit every step of a change.
const KILLS: usize = 50;
/// More than the cores of a small machine, so that requests overlap.
const PEOPLE: usize = 4;
const GLANCE: Duration = Duration::from_millis(1);

on_both_databases! {
    async fn fifty_kills_under_load_lose_nothing_that_was_acknowledged(on: On) {
        let mails = MailServer::start(Encryption::None).await;
        let texts = Recorder::answering(ACCEPTED).await;
        let serving = Serving::prepare(on, &settings(&mails, &texts)).await;
        let world = world(&serving, texts);
        let mut people: Vec<Person> = (0..PEOPLE).map(|number| add_person(&serving, &world, number)).collect();
        let mut used = UsedCodes::default();
        for round in 0..KILLS {
            let (server, checked) = start_and_check(&serving, &world, people, &mut used).await;
            people = checked;
            let load = tokio::spawn(at_once(people, Person::live));
            wait_for_moment_of(round, &world).await;
            drop(server);
            world.is_killed.store(true, Ordering::Relaxed);
            people = load.await.unwrap();
        }
        let (server, people) = start_and_check(&serving, &world, people, &mut used).await;
        let arrived = until_everything_is_mailed(&serving, &mails, &people).await;
        println!(
            "{KILLS} kills: {} answers, {} changes whose answer was lost, {} texts, {} mails, {} of them again",
            world.acknowledged.load(Ordering::Relaxed),
            people.iter().map(|person| person.unanswered).sum::<usize>(),
            world.texts.requests().len(),
            arrived.len(),
            sent_again(&arrived),
        );
        server.stop();
        // Whoever was killed while sealing left a chain on which the next one went on (I4).
        serving.here.run(&["audit", "verify"]).must_succeed();
    }
}

fn settings(mails: &MailServer, texts: &Recorder) -> String {
    let (port, url) = (mails.port(), texts.url());
    format!(
        r#"
smtp_host = "127.0.0.1"
smtp_port = {port}
smtp_security = "none"
mail_from = "security@example.com"
sms_gateway = "twilio"
sms_home_country = "US"
twilio_url = "{url}"
twilio_account_sid = "{ACCOUNT}"
twilio_auth_token = "{TOKEN}"
twilio_from = "+15125550100"
"#
    )
}

fn world(serving: &Serving, texts: Recorder) -> Arc<World> {
    let (address, url) = (serving.address(), serving.url());
    Arc::new(World {
        new_client: Box::new(move || Client::new(address, &url)),
        texts,
        is_killed: AtomicBool::new(false),
        acknowledged: AtomicUsize::new(0),
    })
}

fn add_person(serving: &Serving, world: &Arc<World>, number: usize) -> Person {
    let email = format!("person{number}@example.com");
    serving.add(&email, &format!("Person {number}"));
    Person::new(email, format!("+1512555013{number}"), world)
}

async fn at_once<F: Future<Output = Person> + Send + 'static>(
    people: Vec<Person>,
    act: impl Fn(Person) -> F,
) -> Vec<Person> {
    let acting: JoinSet<Person> = people.into_iter().map(act).collect();
    acting.join_all().await
}

/// Another moment in each round: after some answers, and then somewhere within what comes next.
async fn wait_for_moment_of(round: usize, world: &World) {
    let enough = world.acknowledged.load(Ordering::Relaxed) + round % 8;
    while world.acknowledged.load(Ordering::Relaxed) < enough {
        tokio::time::sleep(GLANCE).await;
    }
    // Two numbers without a common divisor: in fifty rounds every moment within a change has its turn.
    tokio::time::sleep(Duration::from_millis(u64::try_from(round * 37 % 101).unwrap())).await;
}

/// A day has passed for whatever is not finished: the leases of the dead server are over, and afterwards, for
/// those who ask for codes again and again, the budgets are free.
async fn start_and_check(
    serving: &Serving,
    world: &World,
    people: Vec<Person>,
    used: &mut UsedCodes,
) -> (Running, Vec<Person>) {
    let database = serving.open().await;
    change(&database, &MESSAGES_OF_YESTERDAY).await;
    database.close().await;
    let server = serving.start();
    world.is_killed.store(false, Ordering::Relaxed);
    let people = at_once(people, Person::check).await;
    let database = serving.open().await;
    check_database(&database, used).await;
    change(&database, &CODES_OF_YESTERDAY).await;
    database.close().await;
    (server, people)
}

async fn until_everything_is_mailed(
    serving: &Serving,
    mails: &MailServer,
    people: &[Person],
) -> Vec<super::mail::Mail> {
    let database = serving.open().await;
    while !rows(&database, &UNSENT, Vec::new()).await.is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let arrived = mails.mails();
    check_mails(&database, people, &arrived).await;
    database.close().await;
    arrived
}

/// Twenty-five hours in milliseconds: budgets count a day.
static CODES_OF_YESTERDAY: Sql = Sql::new(
    "UPDATE sent_codes SET sent_at = sent_at - 90000000, expires_at = expires_at - 90000000, \
         counts_from = counts_from - 90000000 WHERE used_at IS NULL",
);
static MESSAGES_OF_YESTERDAY: Sql = Sql::new(
    "UPDATE outbox SET due_at = due_at - 90000000, expires_at = expires_at - 90000000, \
         leased_until = leased_until - 90000000 \
     WHERE sent_at IS NULL AND dead_at IS NULL AND dropped_at IS NULL",
);
static UNSENT: Sql = Sql::new("SELECT id FROM outbox WHERE channel = 'email' AND sent_at IS NULL");
