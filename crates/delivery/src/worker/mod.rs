//! Takes messages from the outbox and sends them: one loop for each channel.
//!
//! ```text
//!        ┌──────────────── wait: a poke, a due time, a free place ◀──────────────┐
//!        ▼                                                                       │
//!   claim (lease) ──▶ up to 16 at once: open ─ render ─ in time? ─ send ─ record ─┴▶ tell the page
//!                                          │
//!            past its life ─▶ over         ├─ not taken ─────▶ again, later (`backoff`)
//!            does not open ─▶ dead letter  ├─ perhaps taken ─▶ again, later; a code only once
//!                                          └─ refused ───────▶ dead letter
//! ```
//!
//! A code past its life is dropped, never delivered late; a link past its life becomes a dead letter, or nobody
//! would learn of it; a notice is tried until it leaves. A worker that dies in between loses its lease, and the
//! message is sent by another: perhaps twice, never not at all. Times compare with `now`, which tests move; real
//! waiting is never longer than a second.

mod attempt;
mod backoff;

use std::{sync::Arc, time::Duration};

use countersign_core::{keys::KeyRing, message::Channel, timestamp::Timestamp};
use countersign_store::{
    Database, Fault,
    outbox::{self, Claimed, Lease},
};
use tokio::{
    sync::watch,
    task::{JoinHandle, JoinSet},
    time,
};

use crate::{
    outcomes::Outcomes,
    render::Renderer,
    route::{EmailRoute, SmsRoute},
    wake::Wake,
};
use attempt::{Attempt, Route};

pub struct WorkerParts {
    pub database: Database,
    pub keys: Arc<KeyRing>,
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    pub renderer: Renderer,
    /// Without a route, messages of that channel wait.
    pub sms: Option<SmsRoute>,
    pub email: Option<EmailRoute>,
    pub wake: Wake,
    pub outcomes: Outcomes,
    /// The name under which this process holds leases; no other may have it.
    pub node: String,
}

/// The running loops. If it is dropped they stop too, only nobody knows when they have.
pub struct Worker {
    stop: watch::Sender<bool>,
    loops: Vec<JoinHandle<()>>,
}

/// What all attempts share.
struct Shared {
    database: Database,
    keys: Arc<KeyRing>,
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    renderer: Renderer,
    outcomes: Outcomes,
    node: String,
}

/// One channel's loop.
struct ChannelLoop {
    shared: Arc<Shared>,
    route: Arc<Route>,
    wake: watch::Receiver<u64>,
    stop: watch::Receiver<bool>,
    attempts: JoinSet<()>,
}

/// Gateways take some tens of messages a second from one sender; 16 in flight reach that at 250 ms each.
const AT_ONCE: usize = 16;
/// Another process may have written a message without waking us, and tests move the clock.
const IDLE_MAX: Duration = Duration::from_secs(1);
/// What is due and was not ours to claim is in the hands of another process: no reason to ask without a pause.
const IDLE_MIN: Duration = Duration::from_millis(20);

impl Worker {
    pub fn start(parts: WorkerParts) -> Self {
        let WorkerParts { database, keys, now, renderer, sms, email, wake, outcomes, node } = parts;
        let shared = Arc::new(Shared { database, keys, now, renderer, outcomes, node });
        let (stop, stopped) = watch::channel(false);
        let routes = sms.map(Route::Sms).into_iter().chain(email.map(Route::Email));
        let start = |route| ChannelLoop {
            shared: Arc::clone(&shared),
            route: Arc::new(route),
            wake: wake.listen(),
            stop: stopped.clone(),
            attempts: JoinSet::new(),
        };
        let loops = routes.map(|route| tokio::spawn(start(route).run())).collect();
        Self { stop, loops }
    }

    /// Takes no more messages, and returns when those that are being sent are recorded.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        for one in self.loops {
            if one.await.is_err() {
                tracing::error!("a loop of the worker panicked");
            }
        }
    }
}

impl ChannelLoop {
    async fn run(mut self) {
        while !self.is_stopping() {
            // Before the claim: a poke while it runs is then still new, and the claim is repeated.
            self.wake.borrow_and_update();
            let pause = match self.claim().await {
                Ok(claimed) => self.begin(claimed).await,
                Err(fault) => {
                    tracing::error!(channel = self.channel().as_str(), %fault, code = fault.code(), "outbox");
                    IDLE_MAX
                }
            };
            self.rest(pause).await;
        }
        while self.attempts.join_next().await.is_some() {}
    }

    async fn claim(&self) -> Result<Vec<Claimed>, Fault> {
        let free = AT_ONCE.saturating_sub(self.attempts.len());
        if free == 0 {
            return Ok(Vec::new());
        }
        let now = (self.shared.now)();
        let lease = Lease { node: &self.shared.node, until: now.plus(attempt::lease(self.channel())) };
        outbox::claim(&self.shared.database, self.channel(), free, now, &lease).await
    }

    /// Starts an attempt for each message; answers how long there is nothing more to do.
    async fn begin(&mut self, claimed: Vec<Claimed>) -> Duration {
        let found_some = !claimed.is_empty();
        for message in claimed {
            let attempt =
                Attempt { shared: Arc::clone(&self.shared), route: Arc::clone(&self.route), message };
            self.attempts.spawn(attempt.run());
        }
        if self.attempts.len() >= AT_ONCE {
            return IDLE_MAX;
        }
        if found_some { Duration::ZERO } else { self.until_due().await }
    }

    async fn until_due(&self) -> Duration {
        match outbox::next_due(&self.shared.database, self.channel()).await {
            Ok(Some(due)) => due.since((self.shared.now)()).clamp(IDLE_MIN, IDLE_MAX),
            Ok(None) | Err(_) => IDLE_MAX,
        }
    }

    /// Until `pause` is over, somebody pokes, an attempt ends or the worker stops.
    async fn rest(&mut self, pause: Duration) {
        tokio::select! {
            () = time::sleep(pause) => {}
            // If nobody is left who could poke, only time passes.
            Ok(()) = self.wake.changed() => {}
            _ = self.stop.changed() => {}
            Some(ended) = self.attempts.join_next() => {
                if ended.is_err() {
                    tracing::error!(channel = self.channel().as_str(), "an attempt to send panicked");
                }
            }
        }
    }

    /// Told to, or nobody is left who could tell.
    fn is_stopping(&self) -> bool {
        *self.stop.borrow() || self.stop.has_changed().is_err()
    }

    fn channel(&self) -> Channel {
        match *self.route {
            Route::Sms(_) => Channel::Sms,
            Route::Email(_) => Channel::Email,
        }
    }
}

#[cfg(test)]
mod tests;
