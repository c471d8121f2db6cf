//! C-04: the primary is killed under load and a synchronous standby promoted; the service comes back by itself.

use super::{cluster::Server, readiness};
use crate::{
    harness::{home::Home, is_soak},
    real::{load::Load, serving::Serving},
};

/// A quarter of what C-04 asks of a release: each takes two servers.
const FAILOVERS_IN_A_SOAK: usize = 25;

/// C-04.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failover_under_load_loses_nothing_that_was_acknowledged() {
    fail_over(5).await;
}

/// C-04.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn soak_failovers_under_load_lose_nothing_that_was_acknowledged() {
    if is_soak() {
        for round in 0..FAILOVERS_IN_A_SOAK {
            fail_over(round).await;
        }
    }
}

async fn fail_over(round: usize) {
    let mut primary = Server::start().await;
    let standby = primary.standby().await;
    let mut load = at(&primary, &standby).await;
    let server = load.serving.start();
    load.check().await;
    let people = load.begin();
    load.wait_for_moment_of(round).await;
    primary.kill();
    load.end(people).await;
    standby.promote().await;
    let tries = until_ready(&load).await;
    load.let_leases_end().await;
    load.check().await;
    println!("a failover: ready at try {tries}, one every 20 ms; {}", load.check_messages().await);
    server.stop();
}

async fn at(primary: &Server, standby: &Server) -> Load {
    let url = Server::url(&[primary, standby]);
    Load::prepare(async |settings: &str| {
        let settings = format!("database_answer_secs = 1\n{settings}");
        Serving::prepare_in(Home::make_in(url).await, &settings)
    })
    .await
}

/// How often it was asked before it was.
async fn until_ready(load: &Load) -> usize {
    for tries in 1.. {
        if readiness(load.serving.address()).await.is_some_and(|(status, _)| status == 200) {
            return tries;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    unreachable!("it is asked until it is ready")
}
