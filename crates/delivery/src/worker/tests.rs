//! The worker over a real outbox on SQLite, with time that only the test moves.

use std::{
    io,
    net::{IpAddr, Ipv4Addr},
    sync::{
        Mutex,
        atomic::{AtomicI64, Ordering},
    },
};

use countersign_core::{
    ceremony::{CeremonyPurpose, Decision, Write},
    id::MessageId,
    keys::RootKey,
    letter::{CodeLetter, Letter, LinkLetter, NoticeLetter},
    link::LinkPurpose,
    message::{Outgoing, Recipient},
    moment::{BrowserMark, Moment, Seed, Visitor},
    notice::NoticeKind,
    secret::Secret,
};
use countersign_store::{
    DatabaseOptions, commit::commit, migrations::MIGRATIONS, outbox::DeadLetter, outbox::Progress,
};
use rand_core::Rng;
use tempfile::TempDir;

use super::*;
use crate::{
    email::mail_server::MailServer,
    http::HttpClient,
    outcomes::AttemptEnd,
    recorded::Recorded,
    render::RendererOptions,
    sms::kannel::{Kannel, KannelOptions},
    testing::Responder,
};

const START: i64 = 1_795_356_300_000;
const NUMBER: &str = "+15550100123";
const CODE: &str = "739104";
/// Nothing of ours takes so long; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_mins(2);

/// What a page would hear.
type Told = JoinHandle<Option<AttemptEnd>>;

/// A database, a clock, and what a worker needs beside them.
struct World {
    _folder: TempDir,
    database: Database,
    clock: Arc<AtomicI64>,
    keys: Arc<KeyRing>,
    wake: Wake,
    outcomes: Outcomes,
    recorded: Recorded,
    messages: AtomicI64,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("countersign.db");
        let database = Database::open_sqlite(&file, &DatabaseOptions::default()).await.unwrap();
        database.migrate(MIGRATIONS, START).await.unwrap();
        Self {
            _folder: folder,
            database,
            clock: Arc::new(AtomicI64::new(START)),
            keys: Arc::new(ring(1)),
            wake: Wake::default(),
            outcomes: Outcomes::default(),
            recorded: Recorded::default(),
            messages: AtomicI64::new(0),
        }
    }

    fn worker(&self, node: &str, sms: Option<SmsRoute>, email: Option<EmailRoute>) -> Worker {
        let clock = Arc::clone(&self.clock);
        Worker::start(WorkerParts {
            database: self.database.clone(),
            keys: Arc::clone(&self.keys),
            now: Arc::new(move || Timestamp::from_millis(clock.load(Ordering::SeqCst))),
            renderer: Renderer::new(RendererOptions {
                product_name: "Trackwell".into(),
                public_url: "https://signin.trackwell.example".into(),
                host: "signin.trackwell.example".into(),
                support_contact: None,
                places: None,
            }),
            sms,
            email,
            wake: self.wake.clone(),
            outcomes: self.outcomes.clone(),
            node: node.into(),
        })
    }

    fn recording(&self, node: &str) -> Worker {
        let (sms, email) = (self.recorded.clone(), self.recorded.clone());
        self.worker(node, Some(SmsRoute::Recorded(sms)), Some(EmailRoute::Recorded(email)))
    }

    fn kannel(&self, gateway: &Responder) -> SmsRoute {
        let options = KannelOptions {
            sendsms_url: gateway.url("/cgi-bin/sendsms"),
            username: "us".into(),
            password: Secret::new("gateway-password".into()),
            from: "Trackwell".into(),
            reports_url: "https://signin.trackwell.example/reports/kannel".parse().unwrap(),
        };
        let kannel = Kannel::new(HttpClient::new().unwrap(), options, Arc::clone(&self.keys));
        SmsRoute::Kannel(Box::new(kannel))
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.clock.load(Ordering::SeqCst))
    }

    fn pass(&self, span: Duration) {
        self.clock.fetch_add(i64::try_from(span.as_millis()).unwrap(), Ordering::SeqCst);
        self.wake.poke();
    }

    /// Puts a message into the outbox as a decision would, and hears of its first attempt.
    async fn put(&self, channel: Channel, letter: &Letter) -> (MessageId, Told) {
        self.put_sealed_by(&self.keys, channel, letter).await
    }

    async fn put_sealed_by(&self, keys: &KeyRing, channel: Channel, letter: &Letter) -> (MessageId, Told) {
        let number = self.messages.fetch_add(1, Ordering::SeqCst);
        let visitor = Visitor {
            source: IpAddr::V4(Ipv4Addr::LOCALHOST),
            user_agent: String::new(),
            browser: BrowserMark([0; 32]),
        };
        let mut moment = Moment::new(self.now(), &visitor, keys, &Seed::new([7; 32]));
        for _ in 0..number {
            moment.rng.next_u64();
        }
        let to = if channel == Channel::Sms { NUMBER } else { "ann@a.example" };
        let recipient = Recipient { channel, to: to.into(), user: None };
        let outgoing = Outgoing::seal(recipient, letter, &mut moment);
        let id = outgoing.id.clone();
        let waiter = self.outcomes.waiter(&id);
        let putting = self.database.write(move |tx| {
            let decision = Decision::new((), vec![Write::Send(outgoing.clone())]);
            Box::pin(commit(tx, decision))
        });
        putting.await.unwrap();
        self.wake.poke();
        (id, tokio::spawn(waiter.within(PATIENCE)))
    }

    async fn progress(&self, id: &MessageId) -> Progress {
        let id = id.clone();
        let reading = self.database.read(move |tx| {
            let id = id.clone();
            Box::pin(async move { outbox::progress(tx, &id).await })
        });
        reading.await.unwrap().unwrap()
    }

    async fn dead_letters(&self) -> Vec<DeadLetter> {
        self.database.read(|tx| Box::pin(outbox::dead_letters(tx, 10))).await.unwrap()
    }

    /// Looks again and again until it is so.
    async fn until(&self, id: &MessageId, is_so: impl Fn(Progress) -> bool) {
        let looking = async {
            while !is_so(self.progress(id).await) {
                tokio::task::yield_now().await;
            }
        };
        time::timeout(PATIENCE, looking).await.unwrap();
    }
}

