//! The command line: one file a command, all of them also as `--json`.

mod audit;
mod config;
mod demo;
mod doctor;
mod init;
mod invariants;
mod migrate;
mod one_line;
mod operator;
mod org;
mod outbox;
mod output;
mod serve;
mod user;

use std::{path::PathBuf, sync::Arc};

use clap::{Parser, Subcommand};
use countersign_service::Service;

pub use output::Failure;

use crate::{
    app::{self, Shared, Sources},
    config::{Config, key_file},
};

/// Account security for products that many companies use.
#[derive(Parser)]
#[command(name = "countersign", version, about, propagate_version = true)]
pub struct Command {
    /// Answer as one line of JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Start everything on an embedded database, with example companies and an inbox page.
    Demo(demo::Arguments),
    /// Write a configuration file and keys into a folder.
    Init(init::Arguments),
    /// Serve.
    Serve(ConfigFile),
    /// Bring the database to the newest schema.
    Migrate(ConfigFile),
    /// Try everything that a server needs, and say what to do about what does not work. Sends nothing.
    Doctor(ConfigFile),
    /// Look whether the database keeps its promises: after a crash, a failover, a restore, or any day.
    Invariants(invariants::Arguments),
    /// Companies.
    #[command(subcommand)]
    Org(org::Verb),
    /// People.
    #[command(subcommand)]
    User(user::Verb),
    /// Operators, who run the installation.
    #[command(subcommand)]
    Operator(operator::Verb),
    /// Messages that wait, and those that could not be sent.
    #[command(subcommand)]
    Outbox(outbox::Verb),
    /// The record of what happened.
    #[command(subcommand)]
    Audit(audit::Verb),
    /// The configuration.
    #[command(subcommand)]
    Config(config::Verb),
}

#[derive(clap::Args)]
struct ConfigFile {
    /// The configuration file; without it, countersign.toml in this folder.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl ConfigFile {
    fn load(&self) -> Result<Config, Failure> {
        Ok(Config::load(self.config.as_deref())?)
    }
}

impl Command {
    pub fn run(self) -> Result<(), Failure> {
        let json = self.json;
        let result = match self.verb {
            Verb::Demo(arguments) => demo::run(&arguments, json),
            Verb::Init(arguments) => init::run(&arguments, json),
            Verb::Serve(file) => serve::run(&file, json),
            Verb::Migrate(file) => migrate::run(&file, json),
            Verb::Doctor(file) => doctor::run(&file, json),
            Verb::Invariants(arguments) => invariants::run(&arguments, json),
            Verb::Org(verb) => org::run(&verb, json),
            Verb::User(verb) => user::run(&verb, json),
            Verb::Operator(verb) => operator::run(&verb, json),
            Verb::Outbox(verb) => outbox::run(&verb, json),
            Verb::Audit(verb) => audit::run(&verb, json),
            Verb::Config(verb) => config::run(&verb),
        };
        result.map_err(|failure| failure.told_as_json(json))
    }
}

/// The runtime that a command runs on.
fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|cause| Failure::new("no_runtime", cause))?.block_on(work)
}

/// Runs operator work on the configured database, beside a server or without one.
fn with_service<T>(
    file: &ConfigFile,
    work: impl AsyncFnOnce(&Service) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let config = file.load()?;
    block_on(async {
        let keys = Arc::new(key_file::read(&config.keys_file)?);
        let database = app::open_beside(&config).await?;
        // What it writes for people is sent by a server, now or when there is one.
        let service = app::service(&config, database.clone(), keys, &Sources::default(), Shared::default())?;
        let done = work(&service).await;
        database.close().await;
        done
    })
}
