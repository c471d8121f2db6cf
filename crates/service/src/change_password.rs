//! Choosing a new password: see `core::ceremony::change_password`.

use std::sync::Arc;

use countersign_core::{
    account::Account,
    authenticator::{
        password::{Password, PasswordRefusal, judge},
        typed_code::TypedCode,
    },
    ceremony::{
        change_password,
        step_up::{Act, ActOutcome, Proved},
    },
    id::{AuthenticatorId, UserId},
    keys::Place,
    moment::Moment,
    refusal::Refusal,
    secret::Sealed,
    token::SessionToken,
};
use rand_core::Rng;

use crate::{
    Fault, Service, SignedInCaller,
    hasher::Admission,
    step_up::{Finish, Proving},
};

pub struct PasswordChange {
    pub current: Password,
    pub typed: TypedCode,
    pub new: Password,
}

pub enum PasswordChangeOutcome {
    Refused(Refusal),
    /// The new password may not be chosen; nothing was compared and nothing counted.
    Unfit(PasswordRefusal),
    Changed {
        session: SessionToken,
    },
}

/// A password, hashed and sealed for the row that it is to be bound in.
pub(crate) struct NewPassword {
    pub id: AuthenticatorId,
    pub hash: Sealed,
}

impl Service {
    /// Judges the new password first, then the proofs; hashes both; changes it in one transaction.
    pub async fn change_password(
        &self,
        caller: SignedInCaller,
        change: PasswordChange,
    ) -> Result<PasswordChangeOutcome, Fault> {
        let admission = self.0.hasher.admit()?;
        let Some(account) = self.account_of(&caller.session).await? else {
            return Ok(PasswordChangeOutcome::Refused(Refusal::Over));
        };
        if let Err(unfit) = self.judge_password(&change.new, &account).await? {
            return Ok(PasswordChangeOutcome::Unfit(unfit));
        }
        let proving =
            self.prove(caller, Act::ChangePassword, (change.current, change.typed), admission).await?;
        let mut hashed = match proving {
            Proving::Refused(refusal) => return Ok(PasswordChangeOutcome::Refused(refusal)),
            Proving::Hashed(hashed) => hashed,
        };
        // Also behind a wrong password: how long the answer takes must not tell that it was right (A30).
        let (context, admission) = self.hash_new(hashed.admission, change.new, &account.user.id).await?;
        hashed.admission = admission;
        let act = |proved: Proved, new: &NewPassword, moment: &mut Moment<'_>| {
            change_password::change(proved, new.id.clone(), new.hash.clone(), moment)
        };
        match self.finish(hashed, Finish { context, act }).await? {
            ActOutcome::Refused(refusal) => Ok(PasswordChangeOutcome::Refused(refusal)),
            ActOutcome::Done { session } => Ok(PasswordChangeOutcome::Changed { session }),
        }
    }

    /// Judges a password by the rules of P11; the breach file is read off the async threads.
    pub(crate) async fn judge_password(
        &self,
        new: &Password,
        account: &Account,
    ) -> Result<Result<(), PasswordRefusal>, Fault> {
        let (service, account) = (self.clone(), account.clone());
        let new = Password::new(new.expose().to_owned());
        let judging = tokio::task::spawn_blocking(move || {
            let is_breached = match &service.0.breaches {
                Some(breaches) => breaches.contains(&new)?,
                None => false,
            };
            let organizations =
                account.memberships.iter().map(|membership| membership.organization.name.as_str());
            let context: Vec<&str> = organizations.chain([service.0.product_name.as_str()]).collect();
            Ok(judge(&new, account.password_stands(), &account.user, &context, is_breached))
        });
        judging.await.map_err(|_| Fault::Hashing("judging a password panicked"))?
    }

    pub(crate) async fn hash_new(
        &self,
        admission: Admission,
        new: Password,
        user: &UserId,
    ) -> Result<(NewPassword, Admission), Fault> {
        let mut rng = self.rng()?;
        let id = AuthenticatorId::mint(self.now(), &mut rng);
        let (mut salt, mut nonce) = ([0; 16], [0; 12]);
        rng.fill_bytes(&mut salt);
        rng.fill_bytes(&mut nonce);
        let (hash, admission) = self.0.hasher.hash(admission, Arc::new(new), salt).await?;
        let place = Place::of_authenticator(user, &id);
        let hash = self.0.keys.seal(&place, nonce, hash.as_bytes())?;
        Ok((NewPassword { id, hash }, admission))
    }
}
