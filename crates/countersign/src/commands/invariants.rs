//! `countersign invariants`: whether the database keeps its promises. Looks at everything and changes nothing.

use std::{fs, path::PathBuf, time::Duration};

use countersign_service::{
    clock::Clock,
    invariants::{self, Checked, Journal},
};
use serde::{Deserialize, Serialize};

use super::{ConfigFile, Failure, block_on, output::answer};
use crate::{app, config::key_file};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// What a client was told, one JSON object a line: {"email": …, "event": "password.changed"} for each act that
    /// was answered, {"canary": …} for a text that must stand nowhere.
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    #[command(flatten)]
    file: ConfigFile,
}

/// A line of a journal.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Line {
    Acknowledged { email: String, event: String },
    Canary { canary: String },
}

#[derive(Serialize)]
struct Answer {
    holds: bool,
    checked: Vec<CheckedLine>,
}

#[derive(Serialize)]
struct CheckedLine {
    invariant: &'static str,
    forbids: &'static str,
    examined: i64,
    findings: Vec<String>,
}

/// Whole tables are read, of whatever size.
const ANSWER_LIMIT: Duration = Duration::from_hours(1);

pub(super) fn run(Arguments { journal, file }: &Arguments, json: bool) -> Result<(), Failure> {
    let mut config = file.load()?;
    config.database_answer_limit = ANSWER_LIMIT;
    let journal = journal.as_ref().map_or_else(|| Ok(Journal::default()), read)?;
    let keys = key_file::read(&config.keys_file)?;
    let checked = block_on(async {
        let database = app::open_beside(&config).await?;
        let checked = invariants::check(&database, &keys, Clock::system().now(), journal).await;
        database.close().await;
        Ok(checked?)
    })?;
    let holds = checked.iter().all(|checked| checked.findings.is_empty());
    let checked: Vec<_> = checked.into_iter().map(CheckedLine::from).collect();
    answer(json, &sentences(&checked), &Answer { holds, checked })?;
    if holds { Ok(()) } else { Err(Failure::new("invariants_broken", "the database breaks its promises")) }
}

fn read(path: &PathBuf) -> Result<Journal, Failure> {
    let refused = |why: String| Failure::new("journal", format!("{}: {why}", path.display()));
    let unread =
        |cause| Failure::at("journal", path.display(), &cause, "name a file that is there and can be read");
    let text = fs::read_to_string(path).map_err(unread)?;
    let mut journal = Journal::default();
    for (number, line) in text.lines().enumerate() {
        match serde_json::from_str(line).map_err(|cause| refused(format!("line {}: {cause}", number + 1)))? {
            Line::Acknowledged { email, event } => {
                *journal.acknowledged.entry((email, event)).or_default() += 1;
            }
            Line::Canary { canary } => journal.canaries.push(canary),
        }
    }
    Ok(journal)
}

fn sentences(checked: &[CheckedLine]) -> String {
    let line = |checked: &CheckedLine| {
        let CheckedLine { invariant, forbids, examined, findings } = checked;
        let found = if findings.is_empty() { "none".to_owned() } else { findings.join(", ") };
        format!("{invariant:<4} {forbids}: {found} (of {examined})")
    };
    checked.iter().map(line).collect::<Vec<_>>().join("\n")
}

impl From<Checked> for CheckedLine {
    fn from(Checked { invariant, what, examined, findings }: Checked) -> Self {
        Self { invariant, forbids: what, examined, findings }
    }
}
