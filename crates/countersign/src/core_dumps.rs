//! No core dumps: what lies in memory at a crash, keys and passwords among it, is not written to a disk.

use std::io;

use rustix::process::{Resource, Rlimit, setrlimit};

/// Forbids them for the rest of this process. A host that pipes dumps into a program of its own is told the
/// same limit, and systemd's program heeds it.
pub fn forbid() -> io::Result<()> {
    Ok(setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?)
}
