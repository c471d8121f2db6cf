//! Proving again before a sensitive act, for whichever act: see `core::ceremony::step_up` for the picture.

use std::sync::Arc;

use countersign_core::{
    authenticator::{password::Password, typed_code::TypedCode},
    ceremony::{
        CeremonyPurpose, Decision,
        sending::SendOutcome,
        sign_in::PasswordVerdict,
        step_up::{
            Act, ActOutcome, AwaitProofs, Current, GivenProofs, ProofAttempt, Proved, Reserved, Settled,
        },
    },
    message::Channel,
    moment::Moment,
    refusal::Refusal,
    token::{SessionToken, TokenHash},
};
use countersign_store::{self as store, Tx, ceremonies, commit::commit, sessions};

use crate::{
    Circumstances, Fault, Service, SignedInCaller, beats::Step, hasher::Admission, sending::CodeWays,
    sessions::live,
};

/// What the act needs beside the proof, and the act itself.
pub(crate) struct Finish<C> {
    pub context: C,
    pub act: fn(Proved, &C, &mut Moment<'_>) -> Decision<ActOutcome>,
}

/// The same for an act upon somebody or something else, whose rows are loaded and locked behind the session's.
pub(crate) struct FinishUpon<C, T> {
    pub context: C,
    pub load: Step<C, T>,
    pub act: fn(Proved, (&C, T), &mut Moment<'_>) -> Decision<ActOutcome>,
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

/// A reserved entry and what the hash said to it, if anything was hashed.
pub(crate) struct CountedProof {
    entry: Arc<ProofEntry>,
    attempt: ProofAttempt,
    verdict: PasswordVerdict,
}

pub(crate) struct HashedProof {
    counted: CountedProof,
    pub(crate) admission: Admission,
}

pub(crate) enum Proving {
    Refused(Refusal),
    Hashed(HashedProof),
}

struct Finishing<C> {
    counted: CountedProof,
    finish: Finish<C>,
}

struct FinishingUpon<C, T> {
    counted: CountedProof,
    finish: FinishUpon<C, T>,
}

/// A code that is wanted for an act.
struct CodeWanted {
    service: Service,
    session: TokenHash,
    known_browser: Option<TokenHash>,
    act: Act,
    channel: Channel,
    circumstances: Circumstances,
}

impl Service {
    /// Sends a code by `channel` to somebody who must prove a current factor for an act.
    pub async fn send_act_code(
        &self,
        caller: SignedInCaller,
        act: Act,
        channel: Channel,
    ) -> Result<SendOutcome, Fault> {
        let wanted = Arc::new(CodeWanted {
            service: self.clone(),
            session: caller.session.hash(),
            known_browser: caller.known_browser.map(|token| token.hash()),
            act,
            channel,
            circumstances: self.circumstances(caller.visitor)?,
        });
        let outcome = self.transact(&wanted, |wanted, tx| Box::pin(wanted.send(tx))).await?;
        self.wait_for_code(Some(&outcome)).await;
        Ok(outcome)
    }

    /// Where the code for an act comes from, for showing its page; `None` without a live session.
    pub async fn act_code(&self, token: &SessionToken, act: Act) -> Result<Option<CodeWays>, Fault> {
        let (hash, now) = (token.hash(), self.now());
        let found = self.0.database.read(move |tx| {
            Box::pin(async move {
                let Some((session, account)) = live(tx, &hash, now).await? else { return Ok(None) };
                let asked = ceremonies::of_session(tx, &session, CeremonyPurpose::Prove(act)).await?;
                let asked = asked.filter(|asked| asked.is_live(&account.user, now));
                CodeWays::of(tx, &account, asked.as_ref(), now).await.map(Some)
            })
        });
        Ok(found.await?)
    }

    /// Does an act that takes nothing but its proofs.
    pub(crate) async fn do_proved(
        &self,
        caller: SignedInCaller,
        act: Act,
        proofs: (Password, TypedCode),
        decide: fn(Proved, &mut Moment<'_>) -> Decision<ActOutcome>,
    ) -> Result<ActOutcome, Fault> {
        match self.prove(caller, act, proofs, self.0.hasher.admit()?).await? {
            Proving::Refused(refusal) => Ok(ActOutcome::Refused(refusal)),
            Proving::Hashed(hashed) => {
                let finish = Finish { context: decide, act: |proved, decide, moment| decide(proved, moment) };
                self.finish(hashed, finish).await
            }
        }
    }

    /// Reserves the attempt and hashes; [`Self::finish`] settles it and does the act.
    pub(crate) async fn prove(
        &self,
        caller: SignedInCaller,
        act: Act,
        (password, typed): (Password, TypedCode),
        admission: Admission,
    ) -> Result<Proving, Fault> {
        let mut counted = match self.count_proof(caller, act, !password.is_empty(), typed).await? {
            Ok(counted) => counted,
            Err(refusal) => return Ok(Proving::Refused(refusal)),
        };
        if !counted.attempt.needs_password() {
            return Ok(Proving::Hashed(HashedProof { counted, admission }));
        }
        let hash = self.open_hash(counted.attempt.hash())?;
        let (verdict, admission) = self.0.hasher.verify(admission, Arc::new(password), hash).await?;
        counted.verdict = verdict;
        Ok(Proving::Hashed(HashedProof { counted, admission }))
    }

    /// Reserves the attempt. Nothing is hashed for an act that no password proves, so it waits for no place.
    pub(crate) async fn count_proof(
        &self,
        caller: SignedInCaller,
        act: Act,
        is_password_typed: bool,
        typed: TypedCode,
    ) -> Result<Result<CountedProof, Refusal>, Fault> {
        let entry = Arc::new(ProofEntry {
            service: self.clone(),
            session: caller.session.hash(),
            known_browser: caller.known_browser.map(|token| token.hash()),
            act,
            is_password_typed,
            typed,
            circumstances: self.circumstances(caller.visitor)?,
        });
        Ok(match self.transact(&entry, |entry, tx| Box::pin(entry.reserve(tx))).await? {
            Reserved::Refused(refusal) => Err(refusal),
            Reserved::MayHash(attempt) => {
                Ok(CountedProof { entry, attempt, verdict: PasswordVerdict::Differs })
            }
        })
    }

    /// Settles the attempt and, if every proof was right, does the act in the same transaction.
    pub(crate) async fn finish<C>(&self, hashed: HashedProof, finish: Finish<C>) -> Result<ActOutcome, Fault>
    where
        C: Send + Sync + 'static,
    {
        let HashedProof { counted, admission } = hashed;
        drop(admission);
        let finishing = Arc::new(Finishing { counted, finish });
        self.transact(&finishing, |finishing, tx| Box::pin(finishing.settle(tx))).await
    }

    /// The same for an act upon somebody or something else.
    pub(crate) async fn finish_upon<C, T>(
        &self,
        counted: CountedProof,
        finish: FinishUpon<C, T>,
    ) -> Result<ActOutcome, Fault>
    where
        C: Send + Sync + 'static,
        T: Send + 'static,
    {
        let finishing = Arc::new(FinishingUpon { counted, finish });
        self.transact(&finishing, |finishing, tx| Box::pin(finishing.settle(tx))).await
    }
}

impl CodeWanted {
    async fn send(&self, tx: &mut Tx<'_>) -> Result<SendOutcome, store::Fault> {
        let found = sessions::lock(tx, &self.session, self.known_browser).await?;
        let Some((session, mut account)) = found else {
            return Ok(SendOutcome::Refused(Refusal::Over));
        };
        let to = account.reach(self.channel).map(|(_, to)| to);
        self.service.load_budget(tx, &mut account, to, &self.circumstances).await?;
        let asked = ceremonies::of_session(tx, &session, CeremonyPurpose::Prove(self.act)).await?;
        let state = AwaitProofs { session, account, act: self.act, asked };
        commit(tx, state.code_wanted(self.channel, &mut self.circumstances.moment())).await
    }
}

impl ProofEntry {
    async fn reserve(&self, tx: &mut Tx<'_>) -> Result<Reserved, store::Fault> {
        let found = sessions::lock(tx, &self.session, self.known_browser).await?;
        let Some((session, account)) = found else {
            return Ok(Reserved::Refused(Refusal::Over));
        };
        let asked = ceremonies::of_session(tx, &session, CeremonyPurpose::Prove(self.act)).await?;
        let state = AwaitProofs { session, account, act: self.act, asked };
        let decision = state.reserve(self.is_password_typed, &self.typed, &self.circumstances.moment());
        commit(tx, decision).await
    }
}

impl CountedProof {
    async fn settle(&self, tx: &mut Tx<'_>, moment: &mut Moment<'_>) -> Result<Settled, store::Fault> {
        let entry = &self.entry;
        let found = sessions::lock(tx, &entry.session, entry.known_browser).await?;
        let Some((session, account)) = found else {
            return Ok(Settled::Refused(Decision::without_writes(Refusal::Over)));
        };
        let asked = ceremonies::of_session(tx, &session, CeremonyPurpose::Prove(entry.act)).await?;
        let secret = entry.service.usable_app_secret(&account)?;
        let given = GivenProofs { password: self.verdict, code: &entry.typed, secret: secret.as_ref() };
        Ok(self.attempt.settle(Current { session, account, asked }, &given, moment))
    }
}

impl<C> Finishing<C> {
    async fn settle(&self, tx: &mut Tx<'_>) -> Result<ActOutcome, store::Fault> {
        let mut moment = self.counted.entry.circumstances.moment();
        let decision = match self.counted.settle(tx, &mut moment).await? {
            Settled::Refused(refused) => refused.map(ActOutcome::Refused),
            Settled::Proved(proved) => (self.finish.act)(*proved, &self.finish.context, &mut moment),
        };
        commit(tx, decision).await
    }
}

impl<C, T> FinishingUpon<C, T> {
    async fn settle(&self, tx: &mut Tx<'_>) -> Result<ActOutcome, store::Fault> {
        let mut moment = self.counted.entry.circumstances.moment();
        let decision = match self.counted.settle(tx, &mut moment).await? {
            Settled::Refused(refused) => refused.map(ActOutcome::Refused),
            Settled::Proved(proved) => {
                let context = &self.finish.context;
                let touched = (self.finish.load)(context, tx).await?;
                (self.finish.act)(*proved, (context, touched), &mut moment)
            }
        };
        commit(tx, decision).await
    }
}
