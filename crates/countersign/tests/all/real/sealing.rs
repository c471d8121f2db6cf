//! Servers that seal one record and are killed while they do: one chain, to the last event.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::{Browser, Installation, On, Running, type_password, until};

const KILLS: usize = 6;
const BROWSERS: usize = 2;
const ANN: &str = "ann@example.com";
const PASSWORD: &str = "copper lantern drifts north";

on_both_databases! {
    /// I4: on PostgreSQL two servers at once, on SQLite, where there is only one, again and again.
    async fn killed_sealers_leave_one_chain_on_which_the_next_goes_on(on: On) {
        let here = Installation::migrated(on).await;
        here.run(&["org", "add", "Example", "--preset", "per-user"]).must_succeed();
        let add = ["user", "add", ANN, "--name", "Ann Ames", "--organization", "Example", "--verified-email"];
        here.run_with_input(&add, PASSWORD).must_succeed();
        let mut other = (on == On::Postgres).then(|| here.serve());
        for round in 0..KILLS {
            let server = here.serve();
            let mut load = sign_ins(&server, other.as_ref());
            until_more_is_sealed(&here).await;
            // Or its browsers would find nobody there any more; their requests are under way.
            load.abort_all();
            // The older one and the newer one in turn.
            match &mut other {
                Some(other) if round % 2 == 0 => drop(std::mem::replace(other, server)),
                _ => drop(server),
            }
            let report = verify(&here);
            assert_eq!(report["findings"], json!([]), "{report}");
        }
        let server = here.serve();
        until_all_is_sealed(&here).await;
        server.stop();
        other.map(Running::stop);
    }
}

/// Ann signs in again and again, in several browsers and at every server; each time is an event.
fn sign_ins(server: &Running, other: Option<&Running>) -> JoinSet<()> {
    let mut load = JoinSet::new();
    for server in [Some(server), other].into_iter().flatten() {
        for _ in 0..BROWSERS {
            load.spawn(sign_in_again_and_again(server.browser()));
        }
    }
    load
}

async fn sign_in_again_and_again(browser: Browser) {
    loop {
        type_password(&mut browser.copy_of(), ANN, PASSWORD).await;
    }
}

async fn until_more_is_sealed(here: &Installation) {
    let before = verify(here)["events"].as_u64().unwrap();
    until("more is sealed", async || verify(here)["events"].as_u64().unwrap() > before).await;
}

async fn until_all_is_sealed(here: &Installation) {
    until("all is sealed", async || verify(here)["unsealed"]["events"] == 0).await;
}

fn verify(here: &Installation) -> Value {
    here.run(&["audit", "verify", "--json"]).must_succeed().json()
}
