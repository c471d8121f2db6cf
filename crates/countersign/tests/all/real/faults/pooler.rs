//! PgBouncer between the program and PostgreSQL, which hands each transaction to another connection.

use std::fs;

use super::cluster::Server;
use crate::{
    harness::home::Home,
    real::{
        background::{Background, as_servers_user, free_port},
        load::Load,
        serving::Serving,
    },
};

/// As many answers as take each kind of step of the people.
const ANSWERS: usize = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_served_through_a_pooler_in_transaction_mode() {
    let database = Server::start().await;
    let url = Server::url(&[&database]);
    let mut load = Load::prepare(async |settings: &str| {
        let settings = format!("database_statement_cache = false\n{settings}");
        Serving::prepare_in(Home::make_in(url).await, &settings)
    })
    .await;
    let (pooler, port) = pooler(&database).await;
    let direct = load.serving.here.database_url();
    let (_, name) = direct.rsplit_once('/').unwrap();
    let through = Server::url_by_way_of(port, name);
    let server = load.serving.here.start(&["serve"], &[("COUNTERSIGN_DATABASE", &through)]);
    // What a command writes wakes nobody through a pooler: it is found by looking.
    load.serving.here.run(&["user", "invite", "person0@example.com"]).must_succeed();
    load.check().await;
    let people = load.begin_undisturbed();
    load.until_acknowledged(ANSWERS).await;
    load.end(people).await;
    load.let_leases_end().await;
    load.check().await;
    println!("through a pooler: {}", load.check_messages().await);
    server.stop();
    drop(pooler);
}

/// Fewer connections than the program has, so that they do change hands.
async fn pooler(database: &Server) -> (Background, u16) {
    let (folder, port) = (database.folder(), free_port());
    let settings = format!(
        "[databases]\n* = host=127.0.0.1 port={} user=postgres password='{}'\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
         listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 3\n\
         max_client_conn = 100\n",
        database.port,
        Server::PASSWORD,
    );
    let file = folder.join("pooler.ini");
    fs::write(&file, settings).unwrap();
    let mut command = as_servers_user("/usr/sbin/pgbouncer");
    let mut running = Background::start(command.arg(&file), &folder.join("pooler.log"));
    running.until_it_listens(port).await;
    (running, port)
}
