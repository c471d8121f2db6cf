//! Opening a lock by a mailed link: see `core::ceremony::unlock` for the picture.

use std::sync::Arc;

use countersign_core::{
    ceremony::{set_password::LinkOutcome, unlock::AwaitUnlock},
    link::LinkPurpose,
    moment::Visitor,
    refusal::Refusal,
    timestamp::Timestamp,
    token::{TokenHash, UnlockToken},
    user::EmailAddress,
};
use countersign_store::{self as store, Tx, accounts, commit::commit, links};

use crate::{Circumstances, Fault, Service};

/// What a link opens.
pub struct OpenLock {
    pub email: EmailAddress,
    pub until: Timestamp,
}

struct Pressed {
    link: TokenHash,
    circumstances: Circumstances,
}

impl Service {
    /// The lock that a link still opens, for showing its page: nothing is used up by looking (A43).
    pub async fn lock_behind(&self, token: &UnlockToken) -> Result<Option<OpenLock>, Fault> {
        let (token, now) = (token.hash(), self.now());
        let found = self.0.database.read(move |tx| {
            Box::pin(async move {
                let Some((link, user)) = links::with_user(tx, &token, LinkPurpose::Unlock).await? else {
                    return Ok(None);
                };
                let state = AwaitUnlock { link, account: accounts::account(tx, user, None, None).await? };
                let lock = state.lock_at(now);
                Ok(lock.map(|lock| OpenLock { email: state.account.user.email, until: lock.until }))
            })
        });
        Ok(found.await?)
    }

    /// Lets this browser in.
    pub async fn unlock(&self, token: &UnlockToken, visitor: Visitor) -> Result<LinkOutcome, Fault> {
        let pressed = Arc::new(Pressed { link: token.hash(), circumstances: self.circumstances(visitor)? });
        self.transact(&pressed, |pressed, tx| Box::pin(pressed.commit(tx))).await
    }
}

impl Pressed {
    async fn commit(&self, tx: &mut Tx<'_>) -> Result<LinkOutcome, store::Fault> {
        let Some((link, account)) = links::lock(tx, &self.link, LinkPurpose::Unlock).await? else {
            return Ok(LinkOutcome::Refused(Refusal::LinkOver));
        };
        commit(tx, AwaitUnlock { link, account }.pressed(&mut self.circumstances.moment())).await
    }
}
