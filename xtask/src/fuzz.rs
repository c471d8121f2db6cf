//! Runs the fuzz targets one after the other; what they find and keep lies in `fuzz/corpus`.
//!
//! `cargo xtask test` replays what was kept, without any of this.

use std::fs;
use std::path::Path;

use crate::Outcome;
use crate::parts;
use crate::shell;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How long each target runs
    #[arg(long, default_value_t = 5)]
    minutes: u32,
    /// Only this target
    #[arg(long)]
    only: Option<String>,
    /// Afterwards keep only as many inputs as reach the same code, the smallest first
    #[arg(long)]
    minimize: bool,
    /// Install nothing: name what is missing and fail
    #[arg(long)]
    no_install: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let wanted: Vec<_> = parts::FUZZ.iter().collect();
    parts::provide(&wanted, arguments.no_install)?;
    for target in targets()? {
        if arguments.only.as_ref().is_none_or(|only| *only == target) {
            println!("== {target}");
            fuzz(&target, arguments)?;
        }
    }
    Ok(())
}

fn fuzz(target: &str, arguments: &Arguments) -> Outcome {
    let seconds = format!("-max_total_time={}", arguments.minutes * 60);
    let corpus = format!("fuzz/corpus/{target}");
    fs::create_dir_all(&corpus).map_err(|fault| format!("cannot make {corpus}: {fault}"))?;
    let mut run = fuzzer();
    run.args([
        "run",
        target,
        &corpus,
        "--",
        &seconds,
        "-max_len=4096",
        "-timeout=10",
        "-print_final_stats=1",
    ]);
    shell::run(&mut run)?;
    if arguments.minimize { shell::run(fuzzer().args(["cmin", target, &corpus])) } else { Ok(()) }
}

/// `cargo +nightly fuzz`: the fuzzer needs a compiler that instruments, which stable does not.
fn fuzzer() -> std::process::Command {
    let mut command = std::process::Command::new("cargo");
    // Whoever started this chose another toolchain by these.
    command.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO").args(["+nightly", "fuzz"]);
    command
}

/// A file for each, so that none can be forgotten here.
fn targets() -> Outcome<Vec<String>> {
    let folder = Path::new("fuzz/fuzz_targets");
    let files = fs::read_dir(folder).map_err(|fault| format!("cannot read {}: {fault}", folder.display()))?;
    let mut names: Vec<String> =
        files.flatten().filter_map(|file| Some(file.path().file_stem()?.to_str()?.to_owned())).collect();
    names.sort();
    Ok(names)
}
