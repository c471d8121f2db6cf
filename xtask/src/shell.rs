//! Finds and runs other programs, and turns their failures into sentences.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;

/// Moves to the workspace's root, so that every path below can be written relative to it.
pub(crate) fn enter_workspace() -> Outcome {
    let package = env::var_os("CARGO_MANIFEST_DIR").ok_or("start this as `cargo xtask`")?;
    let root = Path::new(&package).parent().ok_or("the package xtask has no folder above it")?;
    env::set_current_dir(root).map_err(|fault| format!("cannot enter {}: {fault}", root.display()))
}

/// The Cargo that started this program, so that both use one toolchain.
pub(crate) fn cargo<const N: usize>(arguments: [&str; N]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

/// Runs a program that talks to the terminal itself.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let status = command.status().map_err(|fault| not_started(command, &fault))?;
    if status.success() { Ok(()) } else { Err(format!("`{}` failed ({status})", in_words(command))) }
}

/// Runs a program silently and returns what it printed; where it fails, its last words are in the error.
pub(crate) fn output(command: &mut Command) -> Outcome<String> {
    let output = command.output().map_err(|fault| not_started(command, &fault))?;
    if output.status.success() {
        return String::from_utf8(output.stdout)
            .map_err(|_| format!("`{}` printed something that is not UTF-8", in_words(command)));
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(format!("`{}` failed ({}):\n{}", in_words(command), output.status, complaint.trim_end()))
}

/// Where a program lies on the search path.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(program)).find(|candidate| candidate.is_file())
}

pub(crate) fn is_root() -> Outcome<bool> {
    Ok(output(Command::new("id").arg("-u"))?.trim() == "0")
}

pub(crate) fn in_words(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn not_started(command: &Command, fault: &std::io::Error) -> String {
    format!("`{}` could not be started: {fault}", in_words(command))
}
