//! A real server for one test: its own database, virtual time, cheap password hashes, HTTP on loopback.

use std::{
    net::SocketAddr,
    num::NonZeroUsize,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use countersign::{
    app::{self, Sources},
    config::{Config, Values},
};
use countersign_core::{
    authenticator::password::Password,
    id::UserId,
    organization::Role,
    policy::{Policy, presets::Preset},
    secret::Secret,
    timestamp::Timestamp,
    user::EmailAddress,
};
use countersign_service::{
    Service,
    clock::{Clock, VirtualClock},
    hasher::Cost,
    keys::{KeyRing, RootKey},
    people::{PeopleError, PersonToAdd},
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
}

pub(crate) struct TestServer {
    pub(crate) clock: VirtualClock,
    pub(crate) service: Service,
    pub(crate) database: Database,
    address: SocketAddr,
    /// Dropped with the server, which stops it.
    _stop: oneshot::Sender<()>,
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
        }
    }
}

impl Setup {
    pub(crate) async fn start(self, on: On) -> TestServer {
        let home = Arc::new(Home::make(on).await);
        let listener = listen().await;
        let port = listener.local_addr().unwrap().port();
        let shared = Shared {
            setup: self,
            public_url: format!("http://localhost:{port}"),
            clock: VirtualClock::starting_at(START),
            people: Arc::default(),
            home,
        };
        TestServer::node(listener, shared).await
    }
}

impl Shared {
    fn config(&self) -> Config {
        let Setup { product_name, hash_threads, hash_queue, support_contact, breached_passwords_file } =
            self.setup.clone();
        Config {
            database: self.home.address(),
            public_url: self.public_url.clone(),
            product_name: product_name.to_owned(),
            support_contact: support_contact.map(str::to_owned),
            hash_threads: NonZeroUsize::new(hash_threads).unwrap(),
            hash_queue,
            breached_passwords_file,
            ..Config::from_values(&Values::gather(None, []).unwrap()).unwrap()
        }
    }
}

impl TestServer {
    pub(crate) async fn start(on: On) -> Self {
        Setup::default().start(on).await
    }

    /// One more process on the same database and keys, at the same time, behind the same public address.
    pub(crate) async fn second_node(&self) -> Self {
        Self::node(listen().await, self.shared.clone()).await
    }

    async fn node(listener: TcpListener, shared: Shared) -> Self {
        let (config, clock) = (shared.config(), shared.clock.clone());
        let sources = Sources {
            clock: Clock::Virtual(clock.clone()),
            // A real hash takes 20 ms and more, and nothing here is about how hard it is to guess.
            cost: Cost { memory_kib: 64, passes: 1 },
        };
        let database = app::connect(&config).await.unwrap();
        app::migrate(&database, &sources.clock).await.unwrap();
        let service = app::service(&config, database.clone(), keys(), sources).unwrap();
        let router = app::pages(&config, service.clone(), None).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(countersign_web::server::serve(listener, router, async {
            let _dropped = stopped.await;
        }));
        Self { clock, service, database, address, _stop: stop, shared }
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.address, self.shared.public_url.clone())
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn public_url(&self) -> &str {
        &self.shared.public_url
    }

    /// Makes a person in the one organization that has this preset; each has another password.
    pub(crate) async fn person(&self, name: &str, preset: Preset) -> Person {
        let organization = format!("Company {}", preset.as_str());
        match self.service.add_organization(&organization, preset).await {
            Ok(()) | Err(PeopleError::OrganizationExists) => {}
            Err(error) => panic!("{error}"),
        }
        let number = self.shared.people.fetch_add(1, Ordering::Relaxed);
        let person = Person {
            name: name.to_owned(),
            email: format!("{}@example.com", name.to_lowercase().replace(' ', ".")),
            password: format!("copper lantern drifts north {number}"),
            id: UserId::from_stored(String::new()),
        };
        let adding = self.service.add_user(PersonToAdd {
            email: EmailAddress::parse(&person.email).unwrap(),
            name: person.name.clone(),
            organization,
            role: Role::Member,
            password: Password::new(person.password.clone()),
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
