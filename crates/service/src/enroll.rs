//! Two-factor authentication on and off: see `core::ceremony::enroll` for the picture.

use std::sync::Arc;

use countersign_core::{
    account::Account,
    authenticator::{
        AuthenticatorKind,
        password::{Password, PasswordStands},
        totp::{AppSecret, TypedCode},
    },
    ceremony::{
        Ceremony,
        enroll::{self, AwaitConfirmation, AwaitMethod, ChoiceOutcome, PasswordLength},
        step_up::{Act, ActOutcome, Proved},
    },
    id::AuthenticatorId,
    moment::Moment,
    refusal::Refusal,
    secret::Secret,
    session::Session,
    token::{SessionToken, TokenHash},
};
use countersign_store::{self as store, Tx, accounts, ceremonies, commit::commit, sessions};
use rand_core::Rng;

use crate::{
    Circumstances, Fault, Service, SignedInCaller,
    keys::Place,
    otpauth,
    step_up::{Finish, Proving},
};

/// Where a session's set-up stands, for showing its page.
pub enum Enrollment {
    AwaitMethod { offered: Vec<AuthenticatorKind> },
    AwaitConfirmation(PendingApp),
}

/// What an authenticator app needs to know; shown only while the set-up is under way (A60).
pub struct PendingApp {
    /// Base32, not grouped.
    pub manual_key: Secret<String>,
    pub otpauth_uri: Secret<String>,
    pub issuer: String,
    pub account: String,
}

/// A step of a set-up, taken within a session.
struct EnrollEntry {
    service: Service,
    session: TokenHash,
    known_browser: Option<TokenHash>,
    typed: TypedCode,
    circumstances: Circumstances,
}

impl Service {
    /// Begins the set-up, behind the proof that policy demands (CR-15).
    pub async fn begin_enrollment(
        &self,
        caller: SignedInCaller,
        password: Password,
        typed: TypedCode,
    ) -> Result<ActOutcome, Fault> {
        match self.prove(caller, Act::TurnOnTwoFactor, (password, typed), self.0.hasher.admit()?).await? {
            Proving::Refused(refusal) => Ok(ActOutcome::Refused(refusal)),
            Proving::Hashed(hashed) => {
                let act = |proved: Proved, (): &(), moment: &mut Moment<'_>| enroll::begin(proved, moment);
                self.finish(hashed, Finish { context: (), act }).await
            }
        }
    }

    /// The person chose the app: it gets its secret (CR-23).
    pub async fn choose_app(&self, caller: SignedInCaller) -> Result<ChoiceOutcome, Fault> {
        let entry = self.enroll_entry(caller, TypedCode::Missing)?;
        self.transact(&entry, |entry, tx| Box::pin(entry.choose_app(tx))).await
    }

    /// Judges the app's first code; if it is right, two-factor authentication is on (CR-25).
    pub async fn confirm_app(&self, caller: SignedInCaller, typed: TypedCode) -> Result<ActOutcome, Fault> {
        let entry = self.enroll_entry(caller, typed)?;
        self.transact_or_spend(
            &entry,
            |entry, tx| Box::pin(entry.confirm(tx)),
            |entry, tx| Box::pin(entry.spend(tx)),
        )
        .await
    }

    /// Gives the set-up up.
    pub async fn cancel_enrollment(&self, caller: SignedInCaller) -> Result<(), Fault> {
        let entry = self.enroll_entry(caller, TypedCode::Missing)?;
        self.transact(&entry, |entry, tx| Box::pin(entry.cancel(tx))).await
    }

