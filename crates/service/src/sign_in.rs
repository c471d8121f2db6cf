//! Signing in, step by step: see `core::ceremony::sign_in` for the picture.

use std::sync::Arc;

use countersign_core::{
    authenticator::{AuthenticatorKind, password::Password, totp::TypedCode},
    ceremony::sign_in::{
        AwaitPassword, AwaitSecondFactor, Candidate, CodeOutcome, PasswordAttempt, PasswordOutcome,
        PasswordVerdict, Reserved,
    },
    moment::Visitor,
    refusal::Refusal,
    token::{CeremonyToken, KnownBrowserToken, SessionToken, TokenHash},
    user::EmailAddress,
};
use countersign_store::{self as store, Tx, accounts, ceremonies, commit::commit};

use crate::{Circumstances, Fault, Service};

/// What the browser holds from before: neither is needed to sign in.
#[derive(Default)]
pub struct Carried {
    pub known_browser: Option<KnownBrowserToken>,
    /// A session that the new one takes the place of.
    pub session: Option<SessionToken>,
}

#[derive(Clone, Copy)]
struct CarriedHashes {
    known_browser: Option<TokenHash>,
    session: Option<TokenHash>,
}

/// A name and a password, typed on the sign-in page.
struct PasswordEntry {
    service: Service,
    email: EmailAddress,
    carried: CarriedHashes,
    circumstances: Circumstances,
}

/// A reserved entry and what the hash said to it.
struct HashedEntry {
    entry: Arc<PasswordEntry>,
    attempt: PasswordAttempt,
    verdict: PasswordVerdict,
}

/// A code, typed on the page after the password.
struct CodeEntry {
    service: Service,
    ceremony: TokenHash,
    carried: CarriedHashes,
    typed: TypedCode,
    circumstances: Circumstances,
}

impl Service {
    /// The first step: reserve, hash, settle.
    pub async fn sign_in_with_password(
        &self,
        email: EmailAddress,
        password: Password,
        carried: Carried,
        visitor: Visitor,
    ) -> Result<PasswordOutcome, Fault> {
        if password.is_empty() {
            return Ok(PasswordOutcome::Refused(Refusal::Missing));
        }
        let admission = self.0.hasher.admit()?;
        let entry = Arc::new(PasswordEntry {
            service: self.clone(),
            email,
            carried: carried.hashed(),
            circumstances: self.circumstances(visitor)?,
        });
        let attempt = match self.transact(&entry, |entry, tx| Box::pin(entry.reserve(tx))).await? {
            Reserved::Refused(refusal) => return Ok(PasswordOutcome::Refused(refusal)),
            Reserved::MayHash(attempt) => attempt,
        };
        let hash = self.open_hash(attempt.hash())?;
        let (verdict, _admission) = self.0.hasher.verify(admission, Arc::new(password), hash).await?;
        let hashed = Arc::new(HashedEntry { entry, attempt, verdict });
        self.transact(&hashed, |hashed, tx| Box::pin(hashed.settle(tx))).await
    }

    /// Whether the browser's sign-in still awaits a code, for showing the page.
    pub async fn awaiting_code(&self, token: &CeremonyToken) -> Result<bool, Fault> {
        let (hash, now) = (token.hash(), self.now());
        let found = self.0.database.read(move |tx| {
            Box::pin(async move {
                let Some(ceremony) = ceremonies::sign_in(tx, &hash).await? else {
                    return Ok(false);
                };
                let user = accounts::user(tx, &ceremony.user).await?;
                Ok(user.is_some_and(|user| ceremony.is_live(&user, now)))
            })
        });
        Ok(found.await?)
    }

    /// The second step, in one transaction; a fault costs the attempt.
    pub async fn sign_in_with_code(
        &self,
        token: CeremonyToken,
        typed: TypedCode,
        carried: Carried,
        visitor: Visitor,
    ) -> Result<CodeOutcome, Fault> {
        let entry = Arc::new(CodeEntry {
            service: self.clone(),
            ceremony: token.hash(),
            carried: carried.hashed(),
            typed,
            circumstances: self.circumstances(visitor)?,
        });
        self.transact_or_spend(
            &entry,
            |entry, tx| Box::pin(entry.judge(tx)),
            |entry, tx| Box::pin(entry.spend(tx)),
        )
        .await
    }
}

impl Carried {
    fn hashed(&self) -> CarriedHashes {
        CarriedHashes {
            known_browser: self.known_browser.as_ref().map(KnownBrowserToken::hash),
            session: self.session.as_ref().map(SessionToken::hash),
        }
    }
}

impl PasswordEntry {
    async fn reserve(&self, tx: &mut Tx<'_>) -> Result<Reserved, store::Fault> {
        let candidate = self.load(tx).await?;
        commit(tx, AwaitPassword { candidate }.reserve(&self.circumstances.moment())).await
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Candidate, store::Fault> {
        let digest = self.service.0.keys.name_digest(&self.email);
        accounts::candidate(tx, &self.email, &digest, self.carried.known_browser).await
    }
}

impl HashedEntry {
    async fn settle(&self, tx: &mut Tx<'_>) -> Result<PasswordOutcome, store::Fault> {
        let candidate = self.entry.load(tx).await?;
        let mut moment = self.entry.circumstances.moment();
        commit(tx, self.attempt.settle(candidate, self.verdict, self.entry.carried.session, &mut moment))
            .await
    }
}

impl CodeEntry {
    async fn judge(&self, tx: &mut Tx<'_>) -> Result<CodeOutcome, store::Fault> {
        let Some(state) = self.load(tx).await? else {
            return Ok(CodeOutcome::Refused(Refusal::Over));
        };
        let app = state.account.usable(AuthenticatorKind::App);
        let secret = app.map(|app| self.service.open_app_secret(&state.account.user.id, app)).transpose()?;
        let decision = state.code_typed(&self.typed, secret.as_ref(), &mut self.circumstances.moment());
        commit(tx, decision).await
    }

    async fn spend(&self, tx: &mut Tx<'_>) -> Result<(), store::Fault> {
        let Some(state) = self.load(tx).await? else {
            return Ok(());
        };
        commit(tx, state.spent(&mut self.circumstances.moment())).await
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Option<AwaitSecondFactor>, store::Fault> {
        let found = ceremonies::lock_sign_in(tx, &self.ceremony, self.carried.known_browser).await?;
        Ok(found.map(|(ceremony, account)| AwaitSecondFactor {
            ceremony,
            account,
            replaces: self.carried.session,
        }))
    }
}
