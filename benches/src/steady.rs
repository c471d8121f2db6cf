//! Requests at a steady rate, whatever becomes of those before: what a crowd does, and what a probe needs.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    sync::Mutex,
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};

use crate::{
    Outcome, clock,
    load::Prepared,
    probe::{Answer, Connection},
};

/// The server closes a connection on which nothing is asked for ten seconds.
const IDLE_MAX: Duration = Duration::from_secs(5);

/// Asks so many requests a second, each on a connection that is idle or new, until they are all asked and
/// answered.
pub(crate) async fn offer(
    address: SocketAddr,
    requests: Vec<Prepared>,
    per_second: f64,
) -> Outcome<Vec<Answer>> {
    let idle: Arc<Mutex<Vec<(Connection, Instant)>>> = Arc::default();
    let mut ticks = interval(Duration::from_secs_f64(1.0 / per_second));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut asked, mut answers) = (JoinSet::new(), Vec::new());
    for request in requests {
        ticks.tick().await;
        let idle = Arc::clone(&idle);
        asked.spawn(async move {
            let at_hand = idle.lock().await.pop();
            let mut connection = match at_hand.filter(|(_, since)| since.elapsed() < IDLE_MAX) {
                Some((connection, _)) => connection,
                None => Connection::open(address).await?,
            };
            let answer = connection.ask(&request).await?;
            idle.lock().await.push((connection, clock::stopwatch()));
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(answer)
        });
    }
    while let Some(answer) = asked.join_next().await {
        answers.push(answer??);
    }
    Ok(answers)
}

/// The 99th of a hundred answers, slowest last, in milliseconds.
pub(crate) fn p99_ms(answers: &[Answer]) -> f64 {
    let mut took: Vec<_> = answers.iter().map(|answer| answer.took.as_secs_f64() * 1e3).collect();
    crate::limits::percentile(&mut took, 99)
}