    /// Turns it off, behind the proof that policy demands, in one step (CR-28).
    pub async fn turn_off(
        &self,
        caller: SignedInCaller,
        password: Password,
        typed: TypedCode,
    ) -> Result<ActOutcome, Fault> {
        let characters = password.expose().chars().count();
        let is_enough = characters >= PasswordStands::Alone.characters_min();
        let length = if is_enough { PasswordLength::EnoughAlone } else { PasswordLength::TooShortAlone };
        match self.prove(caller, Act::TurnOffTwoFactor, (password, typed), self.0.hasher.admit()?).await? {
            Proving::Refused(refusal) => Ok(ActOutcome::Refused(refusal)),
            Proving::Hashed(hashed) => {
                let act = |proved: Proved, length: &PasswordLength, moment: &mut Moment<'_>| {
                    enroll::turn_off(proved, *length, moment)
                };
                self.finish(hashed, Finish { context: length, act }).await
            }
        }
    }

    /// The set-up that is under way in a session, with its secret as long as that is to be shown.
    pub async fn enrollment(&self, token: &SessionToken) -> Result<Option<Enrollment>, Fault> {
        let (hash, now, service) = (token.hash(), self.now(), self.clone());
        let found = self.0.database.read(move |tx| {
            let service = service.clone();
            Box::pin(async move {
                let Some((session, user)) = sessions::with_user(tx, &hash).await? else {
                    return Ok(None);
                };
                if !session.is_live(&user, now) {
                    return Ok(None);
                }
                let found = ceremonies::enrollment(tx, &session.id, &user.id).await?;
                let live = found.filter(|ceremony| ceremony.is_live(&user, now));
                let Some(ceremony) = live else { return Ok(None) };
                let Some(pending) = ceremony.pending else {
                    let offered = accounts::account(tx, user, None, None).await?.offered();
                    return Ok(Some(Enrollment::AwaitMethod { offered }));
                };
                let secret = service.open_secret(&user.id, &pending.id, &pending.secret)?;
                Ok(Some(Enrollment::AwaitConfirmation(service.pending_app(&secret, user.email.as_str()))))
            })
        });
        Ok(found.await?)
    }

    fn pending_app(&self, secret: &AppSecret, account: &str) -> PendingApp {
        let issuer = self.0.product_name.clone();
        let manual_key = secret.manual_key();
        PendingApp {
            otpauth_uri: otpauth::uri(&issuer, account, &manual_key),
            manual_key,
            issuer,
            account: account.to_owned(),
        }
    }

    fn enroll_entry(&self, caller: SignedInCaller, typed: TypedCode) -> Result<Arc<EnrollEntry>, Fault> {
        Ok(Arc::new(EnrollEntry {
            service: self.clone(),
            session: caller.session.hash(),
            known_browser: caller.known_browser.map(|token| token.hash()),
            typed,
            circumstances: self.circumstances(caller.visitor)?,
        }))
    }
}

impl EnrollEntry {
    async fn choose_app(&self, tx: &mut Tx<'_>) -> Result<ChoiceOutcome, store::Fault> {
        let Some((ceremony, session, account)) = self.load(tx).await? else {
            return Ok(ChoiceOutcome::Refused(Refusal::Over));
        };
        let mut moment = self.circumstances.moment();
        let id = AuthenticatorId::mint(moment.now, &mut moment.rng);
        let secret = AppSecret::mint(&mut moment.rng);
        let mut nonce = [0; 12];
        moment.rng.fill_bytes(&mut nonce);
        let place = Place { user: &account.user.id, authenticator: &id };
        let sealed = self.service.0.keys.seal(&place, nonce, secret.expose_bytes())?;
        commit(tx, AwaitMethod { ceremony, session, account }.app_chosen(id, sealed, &moment)).await
    }

    async fn confirm(&self, tx: &mut Tx<'_>) -> Result<ActOutcome, store::Fault> {
        let Some((ceremony, session, account)) = self.load(tx).await? else {
            return Ok(ActOutcome::Refused(Refusal::Over));
        };
        let Some(pending) = &ceremony.pending else {
            return Ok(ActOutcome::Refused(Refusal::Over));
        };
        let secret = self.service.open_secret(&account.user.id, &pending.id, &pending.secret)?;
        let mut moment = self.circumstances.moment();
        let state = AwaitConfirmation { ceremony, session, account };
        commit(tx, state.code_typed(&self.typed, &secret, &mut moment)).await
    }

    async fn spend(&self, tx: &mut Tx<'_>) -> Result<(), store::Fault> {
        if let Some((ceremony, session, account)) = self.load(tx).await? {
            let state = AwaitConfirmation { ceremony, session, account };
            commit(tx, state.spent(&mut self.circumstances.moment())).await?;
        }
        Ok(())
    }

    async fn cancel(&self, tx: &mut Tx<'_>) -> Result<(), store::Fault> {
        match self.load(tx).await? {
            Some((ceremony, ..)) => commit(tx, enroll::cancel(&ceremony, &self.circumstances.moment())).await,
            None => Ok(()),
        }
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Option<(Ceremony, Session, Account)>, store::Fault> {
        let found = sessions::lock(tx, &self.session, self.known_browser).await?;
        let Some((session, account)) = found else {
            return Ok(None);
        };
        let ceremony = ceremonies::enrollment(tx, &session.id, &account.user.id).await?;
        Ok(ceremony.map(|ceremony| (ceremony, session, account)))
    }
}
