//! A real server for one test: its own database, virtual time, cheap password hashes, HTTP on loopback.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    num::NonZeroUsize,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use countersign::{
    app::{self, Node, Sources},
    config::{
        Config, Values,
        mail::Mail,
        texts::{Gateway, Texts},
    },
};
use countersign_core::{
    authenticator::password::Password,
    id::{MessageId, UserId},
    keys::{KeyRing, RootKey},
    message::Channel,
    organization::Role,
    policy::{Policy, presets::Preset},
    secret::Secret,
    timestamp::Timestamp,
    user::EmailAddress,
};
use countersign_delivery::{recorded::Recorded, sms::kannel, wake::Wake};
use countersign_service::{
    Fault, Service,
    audit::sealer::Sealer,
    clock::{Clock, VirtualClock},
    hasher::Cost,
    invariants::{self, Checked, Journal},
    janitor::Janitor,
    people::{FirstAccess, PeopleError, PersonToAdd},
    sending,
};
use countersign_store::{Database, Row, Sql, Value, params};
use tokio::{net::TcpListener, sync::oneshot};

use super::{
    Browser,
    home::{Home, On},
};

/// 2026-11-22T14:05:00Z, at the start of a step of an authenticator app.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_795_356_300_000);

/// What a test may want otherwise.
#[derive(Clone)]
pub(crate) struct Setup {
    pub(crate) product_name: &'static str,
    pub(crate) hash_threads: usize,
    pub(crate) hash_queue: usize,
    pub(crate) support_contact: Option<&'static str>,
    pub(crate) breached_passwords_file: Option<PathBuf>,
    /// How long a page waits for the outcome of a message.
    pub(crate) message_patience: Duration,
    /// Further settings, as an operator writes them: `("sms_countries", "US, CA")`.
    pub(crate) settings: Vec<(&'static str, String)>,
    /// Whether emails are kept for [`TestServer::mails_to`]. If not, they go where the settings say.
    pub(crate) records_mails: bool,
    /// The same for text messages.
    pub(crate) records_texts: bool,
}

pub(crate) struct TestServer {
    pub(crate) clock: VirtualClock,
    pub(crate) service: Service,
    pub(crate) database: Database,
    address: SocketAddr,
    /// Dropped with the server, which stops it.
    _stop: oneshot::Sender<()>,
    /// The same.
    node: Node,
    /// After everything that uses its database: fields are dropped in this order.
    shared: Shared,
}

/// What all nodes have in common.
#[derive(Clone)]
struct Shared {
    setup: Setup,
    public_url: String,
    clock: VirtualClock,
    /// How many people were made.
    people: Arc<AtomicU32>,
    recorded: Recorded,
    home: Arc<Home>,
}

/// Somebody who can sign in.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) password: String,
    pub(crate) id: UserId,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            product_name: "Trackwell",
            hash_threads: 2,
            hash_queue: 64,
            support_contact: Some("support@example.com"),
            breached_passwords_file: None,
            // Far longer than a busy machine takes, and shorter than what `until` waits for.
            message_patience: Duration::from_secs(20),
            settings: vec![("sms_home_country", "US".to_owned())],
            records_mails: true,
            records_texts: true,
        }
    }
}

impl Setup {
    /// Pages wait for messages no longer than people's do: for tests in which nobody tells how they end.
    pub(crate) fn impatient_as_people(self) -> Self {
        Self { message_patience: sending::PATIENCE, ..self }
    }

    pub(crate) async fn start(self, on: On) -> TestServer {
        let home = Arc::new(Home::make(on).await);
        let listener = listen().await;
        let port = listener.local_addr().unwrap().port();
        let shared = Shared {
            setup: self,
            public_url: format!("http://localhost:{port}"),
            clock: VirtualClock::starting_at(START),
            people: Arc::default(),
            recorded: Recorded::default(),
            home,
        };
        TestServer::node(listener, shared).await
    }
}

impl Shared {
    fn config(&self) -> Config {
        let setup = self.setup.clone();
        let variable = |name: &str| format!("COUNTERSIGN_{}", name.to_uppercase()).into();
        let settings = setup.settings.into_iter().map(|(name, value)| (variable(name), value.into()));
        let values = Values::gather(None, settings).unwrap();
        let configured = Config::from_values(&values).unwrap();
        let recording = || Texts::by(Gateway::Recorded, &values).unwrap();
        Config {
            database: self.home.address(),
            public_url: self.public_url.clone(),
            product_name: setup.product_name.to_owned(),
            support_contact: setup.support_contact.map(str::to_owned),
            hash_threads: NonZeroUsize::new(setup.hash_threads).unwrap(),
            hash_queue: setup.hash_queue,
            breached_passwords_file: setup.breached_passwords_file,
            mail: if setup.records_mails { Some(Mail::Recorded) } else { configured.mail },
            texts: if setup.records_texts { Some(recording()) } else { configured.texts },
            ..configured
        }
    }
}

