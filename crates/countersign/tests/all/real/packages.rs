//! Scripts in Python and JavaScript, with the packages that `cargo xtask test` installed for them.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// A script of `testdata/parts`, about to be run by Python.
pub(super) fn python(script: &str) -> Command {
    let mut command = Command::new(folder().join("python/bin/python"));
    // The folder of the scripts is no place for what Python compiles.
    command.arg("-B").arg(testdata("parts").join(script));
    command
}

/// A script of `testdata/parts`, about to be run by Node.js.
pub(super) fn node(script: &str) -> Command {
    let mut command = Command::new("node");
    command.arg(testdata("parts").join(script)).env(FOLDER, folder());
    command
}

/// A program that an npm package brings along.
pub(super) fn npm_program(name: &str) -> Command {
    Command::new(folder().join("node/node_modules/.bin").join(name))
}

pub(super) fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata").join(name)
}

fn folder() -> PathBuf {
    let folder = env::var_os(FOLDER).unwrap_or_else(|| {
        panic!("{FOLDER} names no folder: run `cargo xtask test`, which installs Python and npm packages")
    });
    PathBuf::from(folder)
}

const FOLDER: &str = "COUNTERSIGN_TEST_PARTS";
