//! `countersign org`: companies.

use clap::Subcommand;
use countersign_core::policy::presets::Preset;
use serde::Serialize;

use super::{ConfigFile, Failure, output::answer, user::with_service};

#[derive(Subcommand)]
pub(super) enum Verb {
    /// Make a company.
    Add {
        name: String,
        /// The policy it begins with: default, per-user.
        #[arg(long, default_value = "default")]
        preset: String,
        #[command(flatten)]
        file: ConfigFile,
    },
}

#[derive(Serialize)]
struct Answer<'a> {
    organization: &'a str,
    preset: &'a str,
}

pub(super) fn run(verb: &Verb, json: bool) -> Result<(), Failure> {
    let Verb::Add { name, preset, file } = verb;
    let Some(chosen) = Preset::parse(preset) else {
        let allowed = Preset::ALL.map(Preset::as_str).join(", ");
        return Err(Failure::new(
            "no_such_preset",
            format!("there is no preset {preset:?}; there are: {allowed}"),
        ));
    };
    with_service(file, async |service| Ok(service.add_organization(name, chosen).await?))?;
    let sentence = format!("Made the organization {name} with the preset {preset}.");
    answer(json, &sentence, &Answer { organization: name, preset })
}
