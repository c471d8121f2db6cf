//! A person's own sessions, and ending those in other browsers: see `core::ceremony::end_sessions`.

use std::sync::Arc;

use countersign_core::{
    ceremony::end_sessions::{AwaitEnd, EndOutcome},
    id::SessionId,
    timestamp::Timestamp,
    token::{SessionToken, TokenHash},
};
use countersign_store::{
    self as store, Tx,
    commit::commit,
    sessions::{self, SessionLine},
};

use crate::{Circumstances, Fault, Service, SignedInCaller, sessions::live};

/// One live session of the person who looks.
pub struct SessionState {
    pub id: SessionId,
    /// Whether it is the one that they look from.
    pub is_this: bool,
    pub source: String,
    pub user_agent: String,
    pub signed_in_at: Timestamp,
    pub last_seen_at: Timestamp,
}

struct EndWanted {
    session: TokenHash,
    which: Which,
    circumstances: Circumstances,
}

enum Which {
    One(SessionId),
    AllOthers,
}

impl Service {
    /// This session first, then the others, the newest first.
    pub async fn sessions_of(&self, token: &SessionToken) -> Result<Option<Vec<SessionState>>, Fault> {
        let (hash, now) = (token.hash(), self.now());
        let found = self.0.database.read(move |tx| {
            Box::pin(async move {
                let Some((session, account)) = live(tx, &hash, now).await? else { return Ok(None) };
                let mut lines = sessions::of_user(tx, &account.user, now).await?;
                lines.retain(|line| line.session.is_live(&account.user, now));
                lines.sort_by_key(|line| line.session.id != session.id);
                Ok(Some(lines.into_iter().map(|line| SessionState::of(line, &session.id)).collect()))
            })
        });
        Ok(found.await?)
    }

    pub async fn end_session(&self, caller: SignedInCaller, session: SessionId) -> Result<EndOutcome, Fault> {
        self.end_sessions(caller, Which::One(session)).await
    }

    pub async fn end_other_sessions(&self, caller: SignedInCaller) -> Result<EndOutcome, Fault> {
        self.end_sessions(caller, Which::AllOthers).await
    }

    async fn end_sessions(&self, caller: SignedInCaller, which: Which) -> Result<EndOutcome, Fault> {
        let circumstances = self.circumstances(caller.visitor)?;
        let wanted = Arc::new(EndWanted { session: caller.session.hash(), which, circumstances });
        self.transact(&wanted, |wanted, tx| Box::pin(wanted.commit(tx))).await
    }
}

impl SessionState {
    fn of(line: SessionLine, this: &SessionId) -> Self {
        let SessionLine { session, source, user_agent } = line;
        Self {
            is_this: session.id == *this,
            id: session.id,
            source,
            user_agent,
            signed_in_at: session.created_at,
            last_seen_at: session.last_seen_at,
        }
    }
}

impl EndWanted {
    async fn commit(&self, tx: &mut Tx<'_>) -> Result<EndOutcome, store::Fault> {
        let Some((session, account)) = sessions::lock(tx, &self.session, None).await? else {
            return Ok(EndOutcome::Over);
        };
        let mut moment = self.circumstances.moment();
        let decision = match &self.which {
            Which::One(wanted) => {
                let wanted = sessions::one_of_user(tx, &account.user.id, wanted).await?;
                AwaitEnd { session, account }.end(wanted, &mut moment)
            }
            Which::AllOthers => {
                let all = sessions::of_user(tx, &account.user, moment.now).await?;
                let all = all.into_iter().map(|line| line.session).collect();
                AwaitEnd { session, account }.end_others(all, &mut moment)
            }
        };
        commit(tx, decision).await
    }
}
