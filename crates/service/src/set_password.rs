//! Choosing a password behind a mailed link: see `core::ceremony::set_password` for the picture.

use std::sync::Arc;

use countersign_core::{
    account::Account,
    authenticator::password::{Password, PasswordRefusal},
    ceremony::set_password::{AwaitNewPassword, LinkOutcome},
    link::{ChoosesPassword, LinkPurpose},
    moment::Visitor,
    refusal::Refusal,
    token::{Token, TokenHash},
    user::EmailAddress,
};
use countersign_store::{self as store, Tx, accounts, commit::commit, links};

use crate::{Circumstances, Fault, Service, change_password::NewPassword};

/// Whose password a link lets somebody choose.
pub struct OpenPasswordLink {
    pub purpose: LinkPurpose,
    pub email: EmailAddress,
    pub password_characters_min: usize,
}

pub enum SetPasswordOutcome {
    Refused(Refusal),
    /// The password may not be chosen; the link is still good.
    Unfit(PasswordRefusal),
    Done,
}

struct PasswordChosen {
    link: TokenHash,
    purpose: LinkPurpose,
    password: NewPassword,
    circumstances: Circumstances,
}

impl Service {
    /// Whether a link is still good, for showing its page: nothing is used up by looking (A43).
    pub async fn password_link<P: ChoosesPassword>(
        &self,
        token: &Token<P>,
    ) -> Result<Option<OpenPasswordLink>, Fault> {
        let account = self.account_of_link(token.hash(), P::LINK).await?;
        Ok(account.map(|account| OpenPasswordLink {
            purpose: P::LINK,
            password_characters_min: account.password_stands().characters_min(),
            email: account.user.email,
        }))
    }

    /// Judges the password, hashes it, and binds it in the transaction that uses the link up.
    pub async fn set_password_by_link<P: ChoosesPassword>(
        &self,
        token: &Token<P>,
        new: Password,
        visitor: Visitor,
    ) -> Result<SetPasswordOutcome, Fault> {
        let admission = self.0.hasher.admit()?;
        let Some(account) = self.account_of_link(token.hash(), P::LINK).await? else {
            return Ok(SetPasswordOutcome::Refused(Refusal::LinkOver));
        };
        if let Err(unfit) = self.judge_password(&new, &account).await? {
            return Ok(SetPasswordOutcome::Unfit(unfit));
        }
        let (password, _admission) = self.hash_new(admission, new, &account.user.id).await?;
        let circumstances = self.circumstances(visitor)?;
        let chosen =
            Arc::new(PasswordChosen { link: token.hash(), purpose: P::LINK, password, circumstances });
        match self.transact(&chosen, |chosen, tx| Box::pin(chosen.commit(tx))).await? {
            LinkOutcome::Refused(refusal) => Ok(SetPasswordOutcome::Refused(refusal)),
            LinkOutcome::Done => Ok(SetPasswordOutcome::Done),
        }
    }

    /// The account behind a link that is still good.
    async fn account_of_link(
        &self,
        token: TokenHash,
        purpose: LinkPurpose,
    ) -> Result<Option<Account>, Fault> {
        let now = self.now();
        let found = self.0.database.read(move |tx| {
            Box::pin(async move {
                let found = links::with_user(tx, &token, purpose).await?;
                match found.filter(|(link, user)| link.is_open(purpose, user, now)) {
                    Some((link, user)) => {
                        let account = accounts::account(tx, user, None, None).await?;
                        Ok(Some(account.once_proved_by(&link)))
                    }
                    None => Ok(None),
                }
            })
        });
        Ok(found.await?)
    }
}

impl PasswordChosen {
    async fn commit(&self, tx: &mut Tx<'_>) -> Result<LinkOutcome, store::Fault> {
        let Some((link, account)) = links::lock(tx, &self.link, self.purpose).await? else {
            return Ok(LinkOutcome::Refused(Refusal::LinkOver));
        };
        let NewPassword { id, hash } = &self.password;
        let mut moment = self.circumstances.moment();
        let state = AwaitNewPassword { link, account };
        commit(tx, state.password_chosen(id.clone(), hash.clone(), &mut moment)).await
    }
}
