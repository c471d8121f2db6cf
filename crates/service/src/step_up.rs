//! Proving again before a sensitive act, for whichever act: see `core::ceremony::step_up` for the picture.

use std::sync::Arc;

use countersign_core::{
    authenticator::{AuthenticatorKind, password::Password, totp::TypedCode},
    ceremony::{
        Decision,
        sign_in::PasswordVerdict,
        step_up::{
            Act, ActOutcome, AwaitProofs, Current, GivenProofs, ProofAttempt, Proved, Reserved, Settled,
        },
    },
    moment::Moment,
    refusal::Refusal,
    token::TokenHash,
};
use countersign_store::{self as store, Tx, commit::commit, sessions};

use crate::{Circumstances, Fault, Service, SignedInCaller, hasher::Admission};

/// What the act needs beside the proof, and the act itself.
pub(crate) struct Finish<C> {
    pub context: C,
    pub act: fn(Proved, &C, &mut Moment<'_>) -> Decision<ActOutcome>,
}

/// The proofs that were typed for an act.
struct ProofEntry {
    service: Service,
    session: TokenHash,
    known_browser: Option<TokenHash>,
    act: Act,
    is_password_typed: bool,
    typed: TypedCode,
    circumstances: Circumstances,
}

/// A reserved entry and what the hash said to it.
pub(crate) struct HashedProof {
    entry: Arc<ProofEntry>,
    attempt: ProofAttempt,
    verdict: PasswordVerdict,
    pub(crate) admission: Admission,
}

pub(crate) enum Proving {
    Refused(Refusal),
    Hashed(HashedProof),
}

struct Finishing<C> {
    entry: Arc<ProofEntry>,
    attempt: ProofAttempt,
    verdict: PasswordVerdict,
    finish: Finish<C>,
}

impl Service {
    /// Reserves the attempt and hashes; [`Self::finish`] settles it and does the act.
    pub(crate) async fn prove(
        &self,
        caller: SignedInCaller,
        act: Act,
        (password, typed): (Password, TypedCode),
        admission: Admission,
    ) -> Result<Proving, Fault> {
        let entry = Arc::new(ProofEntry {
            service: self.clone(),
            session: caller.session.hash(),
            known_browser: caller.known_browser.map(|token| token.hash()),
            act,
            is_password_typed: !password.is_empty(),
            typed,
            circumstances: self.circumstances(caller.visitor)?,
        });
        let attempt = match self.transact(&entry, |entry, tx| Box::pin(entry.reserve(tx))).await? {
            Reserved::Refused(refusal) => return Ok(Proving::Refused(refusal)),
            Reserved::MayHash(attempt) => attempt,
        };
        if !attempt.needs_password() {
            let verdict = PasswordVerdict::Differs;
            return Ok(Proving::Hashed(HashedProof { entry, attempt, verdict, admission }));
        }
        let hash = self.open_hash(attempt.hash())?;
        let (verdict, admission) = self.0.hasher.verify(admission, Arc::new(password), hash).await?;
        Ok(Proving::Hashed(HashedProof { entry, attempt, verdict, admission }))
    }

    /// Settles the attempt and, if every proof was right, does the act in the same transaction.
    pub(crate) async fn finish<C>(&self, hashed: HashedProof, finish: Finish<C>) -> Result<ActOutcome, Fault>
    where
        C: Send + Sync + 'static,
    {
        let HashedProof { entry, attempt, verdict, admission } = hashed;
        drop(admission);
        let finishing = Arc::new(Finishing { entry, attempt, verdict, finish });
        self.transact(&finishing, |finishing, tx| Box::pin(finishing.settle(tx))).await
    }
}

impl ProofEntry {
    async fn reserve(&self, tx: &mut Tx<'_>) -> Result<Reserved, store::Fault> {
        let found = sessions::lock(tx, &self.session, self.known_browser).await?;
        let Some((session, account)) = found else {
            return Ok(Reserved::Refused(Refusal::Over));
        };
        let state = AwaitProofs { session, account, act: self.act };
        let decision = state.reserve(self.is_password_typed, &self.typed, &self.circumstances.moment());
        commit(tx, decision).await
    }
}

impl<C> Finishing<C> {
    async fn settle(&self, tx: &mut Tx<'_>) -> Result<ActOutcome, store::Fault> {
        let entry = &self.entry;
        let found = sessions::lock(tx, &entry.session, entry.known_browser).await?;
        let Some((session, account)) = found else {
            return Ok(ActOutcome::Refused(Refusal::Over));
        };
        let app = account.usable(AuthenticatorKind::App);
        let secret = app.map(|app| entry.service.open_app_secret(&account.user.id, app)).transpose()?;
        let mut moment = entry.circumstances.moment();
        let given = GivenProofs { password: self.verdict, code: &entry.typed, secret: secret.as_ref() };
        let decision = match self.attempt.settle(Current { session, account }, &given, &mut moment) {
            Settled::Refused(refused) => refused.map(ActOutcome::Refused),
            Settled::Proved(proved) => (self.finish.act)(*proved, &self.finish.context, &mut moment),
        };
        commit(tx, decision).await
    }
}
