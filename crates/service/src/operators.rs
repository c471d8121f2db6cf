//! Who is an operator: see `core::ceremony::operators`.

use std::sync::Arc;

use countersign_core::{
    account::Account,
    ceremony::operators::{self, AddOutcome, RemoveOutcome},
    moment::Visitor,
    stated_reason::StatedReason,
    timestamp::Timestamp,
    token::OperatorLinkToken,
    user::{EmailAddress, User},
};
pub use countersign_store::operators::OperatorLine;
use countersign_store::{self as store, Tx, accounts, commit::commit};
use thiserror::Error;

use crate::{Circumstances, Fault, Service};

#[derive(Debug, Error)]
pub enum OperatorError {
    #[error("there is nobody with the email address {0}")]
    NoSuchUser(EmailAddress),
    #[error("{0} is an operator already")]
    IsOneAlready(EmailAddress),
    #[error("{0} is no operator")]
    IsNone(EmailAddress),
    #[error(
        "{0} has no second factor that works, and an operator is always asked for one; they set one up first"
    )]
    NoSecondFactor(EmailAddress),
    #[error("{0} is the only operator who can sign in; make another one first")]
    IsTheLast(EmailAddress),
    #[error(transparent)]
    Fault(#[from] Fault),
}

struct ToAdd {
    email: EmailAddress,
    circumstances: Circumstances,
}

struct AtConsole {
    circumstances: Circumstances,
}

/// What is done to an operator, and why.
struct OperatorNamed {
    email: EmailAddress,
    reason: StatedReason,
    circumstances: Circumstances,
}

impl Service {
    pub async fn operators(&self) -> Result<Vec<OperatorLine>, Fault> {
        let found = self.0.database.read(|tx| Box::pin(async move { store::operators::list(tx).await }));
        Ok(found.await?)
    }

    /// Until when somebody can still become an operator by a link; `None` if there is no such link.
    pub async fn operator_links_open_until(&self) -> Result<Option<Timestamp>, Fault> {
        let now = self.now();
        let reading = self
            .0
            .database
            .read(move |tx| Box::pin(async move { store::operators::open_until(tx, now).await }));
        Ok(reading.await?)
    }

    /// Makes an operator of somebody who can sign in with a second factor. Their sessions end; they and the
    /// other operators are told.
    pub async fn add_operator(&self, email: EmailAddress) -> Result<(), OperatorError> {
        let circumstances = self.circumstances(Visitor::console())?;
        let adding = Arc::new(ToAdd { email: email.clone(), circumstances });
        match self.transact(&adding, |adding, tx| Box::pin(adding.commit(tx))).await? {
            Some(AddOutcome::Added) => Ok(()),
            Some(AddOutcome::IsOneAlready) => Err(OperatorError::IsOneAlready(email)),
            Some(AddOutcome::NoSecondFactor) => Err(OperatorError::NoSecondFactor(email)),
            None => Err(OperatorError::NoSuchUser(email)),
        }
    }

    /// Makes an ordinary person of an operator. Their sessions end; they and the other operators are told.
    pub async fn remove_operator(
        &self,
        email: EmailAddress,
        reason: StatedReason,
    ) -> Result<(), OperatorError> {
        let circumstances = self.circumstances(Visitor::console())?;
        let removing = Arc::new(OperatorNamed { email: email.clone(), reason, circumstances });
        match self.transact(&removing, |removing, tx| Box::pin(removing.commit(tx))).await? {
            Some(RemoveOutcome::Removed) => Ok(()),
            Some(RemoveOutcome::IsNone) => Err(OperatorError::IsNone(email)),
            Some(RemoveOutcome::IsTheLast) => Err(OperatorError::IsTheLast(email)),
            None => Err(OperatorError::NoSuchUser(email)),
        }
    }

    /// Makes a link by which somebody becomes an operator; whoever has it may use it once within a day.
    pub async fn invite_operator(&self) -> Result<OperatorLinkToken, Fault> {
        let inviting = Arc::new(AtConsole { circumstances: self.circumstances(Visitor::console())? });
        self.transact(&inviting, |inviting, tx| Box::pin(inviting.invite(tx))).await
    }

    /// Makes every link useless by which somebody could still become an operator.
    pub async fn withdraw_operator_links(&self) -> Result<(), Fault> {
        let withdrawing = Arc::new(AtConsole { circumstances: self.circumstances(Visitor::console())? });
        self.transact(&withdrawing, |withdrawing, tx| Box::pin(withdrawing.withdraw(tx))).await
    }

    /// Break-glass: takes password and second factor from an operator who lost them, and makes a link by which
    /// they set up both anew. Their sessions end; they and the other operators are told.
    pub async fn reset_operator(
        &self,
        email: EmailAddress,
        reason: StatedReason,
    ) -> Result<OperatorLinkToken, OperatorError> {
        let circumstances = self.circumstances(Visitor::console())?;
        let resetting = Arc::new(OperatorNamed { email: email.clone(), reason, circumstances });
        match self.transact(&resetting, |resetting, tx| Box::pin(resetting.reset(tx))).await? {
            Some(Some(token)) => Ok(token),
            Some(None) => Err(OperatorError::IsNone(email)),
            None => Err(OperatorError::NoSuchUser(email)),
        }
    }
}

impl AtConsole {
    async fn invite(&self, tx: &mut Tx<'_>) -> Result<OperatorLinkToken, store::Fault> {
        let operators = store::operators::all(tx).await?;
        commit(tx, operators::invite(&operators, &mut self.circumstances.moment())).await
    }

    async fn withdraw(&self, tx: &mut Tx<'_>) -> Result<(), store::Fault> {
        commit(tx, operators::withdraw(&mut self.circumstances.moment())).await
    }
}

impl ToAdd {
    async fn commit(&self, tx: &mut Tx<'_>) -> Result<Option<AddOutcome>, store::Fault> {
        let Some((account, operators)) = lock(tx, &self.email).await? else { return Ok(None) };
        let mut moment = self.circumstances.moment();
        commit(tx, operators::add(&account, &operators, &mut moment)).await.map(Some)
    }
}

impl OperatorNamed {
    async fn commit(&self, tx: &mut Tx<'_>) -> Result<Option<RemoveOutcome>, store::Fault> {
        let Some((account, operators)) = lock(tx, &self.email).await? else { return Ok(None) };
        let able = store::operators::able(tx).await?;
        let mut moment = self.circumstances.moment();
        commit(tx, operators::remove(&account, (&operators, &able), &self.reason, &mut moment))
            .await
            .map(Some)
    }

    async fn reset(&self, tx: &mut Tx<'_>) -> Result<Option<Option<OperatorLinkToken>>, store::Fault> {
        let Some((account, operators)) = lock(tx, &self.email).await? else { return Ok(None) };
        let mut moment = self.circumstances.moment();
        commit(tx, operators::reset(&account, &operators, &self.reason, &mut moment)).await.map(Some)
    }
}

/// A person and all operators, locked. The operators first: whoever waits for one of them holds no other row.
pub(crate) async fn lock(
    tx: &mut Tx<'_>,
    email: &EmailAddress,
) -> Result<Option<(Account, Vec<User>)>, store::Fault> {
    let operators = store::operators::lock(tx).await?;
    let Some(user) = accounts::user_by_email(tx, email).await? else { return Ok(None) };
    let Some(user) = accounts::lock_user(tx, &user.id).await? else { return Ok(None) };
    Ok(Some((accounts::account(tx, user, None, None).await?, operators)))
}
