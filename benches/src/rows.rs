//! The rows of the table, one file for what belongs together.

mod factor;
mod memory;
mod nodes;
mod overload;
mod password;
mod session;
mod size;

use std::pin::Pin;

use crate::{Outcome, bench::Bench, limits::percentile, report::Line};

pub(crate) struct Row {
    pub(crate) number: u8,
    pub(crate) work: &'static str,
    pub(crate) measure: for<'b> fn(&'b mut Bench) -> Measuring<'b>,
}

pub(crate) type Measuring<'b> = Pin<Box<dyn Future<Output = Outcome<Vec<Line>>> + 'b>>;

pub(crate) const ALL: &[Row] = &[
    row(1, "factor check, SQLite, 64 connections", |bench| Box::pin(factor::on_sqlite(bench))),
    row(2, "factor check, PostgreSQL, 16 connections", |bench| Box::pin(factor::on_postgres(bench))),
    row(3, "factor check, one connection", |bench| Box::pin(factor::alone(bench))),
    row(4, "session check, 64 connections", |bench| Box::pin(session::checks(bench))),
    row(5, "password step", |bench| Box::pin(password::steps(bench))),
    row(6, "more password sign-ins than fit", |bench| Box::pin(overload::overload(bench))),
    row(7, "memory", |bench| Box::pin(memory::memory(bench))),
    row(8, "start to first good answer", |bench| Box::pin(size::start(bench))),
    row(9, "cost in a large town", |bench| Box::pin(size::growth(bench))),
    row(10, "two nodes against one", |bench| Box::pin(nodes::two_nodes(bench))),
];

const fn row(number: u8, work: &'static str, measure: for<'b> fn(&'b mut Bench) -> Measuring<'b>) -> Row {
    Row { number, work, measure }
}

/// Turn and turn about, so that a minute in which the machine is slow is slow for both sides.
const TURNS: usize = 3;

fn median(mut values: Vec<f64>) -> f64 {
    percentile(&mut values, 50)
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

fn times(factor: f64) -> String {
    format!("{factor:.2} ×")
}

fn per_second(rate: f64) -> String {
    format!("{rate:.0}/s")
}

fn millis(value: f64) -> String {
    format!("{value:.2} ms")
}
