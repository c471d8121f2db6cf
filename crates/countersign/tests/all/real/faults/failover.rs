//! C-04: the primary is killed or freezes under load and a synchronous standby is promoted; the service comes back by
//! itself.

use super::{cluster::Server, readiness};
use crate::{
    harness::{home::Home, is_soak, stop_watch, until},
    real::{load::Load, serving::Serving},
};

/// A quarter of what C-04 asks of a release: each takes two servers.
const FAILOVERS_IN_A_SOAK: usize = 25;

/// So many answers: by then everybody is somewhere else in the circle of what people do.
const FULL_SWING: usize = 24;

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

/// C-04: the frozen server accepts connections and never answers: the other one must be found behind it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_freezes_is_left_for_the_promoted_standby() {
    let mut primary = Server::start().await;
    let standby = primary.standby().await;
    let mut load = at(&primary, &standby).await;
    let server = load.serving.start();
    load.check().await;
    let people = load.begin();
    load.until_acknowledged(FULL_SWING).await;
    primary.freeze().await;
    standby.promote().await;
    let since = stop_watch();
    load.end(people).await;
    let tries = until_ready(&load).await;
    let waited = since.elapsed();
    // Nobody is led to the frozen one any more, though it is still there.
    load.check_people().await;
    // Commands, which come anew, would ask it first, and wait.
    primary.kill();
    load.let_leases_end().await;
    load.check().await;
    println!(
        "a frozen primary: ready {waited:?} after the promotion, at try {tries}; {}",
        load.check_messages().await
    );
    server.stop();
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
    let since = stop_watch();
    let tries = until_ready(&load).await;
    let waited = since.elapsed();
    load.let_leases_end().await;
    load.check().await;
    println!(
        "a failover: ready {waited:?} after the promotion, at try {tries}; {}",
        load.check_messages().await
    );
    server.stop();
}

async fn at(primary: &Server, standby: &Server) -> Load {
    let url = Server::url(&[primary, standby]);
    Load::prepare(async |settings: &str| {
        let settings = format!("database_answer_secs = 5\n{settings}");
        Serving::prepare_in(Home::make_in(url).await, &settings)
    })
    .await
}

/// How often it was asked before it was.
async fn until_ready(load: &Load) -> usize {
    let mut tries = 0;
    until("the service is ready", async || {
        tries += 1;
        readiness(load.serving.address()).await.is_some_and(|(status, _)| status == 200)
    })
    .await;
    tries
}
