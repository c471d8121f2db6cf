//! The table: on the terminal and, with all that a reader needs to judge it, in docs/performance.md.

use std::{fmt::Write, fs, path::Path};

use tokio::process::Command;

use crate::{Outcome, bench::Bench};

/// One comparison.
pub(crate) struct Line {
    pub(crate) work: String,
    pub(crate) figure: String,
    pub(crate) limit: String,
    pub(crate) ratio: String,
    pub(crate) bar: String,
    pub(crate) verdict: String,
}

/// What is to be reached.
pub(crate) enum Bar {
    AtLeast { bar: f64, moonshot: f64 },
    AtMost { bar: f64, moonshot: f64 },
}

impl Bar {
    pub(crate) fn verdict(&self, value: f64) -> String {
        let (distance, is_moonshot) = match *self {
            Self::AtLeast { bar, moonshot } => (value / bar, value >= moonshot),
            Self::AtMost { bar, moonshot } => (bar / value, value <= moonshot),
        };
        if is_moonshot {
            "moonshot reached".to_owned()
        } else if distance >= 1.0 {
            "reached".to_owned()
        } else {
            format!("**not reached**: {:.0} % of the way", distance * 100.0)
        }
    }

    pub(crate) fn in_words(&self, unit: impl Fn(f64) -> String) -> String {
        match *self {
            Self::AtLeast { bar, moonshot } => format!("≥ {} (≥ {})", unit(bar), unit(moonshot)),
            Self::AtMost { bar, moonshot } => format!("≤ {} (≤ {})", unit(bar), unit(moonshot)),
        }
    }
}

pub(crate) fn table(lines: &[(u8, Line)]) -> String {
    let mut text = "| row | work | figure | limit beside it | ratio | bar (moonshot) | verdict |\n\
                    |---|---|---|---|---|---|---|\n"
        .to_owned();
    for (row, line) in lines {
        let Line { work, figure, limit, ratio, bar, verdict } = line;
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| {row} | {work} | {figure} | {limit} | {ratio} | {bar} | {verdict} |");
    }
    text
}

pub(crate) async fn write(path: &Path, bench: &Bench, table: &str) -> Outcome {
    let sizes = bench.sizes;
    let text = include_str!("report.md")
        .replace("{date}", &said_by("date", &["-u", "+%F"]).await)
        .replace("{commit}", &said_by("git", &["rev-parse", "--short", "HEAD"]).await)
        .replace("{machine}", &machine(bench.cores).await)
        .replace("{versions}", &versions().await)
        .replace("{command}", &command())
        .replace("{people}", &sizes.people.to_string())
        .replace("{people_of_large}", &sizes.people_of_large.to_string())
        .replace("{seconds}", &sizes.seconds.to_string())
        .replace("{overload_seconds}", &sizes.overload_seconds.to_string())
        .replace("{table}", table);
    Ok(fs::write(path, text)?)
}

/// As whoever reads it would type it.
fn command() -> String {
    let mut words = vec!["cargo xtask bench".to_owned()];
    let mut given = std::env::args().skip(1);
    while let Some(word) = given.next() {
        if ["--program", "--postgres", "--report"].contains(&word.as_str()) {
            given.next();
        } else {
            words.push(word);
        }
    }
    words.join(" ")
}

async fn machine(cores: usize) -> String {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let (processor, memory) = (read("/proc/cpuinfo"), read("/proc/meminfo"));
    let value = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(':')).map_or("unknown", |(_, value)| value.trim()).to_owned()
    };
    let memory: f64 = value(&memory, "MemTotal").trim_end_matches(" kB").parse().unwrap_or(0.0);
    let memory = memory / 1024.0 / 1024.0;
    let kernel = said_by("uname", &["-sr"]).await;
    format!("{cores} × {}, {memory:.0} GiB, {kernel}", value(&processor, "model name"))
}

async fn versions() -> String {
    let rust = said_by("rustc", &["--version"]).await;
    let postgres = said_by("psql", &["--version"]).await;
    let wrk = said_by("sh", &["-c", "wrk --version 2>&1 | head -1 | cut -d' ' -f1-3"]).await;
    format!("{rust}; SQLite {}; {postgres}; {wrk}", rusqlite::version())
}

async fn said_by(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().await;
    output.map_or_else(
        |_| "unknown".to_owned(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}
