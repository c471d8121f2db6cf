//! Proving one's address (again): see `core::ceremony::verify_email` for the picture.

use std::sync::Arc;

use countersign_core::{
    ceremony::{
        Write,
        set_password::LinkOutcome,
        verify_email::{AwaitLinkWanted, AwaitVerification, LinkWanted},
    },
    id::MessageId,
    link::LinkPurpose,
    refusal::Refusal,
    token::{SessionToken, TokenHash, VerifyEmailToken},
    user::EmailAddress,
};
use countersign_store::{self as store, Tx, commit::commit, links, sessions};

use crate::{Circumstances, Fault, Service, SignedInCaller, sending::Sending};

/// What a wish for a link led to, and how far the mail came that it is in.
pub struct LinkAnswer {
    pub wanted: LinkWanted,
    /// [`Sending::NotAsked`] where none was mailed.
    pub sending: Sending,
}

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
    pub async fn want_email_proof(&self, caller: SignedInCaller) -> Result<LinkAnswer, Fault> {
        let circumstances = self.circumstances(caller.visitor)?;
        let asked = Arc::new(LinkAsked { session: caller.session.hash(), circumstances });
        let (wanted, message) = self.transact(&asked, |asked, tx| Box::pin(asked.commit(tx))).await?;
        let sending = match message {
            Some(message) => self.wait_for(&message).await,
            None => Sending::NotAsked,
        };
        Ok(LinkAnswer { wanted, sending })
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
                Ok((fits && link.is_open(LinkPurpose::VerifyEmail, &user, now)).then_some(user.email))
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
    async fn commit(&self, tx: &mut Tx<'_>) -> Result<(LinkWanted, Option<MessageId>), store::Fault> {
        let Some((session, account)) = sessions::lock(tx, &self.session, None).await? else {
            return Ok((LinkWanted::Refused(Refusal::Over), None));
        };
        let mut moment = self.circumstances.moment();
        let mailed = links::mailed(tx, &account.user.id, moment.now).await?;
        let decision = AwaitLinkWanted { session, account, mailed }.link_wanted(&mut moment);
        let message = decision.writes.iter().find_map(|write| match write {
            Write::Send(mail) => Some(mail.id.clone()),
            _ => None,
        });
        Ok((commit(tx, decision).await?, message))
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
