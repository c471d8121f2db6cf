//! What an operator sees of sending: what waits, what went lately, and what could not be sent and why.

use std::{sync::Arc, time::Duration};

use countersign_core::{
    audit::event::{AuditEvent, AuditKind},
    ceremony::{Decision, Write},
    id::MessageId,
    refusal::Refusal,
};
use countersign_store::{self as store, Tx, commit::commit, delivery, outbox};
pub use countersign_store::{
    delivery::Sendings,
    outbox::{DeadLetter, RefusedCodes, Waiting},
};

use crate::{
    Fault, Service,
    authority::{Authority, By},
};

/// More than anybody reads at once.
const DEAD_LETTERS_SHOWN: usize = 500;
/// What happened longer ago was looked into, or has ceased.
const COUNTED: Duration = Duration::from_hours(24);
/// What happens now.
const COUNTED_LATELY: Duration = Duration::from_hours(1);

pub struct OutboxState {
    pub waiting: Vec<Waiting>,
    /// Within the last day, and of that within the last hour.
    pub sendings: Vec<Sendings>,
    /// Newest first.
    pub dead: Vec<DeadLetter>,
    /// Within the last day.
    pub refused_codes: Option<RefusedCodes>,
}

struct ToRetry {
    message: MessageId,
    authority: Authority,
}

impl Service {
    pub async fn outbox(&self) -> Result<OutboxState, Fault> {
        let now = self.now();
        let (lately, since) = (now.minus(COUNTED_LATELY), now.minus(COUNTED));
        let found = self.0.database.read(move |tx| {
            Box::pin(async move {
                Ok(OutboxState {
                    waiting: outbox::waiting(tx).await?,
                    sendings: delivery::sendings(tx, lately, since).await?,
                    dead: outbox::dead_letters(tx, DEAD_LETTERS_SHOWN).await?,
                    refused_codes: outbox::refused_codes(tx, since).await?,
                })
            })
        });
        Ok(found.await?)
    }

    /// Has a dead letter sent again.
    pub async fn retry_message(&self, by: By, message: MessageId) -> Result<Result<(), Refusal>, Fault> {
        let retrying = Arc::new(ToRetry { message, authority: self.authority(by)? });
        self.transact(&retrying, |retrying, tx| Box::pin(retrying.commit(tx))).await
    }
}

impl ToRetry {
    async fn commit(&self, tx: &mut Tx<'_>) -> Result<Result<(), Refusal>, store::Fault> {
        let actor = match self.authority.actor(tx).await? {
            Ok(actor) => actor,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let mut moment = self.authority.circumstances.moment();
        if !outbox::retry(tx, &self.message, moment.now).await? {
            return Ok(Err(Refusal::NothingThere));
        }
        let event = AuditEvent::new(AuditKind::MessageRetried, self.message.as_str(), &mut moment);
        commit(tx, Decision::new(Ok(()), vec![Write::Audit(event.by(&actor))])).await
    }
}
