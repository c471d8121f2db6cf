//! Logs: JSON lines on standard error, holding codes and ids, never what a person typed.

use std::io;

use tracing_subscriber::EnvFilter;

/// Starts logging; a second call changes nothing.
pub fn start(filter: &str) -> Result<(), String> {
    let filter = EnvFilter::try_new(filter).map_err(|error| error.to_string())?;
    let subscriber =
        tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(io::stderr).finish();
    // Tests start several servers in one process; the first one's logs are theirs all.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(())
}
