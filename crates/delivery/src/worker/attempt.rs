//! One attempt to send one message, from the sealed body to the record of what came of it.

use std::{sync::Arc, time::Duration};

use countersign_core::message;
use countersign_store::outbox::{self, Claimed, Outcome};
use tokio::time;

use super::{Shared, backoff};
use crate::{
    ErrorClass, Receipt, Rendered, SendError,
    outcomes::Sending,
    route::{EmailRoute, SmsRoute},
};

pub(super) enum Route {
    Sms(SmsRoute),
    Email(EmailRoute),
}

pub(super) struct Attempt {
    pub(super) shared: Arc<Shared>,
    pub(super) route: Arc<Route>,
    pub(super) message: Claimed,
}

/// An outcome, and the word for it in the log.
struct Ended {
    outcome: Outcome,
    code: String,
}

/// A whole conversation with a mail server, of which each step has a limit of its own.
pub(super) const SEND_MAX: Duration = Duration::from_secs(30);
/// How often an outcome is offered to a database that fails. With [`SEND_MAX`] it stays below the lease.
const RECORD_TRIES: u32 = 20;
const RECORD_PAUSE: Duration = Duration::from_secs(1);

impl Attempt {
    pub(super) async fn run(self) {
        let Ended { outcome, code } = self.end().await;
        let sending = match outcome {
            Outcome::Sent { .. } => Sending::Sent,
            Outcome::Again { .. } => Sending::Again,
            Outcome::Dead { .. } | Outcome::Dropped => Sending::Failed,
        };
        self.log(sending, &code);
        self.record(&outcome).await;
        self.shared.outcomes.tell(&self.message.id, sending);
    }

    async fn end(&self) -> Ended {
        if self.is_over() {
            return Ended::dropped();
        }
        let Claimed { id, channel, to, user, body, .. } = &self.message;
        let letter = match message::open(&self.shared.keys, id, user.as_ref(), body) {
            Ok(letter) => letter,
            Err(fault) => return Ended::dead("unreadable", format!("unreadable: {fault}")),
        };
        let rendered = self.shared.renderer.render(id.clone(), *channel, to.clone(), &letter);
        // The limit may have passed since the claim: nothing is sent that is of no use any more.
        if self.is_over() {
            return Ended::dropped();
        }
        match time::timeout(SEND_MAX, self.send(&rendered)).await {
            Ok(Ok(Receipt { provider_id })) => {
                Ended { outcome: Outcome::Sent { provider_id }, code: "sent".to_owned() }
            }
            Ok(Err(error)) => self.failed(error),
            Err(_) => self.failed(SendError::new(ErrorClass::Temporary, "timeout", "no answer in time")),
        }
    }

    async fn send(&self, message: &Rendered) -> Result<Receipt, SendError> {
        let now = (self.shared.now)();
        match &*self.route {
            Route::Sms(route) => route.send(message, now).await,
            Route::Email(route) => route.send(message, now).await,
        }
    }

    fn failed(&self, error: SendError) -> Ended {
        let words = error.to_string();
        if !error.is_temporary() {
            return Ended::dead(&error.code, words);
        }
        let wait = backoff::after(&self.message.kind, &self.message.id, self.message.attempts);
        let at = (self.shared.now)().plus(wait);
        Ended { outcome: Outcome::Again { at, error: words }, code: error.code }
    }

    fn is_over(&self) -> bool {
        self.message.expires_at.is_some_and(|end| (self.shared.now)() >= end)
    }

    /// Insists for a while: what is sent and not recorded is sent again when the lease is over.
    async fn record(&self, outcome: &Outcome) {
        let Shared { database, node, now, .. } = &*self.shared;
        let id = &self.message.id;
        for tried in 1..=RECORD_TRIES {
            match outbox::record(database, id, node, outcome, now()).await {
                Ok(true) => return,
                Ok(false) => {
                    tracing::warn!(id = id.as_str(), "its lease was lost: it may be sent twice");
                    return;
                }
                Err(fault) => {
                    tracing::error!(id = id.as_str(), tried, %fault, code = fault.code(), "not recorded");
                    time::sleep(RECORD_PAUSE).await;
                }
            }
        }
    }

    /// Who it goes to, what it says and what the other side answered stay out of the log.
    fn log(&self, sending: Sending, code: &str) {
        let Claimed { id, channel, kind, attempts, .. } = &self.message;
        let (id, channel) = (id.as_str(), channel.as_str());
        match sending {
            Sending::Sent => tracing::info!(id, channel, kind, attempts, "sent"),
            Sending::Again => tracing::warn!(id, channel, kind, attempts, code, "not sent yet"),
            Sending::Failed => tracing::warn!(id, channel, kind, attempts, code, "will not be sent"),
        }
    }
}

impl Ended {
    fn dropped() -> Self {
        Self { outcome: Outcome::Dropped, code: "past_its_life".to_owned() }
    }

    fn dead(code: &str, error: String) -> Self {
        Self { outcome: Outcome::Dead { error }, code: code.to_owned() }
    }
}
