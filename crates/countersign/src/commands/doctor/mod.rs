//! `countersign doctor`: tries everything that a server needs, and says what to do about what does not work.
//!
//! ```text
//!   configuration ─▶ public address, files ─▶ database, keys against it, outbox ─▶ mail server, gateway
//! ```
//!
//! It changes nothing and sends nothing, and runs beside a server or without one.

mod certificate;
mod database;
mod files;
mod finding;
mod outside;

use countersign_service::clock::Clock;
use finding::{Finding, Verdict};

use super::{ConfigFile, Failure, block_on, output::answer};
use crate::config::Config;

const CONFIGURATION_ADVICE: &str =
    "Put this right first: nothing else could be looked at, and a server does not start like this";

pub(super) fn run(file: &ConfigFile, json: bool) -> Result<(), Failure> {
    let findings = match file.load() {
        Ok(config) => block_on(async { Ok(examine(&config).await) })?,
        Err(failure) => {
            vec![Finding::fail("configuration", failure.message(), CONFIGURATION_ADVICE)]
        }
    };
    let report: Vec<String> = findings.iter().map(Finding::to_string).collect();
    answer(json, &report.join("\n"), &findings)?;
    match findings.iter().filter(|finding| finding.verdict == Verdict::Fail).count() {
        0 => Ok(()),
        count => Err(Failure::new("unhealthy", format!("{count} of {} checks failed", findings.len()))),
    }
}

async fn examine(config: &Config) -> Vec<Finding> {
    let mut findings = vec![
        Finding::ok("configuration", "every setting is one, and what belongs together is there"),
        outside::public_url(config),
    ];
    findings.extend(certificate::examine(config, Clock::system().now()));
    let (keys, finding) = files::keys(config);
    findings.push(finding);
    let data = files::data(config);
    let is_there = data.as_ref().is_none_or(|finding| finding.verdict == Verdict::Ok);
    findings.extend(data);
    // To open a SQLite file that is not there would make one.
    if is_there {
        findings.extend(database::examine(config, keys).await);
    }
    findings.extend([files::places(config), outside::mail(config).await, outside::texts(config).await]);
    findings
}
