//! What happens around the program: databases that die, freeze or fill up, clocks that jump, keys that are gone,
//! nodes that come and go (SECURITY.md 4.3).
//!
//! ```text
//!   Balancer ─▶ serve ─▶ Proxy | PgBouncer ─▶ Cluster (primary ─▶ standby)
//!                 │ clock: libfaketime
//!                 └─▶ SQLite on a disk of four megabytes
//! ```

mod balancer;
mod clock;
mod cluster;
mod connection;
mod disk;
mod failover;
mod key_file;
mod pooler;
mod proxy;
mod rolling;

use std::net::SocketAddr;

use super::{background::until_there_are, loopback};

/// What `/readyz` says: its status and its word.
async fn readiness(address: SocketAddr) -> Option<(u16, String)> {
    let asked = loopback::client().get(format!("http://{address}/readyz")).send().await.ok()?;
    let status = asked.status().as_u16();
    Some((status, asked.text().await.ok()?))
}

/// Waits until `/readyz` says this word.
async fn until_it_says(address: SocketAddr, word: &str) {
    until_there_are(1, async || {
        readiness(address).await.into_iter().filter(|(_, said)| said == word).collect()
    })
    .await;
}
