//! The session check that every page makes, and its end.

use std::sync::Arc;

use countersign_core::{
    account::Account,
    ceremony::sign_out,
    id::{SessionId, UserId},
    token::{SessionToken, TokenHash},
    user::EmailAddress,
};
use countersign_store::{self as store, Tx, accounts, commit::commit, sessions};

use crate::{Circumstances, Fault, Service, SignedInCaller};

/// A person behind a live session.
#[derive(Clone, Debug)]
pub struct SignedInUser {
    pub session: SessionId,
    pub user: UserId,
    pub name: String,
    pub email: EmailAddress,
    pub is_email_verified: bool,
    /// The person must choose a new password before anything else (P2b).
    pub is_password_change_due: bool,
}

struct SignOut {
    session: TokenHash,
    circumstances: Circumstances,
}

impl Service {
    /// Whose live session a token is. One look-up; the last use is written at most once a minute.
    pub async fn session(&self, token: &SessionToken) -> Result<Option<SignedInUser>, Fault> {
        let now = self.now();
        let Some((session, user)) = sessions::check(&self.0.database, &token.hash()).await? else {
            return Ok(None);
        };
        if !session.is_live(user.epoch, now) || user.disabled_at.is_some() {
            return Ok(None);
        }
        if session.wants_last_seen(now) {
            let id = session.id.clone();
            let touching = self.0.database.write(move |tx| {
                let id = id.clone();
                Box::pin(async move { sessions::touch(tx, &id, now).await })
            });
            touching.await?;
        }
        Ok(Some(SignedInUser {
            session: session.id,
            user: user.id,
            name: user.name,
            email: user.email,
            is_email_verified: user.email_verified_at.is_some(),
            is_password_change_due: user.password_change.is_some(),
        }))
    }

    /// The whole account behind a live session, for showing.
    pub(crate) async fn account_of(&self, token: &SessionToken) -> Result<Option<Account>, Fault> {
        let (hash, now) = (token.hash(), self.now());
        let found = self.0.database.read(move |tx| {
            Box::pin(async move {
                let Some((session, user)) = sessions::with_user(tx, &hash).await? else {
                    return Ok(None);
                };
                if !session.is_live(user.epoch, now) || user.disabled_at.is_some() {
                    return Ok(None);
                }
                accounts::account(tx, user, None, None).await.map(Some)
            })
        });
        Ok(found.await?)
    }

    /// Ends the session on the server; one that is over already stays so.
    pub async fn sign_out(&self, caller: SignedInCaller) -> Result<(), Fault> {
        let circumstances = self.circumstances(caller.visitor)?;
        let signing_out = Arc::new(SignOut { session: caller.session.hash(), circumstances });
        self.transact(&signing_out, |signing_out, tx| Box::pin(signing_out.commit(tx))).await
    }
}

impl SignOut {
    async fn commit(&self, tx: &mut Tx<'_>) -> Result<(), store::Fault> {
        let mut moment = self.circumstances.moment();
        match sessions::lock(tx, &self.session, None).await? {
            Some((session, account)) if session.is_live(account.user.epoch, moment.now) => {
                commit(tx, sign_out::sign_out(&session, &account, &mut moment)).await
            }
            _ => Ok(()),
        }
    }
}
