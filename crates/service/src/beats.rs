//! Runs the steps of an attempt as transactions, and spends the attempt if one of them ends in a fault.

use std::sync::Arc;

use countersign_store::{
    Tx,
    database::{BodyFuture, PasswordPlace},
};

use crate::{Fault, Service};

/// A step of an attempt: load, decide and commit within one transaction.
pub(crate) type Step<A, T> = for<'t, 'c> fn(&'t A, &'t mut Tx<'c>) -> BodyFuture<'t, T>;

impl Service {
    /// One transaction; the answer is there after its commit.
    pub(crate) async fn transact<A, T>(&self, attempt: &Arc<A>, step: Step<A, T>) -> Result<T, Fault>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
    {
        let attempt = Arc::clone(attempt);
        let writing = self.0.database.write(move |tx| {
            let attempt = Arc::clone(&attempt);
            Box::pin(async move { step(&attempt, tx).await })
        });
        Ok(writing.await?)
    }

    /// The same in the line for passwords that anybody may type.
    pub(crate) async fn transact_password<A, T>(
        &self,
        place: &PasswordPlace,
        attempt: &Arc<A>,
        step: Step<A, T>,
    ) -> Result<T, Fault>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
    {
        let attempt = Arc::clone(attempt);
        let writing = self.0.database.write_password(place, move |tx| {
            let attempt = Arc::clone(&attempt);
            Box::pin(async move { step(&attempt, tx).await })
        });
        Ok(writing.await?)
    }

    /// One transaction that judges an entry. If it ends in a fault, `spend` counts the entry as wrong in a
    /// transaction of its own: a fault must not be a free guess (A07).
    pub(crate) async fn transact_or_spend<A, T>(
        &self,
        attempt: &Arc<A>,
        step: Step<A, T>,
        spend: Step<A, ()>,
    ) -> Result<T, Fault>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
    {
        let answer = self.transact(attempt, step).await;
        if let Err(fault) = &answer
            && !fault.is_turned_away()
            && let Err(second) = self.transact(attempt, spend).await
        {
            tracing::warn!(code = second.code(), "an attempt that ended in a fault could not be counted");
        }
        answer
    }
}
