//! Proving one's address (again): see `core::ceremony::verify_email` for the picture.

use std::sync::Arc;

use countersign_core::{
    ceremony::{
        set_password::LinkOutcome,
        verify_email::{AwaitLinkWanted, AwaitVerification, LinkWanted},
    },
    link::LinkPurpose,
    refusal::Refusal,
    token::{SessionToken, TokenHash, VerifyEmailToken},
    user::EmailAddress,
};
use countersign_store::{self as store, Tx, commit::commit, links, sessions};

use crate::{Circumstances, Fault, Service, SignedInCaller};

struct LinkAsked {
    session: TokenHash,
    circumstances: Circumstances,
}

struct LinkConfirmed {
    link: TokenHash,
    session: TokenHash,
    circumstances: Circumstances,
}

impl Service {
    /// Mails a link by which the person of a session proves their address.
    pub async fn want_email_proof(&self, caller: SignedInCaller) -> Result<LinkWanted, Fault> {
        let circumstances = self.circumstances(caller.visitor)?;
        let asked = Arc::new(LinkAsked { session: caller.session.hash(), circumstances });
        self.transact(&asked, |asked, tx| Box::pin(asked.commit(tx))).await
    }

    /// The address that a link proves in this session, for showing its page; `None` if it does not.
    pub async fn email_proof_link(
        &self,
        token: &VerifyEmailToken,
        session: &SessionToken,
    ) -> Result<Option<EmailAddress>, Fault> {
        let (token, session, now) = (token.hash(), session.hash(), self.now());
        let found = self.0.database.read(move |tx| {
            Box::pin(async move {
                let Some((link, user)) = links::with_user(tx, &token, LinkPurpose::VerifyEmail).await? else {
                    return Ok(None);
                };
                let session = sessions::with_user(tx, &session).await?.map(|(session, _)| session);
                let fits = session.is_some_and(|session| {
                    session.is_live(&user, now)
                        && session.user == user.id
                        && link.session.as_ref() == Some(&session.id)
                });
                Ok((fits && link.is_live(&user, now)).then_some(user.email))
            })
        });
        Ok(found.await?)
    }

    /// Uses the link up and proves the address.
    pub async fn confirm_email_proof(
        &self,
        token: &VerifyEmailToken,
        caller: SignedInCaller,
    ) -> Result<LinkOutcome, Fault> {
        let circumstances = self.circumstances(caller.visitor)?;
        let (link, session) = (token.hash(), caller.session.hash());
        let confirmed = Arc::new(LinkConfirmed { link, session, circumstances });
        self.transact(&confirmed, |confirmed, tx| Box::pin(confirmed.commit(tx))).await
    }
}

impl LinkAsked {
    async fn commit(&self, tx: &mut Tx<'_>) -> Result<LinkWanted, store::Fault> {
        let Some((session, account)) = sessions::lock(tx, &self.session, None).await? else {
            return Ok(LinkWanted::Refused(Refusal::Over));
        };
        let mut moment = self.circumstances.moment();
        let mailed = links::mailed(tx, &account.user.id, moment.now).await?;
        commit(tx, AwaitLinkWanted { session, account, mailed }.link_wanted(&mut moment)).await
    }
}

impl LinkConfirmed {
    async fn commit(&self, tx: &mut Tx<'_>) -> Result<LinkOutcome, store::Fault> {
        let Some((session, account)) = sessions::lock(tx, &self.session, None).await? else {
            return Ok(LinkOutcome::Refused(Refusal::Over));
        };
        // Its user's row is locked already, if it is this session's user; else it is not good here.
        let found = links::with_user(tx, &self.link, LinkPurpose::VerifyEmail).await?;
        let Some((link, _)) = found else {
            return Ok(LinkOutcome::Refused(Refusal::LinkOver));
        };
        let state = AwaitVerification { link, session, account };
        commit(tx, state.confirmed(&mut self.circumstances.moment())).await
    }
}
