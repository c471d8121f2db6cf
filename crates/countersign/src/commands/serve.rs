//! `countersign serve`: the real thing.

use countersign_service::clock::Clock;
use countersign_web::server;
use serde::Serialize;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use super::{ConfigFile, Failure, block_on, output::answer};
use crate::{
    app::{self, Node, Sources},
    config::{Config, key_file},
    logs,
};

#[derive(Serialize)]
struct Answer<'a> {
    url: &'a str,
    listening: String,
}

pub(super) fn run(file: &ConfigFile, json: bool) -> Result<(), Failure> {
    let config = file.load()?;
    logs::start(&config.log).map_err(|cause| Failure::new("configuration", format!("log: {cause}")))?;
    block_on(serve(&config, json))
}

async fn serve(config: &Config, json: bool) -> Result<(), Failure> {
    let keys = key_file::read(&config.keys_file)?;
    let database = app::open_to_serve(config, &Clock::System).await?;
    let node = Node::start(config, database, keys, Sources::default())?;
    let router = app::pages(config, node.service.clone(), None)?;
    let listener = listen(config).await?;
    let listening = listener.local_addr().map_err(|cause| Failure::new("listen", cause))?.to_string();
    // Before anybody is told that it serves: who stops it at once is heard.
    let stop = stop_asked()?;
    let sentence = format!("Serving {} on {listening}. Stop with Ctrl-C.", config.public_url);
    answer(json, &sentence, &Answer { url: &config.public_url, listening })?;
    server::serve(listener, router, stop).await;
    node.stop().await;
    Ok(())
}

pub(super) async fn listen(config: &Config) -> Result<TcpListener, Failure> {
    let refused = |cause| Failure::new("listen", format!("cannot listen on {}: {cause}", config.listen));
    TcpListener::bind(config.listen).await.map_err(refused)
}

/// Completes when the process is asked to stop, by Ctrl-C or by its supervisor.
pub(super) fn stop_asked() -> Result<impl Future<Output = ()>, Failure> {
    let unheard = |cause| Failure::new("signals", cause);
    let mut interrupt = signal(SignalKind::interrupt()).map_err(unheard)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(unheard)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
