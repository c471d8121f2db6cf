//! `countersign org`: companies.

use std::fmt::{self, Display, Formatter};

use clap::{Subcommand, ValueEnum};
use countersign_core::policy::presets::Preset;
use countersign_service::{
    Service,
    directory::{OrganizationFacts, OrganizationLine},
    people::PeopleError,
};
use serde::Serialize;

use super::{
    ConfigFile, Failure,
    output::{answer, in_utc},
    with_service,
};

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
    /// Show a company, and how many of its people have a second factor.
    Show {
        name: String,
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
struct Shown {
    #[serde(flatten)]
    line: Listed,
    two_factor_since: Option<String>,
    created_at: String,
    requires_second_factor: bool,
    people_with_second_factor: u64,
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
            let found = with_service(file, all_of_them)?;
            let listed: Vec<Listed> = found.into_iter().map(Listed::from).collect();
            answer(json, &table(&listed), &listed)
        }
        Verb::Show { name, file } => {
            let shown = with_service(file, async |service| show(service, name).await)?;
            answer(json, &shown.to_string(), &shown)
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

impl From<OrganizationFacts> for Shown {
    fn from(facts: OrganizationFacts) -> Self {
        Self {
            two_factor_since: facts.line.two_factor_opened_at.map(in_utc),
            created_at: in_utc(facts.created_at),
            requires_second_factor: facts.organization.requires_second_factor(),
            people_with_second_factor: facts.people_with_second_factor,
            line: facts.line.into(),
        }
    }
}

impl Display for Shown {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let Listed { id, organization, preset, two_factor, people } = &self.line;
        writeln!(out, "{organization} ({id}), preset {preset}, made at {}", self.created_at)?;
        write!(out, "two-factor {}", two_factor.as_str())?;
        if let Some(since) = &self.two_factor_since {
            write!(out, " since {since}")?;
        }
        let requires = if self.requires_second_factor { "required" } else { "not required" };
        write!(out, ", {requires}\npeople {people}, with a second factor {}", self.people_with_second_factor)
    }
}

/// Page by page, however many there are.
async fn all_of_them(service: &Service) -> Result<Vec<OrganizationLine>, Failure> {
    let mut page = service.find_organizations(None, None).await?;
    let mut all = page.lines;
    while let Some(next) = page.next {
        page = service.find_organizations(None, Some(next)).await?;
        all.append(&mut page.lines);
    }
    Ok(all)
}

async fn show(service: &Service, name: &str) -> Result<Shown, Failure> {
    let id = service.organization_named(name).await?.id;
    let facts = service.organization_view(&id).await?;
    let facts = facts.ok_or_else(|| PeopleError::NoSuchOrganization(name.to_owned()))?;
    Ok(facts.into())
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
        format!("{organization:<30} {preset:<13} two-factor {:<4} people {people}", two_factor.as_str())
    };
    organizations.iter().map(line).collect::<Vec<_>>().join("\n")
}
