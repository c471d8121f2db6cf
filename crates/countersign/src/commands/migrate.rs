//! `countersign migrate`: brings the database to the newest schema, step by step.

use countersign_service::clock::Clock;
use serde::Serialize;

use super::{ConfigFile, Failure, block_on, output::answer};
use crate::app;

#[derive(Serialize)]
struct Answer {
    applied: Vec<&'static str>,
}

pub(super) fn run(file: &ConfigFile, json: bool) -> Result<(), Failure> {
    let config = file.load()?;
    let applied = block_on(async {
        let database = app::connect(&config).await?;
        let applied = app::migrate(&database, &Clock::system()).await?;
        database.close().await;
        Ok(applied)
    })?;
    let sentence = match applied.as_slice() {
        [] => "The database is at the newest schema already.".to_owned(),
        names => format!("Applied: {}.", names.join(", ")),
    };
    answer(json, &sentence, &Answer { applied })
}
