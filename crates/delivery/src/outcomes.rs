//! Tells the page that waits how the first attempt to send its message ended.
//!
//! ```text
//!   page    commit ── waiter(id) ── is it sent by now? ── within(900 ms) ─▶ "sent", "on its way", "could not be sent"
//!   worker     └──▶ send ─ record ─ tell(id, Sent) ──▲
//! ```

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use countersign_core::id::MessageId;
use tokio::{sync::oneshot, time};

#[derive(Clone, Default)]
pub struct Outcomes(Arc<Mutex<HashMap<MessageId, oneshot::Sender<AttemptEnd>>>>);

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptEnd {
    Sent,
    /// It did not work now and will be tried again.
    Again,
    Failed,
}

/// One who waits for one message.
pub struct Waiter {
    outcomes: Outcomes,
    message: MessageId,
    told: Option<oneshot::Receiver<AttemptEnd>>,
}

/// Each waiter is a request that is being served, of which there are never more; beyond, pages say "on its
/// way" without waiting.
const WAITERS_MAX: usize = 10_000;

impl Outcomes {
    /// Hears what is told from now on. The worker may have been faster: whoever makes a waiter after the commit
    /// then looks into the database once.
    pub fn waiter(&self, message: &MessageId) -> Waiter {
        let mut waiting = self.waiting();
        let told = (waiting.len() < WAITERS_MAX).then(|| {
            let (tell, told) = oneshot::channel();
            waiting.insert(message.clone(), tell);
            told
        });
        Waiter { outcomes: self.clone(), message: message.clone(), told }
    }

    pub fn tell(&self, message: &MessageId, end: AttemptEnd) {
        if let Some(waiter) = self.waiting().remove(message) {
            // One who gave up wants no news.
            let _ = waiter.send(end);
        }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<MessageId, oneshot::Sender<AttemptEnd>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiter {
    /// The outcome, or nothing if it takes longer.
    pub async fn within(mut self, patience: Duration) -> Option<AttemptEnd> {
        let told = self.told.take()?;
        time::timeout(patience, told).await.ok()?.ok()
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.outcomes.waiting().remove(&self.message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_millis(900);

    fn message(number: usize) -> MessageId {
        MessageId::from_stored(format!("msg_{number}"))
    }

    #[tokio::test]
    async fn what_was_told_before_the_waiting_began_is_not_lost() {
        let outcomes = Outcomes::default();
        let waiter = outcomes.waiter(&message(1));
        outcomes.tell(&message(1), AttemptEnd::Again);
        outcomes.tell(&message(1), AttemptEnd::Sent);
        assert_eq!(waiter.within(PATIENCE).await, Some(AttemptEnd::Again));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_longer_than_their_patience_and_nothing_is_kept_of_them() {
        let outcomes = Outcomes::default();
        assert_eq!(outcomes.waiter(&message(1)).within(PATIENCE).await, None);
        drop(outcomes.waiter(&message(2)));
        outcomes.tell(&message(2), AttemptEnd::Sent);
        assert!(outcomes.waiting().is_empty());
    }

    #[tokio::test]
    async fn past_the_limit_nobody_is_kept() {
        let outcomes = Outcomes::default();
        let waiters: Vec<_> = (0..WAITERS_MAX).map(|number| outcomes.waiter(&message(number))).collect();
        assert_eq!(outcomes.waiter(&message(WAITERS_MAX)).within(PATIENCE).await, None);
        assert_eq!(outcomes.waiting().len(), WAITERS_MAX);
        drop(waiters);
    }
}
