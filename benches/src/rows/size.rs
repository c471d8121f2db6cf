//! Rows 8 and 9: what many people cost, at the start and afterwards.

use super::{TURNS, factor, median, millis, per_second, times};
use crate::{
    Outcome,
    bench::{Bench, On, PEOPLE_OF_SMALL},
    load::{self, Load},
    report::{Bar, Line},
};

const START_MS: Bar = Bar::AtMost { bar: 150.0, moonshot: 30.0 };
const GROWTH: Bar = Bar::AtMost { bar: 1.3, moonshot: 1.1 };

const STARTS: usize = 5;

pub(super) async fn start(bench: &mut Bench) -> Outcome<Vec<Line>> {
    let mut lines = Vec::new();
    for on in bench.databases() {
        let mut took = Vec::new();
        for _ in 0..STARTS {
            let server = bench.serve(on, PEOPLE_OF_SMALL).await?;
            took.push(server.started_in.as_secs_f64() * 1e3);
            server.stop().await?;
        }
        let took = median(took);
        lines.push(Line {
            work: format!("start to first page, {on}, {PEOPLE_OF_SMALL} people"),
            figure: millis(took),
            limit: String::new(),
            ratio: String::new(),
            bar: START_MS.in_words(millis),
            verdict: START_MS.verdict(took),
        });
    }
    Ok(lines)
}

pub(super) async fn growth(bench: &mut Bench) -> Outcome<Vec<Line>> {
    let mut lines = Vec::new();
    for on in bench.databases() {
        // A run of the small town must not come to its end.
        let seconds = std::mem::replace(&mut bench.sizes.seconds, 1);
        let measured = growth_on(bench, on).await;
        bench.sizes.seconds = seconds;
        lines.extend(measured?);
    }
    Ok(lines)
}

async fn growth_on(bench: &mut Bench, on: On) -> Outcome<Vec<Line>> {
    let large = bench.sizes.people_of_large;
    let (in_small, in_large) = (bench.serve(on, PEOPLE_OF_SMALL).await?, bench.serve(on, large).await?);
    let (mut checks, mut steps): (Vec<[f64; 2]>, Vec<[f64; 2]>) = (vec![], vec![]);
    for _ in 0..TURNS {
        let small = factor::run_in(bench, on, PEOPLE_OF_SMALL, &[in_small.address], 16).await?;
        let much = factor::run_in(bench, on, large, &[in_large.address], 16).await?;
        checks.push([small.per_second, much.per_second]);
        let small = password_run(bench, on, PEOPLE_OF_SMALL, &[in_small.address]).await?;
        let much = password_run(bench, on, large, &[in_large.address]).await?;
        steps.push([small, much]);
    }
    in_small.stop().await?;
    in_large.stop().await?;
    let line = |work: &str, rates: &[[f64; 2]]| {
        let ratio = median(rates.iter().map(|[small, large]| small / large).collect());
        Line {
            work: format!("{work}, {on}, {large} people"),
            figure: per_second(median(rates.iter().map(|[_, large]| *large).collect())),
            limit: format!(
                "{PEOPLE_OF_SMALL} people {}",
                per_second(median(rates.iter().map(|[small, _]| *small).collect()))
            ),
            ratio: format!("cost {}", times(ratio)),
            bar: GROWTH.in_words(times),
            verdict: GROWTH.verdict(ratio),
        }
    };
    Ok(vec![line("factor check", &checks), line("password step", &steps)])
}

async fn password_run(
    bench: &mut Bench,
    on: On,
    people: usize,
    nodes: &[std::net::SocketAddr],
) -> Outcome<f64> {
    let typing = bench.town(on, people).await?.1.next(1000).await?;
    let requests = load::password_checks(&typing, &bench.site.keys);
    let load =
        Load { nodes, connections: 8, seconds: 2, again: false, status: 303, location: "/sign-in/code" };
    Ok(load.run(&bench.site, &requests).await?.per_second)
}
