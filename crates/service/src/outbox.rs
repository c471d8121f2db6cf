//! What an operator sees of the outbox: what waits, and what could not be sent.

use std::time::Duration;

use countersign_core::id::MessageId;
use countersign_store::outbox;
pub use countersign_store::outbox::{DeadLetter, RefusedCodes, Waiting};

use crate::{Fault, Service};

/// More than anybody reads at once.
const DEAD_LETTERS_SHOWN: usize = 500;
/// What was refused longer ago was looked into, or has ceased.
const REFUSED_CODES_SHOWN: Duration = Duration::from_hours(24);

pub struct OutboxState {
    pub waiting: Vec<Waiting>,
    /// Newest first.
    pub dead: Vec<DeadLetter>,
    /// Within the last day.
    pub refused_codes: Option<RefusedCodes>,
}

impl Service {
    pub async fn outbox(&self) -> Result<OutboxState, Fault> {
        let since = self.now().minus(REFUSED_CODES_SHOWN);
        let found = self.0.database.read(move |tx| {
            Box::pin(async move {
                let waiting = outbox::waiting(tx).await?;
                let dead = outbox::dead_letters(tx, DEAD_LETTERS_SHOWN).await?;
                Ok(OutboxState { waiting, dead, refused_codes: outbox::refused_codes(tx, since).await? })
            })
        });
        Ok(found.await?)
    }

    /// Has a dead letter sent again. False if there is no such dead letter.
    pub async fn retry_message(&self, message: &MessageId) -> Result<bool, Fault> {
        let (message, now) = (message.clone(), self.now());
        let retrying = self.0.database.write(move |tx| {
            let message = message.clone();
            Box::pin(async move { outbox::retry(tx, &message, now).await })
        });
        Ok(retrying.await?)
    }
}
