//! `countersign audit verify`: says what the record holds, and names everything in it that does not fit.

use std::fmt;

use countersign_service::audit::{Finding, Report};
use serde::Serialize;

use super::super::{
    ConfigFile, Failure,
    one_line::text,
    output::{answer, in_utc},
    with_service,
};

#[derive(Serialize)]
struct Verified {
    /// That are sealed and there.
    events: u64,
    first_at: Option<String>,
    last_at: Option<String>,
    chain: Option<Chain>,
    /// By retention, from the beginning.
    removed: Option<Removed>,
    unsealed: Unsealed,
    findings_in_all: u64,
    /// The first ones.
    findings: Vec<Found>,
}

#[derive(Serialize)]
struct Chain {
    /// When the database was made; a later time than that of a former look means that the record was begun anew.
    begun_at: String,
    position: i64,
    /// To be written down elsewhere: whoever has it can tell whether a later record goes on from this one.
    head: Option<String>,
}

#[derive(Serialize)]
struct Removed {
    events: i64,
    until: String,
}

#[derive(Serialize)]
struct Unsealed {
    events: u64,
    oldest: Option<String>,
}

#[derive(Serialize)]
struct Found {
    finding: &'static str,
    message: String,
    event: Option<String>,
    position: Option<i64>,
}

pub(super) fn run(file: &ConfigFile, json: bool) -> Result<(), Failure> {
    let report = with_service(file, async |service| Ok(service.verify_audit().await?))?;
    let verified = Verified::from(&report);
    answer(json, &verified.to_string(), &verified)?;
    if report.is_clean() {
        return Ok(());
    }
    let sentence = format!("the audit record does not fit its chain: findings: {}", report.findings_in_all);
    Err(Failure::new("audit_findings", sentence))
}

impl From<&Report> for Verified {
    fn from(report: &Report) -> Self {
        let chain = report.head.map(|head| Chain {
            begun_at: in_utc(head.begun_at),
            position: head.last.map_or(0, |last| last.position),
            head: head.last.map(|last| last.stamp.to_string()),
        });
        let removed = report
            .removed
            .map(|tombstone| Removed { events: tombstone.last.position, until: in_utc(tombstone.until) });
        let unsealed =
            Unsealed { events: report.unsealed.events, oldest: report.unsealed.oldest.map(in_utc) };
        Self {
            events: report.events,
            first_at: report.first_at.map(in_utc),
            last_at: report.last_at.map(in_utc),
            chain,
            removed,
            unsealed,
            findings_in_all: report.findings_in_all,
            findings: report.findings.iter().map(Found::from).collect(),
        }
    }
}

impl From<&Finding> for Found {
    fn from(finding: &Finding) -> Self {
        Self {
            finding: finding.what.code(),
            message: finding.what.to_string(),
            event: finding.event.as_ref().map(ToString::to_string),
            position: finding.position,
        }
    }
}

impl fmt::Display for Verified {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Sealed events: {}", self.events)?;
        if let (Some(first), Some(last)) = (&self.first_at, &self.last_at) {
            write!(out, ", from {first} to {last}")?;
        }
        match &self.chain {
            Some(Chain { begun_at, position, head }) => {
                let head = head.as_deref().unwrap_or("-");
                write!(out, "\nThe chain began at {begun_at} and is at {position}, its head: {head}")?;
            }
            None => write!(out, "\nThe chain has no head.")?,
        }
        if let Some(Removed { events, until }) = &self.removed {
            write!(out, "\nRemoved by retention, until {until}: {events}")?;
        }
        write!(out, "\nWaiting to be sealed: {}", self.unsealed.events)?;
        if let Some(oldest) = &self.unsealed.oldest {
            write!(out, ", the oldest since {oldest}")?;
        }
        if self.findings_in_all == 0 {
            return write!(out, "\nEverything fits.");
        }
        write!(out, "\nFindings: {}", self.findings_in_all)?;
        for Found { message, event, position, .. } in &self.findings {
            let event = event.as_deref().map_or_else(|| "-".to_owned(), text);
            let position = position.map_or_else(|| "-".to_owned(), |position| position.to_string());
            write!(out, "\n  {event}  at {position}: {message}")?;
        }
        Ok(())
    }
}
