//! The session check that every page makes, and its end.

use std::sync::Arc;

use countersign_core::{
    account::Account,
    ceremony::sign_out,
    session::Session,
    timestamp::Timestamp,
    token::{SessionToken, TokenHash},
};
use countersign_store::{self as store, Tx, accounts, commit::commit, sessions};

use crate::{Circumstances, Fault, Service, SignedInCaller};

/// What every door asks of a live session; pages that show more load the profile.
#[derive(Clone, Copy, Debug)]
pub struct LiveSession {
    /// The person must choose a new password before anything else.
    pub is_password_change_due: bool,
    /// The person is an operator, and proved a second factor for this session.
    pub is_of_operator: bool,
}

struct SignOut {
    session: TokenHash,
    circumstances: Circumstances,
}

impl Service {
    /// Whether a token is that of a live session. One look-up; the last use is written at most once a minute.
    pub async fn session(&self, token: &SessionToken) -> Result<Option<LiveSession>, Fault> {
        let now = self.now();
        let Some((session, user)) = sessions::check(&self.0.database, &token.hash()).await? else {
            return Ok(None);
        };
        if !session.is_live(&user, now) {
            return Ok(None);
        }
        let is_of_operator = session.is_of_operator(&user);
        if session.wants_last_seen(now) {
            let id = session.id;
            let touching = self.0.database.write(move |tx| {
                let id = id.clone();
                Box::pin(async move { sessions::touch(tx, &id, now) })
            });
            touching.await?;
        }
        let is_password_change_due = user.password_change.is_some();
        Ok(Some(LiveSession { is_password_change_due, is_of_operator }))
    }

    /// The whole account behind a live session, for showing.
    pub(crate) async fn account_of(&self, token: &SessionToken) -> Result<Option<Account>, Fault> {
        let (hash, now) = (token.hash(), self.now());
        let found = self.0.database.read(move |tx| {
            Box::pin(async move { Ok(live(tx, &hash, now).await?.map(|(_, account)| account)) })
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

/// A live session and its account, without a lock.
pub(crate) async fn live(
    tx: &mut Tx<'_>,
    token: &TokenHash,
    now: Timestamp,
) -> Result<Option<(Session, Account)>, store::Fault> {
    let found = sessions::with_user(tx, token).await?;
    let Some((session, user)) = found.filter(|(session, user)| session.is_live(user, now)) else {
        return Ok(None);
    };
    let account = accounts::account(tx, user, None, None).await?;
    Ok(Some((session, account)))
}

impl SignOut {
    async fn commit(&self, tx: &mut Tx<'_>) -> Result<(), store::Fault> {
        let mut moment = self.circumstances.moment();
        match sessions::lock(tx, &self.session, None).await? {
            Some((session, account)) if session.is_live(&account.user, moment.now) => {
                commit(tx, sign_out::sign_out(&session, &account, &mut moment)).await
            }
            _ => Ok(()),
        }
    }
}
