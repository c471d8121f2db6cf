//! Measures every row of the table in docs/performance.md beside its limit, in one run, turn and turn about.
//!
//! ```text
//!   cargo xtask bench ─► this program ─┬─► countersign serve   (the real one, release build)   ◄── wrk
//!                                      ├─► floor               (axum alone)                     ◄── wrk
//!                                      ├─► PostgreSQL                                           ◄── pgbench
//!                                      └─► hashes, commits and look-ups of its own
//! ```
//! It prints ratios and fails on none: figures depend on the machine and the minute, ratios hardly.

#![expect(clippy::cast_precision_loss, reason = "figures for people have three digits")]

mod bench;
mod clock;
mod floor;
mod limits;
mod load;
mod people;
mod probe;
mod report;
mod rows;
mod server;
mod steady;
mod town;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::bench::{Bench, Sizes};

/// What went wrong is told to whoever measures; nothing is decided by its kind.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[derive(Parser)]
#[command(name = "countersign-bench", disable_version_flag = true)]
struct Arguments {
    #[command(subcommand)]
    work: Option<Work>,
    /// The release build of `countersign`
    #[arg(long, default_value = "target/release/countersign")]
    program: PathBuf,
    /// A superuser's address at a PostgreSQL that syncs its commits; without one, only SQLite is measured
    #[arg(long)]
    postgres: Option<String>,
    /// Only these rows
    #[arg(long, value_delimiter = ',')]
    rows: Vec<u8>,
    /// How long each run of a load takes
    #[arg(long)]
    seconds: Option<u64>,
    /// Fewer people and shorter runs: three minutes in all, for a look between two edits
    #[arg(long)]
    quick: bool,
    /// How long row 6 offers more than fits
    #[arg(long)]
    overload_seconds: Option<u64>,
    /// Where the table goes, beside the terminal
    #[arg(long)]
    report: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Work {
    /// Serve the floor (used by the program itself)
    Floor,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.work {
        Some(Work::Floor) => floor::serve().await,
        None => measure(&arguments).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            eprintln!("error: {cause}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(arguments: &Arguments) -> Outcome {
    let sizes = Sizes::new(arguments.quick, arguments.seconds, arguments.overload_seconds);
    let mut bench = Bench::start(&arguments.program, arguments.postgres.as_deref(), sizes).await?;
    let (mut lines, mut missing) = (Vec::new(), Vec::new());
    for row in
        rows::ALL.iter().filter(|row| arguments.rows.is_empty() || arguments.rows.contains(&row.number))
    {
        eprintln!("row {}: {}", row.number, row.work);
        match (row.measure)(&mut bench).await {
            Ok(measured) => lines.extend(measured.into_iter().map(|line| (row.number, line))),
            // One row that cannot be measured takes none of the others along.
            Err(cause) => missing.push(format!("row {} could not be measured: {cause}", row.number)),
        }
    }
    let table = report::table(&lines);
    println!("{table}");
    if !missing.is_empty() {
        return Err(missing.join("\n").into());
    }
    match &arguments.report {
        Some(path) => report::write(path, &bench, &table).await,
        None => Ok(()),
    }
}
