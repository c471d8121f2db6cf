//! What an operator does about one person: see `core::ceremony::by_operator` for the picture.

use std::sync::Arc;

use countersign_core::{
    account::Account,
    authenticator::typed_code::TypedCode,
    ceremony::{
        Decision,
        by_operator::{self, Reset},
        step_up::{Act, ActOutcome},
    },
    id::UserId,
    moment::Moment,
    refusal::Refusal,
    stated_reason::StatedReason,
    user::EmailAddress,
};
use countersign_store::{self as store, Tx, accounts, commit::commit, ladders};

use crate::{
    Fault, Service, SignedInCaller,
    authority::{Authority, By},
    people::PeopleError,
    step_up::FinishUpon,
};

/// A person, and in whose name something is done about them.
struct About {
    user: UserId,
    authority: Authority,
}

struct ToReset {
    about: About,
    reset: Reset,
}

struct AppClock {
    about: About,
    why: StatedReason,
}

/// A reset behind a code, whose proof names the operator.
struct ResetOf {
    user: UserId,
    reset: Reset,
}

impl Service {
    /// Who has an email address: how commands name people.
    pub async fn user_named(&self, email: &EmailAddress) -> Result<UserId, PeopleError> {
        self.user_id_of(email).await?.ok_or_else(|| PeopleError::NoSuchUser(email.clone()))
    }

    /// Ends every lock of a person before its time.
    pub async fn unlock_user(&self, by: By, user: UserId) -> Result<Result<(), Refusal>, Fault> {
        let about = Arc::new(About { user, authority: self.authority(by)? });
        self.transact(&about, |about, tx| Box::pin(about.unlock(tx))).await
    }

    /// Ends every session of a person, and whatever they have begun.
    pub async fn sign_out_everywhere(&self, by: By, user: UserId) -> Result<Result<(), Refusal>, Fault> {
        let about = Arc::new(About { user, authority: self.authority(by)? });
        self.transact(&about, |about, tx| Box::pin(about.sign_out(tx))).await
    }

    /// Lets the next code of somebody's app in, if a clock that was ahead had used it up. Why is recorded.
    pub async fn reset_app_clock(
        &self,
        user: UserId,
        why: StatedReason,
    ) -> Result<Result<(), Refusal>, Fault> {
        let about = About { user, authority: self.authority(By::Console)? };
        let resetting = Arc::new(AppClock { about, why });
        self.transact(&resetting, |resetting, tx| Box::pin(resetting.commit(tx))).await
    }

    /// Takes from somebody what they lost. A command proves itself by being run on the server.
    pub async fn reset_at_console(&self, user: UserId, reset: Reset) -> Result<Result<(), Refusal>, Fault> {
        let about = About { user, authority: self.authority(By::Console)? };
        let resetting = Arc::new(ToReset { about, reset });
        self.transact(&resetting, |resetting, tx| Box::pin(resetting.commit(tx))).await
    }

    /// The same on the operator's pages, behind a current code of their own second factor.
    pub async fn reset(
        &self,
        caller: SignedInCaller,
        (user, reset): (UserId, Reset),
        typed: TypedCode,
    ) -> Result<ActOutcome, Fault> {
        let counted = match self.count_proof(caller, Act::ResetSecondFactor, false, typed).await? {
            Ok(counted) => counted,
            Err(refusal) => return Ok(ActOutcome::Refused(refusal)),
        };
        let finish = FinishUpon {
            context: ResetOf { user, reset },
            load: |of, tx| Box::pin(lock(tx, &of.user)),
            act: |proved, (of, account), moment| {
                by_operator::reset(proved, account.as_ref(), &of.reset, moment)
            },
        };
        self.finish_upon(counted, finish).await
    }
}

impl About {
    async fn unlock(&self, tx: &mut Tx<'_>) -> Result<Result<(), Refusal>, store::Fault> {
        let actor = match self.authority.actor(tx).await? {
            Ok(actor) => actor,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let Some(account) = lock(tx, &self.user).await? else { return Ok(Err(Refusal::NothingThere)) };
        let lanes = ladders::of_user(tx, &self.user).await?;
        let mut moment = self.authority.circumstances.moment();
        commit(tx, by_operator::unlock(&account, lanes, &actor, &mut moment)).await
    }

    async fn sign_out(&self, tx: &mut Tx<'_>) -> Result<Result<(), Refusal>, store::Fault> {
        let actor = match self.authority.actor(tx).await? {
            Ok(actor) => actor,
            Err(refusal) => return Ok(Err(refusal)),
        };
        self.decide(tx, |account, moment| by_operator::sign_out(account, &actor, moment)).await
    }

    /// Carries out what is decided about the person, whose row is locked before.
    async fn decide(
        &self,
        tx: &mut Tx<'_>,
        decide: impl FnOnce(&Account, &mut Moment<'_>) -> Decision<Result<(), Refusal>> + Send,
    ) -> Result<Result<(), Refusal>, store::Fault> {
        let Some(account) = lock(tx, &self.user).await? else { return Ok(Err(Refusal::NothingThere)) };
        let decision = decide(&account, &mut self.authority.circumstances.moment());
        commit(tx, decision).await
    }
}

impl ToReset {
    async fn commit(&self, tx: &mut Tx<'_>) -> Result<Result<(), Refusal>, store::Fault> {
        self.about
            .decide(tx, |account, moment| by_operator::reset_at_console(account, &self.reset, moment))
            .await
    }
}

impl AppClock {
    async fn commit(&self, tx: &mut Tx<'_>) -> Result<Result<(), Refusal>, store::Fault> {
        self.about
            .decide(tx, |account, moment| by_operator::reset_app_clock(account, &self.why, moment))
            .await
    }
}

async fn lock(tx: &mut Tx<'_>, user: &UserId) -> Result<Option<Account>, store::Fault> {
    let Some(user) = accounts::lock_user(tx, user).await? else { return Ok(None) };
    accounts::account(tx, user, None, None).await.map(Some)
}
