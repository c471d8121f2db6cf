//! Messages when something is down or in the way: what people meet on the page, and what arrives afterwards.
//!
//! ```text
//!   Browser ─▶ TestServer ─▶ outbox ─▶ worker ─▶ Gateway  (Twilio's or Kannel's answers, as told)
//!                                            └─▶ MailServer (refuses, until it is up)
//! ```

mod dead_letters;
mod gateway;
mod gateway_down;
mod mail_down;
mod mail_server;
mod nodes;
mod reports;

use std::time::Duration;

/// Far longer than it takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);
const GLANCE: Duration = Duration::from_millis(2);

/// Asks until it is so.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let asking = async {
        while !is_so().await {
            tokio::time::sleep(GLANCE).await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.unwrap_or_else(|_| panic!("waited in vain: {what}"));
}
