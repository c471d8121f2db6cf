//! Servers that seal one record and are killed while they do: one chain, to the last event.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::{Browser, Installation, On, Running, type_password};

const KILLS: usize = 6;
const STRANGERS: usize = 3;

on_both_databases! {
    /// I4: on PostgreSQL two servers at once, on SQLite, where there is only one, again and again.
    async fn killed_sealers_leave_one_chain_on_which_the_next_goes_on(on: On) {
        let here = Installation::migrated(on).await;
        let mut other = (on == On::Postgres).then(|| here.serve());
        for round in 0..KILLS {
            let server = here.serve();
            let mut load = strangers(&server, other.as_ref());
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

/// They are refused for as long as somebody answers, and every refusal is an event.
fn strangers(server: &Running, other: Option<&Running>) -> JoinSet<()> {
    let mut load = JoinSet::new();
    for server in [Some(server), other].into_iter().flatten() {
        for number in 0..STRANGERS {
            load.spawn(try_again_and_again(server.browser(), number));
        }
    }
    load
}

async fn try_again_and_again(browser: Browser, number: usize) {
    for attempt in 0.. {
        let name = format!("nobody-{number}-{attempt}@example.com");
        type_password(&mut browser.copy_of(), &name, "not the password").await;
    }
}

async fn until_more_is_sealed(here: &Installation) {
    let before = verify(here)["events"].as_u64().unwrap();
    until(here, |report| report["events"].as_u64().unwrap() > before).await;
}

async fn until_all_is_sealed(here: &Installation) {
    until(here, |report| report["unsealed"]["events"] == 0).await;
}

async fn until(here: &Installation, holds: impl Fn(&Value) -> bool) {
    let waiting = async {
        while !holds(&verify(here)) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waiting).await.expect("somebody seals");
}

fn verify(here: &Installation) -> Value {
    here.run(&["audit", "verify", "--json"]).must_succeed().json()
}
