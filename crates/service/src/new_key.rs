//! A new recovery key, made and shown within a session: see `core::ceremony::new_key`.

use std::sync::Arc;

use countersign_core::{
    authenticator::{password::Password, typed_code::TypedCode},
    ceremony::{
        Ceremony, CeremonyPurpose,
        new_key::{self, saved},
        step_up::{Act, ActOutcome},
    },
    token::{SessionToken, TokenHash},
};
use countersign_store::{self as store, Tx, ceremonies, commit::commit, sessions};

use crate::{Circumstances, Fault, Service, SignedInCaller, recover::ShownKey, sessions::live};

/// **Continue**, pressed on the page of a new key or of new codes.
struct Saved {
    purpose: CeremonyPurpose,
    session: TokenHash,
    circumstances: Circumstances,
}

impl Service {
    /// Makes a new key behind the proofs of the act (B3-15).
    pub async fn create_recovery_key(
        &self,
        caller: SignedInCaller,
        password: Password,
        typed: TypedCode,
    ) -> Result<ActOutcome, Fault> {
        self.do_proved(caller, Act::CreateRecoveryKey, (password, typed), new_key::create).await
    }

    /// The key that this session made and nobody saved yet.
    pub async fn unsaved_key(&self, token: &SessionToken) -> Result<Option<ShownKey>, Fault> {
        let found = self.unsaved(token, CeremonyPurpose::SaveRecoveryKey).await?;
        found.map(|ceremony| self.shown_key(&ceremony)).transpose()
    }

    /// The person saved it: nobody sees it again.
    pub async fn key_saved(&self, caller: SignedInCaller) -> Result<(), Fault> {
        self.saved(caller, CeremonyPurpose::SaveRecoveryKey).await
    }

    /// The ceremony in which this session shows what it made and nobody saved yet.
    pub(crate) async fn unsaved(
        &self,
        token: &SessionToken,
        purpose: CeremonyPurpose,
    ) -> Result<Option<Ceremony>, Fault> {
        let (hash, now) = (token.hash(), self.now());
        let found = self.0.database.read(move |tx| {
            Box::pin(async move {
                let Some((session, account)) = live(tx, &hash, now).await? else { return Ok(None) };
                let found = ceremonies::of_session(tx, &session, purpose).await?;
                Ok(found.filter(|ceremony| ceremony.is_live(&account.user, now)))
            })
        });
        Ok(found.await?)
    }

    /// The person pressed **Continue** where it is shown.
    pub(crate) async fn saved(&self, caller: SignedInCaller, purpose: CeremonyPurpose) -> Result<(), Fault> {
        let saved = Arc::new(Saved {
            purpose,
            session: caller.session.hash(),
            circumstances: self.circumstances(caller.visitor)?,
        });
        self.transact(&saved, |saved, tx| Box::pin(saved.go_on(tx))).await
    }
}

impl Saved {
    async fn go_on(&self, tx: &mut Tx<'_>) -> Result<(), store::Fault> {
        let Some((session, account)) = sessions::lock(tx, &self.session, None).await? else { return Ok(()) };
        match ceremonies::of_session(tx, &session, self.purpose).await? {
            Some(ceremony) => {
                commit(tx, saved(&ceremony, (&session, &account), &self.circumstances.moment())).await
            }
            None => Ok(()),
        }
    }
}
