//! One attempt to send one message, from the sealed body to the record of what came of it.

use std::{sync::Arc, time::Duration};

use countersign_core::{
    letter::Letter,
    message::{self, Channel},
};
use countersign_store::outbox::{self, Claimed, SendResult};
use tokio::time;

use super::{
    Shared,
    backoff::{self, Pace},
};
use crate::{
    ErrorClass, Receipt, Rendered, SendError, email, http, metrics,
    outcomes::AttemptEnd,
    route::{EmailRoute, SmsRoute},
};

pub(super) enum Route {
    Sms(SmsRoute),
    Email(EmailRoute),
}

impl Route {
    fn as_str(&self) -> &'static str {
        match self {
            Self::Sms(route) => route.as_str(),
            Self::Email(route) => route.as_str(),
        }
    }
}

pub(super) struct Attempt {
    pub(super) shared: Arc<Shared>,
    pub(super) route: Arc<Route>,
    pub(super) message: Claimed,
}

/// A result, and the words for it: in the log, where they may be the other side's, and among the metrics.
struct Ended {
    result: SendResult,
    code: String,
    reason: &'static str,
}

/// How long a result is offered to a database that fails; it may need some seconds to say so each time.
const RECORDING_MAX: Duration = Duration::from_secs(50);
const RECORDING_PAUSE: Duration = Duration::from_secs(1);

/// How long nobody else takes a message that somebody attempts to send: longer than that can take, so that
/// nobody sends what is being sent. Not longer than it must be: a text that a dead worker held waits for it.
pub(super) fn lease(channel: Channel) -> Duration {
    let sending = match channel {
        Channel::Sms => http::EXCHANGE_MAX,
        Channel::Email => email::CONVERSATION_MAX,
    };
    sending + RECORDING_MAX
}

impl Attempt {
    pub(super) async fn run(self) {
        let Ended { result, code, reason } = self.end().await;
        let end = match result {
            SendResult::Sent { .. } => AttemptEnd::Sent,
            SendResult::Again { .. } => AttemptEnd::Again,
            SendResult::Dead { .. } | SendResult::Dropped => AttemptEnd::Failed,
        };
        self.log(end, &code);
        metrics::attempt_ended(self.message.channel.as_str(), self.route.as_str(), end, reason);
        self.record(&result).await;
        self.shared.outcomes.tell(&self.message.id, end);
    }

    async fn end(&self) -> Ended {
        let Claimed { id, channel, to, user, body, .. } = &self.message;
        let letter = match message::open(&self.shared.keys, id, user.as_ref(), body) {
            Ok(letter) => letter,
            Err(fault) => return Ended::dead("unreadable", "unreadable", format!("unreadable: {fault}")),
        };
        let rendered = self.shared.renderer.render(id.clone(), (*channel, to.clone()), &letter);
        // Right before it is sent: nothing leaves that is of no use any more.
        if self.is_over() {
            return Ended::past_its_life(&letter);
        }
        match self.send(&rendered).await {
            Ok(Receipt { provider_id }) => {
                Ended { result: SendResult::Sent { provider_id }, code: "sent".to_owned(), reason: "none" }
            }
            Err(error) => self.failed(&letter, error),
        }
    }

    async fn send(&self, message: &Rendered) -> Result<Receipt, SendError> {
        let now = (self.shared.now)();
        match &*self.route {
            Route::Sms(route) => route.send(message, now).await,
            Route::Email(route) => route.send(message, now).await,
        }
    }

    fn failed(&self, letter: &Letter, error: SendError) -> Ended {
        let (words, pace, reason) = (error.to_string(), Pace::of(letter), error.class.as_str());
        if !self.is_tried_again(pace, error.class) {
            return Ended::dead(&error.code, reason, words);
        }
        let wait = backoff::after(pace, &self.message.id, self.message.attempts);
        let at = (self.shared.now)().plus(wait);
        Ended { result: SendResult::Again { at, error: words }, code: error.code, reason }
    }

    /// A code that was perhaps taken is sent once more and no oftener: each time may be paid for, and whoever
    /// waits can ask for a new one. A notice that may be missing is worse than one that comes twice.
    fn is_tried_again(&self, pace: Pace, class: ErrorClass) -> bool {
        match (class, pace) {
            (ErrorClass::Temporary, _) | (ErrorClass::Uncertain, Pace::Patient) => true,
            (ErrorClass::Uncertain, Pace::Urgent) => self.message.attempts == 1,
            (
                ErrorClass::Permanent | ErrorClass::BadNumber | ErrorClass::OptedOut | ErrorClass::BadAddress,
                _,
            ) => false,
        }
    }

    fn is_over(&self) -> bool {
        self.message.expires_at.is_some_and(|end| (self.shared.now)() >= end)
    }

    /// Insists for a while: what is sent and not recorded is sent again when the lease is over.
    async fn record(&self, result: &SendResult) {
        let id = self.message.id.as_str();
        match time::timeout(RECORDING_MAX, self.insist_on(result)).await {
            Ok(true) => {}
            Ok(false) => tracing::warn!(id, "not recorded: a report was faster, or the lease was lost"),
            Err(_) => tracing::error!(id, "never recorded: it may be sent twice"),
        }
    }

    async fn insist_on(&self, result: &SendResult) -> bool {
        let Shared { database, node, now, .. } = &*self.shared;
        let id = &self.message.id;
        loop {
            match outbox::record(database, id, node, result, now()).await {
                Ok(is_ours) => return is_ours,
                Err(fault) => {
                    tracing::error!(id = id.as_str(), %fault, code = fault.code(), "not recorded yet");
                    time::sleep(RECORDING_PAUSE).await;
                }
            }
        }
    }

    /// Who it goes to, what it says and what the other side answered stay out of the log.
    fn log(&self, end: AttemptEnd, code: &str) {
        let Claimed { id, channel, kind, attempts, .. } = &self.message;
        let (id, channel) = (id.as_str(), channel.as_str());
        match end {
            AttemptEnd::Sent => tracing::info!(id, channel, kind, attempts, "sent"),
            AttemptEnd::Again => tracing::warn!(id, channel, kind, attempts, code, "not sent yet"),
            AttemptEnd::Failed => tracing::warn!(id, channel, kind, attempts, code, "will not be sent"),
        }
    }
}

impl Ended {
    /// Whoever waited for a code can ask for a new one; nobody asks for a link that they never heard of.
    fn past_its_life(letter: &Letter) -> Self {
        let code = "past_its_life";
        match Pace::of(letter) {
            Pace::Urgent => Self { result: SendResult::Dropped, code: code.to_owned(), reason: code },
            Pace::Patient => {
                Self::dead(code, code, format!("{code}: it ran out before it could be sent; send a new one"))
            }
        }
    }

    fn dead(code: &str, reason: &'static str, error: String) -> Self {
        Self { result: SendResult::Dead { error }, code: code.to_owned(), reason }
    }
}
