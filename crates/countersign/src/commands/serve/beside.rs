//! What a server does beside serving: it shows its numbers, and takes a new certificate when there is one.

use std::{future::pending, sync::Arc, time::Duration};

use countersign_service::Service;
use countersign_web::{
    metrics,
    server::{
        self,
        tls::{Certificates, Reload},
    },
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    task::JoinSet,
};

use super::{Failure, local_address};
use crate::metrics::Metrics;

/// So soon a new certificate is seen by itself. They are replaced weeks before the old ones end.
const LOOK_AGAIN_AFTER: Duration = Duration::from_mins(1);

/// Ends with what it stands beside: it is dropped, and nothing here has to be finished.
#[derive(Default)]
pub(super) struct Beside(JoinSet<()>);

impl Beside {
    /// Looks at the certificate's files each minute and on SIGHUP. Without a certificate the signal changes
    /// nothing, instead of ending the process: service managers send it to whom it concerns or not.
    pub(super) fn renew(&mut self, certificates: Option<Arc<Certificates>>) -> Result<(), Failure> {
        let mut asked = signal(SignalKind::hangup()).map_err(|cause| Failure::new("signals", cause))?;
        self.0.spawn(async move {
            loop {
                tokio::select! {
                    _ = asked.recv() => {}
                    () = tokio::time::sleep(LOOK_AGAIN_AFTER) => {}
                }
                if let Some(certificates) = &certificates {
                    reload(certificates);
                }
            }
        });
        Ok(())
    }

    /// Serves `/metrics`; answers where.
    pub(super) fn show_numbers(
        &mut self,
        metrics: Metrics,
        service: &Service,
        listener: TcpListener,
    ) -> Result<String, Failure> {
        let address = local_address(&listener)?;
        let router = metrics::router(metrics.page(service));
        self.0.spawn(server::serve(listener, router, pending()));
        self.0.spawn(metrics.keep_up());
        Ok(address)
    }
}

fn reload(certificates: &Certificates) {
    match certificates.reload() {
        Ok(Reload::Unchanged) => {}
        Ok(Reload::Changed) => tracing::info!("a new certificate is shown"),
        Err(error) => tracing::error!(%error, "the certificate's files are of no use: the old one stays"),
    }
}
