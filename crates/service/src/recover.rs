//! The new recovery key after a used one, and the way on from there: see `core::ceremony::recover`.

use std::sync::Arc;

use countersign_core::{
    authenticator::recovery_key::RecoveryKey,
    ceremony::{Ceremony, recover::AwaitSaved, sign_in::CodeOutcome},
    keys::{Place, SealFault},
    moment::Visitor,
    refusal::Refusal,
    secret::Secret,
    token::{CeremonyToken, TokenHash},
};
use countersign_store::{self as store, Tx, ceremonies, commit::commit};

use crate::{
    Circumstances, Fault, Service,
    sign_in::{Carried, CarriedHashes},
};

/// A key that was just made; shown until its person went on, or for ten minutes.
pub struct ShownKey {
    /// In groups of four; none once its time is over.
    pub text: Option<Secret<String>>,
}

/// **Continue**, pressed on the page of a new key.
struct Saved {
    ceremony: TokenHash,
    carried: CarriedHashes,
    circumstances: Circumstances,
}

impl Service {
    /// The new key of a sign-in whose recovery key was right; `None` where there is no such sign-in.
    pub async fn recovered(&self, token: &CeremonyToken) -> Result<Option<ShownKey>, Fault> {
        let (hash, now) = (token.hash(), self.now());
        let found = self.0.database.read(move |tx| {
            Box::pin(async move {
                let found = ceremonies::sign_in(tx, &hash).await?;
                Ok(found.filter(|(ceremony, account)| {
                    ceremony.is_recovered() && ceremony.is_live(&account.user, now)
                }))
            })
        });
        found.await?.map(|(ceremony, _)| self.shown_key(&ceremony)).transpose()
    }

    /// The person went on: signed in.
    pub async fn go_on_recovered(
        &self,
        token: &CeremonyToken,
        carried: Carried,
        visitor: Visitor,
    ) -> Result<CodeOutcome, Fault> {
        let saved = Arc::new(Saved {
            ceremony: token.hash(),
            carried: carried.hashed(),
            circumstances: self.circumstances(visitor)?,
        });
        self.transact(&saved, |saved, tx| Box::pin(saved.go_on(tx))).await
    }

    pub(crate) fn shown_key(&self, ceremony: &Ceremony) -> Result<ShownKey, Fault> {
        let Some(sealed) = ceremony.new_key_at(self.now()) else { return Ok(ShownKey { text: None }) };
        let opened = self.0.keys.open(&Place::of_new_key(&ceremony.user, &ceremony.id), sealed)?;
        let key = RecoveryKey::from_bytes(&opened).ok_or(SealFault("a recovery key has another length"))?;
        Ok(ShownKey { text: Some(key.expose_text()) })
    }
}

impl Saved {
    async fn go_on(&self, tx: &mut Tx<'_>) -> Result<CodeOutcome, store::Fault> {
        let found = ceremonies::lock_sign_in(tx, &self.ceremony, self.carried.known_browser).await?;
        let Some((ceremony, account)) = found else { return Ok(CodeOutcome::Refused(Refusal::Over)) };
        let state = AwaitSaved { ceremony, account, replaces: self.carried.session };
        commit(tx, state.saved(&mut self.circumstances.moment())).await
    }
}
