//! A load balancer as small as it can be: sends each new connection to a node that says it is ready.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

use super::readiness;

/// The tasks end with it.
pub(super) struct Balancer {
    ready: watch::Receiver<Vec<SocketAddr>>,
    _running: JoinSet<()>,
}

const ASK_EVERY: Duration = Duration::from_millis(20);

impl Balancer {
    /// At this address, before these nodes.
    pub(super) async fn start(address: SocketAddr, nodes: Vec<SocketAddr>) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let (found, ready) = watch::channel(Vec::new());
        let mut running = JoinSet::new();
        running.spawn(async move {
            loop {
                let mut answered = Vec::new();
                for node in &nodes {
                    if readiness(*node).await.is_some_and(|(status, _)| status == 200) {
                        answered.push(*node);
                    }
                }
                found.send_replace(answered);
                tokio::time::sleep(ASK_EVERY).await;
            }
        });
        let known = ready.clone();
        running.spawn(async move {
            let mut connections = JoinSet::new();
            for turn in 0_usize.. {
                let (mut client, _) = listener.accept().await.unwrap();
                let mut known = known.clone();
                connections.spawn(async move {
                    // For a moment there may be none: who was asked just before it was one, or was busy.
                    let node = known
                        .wait_for(|ready| !ready.is_empty())
                        .await
                        .map(|ready| ready[turn % ready.len()]);
                    let Ok(node) = node else { return };
                    let Ok(mut server) = TcpStream::connect(node).await else { return };
                    // Either side may hang up.
                    let _ended = copy_bidirectional(&mut client, &mut server).await;
                });
            }
        });
        Self { ready, _running: running }
    }

    /// Waits until so many nodes are ready.
    pub(super) async fn until_ready(&self, count: usize) {
        self.ready.clone().wait_for(|ready| ready.len() == count).await.unwrap();
    }
}