fn ring(number: u8) -> KeyRing {
    KeyRing::new(vec![RootKey { number: number.into(), bytes: Secret::new([number; 32]) }]).unwrap()
}

fn code(at: Timestamp) -> Letter {
    Letter::Code(CodeLetter {
        purpose: CeremonyPurpose::SignIn,
        code: Secret::new(CODE.into()),
        asked_at: at,
        expires_at: at.plus(Duration::from_mins(10)),
        source: "203.0.113.7".into(),
        user_agent: "canary-agent".into(),
    })
}

fn notice(at: Timestamp) -> Letter {
    Letter::Notice(NoticeLetter {
        kind: NoticeKind::PasswordChanged,
        method: None,
        at,
        source: "203.0.113.7".into(),
        user_agent: String::new(),
        is_by_operator: false,
        not_me: Secret::new("nme_canary".into()),
        unlock: None,
    })
}

fn link(at: Timestamp) -> Letter {
    Letter::Link(LinkLetter {
        purpose: LinkPurpose::SetPassword,
        token: Secret::new("spw_canary".into()),
        organization: None,
        at,
        expires_at: at.plus(LinkPurpose::SetPassword.life()),
    })
}

#[tokio::test]
async fn a_message_leaves_at_once_and_the_page_that_waits_is_told() {
    let world = World::new().await;
    let worker = world.recording("a");
    let (id, told) = world.put(Channel::Sms, &code(world.now())).await;
    assert_eq!(told.await.unwrap(), Some(AttemptEnd::Sent));
    assert_eq!(world.progress(&id).await, Progress::Sent);
    let message = world.recorded.messages(Some(NUMBER)).remove(0);
    assert!(message.rendered.text.starts_with(CODE));
    worker.stop().await;
}

#[tokio::test]
async fn a_code_past_its_life_is_dropped_and_a_notice_of_six_hours_ago_is_sent() {
    let world = World::new().await;
    let (code_id, dropped) = world.put(Channel::Sms, &code(world.now())).await;
    let (_, sent) = world.put(Channel::Email, &notice(world.now())).await;
    world.pass(Duration::from_hours(6));
    let worker = world.recording("a");
    assert_eq!(dropped.await.unwrap(), Some(AttemptEnd::Failed));
    assert_eq!(sent.await.unwrap(), Some(AttemptEnd::Sent));
    worker.stop().await;
    assert_eq!(world.progress(&code_id).await, Progress::Failed);
    assert_eq!(world.recorded.messages(Some(NUMBER)), []);
    assert_eq!(world.recorded.messages(None).len(), 1);
}

#[tokio::test]
async fn a_channel_without_a_route_leaves_its_messages_waiting() {
    let world = World::new().await;
    let worker = world.worker("a", None, Some(EmailRoute::Recorded(world.recorded.clone())));
    let (waiting, told) = world.put(Channel::Sms, &code(world.now())).await;
    let (_, sent) = world.put(Channel::Email, &notice(world.now())).await;
    assert_eq!(sent.await.unwrap(), Some(AttemptEnd::Sent));
    worker.stop().await;
    assert_eq!(world.progress(&waiting).await, Progress::Waiting { attempts: 0 });
    let worker = world.recording("a");
    assert_eq!(told.await.unwrap(), Some(AttemptEnd::Sent));
    worker.stop().await;
}

