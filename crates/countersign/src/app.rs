//! Puts the crates together: configuration in, a service and its pages out.

use std::sync::Arc;

use countersign_service::{
    Fault, Parts, Service,
    breaches::BreachFile,
    clock::Clock,
    hasher::{Cost, Hasher, HasherOptions},
    keys::KeyRing,
    seeds::Seeds,
};
use countersign_store::{Database, DatabaseOptions, migrations::MIGRATIONS};
use countersign_web::{
    Router,
    demo::Inbox,
    router::router,
    site::{PublicAddress, Settings},
};

use crate::config::{Config, ConfigError, DatabaseAddress, key_file};

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Keys(#[from] key_file::KeyFileError),
    #[error(transparent)]
    Service(#[from] Fault),
    #[error("public_url is not an address")]
    Address,
    #[error("the database is at schema {found}, this program writes {known}: run `countersign migrate`")]
    SchemaTooOld { found: i64, known: i64 },
}

/// What tests set otherwise than the configuration does.
pub struct Sources {
    pub clock: Clock,
    pub cost: Cost,
}

impl Default for Sources {
    fn default() -> Self {
        Self { clock: Clock::System, cost: Cost::STANDARD }
    }
}

/// Opens the database for a server. Locked first: what another server serves is not migrated beneath it.
pub async fn open_to_serve(config: &Config, clock: &Clock) -> Result<Database, Fault> {
    let database = connect(config).await?;
    database.lock_for_serving()?;
    migrate(&database, clock).await?;
    Ok(database)
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

/// Brings the database to the newest schema and returns the names of the steps that were missing.
pub async fn migrate(database: &Database, clock: &Clock) -> Result<Vec<&'static str>, Fault> {
    Ok(database.migrate(MIGRATIONS, clock.now().as_millis()).await?)
}

/// Opens the database as it is.
pub async fn connect(config: &Config) -> Result<Database, Fault> {
    let options = DatabaseOptions {
        pool_size: config.database_pool_size,
        statement_cache: config.database_statement_cache,
        ..DatabaseOptions::default()
    };
    Ok(match &config.database {
        DatabaseAddress::Sqlite(path) => Database::open_sqlite(path, &options).await?,
        DatabaseAddress::Postgres(url) => Database::open_postgres(url, &options).await?,
    })
}

/// The service over an open database.
pub fn service(
    config: &Config,
    database: Database,
    keys: KeyRing,
    sources: Sources,
) -> Result<Service, StartError> {
    let hashing =
        HasherOptions { threads: config.hash_threads, queue: config.hash_queue, cost: sources.cost };
    let breaches = config.breached_passwords_file.as_deref().map(BreachFile::open).transpose()?;
    let parts = Parts {
        database,
        keys,
        hasher: Hasher::start(hashing)?,
        clock: sources.clock,
        seeds: Seeds,
        product_name: config.product_name.clone(),
        breaches,
    };
    Ok(Service::new(parts)?)
}

/// All pages of the service.
pub fn pages(config: &Config, service: Service, inbox: Option<Inbox>) -> Result<Router, StartError> {
    let settings = Settings {
        address: PublicAddress::parse(&config.public_url).map_err(|_| StartError::Address)?,
        product_name: config.product_name.clone(),
        support: config.support_contact.clone(),
        inbox,
    };
    Ok(router(service, settings))
}

/// The demo's inbox: what the recorded channel keeps.
pub fn inbox(recorded: countersign_delivery::recorded::Recorded) -> Inbox {
    Arc::new(move |to| {
        let messages = recorded.messages(to).into_iter();
        messages
            .map(|message| countersign_web::demo::InboxMessage {
                channel: message.channel.as_str(),
                to: message.to,
                subject: message.subject,
                text: message.text,
                sent_at: message.sent_at,
            })
            .collect()
    })
}
