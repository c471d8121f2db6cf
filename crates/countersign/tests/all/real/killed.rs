//! `kill -9` of the server under load, again and again: nothing that was acknowledged is lost, no code is good twice.
//!
//! ```text
//!   start ─▶ check ─▶ people sign in, turn on and off, change passwords ─▶ kill -9 ─┐
//!     ▲                                                                             │
//!     └─────────────────────────────────────────────────────────────────────────────┘
//! ```

use super::{load::Load, serving::Serving};
use crate::harness::{On, is_soak};

/// Each kill hits other requests; so many hit every step of a change.
const KILLS: usize = 30;
/// C-01.
const KILLS_IN_A_SOAK: usize = 1000;

on_both_databases! {
    /// C-01.
    async fn thirty_kills_under_load_lose_nothing_that_was_acknowledged(on: On) {
        kill(on, KILLS).await;
    }

    /// C-01.
    async fn soak_a_thousand_kills_under_load_lose_nothing_that_was_acknowledged(on: On) {
        if is_soak() {
            kill(on, KILLS_IN_A_SOAK).await;
        }
    }
}

async fn kill(on: On, times: usize) {
    let mut load = Load::prepare(async |settings: &str| Serving::prepare(on, settings).await).await;
    for round in 0..times {
        load.let_leases_end().await;
        let server = load.serving.start();
        load.check().await;
        let people = load.begin();
        load.wait_for_moment_of(round).await;
        drop(server);
        load.end(people).await;
    }
    load.let_leases_end().await;
    let server = load.serving.start();
    load.check().await;
    load.must_have_examined(&["I1", "I2", "I3"]);
    println!("{times} kills: {}", load.check_messages().await);
    server.stop();
    // Whoever was killed while sealing left a chain on which the next one went on (I4).
    load.serving.here.run(&["audit", "verify"]).must_succeed();
}
