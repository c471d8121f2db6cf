//! `countersign audit`: the record of what happened. Works beside a running server.

mod verify;

use clap::{Args, Subcommand, ValueEnum};
use countersign_core::{
    audit::event::AuditKind,
    id::{OrganizationId, SessionId, UserId},
    timestamp::Timestamp,
    user::EmailAddress,
};
use countersign_service::{
    Service,
    audit::{Filter, Record},
};
use serde::Serialize;

use super::{
    ConfigFile, Failure,
    one_line::{self, text},
    output::{answer, in_utc, print},
    with_service,
};

#[derive(Subcommand)]
pub(super) enum Verb {
    /// Walk over the whole record and say what was altered, removed, moved or put in.
    Verify {
        #[command(flatten)]
        file: ConfigFile,
    },
    /// List events, the newest first.
    List {
        #[command(flatten)]
        wanted: Wanted,
        /// How many.
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=10_000))]
        limit: u16,
        #[command(flatten)]
        file: ConfigFile,
    },
    /// Write all events, the oldest first, a line for each.
    Export {
        #[arg(long, value_enum, default_value_t = Format::Jsonl)]
        format: Format,
        #[command(flatten)]
        wanted: Wanted,
        #[command(flatten)]
        file: ConfigFile,
    },
}

/// Which events.
#[derive(Args)]
pub(super) struct Wanted {
    /// From this time on, such as 2026-11-22 or 2026-11-22T14:05:00Z.
    #[arg(long, value_parser = parse_time)]
    since: Option<Timestamp>,
    /// Before this time.
    #[arg(long, value_parser = parse_time)]
    until: Option<Timestamp>,
    /// Of this person, by email address or id.
    #[arg(long)]
    user: Option<String>,
    /// Of this kind, such as `sign_in.signed_in`.
    #[arg(long)]
    kind: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Format {
    /// A JSON object in each line.
    Jsonl,
}

#[derive(Serialize)]
struct Event<'r> {
    id: &'r str,
    at: String,
    kind: &'r str,
    reason: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<&'r str>,
    source: &'r str,
    user_agent: &'r str,
    /// Who did it, where that was not the person themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'r str>,
}

/// Events of one page of an export.
const PAGE: usize = 1000;

pub(super) fn run(verb: &Verb, json: bool) -> Result<(), Failure> {
    match verb {
        Verb::Verify { file } => verify::run(file, json),
        Verb::List { wanted, limit, file } => {
            let records = with_service(file, async |service| {
                let filter = wanted.filter(service).await?;
                Ok(service.newest_audit_events(filter, usize::from(*limit)).await?)
            })?;
            let lines: Vec<String> = records.iter().map(line).collect();
            let told = if lines.is_empty() { "No event fits.".to_owned() } else { lines.join("\n") };
            answer(json, &told, &records.iter().map(Event::from).collect::<Vec<_>>())
        }
        Verb::Export { format: Format::Jsonl, wanted, file } => {
            with_service(file, async |service| export(service, wanted).await)
        }
    }
}

/// Page by page, so that a record of any length takes the same memory.
async fn export(service: &Service, wanted: &Wanted) -> Result<(), Failure> {
    let filter = wanted.filter(service).await?;
    let mut after = None;
    loop {
        let records = service.oldest_audit_events(filter.clone(), after, PAGE).await?;
        let mut lines = String::new();
        for record in &records {
            let line = one_line::json(&Event::from(record));
            lines.push_str(&line.map_err(|cause| Failure::new("no_json", cause))?);
            lines.push('\n');
        }
        print(&lines)?;
        match records.last() {
            Some(last) if records.len() == PAGE => after = Some(last.id.clone()),
            _ => return Ok(()),
        }
    }
}

impl Wanted {
    async fn filter(&self, service: &Service) -> Result<Filter, Failure> {
        let kind = self.kind.as_deref().map(kind_named).transpose()?.map(str::to_owned);
        let user = match self.user.as_deref() {
            Some(named) => Some(user_named(service, named).await?),
            None => None,
        };
        Ok(Filter { since: self.since, until: self.until, user, kind })
    }
}

fn kind_named(named: &str) -> Result<&'static str, Failure> {
    AuditKind::parse(named).map(AuditKind::as_str).ok_or_else(|| {
        let kinds = AuditKind::ALL.map(AuditKind::as_str).join(", ");
        Failure::new("no_such_kind", format!("there is no kind of event {named:?}; there are: {kinds}"))
    })
}

/// Also somebody who is not there any more, by id.
async fn user_named(service: &Service, named: &str) -> Result<UserId, Failure> {
    let Ok(email) = EmailAddress::parse(named) else { return Ok(UserId::from_stored(named.to_owned())) };
    let nobody = || Failure::new("no_such_user", format!("there is nobody with the email address {email}"));
    service.user_id_of(&email).await?.ok_or_else(nobody)
}

fn line(record: &Record) -> String {
    let id = |id: Option<&str>| id.map_or_else(|| "-".to_owned(), text);
    format!(
        "{}  {}  {}  user {}  organization {}  session {}  from {}  {}  by {}  {}",
        in_utc(record.at),
        text(&record.kind),
        text(record.id.as_str()),
        id(record.user.as_ref().map(UserId::as_str)),
        id(record.organization.as_ref().map(OrganizationId::as_str)),
        id(record.session.as_ref().map(SessionId::as_str)),
        text(&record.source),
        text(&record.user_agent),
        id(record.actor.as_deref()),
        text(&record.reason),
    )
}

impl<'r> From<&'r Record> for Event<'r> {
    fn from(record: &'r Record) -> Self {
        Self {
            id: record.id.as_str(),
            at: in_utc(record.at),
            kind: &record.kind,
            reason: &record.reason,
            organization: record.organization.as_ref().map(OrganizationId::as_str),
            user: record.user.as_ref().map(UserId::as_str),
            session: record.session.as_ref().map(SessionId::as_str),
            source: &record.source,
            user_agent: &record.user_agent,
            by: record.actor.as_deref(),
        }
    }
}

fn parse_time(typed: &str) -> Result<Timestamp, String> {
    let midnight = || {
        let date: jiff::civil::Date = typed.parse().ok()?;
        Some(date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
    };
    let moment = typed.parse::<jiff::Timestamp>().ok().or_else(midnight);
    let moment =
        moment.ok_or("a day such as 2026-11-22, or a time such as 2026-11-22T14:05:00Z, is wanted")?;
    Ok(Timestamp::from_millis(moment.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_utc() {
        let time = |typed: &str| parse_time(typed).map(in_utc);
        assert_eq!(time("2026-11-22").unwrap(), "2026-11-22T00:00:00Z");
        assert_eq!(time("2026-11-22T14:05:00Z").unwrap(), "2026-11-22T14:05:00Z");
        assert_eq!(time("2026-11-22T14:05:00+02:00").unwrap(), "2026-11-22T12:05:00Z");
        assert!(time("yesterday").is_err());
    }
}
