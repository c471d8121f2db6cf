//! People who use a server while something happens to it, and what must be true afterwards.
//!
//! ```text
//!   people ─▶ sign in, turn on and off, change passwords ─▶ countersign serve ─▶ database
//!     ▲       a stranger guesses     ──────────────────────────▲                   │
//!     │                texts ▼         ▼ mails                                     │
//!     └── check ──── Recorder     MailServer          countersign invariants ◀─────┘
//! ```

mod client;
mod person;
mod promises;
mod stranger;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use countersign_store::Sql;
use tokio::task::{JoinHandle, JoinSet};

use self::{
    client::Client,
    person::{Person, World},
    promises::{Examined, UsedCodes, check_invariants, check_mails, check_used_codes, sent_again},
    stranger::Stranger,
};
use super::{
    loopback::Recorder,
    mail_server::{Encryption, MailServer},
    serving::{Serving, change, rows},
    twilio_client::{ACCEPTED, ACCOUNT, TOKEN},
};
use crate::harness::{in_time, until};

/// More than the cores of a small machine, so that requests overlap.
const PEOPLE: usize = 4;
/// At whose name the stranger guesses.
const VICTIM: &str = "vic@example.com";

/// People at a server.
pub(super) struct Load {
    pub(super) serving: Serving,
    world: Arc<World>,
    mails: MailServer,
    people: Vec<Person>,
    stranger: Stranger,
    used: UsedCodes,
    /// How much the last look into the database found to look at.
    examined: Examined,
}

/// Until they are called back.
pub(super) struct UnderWay(JoinHandle<(Vec<Person>, Stranger)>);

impl Load {
    /// At a server that `prepare` makes, whose settings say where messages go.
    pub(super) async fn prepare(serving: impl AsyncFnOnce(&str) -> Serving) -> Self {
        let mails = MailServer::start(Encryption::None).await;
        let texts = Recorder::answering(ACCEPTED).await;
        let serving = serving(&settings(&mails, &texts)).await;
        let (address, url) = (serving.address(), serving.url());
        let world = Arc::new(World {
            new_client: Box::new(move || Client::new(address, &url)),
            texts,
            is_over: AtomicBool::new(false),
            acknowledged: AtomicUsize::new(0),
        });
        let people = (0..PEOPLE).map(|number| add_person(&serving, &world, number)).collect();
        serving.add(VICTIM, "Vic Vane");
        let stranger = Stranger::new(VICTIM.to_owned(), &world);
        let (used, examined) = (UsedCodes::default(), Examined::default());
        Self { serving, world, mails, people, stranger, used, examined }
    }

    /// Everybody uses the server until they get no answer.
    pub(super) fn begin(&mut self) -> UnderWay {
        self.let_them(Person::live)
    }

    /// Everybody uses the server, and no request of theirs may stay unanswered.
    pub(super) fn begin_undisturbed(&mut self) -> UnderWay {
        self.let_them(Person::live_undisturbed)
    }

    /// Nobody waits for anything any more.
    pub(super) async fn end(&mut self, load: UnderWay) {
        self.world.is_over.store(true, Ordering::Relaxed);
        (self.people, self.stranger) = in_time("people stop", load.0).await.unwrap();
    }

    /// Another moment in each round: after some answers, and then somewhere within what comes next.
    pub(super) async fn wait_for_moment_of(&self, round: usize) {
        self.until_acknowledged(round % 8).await;
        // Two numbers without a common divisor: in a hundred rounds every moment within a change has its turn.
        tokio::time::sleep(Duration::from_millis(u64::try_from(round * 37 % 101).unwrap())).await;
    }

    /// Waits until so many more changes and sign-ins were answered.
    pub(super) async fn until_acknowledged(&self, more: usize) {
        let acknowledged = async || self.world.acknowledged.load(Ordering::Relaxed);
        let before = acknowledged().await;
        for answers in 1..=more {
            until("people are answered", async || acknowledged().await >= before + answers).await;
        }
    }

    /// What was being sent when the server died: its lease is over.
    pub(super) async fn let_leases_end(&self) {
        let database = self.serving.open().await;
        change(&database, &MESSAGES_OF_YESTERDAY).await;
        database.close().await;
    }

    /// What must be true now, for the people and in the database. Afterwards a day has passed for their budgets:
    /// they ask for codes again and again.
    pub(super) async fn check(&mut self) {
        self.check_people().await;
        self.examined = check_invariants(&self.serving, &self.people, &self.stranger);
        let database = self.serving.open().await;
        check_used_codes(&database, &mut self.used).await;
        change(&database, &CODES_OF_YESTERDAY).await;
        database.close().await;
    }

    /// What people see of it, and nothing that a command or this test would have to ask the database for.
    pub(super) async fn check_people(&mut self) {
        self.world.is_over.store(false, Ordering::Relaxed);
        let checking = at_once(std::mem::take(&mut self.people), Person::check);
        self.people = in_time("people look at what they were told", checking).await;
    }

    /// That a promise was kept says nothing where nothing was promised.
    #[track_caller]
    pub(super) fn must_have_examined(&self, invariants: &[&str]) {
        for invariant in invariants {
            let idle: Vec<_> = self.examined.of(invariant).filter(|(_, examined)| *examined == 0).collect();
            assert!(idle.is_empty(), "nothing was there for {invariant}: {idle:?}");
        }
    }

    /// Waits until everything is mailed, looks whether it is what people were told, and says what there was.
    pub(super) async fn check_messages(&self) -> String {
        let database = self.serving.open().await;
        let is_sent = async || rows(&database, &UNSENT, Vec::new()).await.is_empty();
        until("everything is mailed", is_sent).await;
        let arrived = self.mails.mails();
        check_mails(&database, &self.people, &arrived).await;
        database.close().await;
        format!(
            "{} answers, {} changes whose answer was lost, {} texts, {} mails, {} of them again",
            self.world.acknowledged.load(Ordering::Relaxed),
            self.people.iter().map(|person| person.unanswered).sum::<usize>(),
            self.world.texts.requests().len(),
            arrived.len(),
            sent_again(&arrived),
        )
    }

    fn let_them<F: Future<Output = Person> + Send + 'static>(
        &mut self,
        act: impl Fn(Person) -> F + Send + 'static,
    ) -> UnderWay {
        let (people, stranger) = (std::mem::take(&mut self.people), self.stranger.clone());
        UnderWay(tokio::spawn(async move { tokio::join!(at_once(people, act), stranger.guess()) }))
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
