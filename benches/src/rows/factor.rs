//! Rows 1 to 3: the code of an app, checked over HTTP: replay refused, counted, audited, durable.

use std::net::SocketAddr;

use super::{TURNS, median, millis, per_second, percent, times};
use crate::{
    Outcome,
    bench::{Bench, On},
    limits,
    load::{self, Load, Measured},
    report::{Bar, Line},
};

const FLOOR_SHARE: Bar = Bar::AtLeast { bar: 0.20, moonshot: 0.35 };
const COMMIT_FACTOR: Bar = Bar::AtLeast { bar: 2.0, moonshot: 5.0 };
const PGBENCH_SHARE: Bar = Bar::AtLeast { bar: 0.50, moonshot: 0.80 };
/// How many commits fit between the floor's median and ours.
const COMMITS_ABOVE_FLOOR: Bar = Bar::AtMost { bar: 2.0, moonshot: 1.2 };

pub(super) async fn on_sqlite(bench: &mut Bench) -> Outcome<Vec<Line>> {
    let server = bench.serve(On::Sqlite, bench.sizes.people).await?;
    let (mut checks, mut floors, mut checked_floors, mut commits) = (vec![], vec![], vec![], vec![]);
    for _ in 0..TURNS {
        let seconds = bench.sizes.seconds;
        floors.push(bench.floor.measure(&bench.site.file(""), 64, seconds).await?.per_second);
        commits.push(limits::sqlite_commits(&bench.site.file(""), seconds)?.per_second);
        checks.push(run(bench, On::Sqlite, &[server.address], 64).await?.per_second);
        checked_floors.push(checked_floor(bench, 64).await?.per_second);
    }
    server.stop().await?;
    let work = "factor check, SQLite, 64 connections";
    let of = |limits: &[f64]| median(checks.iter().zip(limits).map(|(check, limit)| check / limit).collect());
    let (of_floor, of_checked, of_commits) = (of(&floors), of(&checked_floors), of(&commits));
    let figure = per_second(median(checks.clone()));
    Ok(vec![
        Line {
            work: work.to_owned(),
            figure: figure.clone(),
            limit: format!("HTTP floor {}", per_second(median(floors))),
            ratio: percent(of_floor),
            bar: FLOOR_SHARE.in_words(percent),
            verdict: FLOOR_SHARE.verdict(of_floor),
        },
        Line {
            work: work.to_owned(),
            figure: figure.clone(),
            limit: format!("HTTP floor with the same script {}", per_second(median(checked_floors))),
            ratio: percent(of_checked),
            bar: "none: shows what the load generator takes".to_owned(),
            verdict: String::new(),
        },
        Line {
            work: work.to_owned(),
            figure,
            limit: format!("one-row FULL commits {}", per_second(median(commits))),
            ratio: times(of_commits),
            bar: COMMIT_FACTOR.in_words(times),
            verdict: COMMIT_FACTOR.verdict(of_commits),
        },
    ])
}

pub(super) async fn on_postgres(bench: &mut Bench) -> Outcome<Vec<Line>> {
    let server = bench.serve(On::Postgres, bench.sizes.people).await?;
    let numbers = bench.pgbench_address().await?;
    let (mut checks, mut limits, mut ratios) = (vec![], vec![], vec![]);
    for _ in 0..TURNS {
        let limit = limits::pgbench(&numbers, 16, bench.sizes.seconds).await?.per_second;
        let check = run(bench, On::Postgres, &[server.address], 16).await?.per_second;
        ratios.push(check / limit);
        checks.push(check);
        limits.push(limit);
    }
    server.stop().await?;
    let ratio = median(ratios);
    Ok(vec![Line {
        work: "factor check, PostgreSQL, 16 connections".to_owned(),
        figure: per_second(median(checks)),
        limit: format!("pgbench, one-row UPDATE {}", per_second(median(limits))),
        ratio: percent(ratio),
        bar: PGBENCH_SHARE.in_words(percent),
        verdict: PGBENCH_SHARE.verdict(ratio),
    }])
}

pub(super) async fn alone(bench: &mut Bench) -> Outcome<Vec<Line>> {
    let mut lines = Vec::new();
    for on in bench.databases() {
        lines.push(alone_on(bench, on).await?);
    }
    Ok(lines)
}

async fn alone_on(bench: &mut Bench, on: On) -> Outcome<Line> {
    let server = bench.serve(on, bench.sizes.people).await?;
    let (mut checks, mut floors, mut commits, mut ratios) = (vec![], vec![], vec![], vec![]);
    for _ in 0..TURNS {
        let seconds = bench.sizes.seconds;
        let floor = bench.floor.measure(&bench.site.file(""), 1, seconds).await?.p50_ms;
        let commit = match on {
            On::Sqlite => limits::sqlite_commits(&bench.site.file(""), seconds)?.p50_ms,
            On::Postgres => limits::pgbench(&bench.pgbench_address().await?, 1, seconds).await?.p50_ms,
        };
        let check = run(bench, on, &[server.address], 1).await?.p50_ms;
        ratios.push((check - floor) / commit);
        checks.push(check);
        floors.push(floor);
        commits.push(commit);
    }
    server.stop().await?;
    let ratio = median(ratios);
    Ok(Line {
        work: format!("factor check, {on}, 1 connection, p50"),
        figure: millis(median(checks)),
        limit: format!("floor {} + commits of {}", millis(median(floors)), millis(median(commits))),
        ratio: format!("floor + {}", times(ratio)),
        bar: COMMITS_ABOVE_FLOOR.in_words(|factor| format!("floor + {}", times(factor))),
        verdict: COMMITS_ABOVE_FLOOR.verdict(ratio),
    })
}

/// One run over people whose codes nobody typed yet.
pub(super) async fn run(
    bench: &mut Bench,
    on: On,
    nodes: &[SocketAddr],
    connections: usize,
) -> Outcome<Measured> {
    let people = bench.sizes.people;
    run_in(bench, on, people, nodes, connections).await
}

/// The same in the database of so many people.
pub(super) async fn run_in(
    bench: &mut Bench,
    on: On,
    people: usize,
    nodes: &[SocketAddr],
    connections: usize,
) -> Outcome<Measured> {
    let seconds = bench.sizes.seconds;
    let (_, town) = bench.town(on, people).await?;
    let count = load::enough_for(seconds).min(town.open_sign_ins());
    let typing = town.next(count).await?;
    let requests = load::code_checks(&typing, &bench.site.keys);
    bench.code_load(nodes, connections).run(&bench.site, &requests).await
}

/// The floor under the same kind of load: prepared requests, each answer checked.
async fn checked_floor(bench: &Bench, connections: usize) -> Outcome<Measured> {
    let nodes = [bench.floor.address];
    let seconds = bench.sizes.seconds;
    let load = Load { nodes: &nodes, connections, seconds, again: true, status: 200, location: "" };
    load.run(&bench.site, &load::floor_checks()).await
}