impl TestServer {
    pub(crate) async fn start(on: On) -> Self {
        Setup::default().start(on).await
    }

    /// The first of several: of a message that another node sends no page hears before its patience is over.
    pub(crate) async fn first_node(on: On) -> Self {
        Setup::default().impatient_as_people().start(on).await
    }

    /// One more process on the same database and keys, at the same time, behind the same public address.
    pub(crate) async fn second_node(&self) -> Self {
        Self::node(listen().await, self.shared.clone()).await
    }

    /// The same server after it was stopped and started again, at another port.
    pub(crate) async fn restarted(self) -> Self {
        let shared = self.shared.clone();
        drop(self);
        Self::node(listen().await, shared).await
    }

    async fn node(listener: TcpListener, shared: Shared) -> Self {
        let (config, clock) = (shared.config(), shared.clock.clone());
        let sources = Sources {
            clock: Clock::Virtual(clock.clone()),
            // A real hash takes 20 ms and more, and nothing here is about how hard it is to guess.
            cost: Cost { memory_kib: 64, passes: 1 },
            message_patience: shared.setup.message_patience,
            recorded: shared.recorded.clone(),
            background: Some(app::connect(&config).await.unwrap()),
            tends_itself: false,
        };
        let database = app::connect(&config).await.unwrap();
        app::migrate(&database, &keys(), &sources.clock).await.unwrap();
        let node = Node::start(&config, database.clone(), keys(), sources).unwrap();
        let service = node.service.clone();
        let router = app::pages(&config, service.clone(), None).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(countersign_web::server::serve(listener, router, async {
            let _dropped = stopped.await;
        }));
        Self { clock, service, database, address, _stop: stop, node, shared }
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.address, self.shared.public_url.clone())
    }

    /// A browser in another network: all of `127.0.0.0/8` is this machine.
    pub(crate) fn browser_from(&self, source: IpAddr) -> Browser {
        Browser::new_from(Some(source), self.address, self.shared.public_url.clone())
    }

    /// The same, through a proxy that listens there.
    pub(crate) fn browser_through(&self, proxy: SocketAddr, source: IpAddr) -> Browser {
        Browser::new_from(Some(source), proxy, self.shared.public_url.clone())
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn public_url(&self) -> &str {
        &self.shared.public_url
    }

    /// Lets time pass.
    pub(crate) fn advance(&self, span: Duration) {
        self.clock.advance(span);
        // What is due by now is sent at once, and not when the worker looks again.
        self.node.wake.poke();
    }

    /// Seals everything that is recorded by now.
    pub(crate) async fn seal(&self) {
        self.try_to_seal().await.unwrap();
    }

    pub(crate) async fn try_to_seal(&self) -> Result<(), Fault> {
        self.tending().0.seal().await
    }

    /// Has the janitor do a round.
    pub(crate) async fn tidy(&self) {
        let mut walked = HashMap::new();
        assert!(self.tending().1.tidy(&mut walked).await.unwrap(), "another janitor has the lease");
    }

    /// What `countersign invariants` looks for: nothing of it may be there, whatever the story was.
    pub(crate) async fn must_keep_its_promises(&self) {
        let now = Clock::Virtual(self.clock.clone()).now();
        let checked = invariants::check(&self.database, &keys(), now, Journal::default()).await.unwrap();
        for Checked { invariant, what, findings, .. } in checked {
            assert!(findings.is_empty(), "{invariant}, {what}: {findings:?}");
        }
    }

    fn tending(&self) -> (Sealer, Janitor) {
        let clock = Clock::Virtual(self.clock.clone());
        app::tending(&self.shared.config(), self.database.clone(), &Arc::new(keys()), &clock, "tests")
    }

    /// Makes a person whose address was proved, in the one organization that has this preset; its people may
    /// use a second factor. Each person has another password.
    pub(crate) async fn person(&self, name: &str, preset: Preset) -> Person {
        let person = self.new_person(name);
        let access = by_password(&person, true);
        self.add(person, (preset, Role::Member), access).await
    }

    /// The same with a role.
    pub(crate) async fn person_who_is(&self, name: &str, preset: Preset, role: Role) -> Person {
        let person = self.new_person(name);
        let access = by_password(&person, true);
        self.add(person, (preset, role), access).await
    }

    /// The same with an address that nobody proved.
    pub(crate) async fn person_with_unproved_address(&self, name: &str, preset: Preset) -> Person {
        let person = self.new_person(name);
        let access = by_password(&person, false);
        self.add(person, (preset, Role::Member), access).await
    }

    /// The same, but with an invitation only: their password is what they may choose behind its link.
    pub(crate) async fn invited_person(&self, name: &str, preset: Preset) -> Person {
        let person = self.new_person(name);
        self.add(person, (preset, Role::Member), FirstAccess::Invitation).await
    }

    /// Somebody who is not made by this.
    pub(crate) fn nobody(&self, name: &str) -> Person {
        self.new_person(name)
    }

    /// Takes the second factor from the organization that has this preset, as long as the operator has not
    /// opened it (CR-3), or gives it.
    pub(crate) async fn set_two_factor_gate(&self, preset: Preset, is_open: bool) {
        self.service.set_two_factor_gate(&company(preset), is_open).await.unwrap();
    }

    fn new_person(&self, name: &str) -> Person {
        let number = self.shared.people.fetch_add(1, Ordering::Relaxed);
        Person {
            name: name.to_owned(),
            email: format!("{}@example.com", name.to_lowercase().replace(' ', ".")),
            password: format!("copper lantern drifts north {number}"),
            id: UserId::from_stored(String::new()),
        }
    }

    async fn add(&self, person: Person, (preset, role): (Preset, Role), access: FirstAccess) -> Person {
        match self.service.add_organization(&company(preset), preset, Some(true)).await {
            Ok(()) | Err(PeopleError::OrganizationExists(_)) => {}
            Err(error) => panic!("{error}"),
        }
        let adding = self.service.add_user(PersonToAdd {
            email: EmailAddress::parse(&person.email).unwrap(),
            name: person.name.clone(),
            organization: company(preset),
            role,
            access,
        });
        let id = adding.await.unwrap();
        Person { id, ..person }
    }

    /// Changes the policy of the organization that has this preset, for what no preset says.
    pub(crate) async fn change_policy(&self, preset: Preset, change: impl FnOnce(&mut Policy)) {
        let mut policy = preset.policy();
        change(&mut policy);
        let policy = serde_json::to_string(&policy).unwrap();
        self.change(&CHANGE_POLICY, params![policy, preset.as_str()]).await;
    }

    /// How many passwords were hashed since the start.
    pub(crate) fn hash_runs(&self) -> u64 {
        self.service.hasher().runs()
    }

    /// What Kannel would show in a report on this message.
    pub(crate) fn report_token(message: &MessageId) -> String {
        kannel::report_token(&keys(), message)
    }

    /// What was recorded so far.
    pub(super) fn recorded(&self) -> &Recorded {
        &self.shared.recorded
    }

    /// Whether messages of this channel are sent at all.
    pub(super) fn sends(&self, channel: Channel) -> bool {
        let config = self.shared.config();
        match channel {
            Channel::Sms => config.texts.is_some(),
            Channel::Email => config.mail.is_some(),
        }
    }

    pub(super) fn wake(&self) -> &Wake {
        &self.node.wake
    }

    // -- a look into the database

    /// How many audit events of this kind, such as `sign_in.refused`, are filed under the person.
    pub(crate) async fn audit_events(&self, person: &Person, kind: &str) -> i64 {
        self.number(&COUNT_AUDIT_EVENTS, params![person.id.as_str(), kind]).await
    }

    /// How many notices of this kind, such as `two_factor_turned_on`, wait for the person.
    pub(crate) async fn notices(&self, person: &Person, kind: &str) -> i64 {
        self.number(&COUNT_NOTICES, params![person.id.as_str(), kind]).await
    }

    /// The one number that a statement gives.
    pub(crate) async fn number(&self, sql: &'static Sql, values: Vec<Value>) -> i64 {
        let rows = self.rows(sql, values).await;
        rows.first().expect("one row").int(0).unwrap()
    }

    pub(crate) async fn rows(&self, sql: &'static Sql, values: Vec<Value>) -> Vec<Row> {
        let reading = self.database.read(move |tx| {
            let values = values.clone();
            Box::pin(async move { tx.query(sql, &values).await })
        });
        reading.await.unwrap()
    }

    /// Writes past the service, to bring about what takes months otherwise.
    pub(crate) async fn change(&self, sql: &'static Sql, values: Vec<Value>) -> u64 {
        let writing = self.database.write(move |tx| {
            let values = values.clone();
            Box::pin(async move { tx.execute(sql, &values).await })
        });
        writing.await.unwrap()
    }
}

/// Each preset has one organization.
fn company(preset: Preset) -> String {
    format!("Company {}", preset.as_str())
}

fn by_password(person: &Person, is_address_vouched_for: bool) -> FirstAccess {
    FirstAccess::Password { password: Password::new(person.password.clone()), is_address_vouched_for }
}

async fn listen() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

/// The same in every test, so that two nodes agree on it.
fn keys() -> KeyRing {
    let root = RootKey { number: 1, bytes: Secret::new([7; 32]) };
    KeyRing::new(vec![root]).unwrap()
}

static CHANGE_POLICY: Sql = Sql::new("UPDATE organizations SET policy = $1 WHERE preset = $2");
static COUNT_AUDIT_EVENTS: Sql =
    Sql::new("SELECT COUNT(*) FROM audit_events WHERE user_id = $1 AND kind = $2");
static COUNT_NOTICES: Sql = Sql::new("SELECT COUNT(*) FROM notices WHERE user_id = $1 AND kind = $2");
