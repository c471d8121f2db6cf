//! C-04: the way to the database is cut or stands still, and a commit's answer gets lost.

use countersign_store::Sql;

use super::{
    cluster::Server,
    proxy::{Proxy, Way},
    until_it_says,
};
use crate::{
    harness::{On, Running, has_postgres, home::Home, type_password},
    real::{
        load::Load,
        serving::{PASSWORD, Serving},
    },
};

const ANN: &str = "ann@example.com";

/// Through the proxy: the people's load, and what becomes of it.
async fn disturbed(disturb: impl AsyncFnOnce(&Load, &Proxy)) {
    if !has_postgres() {
        return;
    }
    let (mut load, proxy) =
        (Load::prepare(async |settings: &str| patient(settings).await).await, proxy().await);
    let server = start(&load.serving, &proxy);
    load.check().await;
    let people = load.begin();
    disturb(&load, &proxy).await;
    load.end(people).await;
    proxy.let_it(Way::Pass);
    until_it_says(load.serving.address(), "ready").await;
    load.let_leases_end().await;
    load.check().await;
    println!("{}", load.check_messages().await);
    server.stop();
}

/// C-04.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_connection_loses_nothing_that_was_acknowledged() {
    disturbed(async |load: &Load, proxy: &Proxy| {
        load.wait_for_moment_of(4).await;
        proxy.let_it(Way::Refuse);
        until_it_says(load.serving.address(), "database_unavailable").await;
    })
    .await;
}

/// C-04: people are answered in bounded time: their load ends while nothing goes through.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_connection_keeps_nobody_waiting_for_ever() {
    disturbed(async |load: &Load, proxy: &Proxy| {
        load.wait_for_moment_of(6).await;
        proxy.let_it(Way::Freeze);
        until_it_says(load.serving.address(), "database_unavailable").await;
    })
    .await;
}

/// C-04: the server itself stands still, and its machine goes on accepting what is sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_server_keeps_nobody_waiting_for_ever() {
    let mut database = Server::start().await;
    let url = Server::url(&[&database]);
    let mut load = Load::prepare(async |settings: &str| {
        Serving::prepare_in(Home::make_in(url).await, &format!("{SHORT}{settings}"))
    })
    .await;
    let server = load.serving.start();
    load.check().await;
    let people = load.begin();
    load.wait_for_moment_of(2).await;
    database.freeze().await;
    load.end(people).await;
    until_it_says(load.serving.address(), "database_unavailable").await;
    database.thaw();
    until_it_says(load.serving.address(), "ready").await;
    load.let_leases_end().await;
    load.check().await;
    server.stop();
}

/// C-04: a commit of unknown outcome is there in whole or not at all, and grants nothing to who got no answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_lost_is_there_and_one_that_never_arrived_is_not() {
    if !has_postgres() {
        return;
    }
    // The proxy knows transactions by what they say.
    let serving = patient("database_statement_cache = false\n").await;
    serving.add(ANN, "Ann Ames");
    let proxy = proxy().await;
    let server = start(&serving, &proxy);
    for (way, sessions) in [(Way::LoseCommit, 0), (Way::LoseAnswerToCommit, 1)] {
        let mut browser = serving.browser();
        proxy.let_it(way);
        type_password(&mut browser, ANN, PASSWORD).await;
        assert_eq!((browser.status(), browser.cookie("cs")), (503, None), "{way:?}");
        assert_eq!(serving.rows(&SESSIONS).await[0].int(0).unwrap(), sessions, "{way:?}");
        serving.here.run(&["invariants"]).must_succeed();
    }
    let mut browser = serving.browser();
    type_password(&mut browser, ANN, PASSWORD).await;
    browser.must_be_at("/profile");
    serving.here.run(&["invariants"]).must_succeed();
    server.stop();
}

static SESSIONS: Sql = Sql::new("SELECT COUNT(*) FROM sessions");
/// Sooner than the product's, and longer than a statement takes on a busy machine.
const SHORT: &str = "database_answer_secs = 5\n";

async fn patient(settings: &str) -> Serving {
    Serving::prepare(On::Postgres, &format!("{SHORT}{settings}")).await
}

/// Before the server that the tests were given.
async fn proxy() -> Proxy {
    let cluster = std::env::var("COUNTERSIGN_TEST_POSTGRES").expect("has_postgres was asked first");
    Proxy::before(url::Url::parse(&cluster).unwrap().port().unwrap_or(5432)).await
}

/// The program alone goes by the proxy.
fn start(serving: &Serving, proxy: &Proxy) -> Running {
    let mut url = url::Url::parse(&serving.here.database_url()).unwrap();
    url.set_port(Some(proxy.port)).unwrap();
    serving.here.start(&["serve"], &[("COUNTERSIGN_DATABASE", url.as_str())])
}
