//! `countersign config example` and `reference`: every setting, explained as a file or as a page.

use clap::Subcommand;

use super::{Failure, output::print};
use crate::config::keys;

#[derive(Subcommand)]
pub(super) enum Verb {
    /// Print an example configuration with every setting.
    Example,
    /// Print a page about every setting.
    Reference,
}

pub(super) fn run(verb: &Verb) -> Result<(), Failure> {
    match verb {
        Verb::Example => print(&keys::example()),
        Verb::Reference => print(&keys::reference()),
    }
}
