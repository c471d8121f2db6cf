//! Row 7: what the process holds in memory, idle and under factor checks.

use super::{TURNS, factor};
use crate::{
    Outcome,
    bench::Bench,
    report::{Bar, Line},
};

const IDLE_MIB: Bar = Bar::AtMost { bar: 30.0, moonshot: 15.0 };
const LOADED_MIB: Bar = Bar::AtMost { bar: 100.0, moonshot: 50.0 };

pub(super) async fn memory(bench: &mut Bench) -> Outcome<Vec<Line>> {
    let mut lines = Vec::new();
    for on in bench.databases() {
        let server = bench.serve(on, bench.sizes.people).await?;
        let idle = server.resident_mib()?;
        for _ in 0..TURNS {
            factor::run(bench, on, &[server.address], 64).await?;
        }
        let loaded = server.resident_mib_max()?;
        server.stop().await?;
        lines.push(line(format!("memory idle, {on}"), idle, &IDLE_MIB));
        lines.push(line(format!("memory under factor checks, {on}, the most"), loaded, &LOADED_MIB));
    }
    Ok(lines)
}

fn line(work: String, mib: f64, bar: &Bar) -> Line {
    let in_words = |mib: f64| format!("{mib:.0} MiB");
    Line {
        work,
        figure: format!("{mib:.1} MiB"),
        limit: String::new(),
        ratio: String::new(),
        bar: bar.in_words(in_words),
        verdict: bar.verdict(mib),
    }
}
