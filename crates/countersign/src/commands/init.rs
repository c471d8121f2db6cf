//! `countersign init`: a folder with a configuration file and keys.

use std::{fs, path::PathBuf};

use countersign_core::secret::Secret;
use countersign_service::seeds::Seeds;
use serde::Serialize;

use super::{Failure, output::answer};
use crate::config::{key_file, keys};

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
    fs::write(&config, keys::example()).map_err(|cause| Failure::new("folder", cause))?;
    let sentence = format!(
        "Wrote {} and {}.\n\
         Keep a copy of the keys apart from the database's: without them nobody can sign in.\n\
         Next: set public_url, then make the first company and person:\n  \
           countersign org add \"Example\" --config {}\n  \
           countersign user add ann@example.com --name \"Ann Ames\" --organization \"Example\" --role owner --config {}\n  \
           countersign serve --config {}",
        config.display(),
        keys_file.display(),
        config.display(),
        config.display(),
        config.display(),
    );
    answer(json, &sentence, &Answer { config, keys_file })
}
