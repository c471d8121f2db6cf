//! What a command prints: sentences for people, one line of JSON for programs.

use std::{error::Error, fmt::Display, fs, io::Write, path::Path};

use countersign_core::{timestamp::Timestamp, user::EmailAddress};
use countersign_service::{Fault, operators::OperatorError, people::PeopleError};
use countersign_web::server::tls::TlsError;
use serde::Serialize;

use super::one_line;
use crate::{
    app::StartError,
    config::{ConfigError, key_file::KeyFileError},
    metrics::MetricsError,
    traces::TracesError,
};

/// A command that could not do its work: a stable code, and what happened.
#[derive(Debug)]
pub struct Failure {
    code: &'static str,
    message: String,
    json: bool,
}

/// What to do about a folder in which nothing can be written.
pub(super) const FOLDER_ADVICE: &str = "name a folder in which you may write";

#[derive(Serialize)]
struct FailureLine<'a> {
    error: &'a str,
    message: &'a str,
}

impl Failure {
    pub(super) fn new(code: &'static str, message: impl Display) -> Self {
        Self { code, message: message.to_string(), json: false }
    }

    /// Something that is named said no: a path, an address. `advice` is what to do about it.
    pub(super) fn at(
        code: &'static str,
        named: impl Display,
        cause: &std::io::Error,
        advice: impl Display,
    ) -> Self {
        Self::new(code, format_args!("{named}: {cause}; {advice}"))
    }

    pub(super) fn told_as_json(self, json: bool) -> Self {
        Self { json, ..self }
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    pub fn print(&self) {
        if self.json {
            let line = FailureLine { error: self.code, message: &self.message };
            eprintln!("{}", one_line::json(&line).unwrap_or_default());
        } else {
            eprintln!("countersign: {}", self.message);
        }
    }
}

/// Prints the answer of a command: `sentence` for people, `value` for programs.
pub(super) fn answer(json: bool, sentence: &str, value: &impl Serialize) -> Result<(), Failure> {
    let text = if json {
        one_line::json(value).map_err(|cause| Failure::new("no_json", cause))?
    } else {
        sentence.to_owned()
    };
    print(&format!("{text}\n"))
}

/// Writes to standard output, all of it or a failure.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|cause| Failure::new("no_output", cause))
}

/// Makes a folder, unless it is there.
pub(super) fn make_folder(path: &Path) -> Result<(), Failure> {
    fs::create_dir_all(path).map_err(|cause| Failure::at("folder", path.display(), &cause, FOLDER_ADVICE))
}

/// Reads an email address as it was typed behind a command.
pub(super) fn address(typed: &str) -> Result<EmailAddress, Failure> {
    EmailAddress::parse(typed).map_err(|error| Failure::new("email_address", error))
}

/// RFC 3339, to the second.
pub(super) fn in_utc(at: Timestamp) -> String {
    // A moment outside the calendar, of which there is none in our records, reads as 1970.
    format!("{:.0}", jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default())
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::new("configuration", error)
    }
}

impl From<KeyFileError> for Failure {
    fn from(error: KeyFileError) -> Self {
        Self::new("keys_file", error)
    }
}

impl From<TlsError> for Failure {
    fn from(error: TlsError) -> Self {
        Self::new("tls", error)
    }
}

impl From<MetricsError> for Failure {
    fn from(error: MetricsError) -> Self {
        Self::new("metrics", error)
    }
}

impl From<TracesError> for Failure {
    fn from(error: TracesError) -> Self {
        Self::new("otel_endpoint", error)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::new(fault.code(), with_causes(&fault))
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Config(error) => error.into(),
            StartError::Keys(error) => error.into(),
            StartError::Service(fault) => fault.into(),
            StartError::SetUp(error) => Self::new("configuration", error),
            StartError::SchemaTooOld { .. } => Self::new("database_schema_too_old", error),
            StartError::WrongKeys(_) => Self::new("wrong_keys", error),
            StartError::Address => Self::new("configuration", error),
        }
    }
}

impl From<PeopleError> for Failure {
    fn from(error: PeopleError) -> Self {
        match error {
            PeopleError::Fault(fault) => fault.into(),
            PeopleError::Password(refusal) => Self::new(refusal.code(), refusal),
            PeopleError::NoSuchOrganization(_) => Self::new("no_such_organization", error),
            PeopleError::OrganizationExists(ref name) => {
                let advice = format!("`countersign org show {name:?}` shows it");
                Self::new("organization_exists", format_args!("{error}; {advice}"))
            }
            PeopleError::NoSuchUser(_) => Self::new("no_such_user", error),
            PeopleError::UserExists(ref email) => {
                let advice = format!("`countersign user show {email}` shows them");
                Self::new("user_exists", format_args!("{error}; {advice}"))
            }
            PeopleError::Name | PeopleError::NameLooksLikeAddress => Self::new("name", error),
        }
    }
}

impl From<OperatorError> for Failure {
    fn from(error: OperatorError) -> Self {
        match error {
            OperatorError::Fault(fault) => fault.into(),
            OperatorError::NoSuchUser(_) => Self::new("no_such_user", error),
            OperatorError::IsOneAlready(_) => Self::new("operator_already", error),
            OperatorError::IsNone(_) => Self::new("no_operator", error),
            OperatorError::NoSecondFactor(_) => Self::new("no_second_factor", error),
            OperatorError::IsTheLast(_) => Self::new("last_operator", error),
        }
    }
}

/// The whole chain: an operator has to see why.
fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(below) = cause {
        let below_text = below.to_string();
        if !text.contains(&below_text) {
            text = format!("{text}: {below_text}");
        }
        cause = below.source();
    }
    text
}
