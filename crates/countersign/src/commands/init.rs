//! `countersign init`: a folder with a configuration file and keys.

use std::{env, fs, path::PathBuf};

use countersign_core::secret::Secret;
use countersign_service::seeds::Seeds;
use serde::Serialize;

use super::{Failure, output::answer};
use crate::config::{key_file, keys, new_file};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The folder; it is made if it is not there.
    #[arg(default_value = ".")]
    dir: PathBuf,
}

#[derive(Serialize)]
struct Answer {
    config: PathBuf,
    keys_file: PathBuf,
}

pub(super) fn run(arguments: &Arguments, json: bool) -> Result<(), Failure> {
    fs::create_dir_all(&arguments.dir).map_err(|cause| Failure::new("folder", cause))?;
    let config = arguments.dir.join("countersign.toml");
    let keys_file = arguments.dir.join("countersign.keys");
    if config.exists() {
        let sentence = format!("{} is there already; nothing was changed", config.display());
        return Err(Failure::new("configuration_exists", sentence));
    }
    key_file::create(&keys_file, &Secret::new(Seeds.bytes()?))?;
    // For the owner alone: it may come to hold the database's password.
    new_file::write(&config, 0o600, &keys::example()).map_err(|cause| Failure::new("folder", cause))?;
    let sentence = format!(
        "Wrote {config} and {keys}.\n\
         Keep a copy of the keys apart from the database's: without them nobody can sign in.\n\
         Next, make the database and in it the first company and person, then serve:\n  \
           {program} migrate --config {config}\n  \
           {program} org add \"Example\" --config {config}\n  \
           {program} user add ann@example.com --name \"Ann Ames\" --organization \"Example\" --role owner --config {config}\n  \
           {program} serve --config {config}",
        config = config.display(),
        keys = keys_file.display(),
        program = program(),
    );
    answer(json, &sentence, &Answer { config, keys_file })
}

/// As it was called, so that what is printed can be pasted.
fn program() -> String {
    env::args_os()
        .next()
        .map_or_else(|| "countersign".to_owned(), |program| program.to_string_lossy().into_owned())
}
