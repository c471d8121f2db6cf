//! An operator makes codes good again that a wrong clock used up in advance (C-08).

use std::sync::Arc;

use countersign_core::{
    ceremony::app_clock, moment::Visitor, stated_reason::StatedReason, user::EmailAddress,
};
use countersign_store::{self as store, Tx, accounts, commit::commit};
use thiserror::Error;

use crate::{Circumstances, Fault, Service};

#[derive(Debug, Error)]
pub enum AppClockError {
    #[error("there is no person with the address {0}")]
    NoSuchUser(EmailAddress),
    #[error("no code of an app of this person was used ahead of this machine's clock")]
    NotAhead,
    #[error(transparent)]
    Fault(#[from] Fault),
}

struct Reset {
    email: EmailAddress,
    why: StatedReason,
    circumstances: Circumstances,
}

enum Done {
    Yes,
    NotAhead,
    NoSuchUser,
}

impl Service {
    /// Lets the next code of somebody's app in, if a clock that was ahead had used it up. Why is recorded.
    pub async fn reset_app_clock(&self, email: EmailAddress, why: StatedReason) -> Result<(), AppClockError> {
        let no_such_user = AppClockError::NoSuchUser(email.clone());
        let circumstances = self.circumstances(Visitor::console())?;
        let reset = Arc::new(Reset { email, why, circumstances });
        match self.transact(&reset, |reset, tx| Box::pin(reset.commit(tx))).await? {
            Done::Yes => Ok(()),
            Done::NotAhead => Err(AppClockError::NotAhead),
            Done::NoSuchUser => Err(no_such_user),
        }
    }
}

impl Reset {
    async fn commit(&self, tx: &mut Tx<'_>) -> Result<Done, store::Fault> {
        let Some(user) = accounts::user_by_email(tx, &self.email).await? else { return Ok(Done::NoSuchUser) };
        let Some(user) = accounts::lock_user(tx, &user.id).await? else { return Ok(Done::NoSuchUser) };
        let account = accounts::account(tx, user, None, None).await?;
        match app_clock::reset_by_operator(&account, &self.why, &mut self.circumstances.moment()) {
            Some(decision) => commit(tx, decision).await.map(|()| Done::Yes),
            None => Ok(Done::NotAhead),
        }
    }
}
