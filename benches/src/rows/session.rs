//! Row 4: whether there is a session: what every page, and later every request behind a proxy, asks.

use super::{TURNS, median, millis, per_second, percent, times};
use crate::{
    Outcome,
    bench::{Bench, On},
    limits,
    load::{self, Load},
    report::{Bar, Line},
};

const FLOOR_SHARE: Bar = Bar::AtLeast { bar: 0.40, moonshot: 0.70 };
const P99_FACTOR: Bar = Bar::AtMost { bar: 2.0, moonshot: 2.0 };
const READ_SHARE: Bar = Bar::AtLeast { bar: 0.80, moonshot: 0.80 };

/// Sessions that are asked for: more than callers, few enough that writing when each was last seen, once a
/// minute, is as rare as it is in life.
const SESSIONS: usize = 1000;
const CONNECTIONS: usize = 64;

pub(super) async fn checks(bench: &mut Bench) -> Outcome<Vec<Line>> {
    let mut lines = on_sqlite(bench).await?;
    if bench.databases().contains(&On::Postgres) {
        lines.push(on_postgres(bench).await?);
    }
    Ok(lines)
}

async fn on_sqlite(bench: &mut Bench) -> Outcome<Vec<Line>> {
    let server = bench.serve(On::Sqlite, bench.sizes.people).await?;
    let nodes = [server.address];
    let people = bench.town(On::Sqlite, bench.sizes.people).await?.1.with_sessions(SESSIONS);
    let (requests, load) = (load::session_checks(&people), load_of(bench, &nodes));
    let (mut checks, mut floors) = (vec![], vec![]);
    // Notes that each was seen, which is not due again for a minute.
    Load { seconds: 1, ..load }.run(&bench.site, &requests).await?;
    for _ in 0..TURNS {
        floors.push(bench.floor.measure(&bench.site.file(""), CONNECTIONS, load.seconds).await?);
        checks.push(load.run(&bench.site, &requests).await?);
    }
    server.stop().await?;
    let pairs = || checks.iter().zip(&floors);
    let share = median(pairs().map(|(check, floor)| check.per_second / floor.per_second).collect());
    let slower = median(pairs().map(|(check, floor)| check.p99_ms / floor.p99_ms).collect());
    Ok(vec![
        Line {
            work: "session check, SQLite, 64 connections".to_owned(),
            figure: per_second(median(checks.iter().map(|check| check.per_second).collect())),
            limit: format!(
                "HTTP floor {}",
                per_second(median(floors.iter().map(|floor| floor.per_second).collect()))
            ),
            ratio: percent(share),
            bar: FLOOR_SHARE.in_words(percent),
            verdict: FLOOR_SHARE.verdict(share),
        },
        Line {
            work: "the same, p99".to_owned(),
            figure: millis(median(checks.iter().map(|check| check.p99_ms).collect())),
            limit: format!(
                "HTTP floor {}",
                millis(median(floors.iter().map(|floor| floor.p99_ms).collect()))
            ),
            ratio: times(slower),
            bar: P99_FACTOR.in_words(times),
            verdict: P99_FACTOR.verdict(slower),
        },
    ])
}

async fn on_postgres(bench: &mut Bench) -> Outcome<Line> {
    let server = bench.serve(On::Postgres, bench.sizes.people).await?;
    let nodes = [server.address];
    let (_, town) = bench.town(On::Postgres, bench.sizes.people).await?;
    let (people, database) = (town.with_sessions(SESSIONS), town.database.clone());
    let (requests, load) = (load::session_checks(&people), load_of(bench, &nodes));
    let (mut checks, mut limits, mut ratios) = (vec![], vec![], vec![]);
    Load { seconds: 1, ..load }.run(&bench.site, &requests).await?;
    for _ in 0..TURNS {
        let limit = limits::point_reads(&database, &people, CONNECTIONS, load.seconds).await?;
        let check = load.run(&bench.site, &requests).await?.per_second;
        ratios.push(check / limit);
        checks.push(check);
        limits.push(limit);
    }
    server.stop().await?;
    let ratio = median(ratios);
    Ok(Line {
        work: "session check, PostgreSQL, 64 connections".to_owned(),
        figure: per_second(median(checks)),
        limit: format!("point reads through the pool {}", per_second(median(limits))),
        ratio: percent(ratio),
        bar: READ_SHARE.in_words(percent),
        verdict: READ_SHARE.verdict(ratio),
    })
}

fn load_of<'a>(bench: &Bench, nodes: &'a [std::net::SocketAddr]) -> Load<'a> {
    let seconds = bench.sizes.seconds;
    Load { nodes, connections: CONNECTIONS, seconds, again: true, status: 303, location: "/profile" }
}
