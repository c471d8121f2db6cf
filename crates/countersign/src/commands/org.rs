//! `countersign org`: companies.

use clap::{Subcommand, ValueEnum};
use countersign_core::policy::presets::Preset;
use countersign_service::{Service, people::OrganizationLine};
use serde::Serialize;

use super::{ConfigFile, Failure, output::answer, with_service};

#[derive(Subcommand)]
pub(super) enum Verb {
    /// Make a company.
    Add {
        name: String,
        /// The policy it begins with: default, per-user.
        #[arg(long, default_value = "default")]
        preset: String,
        /// Whether its people may use a second factor at once; if nobody says, the preset does.
        #[arg(long)]
        two_factor: Option<Gate>,
        #[command(flatten)]
        file: ConfigFile,
    },
    /// List the companies.
    List {
        #[command(flatten)]
        file: ConfigFile,
    },
    /// Let a company's people use a second factor, or no longer. Who has one keeps it.
    TwoFactor {
        name: String,
        gate: Gate,
        #[command(flatten)]
        file: ConfigFile,
    },
}

/// Whether the operator lets a company's people use a second factor (CR-3).
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Gate {
    On,
    Off,
}

#[derive(Serialize)]
struct Added<'a> {
    organization: &'a str,
    preset: &'a str,
}

#[derive(Serialize)]
struct Listed {
    id: String,
    organization: String,
    preset: String,
    two_factor: Gate,
    people: u64,
}

#[derive(Serialize)]
struct GateSet<'a> {
    organization: &'a str,
    two_factor: Gate,
}

pub(super) fn run(verb: &Verb, json: bool) -> Result<(), Failure> {
    match verb {
        Verb::Add { name, preset, two_factor, file } => {
            let (chosen, is_open) = (parse_preset(preset)?, two_factor.map(Gate::is_open));
            let adding =
                async |service: &Service| Ok(service.add_organization(name, chosen, is_open).await?);
            with_service(file, adding)?;
            let sentence = format!("Made the organization {name} with the preset {preset}.");
            answer(json, &sentence, &Added { organization: name, preset })
        }
        Verb::List { file } => {
            let found = with_service(file, async |service| Ok(service.organizations().await?))?;
            let listed: Vec<Listed> = found.into_iter().map(Listed::from).collect();
            answer(json, &table(&listed), &listed)
        }
        Verb::TwoFactor { name, gate, file } => {
            let is_open = gate.is_open();
            with_service(file, async |service| Ok(service.set_two_factor_gate(name, is_open).await?))?;
            let sentence = match gate {
                Gate::On => format!("The people of {name} may use a second factor."),
                Gate::Off => format!(
                    "The people of {name} can set up no second factor any more; who has one is still asked for it."
                ),
            };
            answer(json, &sentence, &GateSet { organization: name, two_factor: *gate })
        }
    }
}

impl Gate {
    fn is_open(self) -> bool {
        matches!(self, Self::On)
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
        }
    }
}

impl Serialize for Gate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl From<OrganizationLine> for Listed {
    fn from(line: OrganizationLine) -> Self {
        let OrganizationLine { id, name, preset, two_factor_opened_at, people } = line;
        let two_factor = if two_factor_opened_at.is_some() { Gate::On } else { Gate::Off };
        Self { id: id.to_string(), organization: name, preset, two_factor, people }
    }
}

fn parse_preset(text: &str) -> Result<Preset, Failure> {
    Preset::parse(text).ok_or_else(|| {
        let allowed = Preset::ALL.map(Preset::as_str).join(", ");
        Failure::new("no_such_preset", format!("there is no preset {text:?}; there are: {allowed}"))
    })
}

fn table(organizations: &[Listed]) -> String {
    if organizations.is_empty() {
        return "There is no organization yet.".to_owned();
    }
    let line = |one: &Listed| {
        let Listed { organization, preset, two_factor, people, .. } = one;
        format!("{organization:<30} {preset:<10} two-factor {:<4} people {people}", two_factor.as_str())
    };
    organizations.iter().map(line).collect::<Vec<_>>().join("\n")
}
