//! The numbers of this process: one recorder that all crates count into, and its text for Prometheus.
//!
//! ```text
//!   store, delivery, service, web ─ counter!, histogram!, gauge! ─▶ recorder ─▶ Metrics::render ─▶ GET /metrics
//! ```
//!
//! Without a recorder, which is without `metrics_listen`, counting costs one look at a pointer.

use std::{sync::Arc, time::Duration};

use countersign_delivery::metrics::SENDS;
use countersign_service::{Service, load};
use countersign_store::metrics::{COMMIT_GROUP_SIZE, EVENTS, TRANSACTION_SECONDS};
use countersign_web::metrics::{REQUEST_SECONDS, Render};
use metrics::{Unit, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// Always 1; its label says which version this is.
pub const BUILD_INFO: &str = "countersign_build_info";

/// The recorder's other end; a clone is another handle to the same numbers.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

/// From a look-up by key to a request that waited for the longest limit there is, in seconds.
const SECONDS: &[f64] = &[0.000_5, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
/// Up to the largest group there is.
const GROUP_SIZES: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
/// Measurements are kept one by one until they are put into their buckets: so often, read or not.
const UPKEEP: Duration = Duration::from_secs(5);

#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    #[error("the buckets are wrong")]
    Buckets(#[from] BuildError),
    #[error("this process counts already")]
    Twice,
}

impl Metrics {
    /// Begins to count. Once in a process, and before anything that is to be counted.
    pub fn start() -> Result<Self, MetricsError> {
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?
            .set_buckets_for_metric(Matcher::Full(COMMIT_GROUP_SIZE.to_owned()), GROUP_SIZES)?
            .build_recorder();
        let metrics = Self(recorder.handle());
        metrics::set_global_recorder(recorder).map_err(|_| MetricsError::Twice)?;
        describe();
        gauge!(BUILD_INFO, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        Ok(metrics)
    }

    /// What a page of numbers shows of this service.
    pub fn page(&self, service: &Service) -> Render {
        let (metrics, service) = (self.clone(), service.clone());
        Arc::new(move || {
            let (metrics, service) = (metrics.clone(), service.clone());
            Box::pin(async move { metrics.render(&service).await })
        })
    }

    pub async fn render(&self, service: &Service) -> String {
        service.measure_load().await;
        self.0.render()
    }

    /// Keeps memory bounded where nobody reads; never returns.
    pub async fn keep_up(self) {
        loop {
            tokio::time::sleep(UPKEEP).await;
            self.0.run_upkeep();
        }
    }
}

fn describe() {
    describe_gauge!(BUILD_INFO, "1; the label says which version this is");
    describe_counter!(
        EVENTS,
        "Security events by kind, as the audit record names them; refused ones by reason"
    );
    describe_counter!(SENDS, "Attempts to send a message by channel, route and outcome");
    describe_histogram!(REQUEST_SECONDS, Unit::Seconds, "Requests by method, route and class of status");
    describe_histogram!(TRANSACTION_SECONDS, Unit::Seconds, "Transactions, from the wait for their turn on");
    describe_histogram!(COMMIT_GROUP_SIZE, "SQLite: transactions that shared a commit");
    describe_gauge!(load::HASH_PLACES, "Places to hash a password");
    describe_gauge!(load::HASH_PLACES_TAKEN, "Those of them that are taken, waiting ones included");
    describe_gauge!(load::WRITES_WAITING, "Transactions that wait for the database");
    describe_gauge!(load::CONNECTIONS_USED, "PostgreSQL: connections in use");
    describe_gauge!(load::NETWORKS_SLOWED, "Networks whose unknown browsers wait, as this node knows");
    describe_gauge!(load::FLOOD, "1 while very many names fail to sign in everywhere");
    describe_gauge!(load::OUTBOX_WAITING, "Messages that wait to be sent");
    describe_gauge!(load::OUTBOX_OLDEST_SECONDS, Unit::Seconds, "For how long the oldest of them has waited");
    describe_gauge!(
        load::AUDIT_UNSEALED_SECONDS,
        Unit::Seconds,
        "For how long the oldest audit event has waited to be sealed"
    );
}