#[tokio::test]
async fn what_does_not_open_becomes_a_dead_letter_and_holds_nobody_up() {
    let world = World::new().await;
    let (id, failed) = world.put_sealed_by(&ring(9), Channel::Email, &notice(world.now())).await;
    let (_, sent) = world.put(Channel::Email, &notice(world.now())).await;
    let worker = world.recording("a");
    assert_eq!(failed.await.unwrap(), Some(AttemptEnd::Failed));
    assert_eq!(sent.await.unwrap(), Some(AttemptEnd::Sent));
    worker.stop().await;
    let dead = world.dead_letters().await.remove(0);
    assert_eq!(dead.id, id);
    assert!(dead.error.starts_with("unreadable"), "{}", dead.error);
}

#[tokio::test]
async fn what_fails_for_now_is_sent_later_and_once() {
    let world = World::new().await;
    let answers = [(503, "Temporal failure"), (503, "Temporal failure"), (202, "0: Accepted for delivery")];
    let gateway = Responder::start(&answers.map(|(status, body)| Responder::answer(status, body))).await;
    let worker = world.worker("a", Some(world.kannel(&gateway)), None);
    let (id, told) = world.put(Channel::Sms, &code(world.now())).await;
    assert_eq!(told.await.unwrap(), Some(AttemptEnd::Again));
    assert_eq!(gateway.requests().len(), 1);
    for expected in [AttemptEnd::Again, AttemptEnd::Sent] {
        let told = world.outcomes.waiter(&id);
        world.pass(Duration::from_secs(5));
        assert_eq!(told.within(PATIENCE).await, Some(expected));
    }
    world.pass(Duration::from_hours(1));
    worker.stop().await;
    assert_eq!(gateway.requests().len(), 3);
}

/// P4, A40: a gateway that hangs up may have taken the text; each text may be paid for.
#[tokio::test]
async fn a_code_that_was_perhaps_taken_is_texted_once_more_and_no_oftener() {
    let world = World::new().await;
    let gateway = Responder::start(&[const { String::new() }; 3]).await;
    let worker = world.worker("a", Some(world.kannel(&gateway)), None);
    let (id, told) = world.put(Channel::Sms, &code(world.now())).await;
    assert_eq!(told.await.unwrap(), Some(AttemptEnd::Again));
    let told = world.outcomes.waiter(&id);
    world.pass(Duration::from_secs(3));
    assert_eq!(told.within(PATIENCE).await, Some(AttemptEnd::Failed));
    worker.stop().await;
    assert_eq!(gateway.requests().len(), 2);
    assert_eq!(world.progress(&id).await, Progress::Failed);
}

#[tokio::test]
async fn a_notice_that_was_perhaps_taken_is_sent_until_somebody_says_so() {
    let world = World::new().await;
    let server = MailServer::hanging_up_on_mails().await;
    let worker = world.worker("a", None, Some(EmailRoute::Smtp(Box::new(server.smtp()))));
    let (id, told) = world.put(Channel::Email, &notice(world.now())).await;
    assert_eq!(told.await.unwrap(), Some(AttemptEnd::Again));
    for _ in 0..3 {
        let told = world.outcomes.waiter(&id);
        world.pass(Duration::from_mins(18));
        assert_eq!(told.within(PATIENCE).await, Some(AttemptEnd::Again));
    }
    worker.stop().await;
}

#[tokio::test]
async fn a_code_that_is_refused_is_over_and_leaves_nothing_for_an_operator() {
    let world = World::new().await;
    let gateway = Responder::start(&[Responder::answer(403, "Authorization failed for sendsms")]).await;
    let worker = world.worker("a", Some(world.kannel(&gateway)), None);
    let (id, told) = world.put(Channel::Sms, &code(world.now())).await;
    assert_eq!(told.await.unwrap(), Some(AttemptEnd::Failed));
    worker.stop().await;
    assert_eq!(world.progress(&id).await, Progress::Failed);
    assert!(world.dead_letters().await.is_empty());
}

#[tokio::test]
async fn a_notice_that_is_refused_is_a_dead_letter_with_its_reason() {
    let world = World::new().await;
    let server = MailServer::knowing_nobody().await;
    let worker = world.worker("a", None, Some(EmailRoute::Smtp(Box::new(server.smtp()))));
    let (_, told) = world.put(Channel::Email, &notice(world.now())).await;
    assert_eq!(told.await.unwrap(), Some(AttemptEnd::Failed));
    worker.stop().await;
    let dead = world.dead_letters().await.remove(0);
    assert_eq!(dead.error, "smtp_550: 5.1.1 <[recipient]>: no such mailbox");
}

