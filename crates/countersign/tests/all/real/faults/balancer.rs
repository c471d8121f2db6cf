//! A load balancer as small as it can be: sends each new connection to a node that says it is ready.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::readiness;

/// The tasks end with it.
pub(super) struct Balancer {
    ready: Arc<Mutex<Vec<SocketAddr>>>,
    _running: JoinSet<()>,
}

const ASK_EVERY: Duration = Duration::from_millis(20);

impl Balancer {
    /// At this address, before these nodes.
    pub(super) async fn start(address: SocketAddr, nodes: Vec<SocketAddr>) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let ready = Arc::<Mutex<Vec<SocketAddr>>>::default();
        let mut running = JoinSet::new();
        let (known, asked) = (Arc::clone(&ready), Arc::clone(&ready));
        running.spawn(async move {
            loop {
                let mut found = Vec::new();
                for node in &nodes {
                    if readiness(*node).await.is_some_and(|(status, _)| status == 200) {
                        found.push(*node);
                    }
                }
                *asked.lock().unwrap() = found;
                tokio::time::sleep(ASK_EVERY).await;
            }
        });
        running.spawn(async move {
            let mut connections = JoinSet::new();
            for turn in 0_usize.. {
                let (mut client, _) = listener.accept().await.unwrap();
                let node = {
                    let ready = known.lock().unwrap();
                    ready.get(turn % ready.len().max(1)).copied()
                };
                connections.spawn(async move {
                    let Some(node) = node else { return };
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
        while self.ready.lock().unwrap().len() != count {
            tokio::time::sleep(ASK_EVERY).await;
        }
    }
}
