//! Row 5: the password step against the bare hash, while sessions are checked beside it.

use super::{TURNS, median, millis, per_second, percent};
use crate::{
    Outcome,
    bench::{Bench, On},
    limits,
    load::{self, Load},
    report::{Bar, Line},
    steady,
};

const HASH_SHARE: Bar = Bar::AtLeast { bar: 0.90, moonshot: 0.97 };
const BESIDE_P99_MS: Bar = Bar::AtMost { bar: 20.0, moonshot: 10.0 };

/// Enough that every core has a password to hash, few enough that all fit into the queue.
const CONNECTIONS: usize = 16;
/// Session checks a second beside it.
const BESIDE_A_SECOND: f64 = 100.0;
/// Far more password sign-ins than two cores can hash.
const STEPS_A_SECOND_MAX: usize = 1000;

pub(super) async fn steps(bench: &mut Bench) -> Outcome<Vec<Line>> {
    let mut lines = Vec::new();
    for on in bench.databases() {
        lines.extend(steps_on(bench, on).await?);
    }
    Ok(lines)
}

async fn steps_on(bench: &mut Bench, on: On) -> Outcome<Vec<Line>> {
    let server = bench.serve(on, bench.sizes.people).await?;
    let nodes = [server.address];
    let seconds = bench.sizes.seconds.max(2);
    let load = Load {
        nodes: &nodes,
        connections: CONNECTIONS,
        seconds,
        again: false,
        status: 303,
        location: "/sign-in/code",
    };
    let (mut steps, mut limits, mut ratios, mut beside) = (vec![], vec![], vec![], vec![]);
    for _ in 0..TURNS {
        let limit = limits::hashes(bench.cores, seconds)?;
        let (_, town) = bench.town(on, bench.sizes.people).await?;
        let typing = town.next(usize::try_from(seconds)? * STEPS_A_SECOND_MAX).await?;
        let sessions = load::session_checks(&town.with_sessions(usize::try_from(seconds)? * 90));
        let requests = load::password_checks(&typing, &bench.site.keys);
        let (step, checked) = tokio::join!(
            load.run(&bench.site, &requests),
            steady::offer(server.address, sessions, BESIDE_A_SECOND)
        );
        let step = step?.per_second;
        ratios.push(step / limit);
        steps.push(step);
        limits.push(limit);
        beside.push(steady::p99_ms(&checked?));
    }
    server.stop().await?;
    let (ratio, beside) = (median(ratios), median(beside));
    Ok(vec![
        Line {
            work: format!("password step, {on}, {CONNECTIONS} connections"),
            figure: per_second(median(steps)),
            limit: format!("bare Argon2id on {} cores {}", bench.cores, per_second(median(limits))),
            ratio: percent(ratio),
            bar: HASH_SHARE.in_words(percent),
            verdict: HASH_SHARE.verdict(ratio),
        },
        Line {
            work: "session checks beside it, p99".to_owned(),
            figure: millis(beside),
            limit: String::new(),
            ratio: String::new(),
            bar: BESIDE_P99_MS.in_words(millis),
            verdict: BESIDE_P99_MS.verdict(beside),
        },
    ])
}
