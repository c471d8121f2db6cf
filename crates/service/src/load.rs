//! How full everything is that has an end: read right before somebody looks, for it changes all the time.

use countersign_core::message::Channel;
use countersign_store::outbox;
use metrics::gauge;

use crate::{Fault, Service};

/// Places to hash a password that are taken, waiting ones included; and how many there are (P13).
pub const HASH_PLACES_TAKEN: &str = "countersign_hash_places_taken";
pub const HASH_PLACES: &str = "countersign_hash_places";
/// SQLite: transactions in the writer's queue. PostgreSQL: callers who wait for a connection.
pub const WRITES_WAITING: &str = "countersign_database_waiting";
/// PostgreSQL: connections in use.
pub const CONNECTIONS_USED: &str = "countersign_database_connections_used";
/// Messages that wait to be sent, by channel, and for how long the oldest has.
pub const OUTBOX_WAITING: &str = "countersign_outbox_waiting";
pub const OUTBOX_OLDEST_SECONDS: &str = "countersign_outbox_oldest_seconds";
/// For how long the oldest audit event has waited to be sealed.
pub const AUDIT_UNSEALED_SECONDS: &str = "countersign_audit_unsealed_seconds";

/// Networks whose unknown browsers wait, as far as this node knows (A32).
pub const NETWORKS_SLOWED: &str = "countersign_networks_slowed";
/// 1 while so many names fail everywhere that networks are slowed sooner (A33).
pub const FLOOD: &str = "countersign_flood";

const CHANNELS: [Channel; 2] = [Channel::Sms, Channel::Email];

impl Service {
    /// Sets the gauges. What the database does not tell becomes "not a number", which no alarm takes for zero.
    pub async fn measure_load(&self) {
        let hasher = &self.0.hasher;
        gauge!(HASH_PLACES).set(count(hasher.places()));
        gauge!(HASH_PLACES_TAKEN).set(count(hasher.places_taken()));
        let load = self.0.database.load();
        gauge!(WRITES_WAITING).set(count(load.writes_waiting));
        gauge!(CONNECTIONS_USED).set(count(load.connections_used));
        let (slowed, is_flood) = self.0.sources.now_slowed(self.now());
        gauge!(NETWORKS_SLOWED).set(count(slowed));
        gauge!(FLOOD).set(u8::from(is_flood));
        self.measure_outbox().await;
        let behind = self.sealing().await.map_or(f64::NAN, |sealing| sealing.behind.as_secs_f64());
        gauge!(AUDIT_UNSEALED_SECONDS).set(behind);
    }

    async fn measure_outbox(&self) {
        let found: Result<_, Fault> = self
            .0
            .database
            .read(|tx| Box::pin(async move { outbox::waiting(tx).await }))
            .await
            .map_err(Fault::from);
        for channel in CHANNELS {
            let (waiting, oldest) = match &found {
                Ok(found) => {
                    let row = found.iter().find(|waiting| waiting.channel == channel);
                    let age = row.map(|row| self.now().since(row.oldest).as_secs_f64());
                    (row.map_or(0.0, |row| precise(row.messages)), age.unwrap_or(0.0))
                }
                Err(_) => (f64::NAN, f64::NAN),
            };
            gauge!(OUTBOX_WAITING, "channel" => channel.as_str()).set(waiting);
            gauge!(OUTBOX_OLDEST_SECONDS, "channel" => channel.as_str()).set(oldest);
        }
    }
}

fn count(number: usize) -> f64 {
    precise(u64::try_from(number).unwrap_or(u64::MAX))
}

/// Beyond four billion there is nothing left to tell apart.
fn precise(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}
