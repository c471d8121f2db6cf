//! `countersign migrate`: brings the database to the newest schema, step by step; in a new one the audit chain
//! begins, for which it needs the keys.

use countersign_service::clock::Clock;
use serde::Serialize;

use super::{ConfigFile, Failure, block_on, output::answer};
use crate::{app, config::key_file};

#[derive(Serialize)]
struct Answer {
    applied: Vec<&'static str>,
}

pub(super) fn run(file: &ConfigFile, json: bool) -> Result<(), Failure> {
    let config = file.load()?;
    let applied = block_on(async {
        let keys = key_file::read(&config.keys_file)?;
        let database = app::connect(&config).await?;
        let applied = app::migrate(&database, &keys, &Clock::system()).await?;
        database.close().await;
        Ok(applied)
    })?;
    let sentence = match applied.as_slice() {
        [] => "The database is at the newest schema already.".to_owned(),
        names => format!("Applied: {}.", names.join(", ")),
    };
    answer(json, &sentence, &Answer { applied })
}
