//! Two nodes behind a load balancer are replaced one after the other, and nobody notices.

use std::net::SocketAddr;

use super::{balancer::Balancer, until_it_says};
use crate::{
    harness::{On, Running, has_postgres},
    real::{background::free_port, load::Load, serving::Serving},
};

/// A pair of new programs for each.
const ROUNDS: usize = 2;
/// What is answered meanwhile: enough that sign-ins and changes are under way at each step.
const ANSWERS: usize = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_fails_no_sign_in() {
    if !has_postgres() {
        return;
    }
    let mut load = Load::prepare(async |settings: &str| Serving::prepare(On::Postgres, settings).await).await;
    let ports = [free_port(), free_port()];
    let mut nodes = ports.map(|port| Some(start(&load, port)));
    let addresses = ports.map(address).to_vec();
    let balancer = Balancer::start(load.serving.address(), addresses).await;
    balancer.until_ready(2).await;
    load.check().await;
    let people = load.begin_undisturbed();
    for _ in 0..ROUNDS {
        for (node, port) in nodes.iter_mut().zip(ports) {
            load.until_acknowledged(ANSWERS).await;
            let old = node.take().unwrap();
            old.ask_to_stop();
            until_it_says(address(port), "stopping").await;
            balancer.until_ready(1).await;
            load.until_acknowledged(ANSWERS).await;
            let (status, log) = old.wait();
            assert!(status.success(), "{log}");
            *node = Some(start(&load, port));
            balancer.until_ready(2).await;
        }
    }
    load.end(people).await;
    load.let_leases_end().await;
    load.check().await;
    println!("a rolling restart: {}", load.check_messages().await);
    for node in nodes.into_iter().flatten() {
        node.stop();
    }
}

fn start(load: &Load, port: u16) -> Running {
    let listen = address(port).to_string();
    // Long enough for everybody to see it, on a busy machine too: who holds a connection, and the balancer.
    let environment = [("COUNTERSIGN_LISTEN", listen.as_str()), ("COUNTERSIGN_DRAIN_SECS", "10")];
    load.serving.here.start(&["serve"], &environment)
}

fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}
