//! "This was not me": see `core::ceremony::not_me` for the picture.

use std::sync::Arc;

use countersign_core::{
    ceremony::{not_me::AwaitNotMe, set_password::LinkOutcome},
    link::LinkPurpose,
    moment::Visitor,
    notice::Told,
    refusal::Refusal,
    token::{NotMeToken, TokenHash},
};
use countersign_store::{self as store, Fault as StoreFault, Tx, commit::commit, links};

use crate::{Circumstances, Fault, Service};

struct Said {
    link: TokenHash,
    circumstances: Circumstances,
}

impl Service {
    /// What a person was told, for showing the page of its link; `None` if the link is good no more.
    pub async fn not_me_link(&self, token: &NotMeToken) -> Result<Option<Told>, Fault> {
        let (token, now) = (token.hash(), self.now());
        let found = self.0.database.read(move |tx| {
            Box::pin(async move {
                match links::with_user(tx, &token, LinkPurpose::NotMe).await? {
                    Some((link, user)) if link.is_open(LinkPurpose::NotMe, &user, now) => {
                        links::told(tx, &link).await
                    }
                    _ => Ok(None),
                }
            })
        });
        Ok(found.await?)
    }

    /// Shuts the account and mails a link to choose a new password.
    pub async fn say_not_me(&self, token: &NotMeToken, visitor: Visitor) -> Result<LinkOutcome, Fault> {
        let said = Arc::new(Said { link: token.hash(), circumstances: self.circumstances(visitor)? });
        self.transact(&said, |said, tx| Box::pin(said.commit(tx))).await
    }
}

impl Said {
    async fn commit(&self, tx: &mut Tx<'_>) -> Result<LinkOutcome, store::Fault> {
        let Some((link, account)) = links::lock(tx, &self.link, LinkPurpose::NotMe).await? else {
            return Ok(LinkOutcome::Refused(Refusal::LinkOver));
        };
        let told = links::told(tx, &link).await?;
        let told = told.ok_or_else(|| StoreFault::broken("a link has lost its notice"))?;
        commit(tx, AwaitNotMe { link, account, told }.said(&mut self.circumstances.moment())).await
    }
}
