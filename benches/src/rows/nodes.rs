//! Row 10: two nodes on one PostgreSQL against one, on the same cores.

use super::{TURNS, factor, median, per_second, times};
use crate::{
    Outcome,
    bench::{Bench, On},
    report::{Bar, Line},
};

const SHARE: Bar = Bar::AtLeast { bar: 0.95, moonshot: 0.95 };
const CONNECTIONS: usize = 16;

pub(super) async fn two_nodes(bench: &mut Bench) -> Outcome<Vec<Line>> {
    let people = bench.sizes.people;
    let (first, second) =
        (bench.serve(On::Postgres, people).await?, bench.serve(On::Postgres, people).await?);
    let (mut alone, mut both, mut ratios) = (vec![], vec![], vec![]);
    for _ in 0..TURNS {
        // Twice the same: as many threads of the load generator on either side.
        let by_one = [first.address, first.address];
        let one = factor::run(bench, On::Postgres, &by_one, CONNECTIONS).await?.per_second;
        let by_two = [first.address, second.address];
        let two = factor::run(bench, On::Postgres, &by_two, CONNECTIONS).await?.per_second;
        ratios.push(two / one);
        alone.push(one);
        both.push(two);
    }
    first.stop().await?;
    second.stop().await?;
    let ratio = median(ratios);
    Ok(vec![Line {
        work: "factor check, two nodes on one PostgreSQL, 16 connections".to_owned(),
        figure: per_second(median(both)),
        limit: format!("one node {}", per_second(median(alone))),
        ratio: times(ratio),
        bar: SHARE.in_words(times),
        verdict: SHARE.verdict(ratio),
    }])
}
