//! Signing in, step by step: see `core::ceremony::sign_in` for the picture.

use std::sync::Arc;

use countersign_core::{
    account::Account,
    authenticator::{password::Password, typed_code::TypedCode},
    ceremony::{
        Ceremony,
        sending::SendOutcome,
        sign_in::{
            AwaitPassword, AwaitSecondFactor, Candidate, CodeOutcome, PasswordAttempt, PasswordOutcome,
            PasswordVerdict, Reserved,
        },
    },
    message::Channel,
    moment::{Moment, Visitor},
    refusal::Refusal,
    throttle::source,
    token::{CeremonyToken, KnownBrowserToken, SessionToken, TokenHash},
    user::EmailAddress,
};
use countersign_store::{
    self as store, Tx, accounts, ceremonies,
    commit::commit,
    sources::{self, Counted},
};

use crate::{Circumstances, Fault, Service, sending::CodeWays};

/// What the browser holds from before: neither is needed to sign in.
#[derive(Default)]
pub struct Carried {
    pub known_browser: Option<KnownBrowserToken>,
    /// A session that the new one takes the place of.
    pub session: Option<SessionToken>,
}

#[derive(Clone, Copy)]
pub(crate) struct CarriedHashes {
    pub(crate) known_browser: Option<TokenHash>,
    pub(crate) session: Option<TokenHash>,
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
        if let Some(refusal) = self.slowed(&email, &carried, &visitor).await? {
            return Ok(PasswordOutcome::Refused(refusal));
        }
        let place = self.0.database.password_place()?;
        let admission = self.0.hasher.admit()?;
        let entry = Arc::new(PasswordEntry {
            service: self.clone(),
            email,
            carried: carried.hashed(),
            circumstances: self.circumstances(visitor)?,
        });
        let reserving = self.transact_password(&place, &entry, |entry, tx| Box::pin(entry.reserve(tx)));
        let attempt = match reserving.await? {
            Reserved::Refused(refusal) => return Ok(PasswordOutcome::Refused(refusal)),
            Reserved::MayHash(attempt) => attempt,
        };
        let hash = self.open_hash(attempt.hash())?;
        let (verdict, admission) = self.0.hasher.verify(admission, Arc::new(password), hash).await?;
        // The next one may hash while this one waits for the database and for a gateway.
        drop(admission);
        let hashed = Arc::new(HashedEntry { entry, attempt, verdict });
        let settling = self.transact_password(&place, &hashed, |hashed, tx| Box::pin(hashed.settle(tx)));
        let (outcome, counted) = settling.await?;
        drop(place);
        if let Some(counted) = counted {
            self.learn(&hashed.entry.circumstances, counted);
        }
        if let PasswordOutcome::SecondFactor { sent, .. } = &outcome {
            self.wait_for_code(sent.as_ref()).await;
        }
        Ok(outcome)
    }

    /// What the browser's sign-in awaits, for showing the page; `None` if it is over.
    pub async fn awaiting_code(&self, token: &CeremonyToken) -> Result<Option<CodeWays>, Fault> {
        let (hash, now) = (token.hash(), self.now());
        let found = self.0.database.read(move |tx| {
            Box::pin(async move {
                let found = ceremonies::sign_in(tx, &hash).await?;
                let is_live =
                    |(ceremony, account): &(Ceremony, Account)| ceremony.is_live(&account.user, now);
                let Some((ceremony, account)) = found.filter(is_live) else {
                    return Ok(None);
                };
                CodeWays::of(tx, &account, Some(&ceremony), now).await.map(Some)
            })
        });
        Ok(found.await?)
    }

    /// Sends a code by `channel`: the first one where another factor was asked for, or a further one.
    pub async fn send_sign_in_code(
        &self,
        (token, channel): (&CeremonyToken, Channel),
        carried: Carried,
        visitor: Visitor,
    ) -> Result<SendOutcome, Fault> {
        let entry = Arc::new(CodeEntry {
            service: self.clone(),
            ceremony: token.hash(),
            carried: carried.hashed(),
            typed: TypedCode::Missing,
            circumstances: self.circumstances(visitor)?,
        });
        let wanted = Arc::new((entry, channel));
        let outcome = self.transact(&wanted, |wanted, tx| Box::pin(wanted.0.send(wanted.1, tx))).await?;
        self.wait_for_code(Some(&outcome)).await;
        Ok(outcome)
    }

    /// The second step, in one transaction; a fault costs the attempt.
    pub async fn sign_in_with_code(
        &self,
        token: &CeremonyToken,
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
    pub(crate) fn hashed(&self) -> CarriedHashes {
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
        let known_browser = self.carried.known_browser;
        accounts::candidate(tx, &self.email, &digest, known_browser, self.circumstances.now).await
    }
}

impl HashedEntry {
    /// What a failure means for its network is counted behind it, in the same transaction.
    async fn settle(&self, tx: &mut Tx<'_>) -> Result<(PasswordOutcome, Option<Counted>), store::Fault> {
        let mut candidate = self.entry.load(tx).await?;
        // A right password of somebody with nothing stronger than a phone or a mailbox is answered with a code.
        if let (Candidate::Known(account), PasswordVerdict::Matches(_)) = (&mut candidate, self.verdict) {
            let to = account.usual_reach().map(|(_, to)| to);
            self.entry.service.load_budget(tx, account, to, &self.entry.circumstances).await?;
        }
        let mut moment = self.entry.circumstances.moment();
        let counts = candidate.counts_against_its_network();
        let decision = self.attempt.settle(candidate, self.verdict, self.entry.carried.session, &mut moment);
        let outcome = commit(tx, decision).await?;
        let is_wrong = matches!(outcome, PasswordOutcome::Refused(_));
        let counted =
            if is_wrong && counts { Some(self.count_sources(tx, &mut moment).await?) } else { None };
        Ok((outcome, counted))
    }

    async fn count_sources(&self, tx: &mut Tx<'_>, moment: &mut Moment<'_>) -> Result<Counted, store::Fault> {
        let rules = &self.entry.service.0.source_rules;
        let counted = sources::counted(tx, moment.visitor, rules, moment.now).await?;
        if counted.flood_until.is_some() {
            commit(tx, source::tell_of_flood(rules, moment)).await?;
        }
        Ok(counted)
    }
}

impl CodeEntry {
    async fn send(&self, channel: Channel, tx: &mut Tx<'_>) -> Result<SendOutcome, store::Fault> {
        let Some(mut state) = self.load(tx).await? else {
            return Ok(SendOutcome::Refused(Refusal::Over));
        };
        let to = state.account.reach(channel).map(|(_, to)| to);
        self.service.load_budget(tx, &mut state.account, to, &self.circumstances).await?;
        commit(tx, state.code_wanted(channel, &mut self.circumstances.moment())).await
    }

    async fn judge(&self, tx: &mut Tx<'_>) -> Result<CodeOutcome, store::Fault> {
        let Some(state) = self.load(tx).await? else {
            return Ok(CodeOutcome::Refused(Refusal::Over));
        };
        let secret = self.service.usable_app_secret(&state.account)?;
        self.service.check_look_up_secrets(&state.account)?;
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
