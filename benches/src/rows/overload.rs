//! Row 6: five times more password sign-ins than fit: the surplus is turned away, and nobody else suffers.

use std::time::Duration;

use countersign_core::keys::KeyRing;

use super::{median, millis, percent};
use crate::{
    Outcome,
    bench::{Bench, On},
    clock, limits, load,
    people::Person,
    probe::{Answer, Connection},
    report::Line,
    server::Server,
    steady,
};

/// Times the rate that fits.
const SURPLUS: f64 = 5.0;
/// Code checks and session checks a second beside the crowd.
const CODES_A_SECOND: usize = 20;
const SESSIONS_A_SECOND: usize = 100;
/// A code that was prepared longer ago might be of a step that is over.
const CODES_PREPARED_FOR_SECS: usize = 10;
/// After the crowd has gone, a sign-in may take longer than before for so long at most.
const RECOVERY_MAX: Duration = Duration::from_secs(10);

/// What became of the crowd, and of those beside it.
struct Crowd {
    passwords: Vec<Answer>,
    codes: Vec<Answer>,
    sessions: Vec<Answer>,
}

pub(super) async fn overload(bench: &mut Bench) -> Outcome<Vec<Line>> {
    let mut lines = Vec::new();
    for on in bench.databases() {
        let server = bench.serve(on, bench.sizes.people).await?;
        let calm = calm(bench, on, &server).await?;
        let crowd = crowd(bench, on, &server).await?;
        let recovered = recovery(bench, on, &server, calm).await?;
        server.stop().await?;
        lines.extend(crowd.lines(on));
        let figure = recovered.map(|took| format!("{:.1} s", took.as_secs_f64()));
        lines.push(line(
            format!("until a password sign-in takes what it took before ({}), {on}", millis(calm)),
            figure.unwrap_or_else(|| "longer".to_owned()),
            format!("≤ {} s", RECOVERY_MAX.as_secs()),
            recovered.is_some(),
        ));
    }
    Ok(lines)
}

/// What a password sign-in takes while nobody else asks.
async fn calm(bench: &mut Bench, on: On, server: &Server) -> Outcome<f64> {
    let typing = next(bench, on, 10).await?;
    let mut took = Vec::new();
    for request in load::password_checks(&typing, &bench.site.keys) {
        let answer = Connection::open(server.address).await?.ask(&request).await?;
        took.push(answer.took.as_secs_f64() * 1e3);
    }
    Ok(median(took))
}

async fn crowd(bench: &mut Bench, on: On, server: &Server) -> Outcome<Crowd> {
    let seconds = usize::try_from(bench.sizes.overload_seconds)?;
    let fits = limits::hashes(bench.cores, 2)?;
    let rate = (SURPLUS * fits).round();
    let crowd = (0..seconds).fold(0.0, |count, _| count + rate);
    let passwords = next(bench, on, crowd.to_string().parse()?).await?;
    let passwords = load::password_checks(&passwords, &bench.site.keys);
    let typing = next(bench, on, seconds * CODES_A_SECOND).await?;
    let (_, town) = bench.town(on, bench.sizes.people).await?;
    let sessions = load::session_checks(&town.with_sessions(seconds * SESSIONS_A_SECOND));
    let (passwords, codes, sessions) = tokio::join!(
        steady::offer(server.address, passwords, rate),
        codes(server, &typing, &bench.site.keys),
        steady::offer(server.address, sessions, 100.0),
    );
    Ok(Crowd { passwords: passwords?, codes: codes?, sessions: sessions? })
}

/// A few people at a time, so that every code is fresh when it is sent.
async fn codes(server: &Server, typing: &[Person], keys: &KeyRing) -> Outcome<Vec<Answer>> {
    let mut answers = Vec::new();
    for batch in typing.chunks(CODES_PREPARED_FOR_SECS * CODES_A_SECOND) {
        answers.extend(steady::offer(server.address, load::code_checks(batch, keys), 20.0).await?);
    }
    Ok(answers)
}

async fn recovery(bench: &mut Bench, on: On, server: &Server, calm: f64) -> Outcome<Option<Duration>> {
    let begun = clock::stopwatch();
    while begun.elapsed() < RECOVERY_MAX {
        let typing = next(bench, on, 1).await?;
        for request in load::password_checks(&typing, &bench.site.keys) {
            let answer = Connection::open(server.address).await?.ask(&request).await?;
            if answer.status == 303 && answer.took.as_secs_f64() * 1e3 < 2.0 * calm {
                return Ok(Some(begun.elapsed()));
            }
        }
    }
    Ok(None)
}

async fn next(bench: &mut Bench, on: On, count: usize) -> Outcome<Vec<Person>> {
    bench.town(on, bench.sizes.people).await?.1.next(count).await
}

impl Crowd {
    fn lines(&self, on: On) -> Vec<Line> {
        let of = |answers: &[Answer], status| answers.iter().filter(|answer| answer.status == status).count();
        let let_in = of(&self.passwords, 303);
        let turned_away = self.passwords.iter().filter(|answer| answer.status == 503);
        let told_when = turned_away.clone().filter(|answer| answer.header("retry-after").is_some()).count();
        let turned_away = turned_away.count();
        let others = self.passwords.len() - let_in - turned_away;
        let unharmed = |answers: &[Answer], status| {
            let right = of(answers, status);
            let share = percent(right as f64 / answers.len().max(1) as f64);
            (format!("{share} right, p99 {}", millis(steady::p99_ms(answers))), right == answers.len())
        };
        let (codes, codes_are_unharmed) = unharmed(&self.codes, 303);
        let (sessions, sessions_are_unharmed) = unharmed(&self.sessions, 303);
        vec![
            line(
                format!("password sign-ins, {SURPLUS:.0} × what fits, {on}"),
                format!("{let_in} let in, {turned_away} told when to come back, {others} others"),
                "503 with Retry-After for the surplus".to_owned(),
                others == 0 && told_when == turned_away,
            ),
            line(format!("code checks beside them, {on}"), codes, "unharmed".to_owned(), codes_are_unharmed),
            line(
                format!("session checks beside them, {on}"),
                sessions,
                "unharmed".to_owned(),
                sessions_are_unharmed,
            ),
        ]
    }
}

fn line(work: String, figure: String, bar: String, is_reached: bool) -> Line {
    let verdict = if is_reached { "reached" } else { "**not reached**" };
    Line { work, figure, limit: String::new(), ratio: String::new(), bar, verdict: verdict.to_owned() }
}