/// Somebody was invited and never heard of it: only an operator can do something about that.
#[tokio::test]
async fn a_link_past_its_life_is_a_dead_letter_and_is_not_sent() {
    let world = World::new().await;
    let (_, told) = world.put(Channel::Email, &link(world.now())).await;
    world.pass(Duration::from_hours(24));
    let worker = world.recording("a");
    assert_eq!(told.await.unwrap(), Some(AttemptEnd::Failed));
    worker.stop().await;
    assert_eq!(world.recorded.messages(None), []);
    assert!(world.dead_letters().await.remove(0).error.starts_with("past_its_life: "));
}

#[tokio::test]
async fn two_workers_send_each_message_once() {
    let world = World::new().await;
    let mut told = Vec::new();
    for _ in 0..50 {
        told.push(world.put(Channel::Email, &notice(world.now())).await.1);
    }
    let workers = [world.recording("a"), world.recording("b")];
    for sending in told {
        assert_eq!(sending.await.unwrap(), Some(AttemptEnd::Sent));
    }
    for worker in workers {
        worker.stop().await;
    }
    let mut ids: Vec<_> = world.recorded.messages(None).into_iter().map(|sent| sent.rendered.id).collect();
    assert_eq!(ids.len(), 50);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 50);
}

#[tokio::test]
async fn stopping_finishes_what_is_being_sent() {
    let world = World::new().await;
    let gateway = Responder::held(&[Responder::answer(202, "0: Accepted for delivery")]).await;
    let worker = world.worker("a", Some(world.kannel(&gateway)), None);
    let (id, _) = world.put(Channel::Sms, &code(world.now())).await;
    world.until(&id, |_| !gateway.requests().is_empty()).await;
    let stopping = tokio::spawn(worker.stop());
    gateway.let_go();
    stopping.await.unwrap();
    assert_eq!(world.progress(&id).await, Progress::Sent);
}

/// What a dead sender left behind is sent when its lease is over.
#[tokio::test]
async fn a_lease_that_nobody_keeps_runs_out() {
    let world = World::new().await;
    let (id, told) = world.put(Channel::Email, &notice(world.now())).await;
    let lease = Lease { node: "dead", until: world.now().plus(attempt::lease(Channel::Email)) };
    assert_eq!(
        outbox::claim(&world.database, Channel::Email, 9, world.now(), &lease).await.unwrap().len(),
        1
    );
    let worker = world.recording("a");
    let (_, next) = world.put(Channel::Email, &notice(world.now())).await;
    assert_eq!(next.await.unwrap(), Some(AttemptEnd::Sent));
    assert_eq!(world.progress(&id).await, Progress::Waiting { attempts: 1 });
    world.pass(attempt::lease(Channel::Email));
    assert_eq!(told.await.unwrap(), Some(AttemptEnd::Sent));
    worker.stop().await;
}

/// A46
#[tokio::test]
async fn atk_46_the_log_holds_no_code_number_token_or_password() {
    let log = Log::default();
    let writer = log.clone();
    // Without the time, whose digits look like a code now and then.
    let subscriber = tracing_subscriber::fmt().without_time().with_max_level(tracing::Level::TRACE);
    let subscriber = subscriber.with_writer(move || writer.clone());
    // For all threads: a subscriber of one thread misses what another thread met first.
    tracing::subscriber::set_global_default(subscriber.finish()).unwrap();
    let world = World::new().await;
    let answers = [(503, format!("{NUMBER} later")), (400, format!("receiver {NUMBER} {CODE}"))];
    let gateway = Responder::start(&answers.map(|(status, body)| Responder::answer(status, &body))).await;
    let email = Some(EmailRoute::Recorded(world.recorded.clone()));
    let worker = world.worker("a", Some(world.kannel(&gateway)), email);
    for _ in 0..2 {
        let (_, told) = world.put(Channel::Sms, &code(world.now())).await;
        told.await.unwrap().unwrap();
    }
    let (_, told) = world.put(Channel::Email, &notice(world.now())).await;
    told.await.unwrap().unwrap();
    worker.stop().await;
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("msg_") && log.contains("kannel_503") && log.contains("kannel_400"), "{log}");
    for secret in
        [CODE, NUMBER, "15550100123", "nme_canary", "gateway-password", "ann@a.example", "canary-agent"]
    {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
