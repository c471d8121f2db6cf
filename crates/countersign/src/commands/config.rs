//! `countersign config example`: every setting, explained.

use clap::Subcommand;

use super::{Failure, output::print};
use crate::config::keys;

#[derive(Subcommand)]
pub(super) enum Verb {
    /// Print an example configuration with every setting.
    Example,
}

pub(super) fn run(verb: &Verb) -> Result<(), Failure> {
    match verb {
        Verb::Example => print(&keys::example()),
    }
}
