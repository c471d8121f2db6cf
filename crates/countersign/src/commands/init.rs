//! `countersign init`: a folder with a configuration file and keys, a database, and a link for the first operator.

use std::{
    env,
    path::{Path, PathBuf},
    sync::Arc,
};

use countersign_core::{keys::KeyRing, secret::Secret};
use countersign_service::{Fault, clock::Clock, seeds::Seeds};
use countersign_store::Database;
use serde::Serialize;

use super::{
    Failure, block_on, operator,
    output::{FOLDER_ADVICE, answer, make_folder},
};
use crate::{
    app::{self, Shared, Sources},
    config::{Config, key_file, keys, new_file},
};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The folder; it is made if it is not there.
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Leave the database alone: `migrate` makes it later, and `operator invite` a link for the first operator.
    #[arg(long)]
    without_database: bool,
}

/// What the setting `database` names where nobody set it.
const DATABASE: &str = "countersign.db";
const FOUND: &str = "The database is there already and has other keys than these";

/// What became of the database.
enum Made {
    /// It is there, and with this link somebody becomes its first operator.
    Database { link: String },
    /// It was to be left alone.
    Nothing,
    /// It was there before, with keys of its own.
    Found,
    /// It could not be reached, as far as it can be seen.
    Unreached(String),
}

#[derive(Serialize)]
struct Answer {
    config: PathBuf,
    keys_file: PathBuf,
    /// With which somebody becomes the first operator; none where no database was made.
    operator_link: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    no_link_because: Option<String>,
}

pub(super) fn run(arguments: &Arguments, json: bool) -> Result<(), Failure> {
    make_folder(&arguments.dir)?;
    let config = arguments.dir.join("countersign.toml");
    let keys_file = arguments.dir.join("countersign.keys");
    if config.exists() {
        let sentence = format!(
            "{config} is there already; nothing was changed. `countersign doctor --config {config}` says how it is, \
             and `countersign operator invite --config {config}` prints a link for an operator",
            config = config.display()
        );
        return Err(Failure::new("configuration_exists", sentence));
    }
    refuse_new_keys(&arguments.dir.join(DATABASE), &keys_file)?;
    key_file::create(&keys_file, &Secret::new(Seeds.bytes()?))?;
    // For the owner alone: it may come to hold the database's password.
    new_file::write(&config, 0o600, &keys::example())
        .map_err(|cause| Failure::at("folder", config.display(), &cause, FOLDER_ADVICE))?;
    let made = if arguments.without_database { Made::Nothing } else { make_database(&config) };
    let sentence = format!(
        "Wrote {config} and {keys}.\n\
         Keep a copy of the keys apart from the database's: without them nobody can sign in.\n{next}",
        config = config.display(),
        keys = keys_file.display(),
        next = next_steps(&made, &config),
    );
    let no_link_because = why_no_link(&made);
    let operator_link = match made {
        Made::Database { link } => Some(link),
        Made::Nothing | Made::Found | Made::Unreached(_) => None,
    };
    answer(json, &sentence, &Answer { config, keys_file, operator_link, no_link_because })
}

/// A database is of no use with other keys than its own, and a server does not start with them.
fn refuse_new_keys(database: &Path, keys_file: &Path) -> Result<(), Failure> {
    if !database.exists() || keys_file.exists() {
        return Ok(());
    }
    let sentence = format!(
        "{database} is there already, and its keys are not here; nothing was written. Put its key file at {keys} \
         and write the configuration by `countersign config example`, or choose another folder",
        database = database.display(),
        keys = keys_file.display(),
    );
    Err(Failure::new("database_exists", sentence))
}

/// Files are written by now: what fails here can be done by other commands, so that it fails nothing.
fn make_database(file: &Path) -> Made {
    let making = || {
        let config = Config::load(Some(file))?;
        block_on(async {
            let keys = Arc::new(key_file::read(&config.keys_file)?);
            let database = app::connect(&config).await?;
            let made = first_link(&config, &database, keys).await;
            database.close().await;
            made
        })
    };
    making().unwrap_or_else(|failure: Failure| Made::Unreached(failure.message().to_owned()))
}

/// Only where there was no database: one that is in use is not ours to change.
async fn first_link(config: &Config, database: &Database, keys: Arc<KeyRing>) -> Result<Made, Failure> {
    if database.schema_number().await.map_err(Fault::from)? > 0 {
        return Ok(Made::Found);
    }
    app::migrate(database, &keys, &Clock::system()).await?;
    let service = app::service(config, database.clone(), keys, &Sources::default(), Shared::default())?;
    let token = service.invite_operator().await?;
    Ok(Made::Database { link: operator::link(&config.public_url, &token) })
}

fn next_steps(made: &Made, config: &Path) -> String {
    let (program, config) = (program(), config.display());
    let people = format!(
        "  {program} org add \"Example\" --config {config}\n  \
           {program} user add ann@example.com --name \"Ann Ames\" --organization \"Example\" --role owner --config {config}\n  \
           {program} serve --config {config}"
    );
    match made {
        Made::Database { link } => format!(
            "Made the database. Next, make in it the first company and person, then serve:\n{people}\n\
             As soon as it serves, whoever opens this link becomes the first operator, once, within a day \
             (it begins with the setting public_url):\n{link}"
        ),
        Made::Found => format!(
            "{FOUND}: before you serve, put its key file in the place of the new one, or set `database` to another."
        ),
        Made::Nothing | Made::Unreached(_) => {
            let why = match made {
                Made::Unreached(why) => format!("The database was not made: {why}\n"),
                _ => String::new(),
            };
            format!(
                "{why}Next, make the database, in it the first company and person, and a link for the first \
                 operator, then serve:\n  {program} migrate --config {config}\n  \
                 {program} operator invite --config {config}\n{people}"
            )
        }
    }
}

fn why_no_link(made: &Made) -> Option<String> {
    match made {
        Made::Database { .. } => None,
        Made::Nothing => Some("the database was left alone".to_owned()),
        Made::Found => Some(FOUND.to_owned()),
        Made::Unreached(why) => Some(why.clone()),
    }
}

/// As it was called, so that what is printed can be pasted.
fn program() -> String {
    env::args_os()
        .next()
        .map_or_else(|| "countersign".to_owned(), |program| program.to_string_lossy().into_owned())
}
