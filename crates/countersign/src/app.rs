//! Puts the crates together: configuration in, a service and its pages out.

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign_core::{
    keys::KeyRing,
    throttle::{links::ResetRules, source::SourceRules},
};
use countersign_delivery::{
    SetUpError,
    outcomes::Outcomes,
    place::Places,
    recorded::{Message, Recorded},
    wake::Wake,
    worker::{Worker, WorkerParts},
};
use countersign_service::{
    Fault, Parts, Service,
    audit::{self, sealer::Sealer},
    background::Background,
    breaches::BreachFile,
    clock::Clock,
    clock_watch,
    hasher::{Cost, Hasher, HasherOptions},
    health::{KeysFit, Misfit, do_keys_fit},
    janitor::Janitor,
    seeds::Seeds,
    sending,
};
use countersign_store::{Database, DatabaseOptions, migrations::MIGRATIONS};
use countersign_web::{
    Router,
    demo::Inbox,
    router::router,
    site::{PublicAddress, Settings},
};
use tokio::task::JoinSet;

use crate::{
    channels::{self, Routes},
    config::{Config, ConfigError, DatabaseAddress, key_file},
};

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Keys(#[from] key_file::KeyFileError),
    #[error(transparent)]
    Service(#[from] Fault),
    #[error(transparent)]
    SetUp(#[from] SetUpError),
    /// What the right keys sealed would be unreadable, and what these seal would be so to them (C-10).
    #[error("the keys file does not belong to this database: {0}; restore the one that does from its copy")]
    WrongKeys(Misfit),
    #[error("public_url is not an address")]
    Address,
    #[error("the database is at schema {found}, this program writes {known}: run `countersign migrate`")]
    SchemaTooOld { found: i64, known: i64 },
}

/// What tests set otherwise than the configuration does, and what they and the demo look at.
pub struct Sources {
    pub clock: Clock,
    pub cost: Cost,
    /// How long a page waits for the outcome of the message that it asked for. Tests that read it there wait longer: a
    /// busy machine is no slow gateway.
    pub message_patience: Duration,
    /// Where messages go that are recorded.
    pub recorded: Recorded,
    /// What works in the background, if not on the same handle: a test that has transactions fail means those of
    /// people.
    pub background: Option<Database>,
    /// Whether sealer, janitor and mailer work by the clock on the wall, and whether it is watched. Tests have them
    /// work when they say, by a clock that nobody sets back.
    pub tends_itself: bool,
}

impl Default for Sources {
    fn default() -> Self {
        Self {
            clock: Clock::system(),
            cost: Cost::STANDARD,
            message_patience: sending::PATIENCE,
            recorded: Recorded::default(),
            background: None,
            tends_itself: true,
        }
    }
}

/// Opens the database for a server. Locked first: what another server serves is not migrated beneath it. With keys
/// that are not the database's nothing is served.
pub async fn open_to_serve(config: &Config, keys: &KeyRing, clock: &Clock) -> Result<Database, StartError> {
    let database = connect(config).await?;
    database.lock_for_serving().map_err(Fault::from)?;
    migrate(&database, keys, clock).await?;
    clock_watch::recall(&database, clock).await?;
    match do_keys_fit(&database, keys).await? {
        KeysFit::Unknown | KeysFit::Yes => Ok(database),
        KeysFit::No(cause) => Err(StartError::WrongKeys(cause)),
    }
}

/// Opens the database for work beside a server, which may be an older one: its schema stays as it is.
pub async fn open_beside(config: &Config) -> Result<Database, StartError> {
    let database = connect(config).await?;
    let found = database.schema_number().await.map_err(Fault::from)?;
    let known = MIGRATIONS.iter().map(|migration| migration.number).max().unwrap_or(0);
    if found < known {
        database.close().await;
        return Err(StartError::SchemaTooOld { found, known });
    }
    Ok(database)
}

/// Brings the database to the newest schema and returns the names of the steps that were missing. In a database
/// that is new, the audit chain begins.
pub async fn migrate(database: &Database, keys: &KeyRing, clock: &Clock) -> Result<Vec<&'static str>, Fault> {
    let now = clock.now();
    let applied = database.migrate(MIGRATIONS, now.as_millis()).await?;
    audit::begin(database, keys, now).await?;
    Ok(applied)
}

/// Opens the database as it is.
pub async fn connect(config: &Config) -> Result<Database, Fault> {
    let options = DatabaseOptions {
        pool_size: config.database_pool_size,
        statement_cache: config.database_statement_cache,
        answer_limit: config.database_answer_limit,
        ..DatabaseOptions::default()
    };
    Ok(match &config.database {
        DatabaseAddress::Sqlite(path) => Database::open_sqlite(path, &options).await?,
        DatabaseAddress::Postgres(url) => Database::open_postgres(url, &options).await?,
    })
}

/// A running server behind its pages: the service, the worker that sends what it writes, the sealer of what it
/// records, the janitor, and the mailer of links that were wished for.
pub struct Node {
    pub service: Service,
    pub recorded: Recorded,
    pub wake: Wake,
    database: Database,
    worker: Worker,
    /// The sealer, the janitor and the mailer.
    tending: Vec<Background>,
    /// Hears of messages that other nodes wrote, and watches the clock. A set ends what is in it when it is dropped.
    watching: JoinSet<()>,
}

impl Node {
    /// Must be called inside the runtime.
    pub fn start(
        config: &Config,
        database: Database,
        keys: KeyRing,
        sources: Sources,
    ) -> Result<Self, StartError> {
        let (keys, wake) = (Arc::new(keys), Wake::default());
        let shared = Shared { outcomes: Outcomes::default(), places: channels::places(config)? };
        let Routes { sms, email } = Routes::new(config, &keys, &sources.recorded)?;
        let (clock, node) = (sources.clock.clone(), URL_SAFE_NO_PAD.encode(Seeds.bytes()?));
        let background = sources.background.clone().unwrap_or_else(|| database.clone());
        let mut tending = if sources.tends_itself {
            let (sealer, janitor) = tending(config, background.clone(), &keys, &clock, &node);
            vec![sealer.start(), janitor.start()]
        } else {
            Vec::new()
        };
        let worker = WorkerParts {
            database: background,
            keys: Arc::clone(&keys),
            now: Arc::new(move || clock.now()),
            renderer: channels::renderer(config, shared.places.clone())?,
            sms,
            email,
            wake: wake.clone(),
            outcomes: shared.outcomes.clone(),
            node,
        };
        let service = service(config, database.clone(), keys, &sources, shared)?;
        let (mut watching, heard_from, poked) = (JoinSet::new(), database.clone(), wake.clone());
        watching.spawn(async move { heard_from.listen(move || poked.poke()).await });
        if sources.tends_itself {
            tending.push(service.start_mailer());
            let watched = service.clone();
            watching.spawn(async move { watched.watch_the_clock().await });
        }
        let (worker, recorded) = (Worker::start(worker), sources.recorded);
        Ok(Self { service, recorded, wake, database, worker, tending, watching })
    }

    /// Finishes what is being sent, seals what is recorded and closes the database.
    pub async fn stop(mut self) {
        self.worker.stop().await;
        for task in self.tending {
            task.stop().await;
        }
        self.watching.shutdown().await;
        if let Err(fault) = self.service.note_the_time().await {
            tracing::warn!(%fault, code = fault.code(), "the time was not noted");
        }
        self.database.close().await;
    }
}

/// Who seals what is recorded and removes what is over, under the name of this process.
pub fn tending(
    config: &Config,
    database: Database,
    keys: &Arc<KeyRing>,
    clock: &Clock,
    node: &str,
) -> (Sealer, Janitor) {
    let (keys, clock, node) = (Arc::clone(keys), clock.clone(), node.to_owned());
    let janitor = Janitor {
        database: database.clone(),
        keys: Arc::clone(&keys),
        clock: clock.clone(),
        seeds: Seeds,
        node: node.clone(),
        audit_kept: config.audit_kept,
    };
    (Sealer { database, keys, clock, node }, janitor)
}

/// What a service has in common with the worker beside it; a command has no worker.
#[derive(Default)]
pub struct Shared {
    pub outcomes: Outcomes,
    pub places: Option<Places>,
}

/// The service over an open database.
pub fn service(
    config: &Config,
    database: Database,
    keys: Arc<KeyRing>,
    sources: &Sources,
    Shared { outcomes, places }: Shared,
) -> Result<Service, StartError> {
    let hashing =
        HasherOptions { threads: config.hash_threads, queue: config.hash_queue, cost: sources.cost };
    let breaches = config.breached_passwords_file.as_deref().map(BreachFile::open).transpose()?;
    let rules = config.texts.as_ref().map(|texts| texts.rules(config.operator_email.clone()));
    let parts = Parts {
        database,
        keys,
        hasher: Hasher::start(hashing)?,
        clock: sources.clock.clone(),
        seeds: Seeds,
        product_name: config.product_name.clone(),
        breaches,
        source_rules: SourceRules {
            minute_max: config.failures_minute_max.get(),
            alerts_to: config.operator_email.clone(),
        },
        reset_rules: ResetRules {
            hour_max: config.reset_links_hour_max.get(),
            alerts_to: config.operator_email.clone(),
        },
        texting: rules.map(Arc::new),
        message_patience: sources.message_patience,
        can_mail: config.mail.is_some(),
        places,
        outcomes,
        report_keys: channels::report_keys(config),
    };
    Ok(Service::new(parts)?)
}

/// All pages of the service.
pub fn pages(config: &Config, service: Service, inbox: Option<Inbox>) -> Result<Router, StartError> {
    let settings = Settings {
        address: PublicAddress::parse(&config.public_url).map_err(|_| StartError::Address)?,
        product_name: config.product_name.clone(),
        support: config.support_contact.clone(),
        trusted_proxies: config.trusted_proxies.clone(),
        inbox,
    };
    Ok(router(service, settings))
}

/// The demo's inbox: what the recorded channel keeps.
pub fn inbox(recorded: Recorded) -> Inbox {
    Arc::new(move |to| {
        let messages = recorded.messages(to).into_iter();
        messages
            .map(|Message { rendered, sent_at }| countersign_web::demo::InboxMessage {
                channel: rendered.channel.as_str(),
                to: rendered.to,
                subject: rendered.subject,
                text: rendered.text,
                sent_at,
            })
            .collect()
    })
}
