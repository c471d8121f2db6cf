//! `countersign serve`: the real thing.
//!
//! ```text
//!   certificate, keys, database ─▶ node ─▶ listening ─▶ READY ─▶ … ─▶ asked to stop ─▶ STOPPING ─▶ all finished
//!                                            └─ beside it: the page of numbers, a look at the certificate each minute
//! ```

mod beside;

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use countersign_service::Service;
use countersign_web::server::{self, tls::Certificates};
use serde::Serialize;
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
};

use super::{ConfigFile, Failure, block_on, output::answer};
use crate::{
    app::{self, Node, Sources},
    config::{Config, key_file},
    logs,
    metrics::Metrics,
    supervisor::{self, State},
    traces::Traces,
};

#[derive(Serialize)]
struct Answer<'a> {
    url: &'a str,
    listening: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics: Option<String>,
}

pub(super) fn run(file: &ConfigFile, json: bool) -> Result<(), Failure> {
    let config = file.load()?;
    let traces = config.otel_endpoint.as_ref().map(Traces::start).transpose()?;
    logs::start(&config.log, traces.as_ref())
        .map_err(|cause| Failure::new("configuration", format!("log: {cause}")))?;
    let served = block_on(serve(&config, json));
    traces.into_iter().for_each(Traces::stop);
    served
}

async fn serve(config: &Config, json: bool) -> Result<(), Failure> {
    let certificates = config.tls.clone().map(Certificates::load).transpose()?.map(Arc::new);
    // Before anything that is counted.
    let metrics = config.metrics_listen.map(|_| Metrics::start()).transpose()?;
    let keys = key_file::read(&config.keys_file)?;
    let sources = Sources::default();
    let database = app::open_to_serve(config, &keys, &sources.clock).await?;
    let node = Node::start(config, database, keys, sources)?;
    let router = app::pages(config, node.service.clone(), None)?;
    let listener = listen("listen", config.listen).await?;
    let mut beside = beside::Beside::default();
    beside.renew(certificates.clone())?;
    let metrics = match metrics.zip(config.metrics_listen) {
        Some((metrics, address)) => {
            Some(beside.show_numbers(metrics, &node.service, listen("metrics_listen", address).await?)?)
        }
        None => None,
    };
    // Before anybody is told that it serves: who stops it at once is heard.
    let drained = drained(stop_asked()?, node.service.clone(), config.drain);
    let stop = async {
        drained.await;
        supervisor::tell(State::Stopping);
    };
    let listening = local_address(&listener)?;
    let sentence = format!("Serving {} on {listening}. Stop with Ctrl-C.", config.public_url);
    answer(json, &sentence, &Answer { url: &config.public_url, listening, metrics })?;
    supervisor::tell(State::Ready);
    match certificates {
        Some(certificates) => server::serve_tls(listener, certificates, router, stop).await?,
        None => server::serve(listener, router, stop).await,
    }
    node.stop().await;
    Ok(())
}

/// `setting` is what the address was named by.
pub(super) async fn listen(setting: &str, address: SocketAddr) -> Result<TcpListener, Failure> {
    let refused = |cause: io::Error| {
        let named = format!("cannot listen on {address}");
        let advice = match cause.kind() {
            ErrorKind::AddrInUse => format!("stop what listens there, or name another address as {setting}"),
            _ => format!("name an address of this machine and a port that you may use as {setting}"),
        };
        Failure::at("listen", named, &cause, advice)
    };
    TcpListener::bind(address).await.map_err(refused)
}

fn local_address(listener: &TcpListener) -> Result<String, Failure> {
    let address = listener.local_addr().map_err(|cause| Failure::new("listen", cause))?;
    Ok(address.to_string())
}

/// Completes once a load balancer had the time to notice that this node is about to stop. Who stops it by hand,
/// even if only the second time, is not made to wait.
async fn drained(mut asked: Asked, service: Service, drain: Duration) {
    let mut how = asked.next().await;
    if how == Stop::BySupervisor && !drain.is_zero() {
        service.begin_to_stop();
        tracing::info!(code = "draining", seconds = drain.as_secs(), "not ready any more, and still serving");
        tokio::select! {
            () = tokio::time::sleep(drain) => {}
            again = asked.next() => how = again,
        }
    }
    tracing::info!(code = "stopping", by_hand = how == Stop::ByHand, "stopping");
}

/// Hears that the process is asked to stop.
pub(super) struct Asked {
    interrupt: Signal,
    terminate: Signal,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// Ctrl-C.
    ByHand,
    BySupervisor,
}

impl Asked {
    /// The next time.
    pub(super) async fn next(&mut self) -> Stop {
        tokio::select! {
            _ = self.interrupt.recv() => Stop::ByHand,
            _ = self.terminate.recv() => Stop::BySupervisor,
        }
    }
}

pub(super) fn stop_asked() -> Result<Asked, Failure> {
    let unheard = |cause| Failure::new("signals", cause);
    let interrupt = signal(SignalKind::interrupt()).map_err(unheard)?;
    let terminate = signal(SignalKind::terminate()).map_err(unheard)?;
    Ok(Asked { interrupt, terminate })
}
