//! Proving again, within a session, that the person is still the person, right before a sensitive act.
//!
//! ```text
//!   AwaitProofs ── reserve ─▶ ProofAttempt ── settle ─┬─ wrong ─▶ Refused; the fifth ends the session (A55)
//!                   counts it    (hash here)          └─ right ─▶ Proved ─▶ the act
//! ```
//!
//! [`Proved`] can be made here only, and every sensitive act takes one: a forgotten check does not compile.
//! Which proofs an act needs is the policy's word (REQUIREMENTS.md part 6).

use super::{
    Claim, Decision, Write,
    attempt::{self, JudgedCode},
    sign_in::PasswordVerdict,
};
use crate::{
    account::Account,
    assurance::{Evidence, Proof},
    audit::event::{AuditEvent, AuditKind},
    authenticator::{
        AuthenticatorKind,
        password::StoredHash,
        totp::{AppSecret, TypedCode},
    },
    moment::Moment,
    policy::Proofs,
    refusal::Refusal,
    session::{STEP_UP_FAILURES_MAX, Session, SessionEnd},
    token::SessionToken,
};

/// What the proof is for; a proof for one act is none for another (A54).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    TurnOnTwoFactor,
    TurnOffTwoFactor,
    ChangePassword,
}

impl Act {
    fn as_str(self) -> &'static str {
        match self {
            Self::TurnOnTwoFactor => "turn_on",
            Self::TurnOffTwoFactor => "turn_off",
            Self::ChangePassword => "change_password",
        }
    }
}

pub struct AwaitProofs {
    pub session: Session,
    pub account: Account,
    pub act: Act,
}

pub enum Reserved {
    Refused(Refusal),
    MayHash(ProofAttempt),
}

/// An attempt that is counted as wrong until it is settled.
pub struct ProofAttempt {
    act: Act,
    needed: Proofs,
    password: Option<StoredHash>,
    caused_lock: bool,
}

/// Every proof that the act needs was given just now.
pub struct Proved {
    pub(super) act: Act,
    pub(super) session: Session,
    pub(super) account: Account,
    pub(super) evidence: Evidence,
    claims: Vec<Claim>,
    writes: Vec<Write>,
}

/// What became of a sensitive act.
pub enum ActOutcome {
    Refused(Refusal),
    /// It is done, and from now on the session has this token.
    Done {
        session: SessionToken,
    },
}

/// Session and account as they are at the settling, loaded and locked together.
pub struct Current {
    pub session: Session,
    pub account: Account,
}

/// What the hash said, what was typed as a code, and the secret of the app that it should come from.
pub struct GivenProofs<'p> {
    pub password: PasswordVerdict,
    pub code: &'p TypedCode,
    pub secret: Option<&'p AppSecret>,
}

pub enum Settled {
    Refused(Decision<Refusal>),
    Proved(Box<Proved>),
}

impl Account {
    /// What this person must prove before an act; a current factor of those only who have one.
    pub fn proofs_for(&self, act: Act) -> Proofs {
        let policy = self.policy();
        let demanded = match act {
            Act::TurnOnTwoFactor => policy.proofs_to_turn_on,
            Act::TurnOffTwoFactor => policy.proofs_to_turn_off,
            Act::ChangePassword => policy.proofs_to_change_password,
        };
        Proofs {
            current_factor: demanded.current_factor && self.second_factors().next().is_some(),
            ..demanded
        }
    }
}

impl AwaitProofs {
    /// Counts the attempt in advance on the name's ladder and on the session, unless the name is locked.
    pub fn reserve(
        self,
        is_password_typed: bool,
        typed: &TypedCode,
        moment: &Moment<'_>,
    ) -> Decision<Reserved> {
        let Self { session, account, act } = self;
        if !session.is_live(&account.user, moment.now) {
            return Decision::without_writes(Reserved::Refused(Refusal::Over));
        }
        if let Some(lock) = account.lane.ladder.lock_at(moment.now) {
            return Decision::without_writes(Reserved::Refused(attempt::locked(lock, moment)));
        }
        let needed = account.proofs_for(act);
        if needed.current_factor && account.usable(AuthenticatorKind::App).is_none() {
            return Decision::without_writes(Reserved::Refused(Refusal::SecondFactorDisabled));
        }
        let is_code_missing = needed.current_factor && matches!(typed, TypedCode::Missing);
        if is_code_missing || (needed.password && !is_password_typed) {
            return Decision::without_writes(Reserved::Refused(Refusal::Missing));
        }
        let counted = attempt::count(&account.lane, account.policy().ladder, moment);
        let password = account.password().filter(|_| needed.password);
        let mut writes = vec![
            Write::PutLane(counted.lane),
            Write::PutStepUpFailures {
                failures: session.step_up_failures.saturating_add(1),
                session: session.id,
            },
        ];
        writes.extend(password.map(|password| Write::PutFailures {
            authenticator: password.id.clone(),
            failures: password.failures.clone().counted(moment.now),
        }));
        let attempt = ProofAttempt {
            act,
            needed,
            password: password.map(|password| StoredHash::of(&account, password)),
            caused_lock: counted.lock.is_some(),
        };
        Decision::new(Reserved::MayHash(attempt), writes)
    }
}

impl ProofAttempt {
    pub fn needs_password(&self) -> bool {
        self.needed.password
    }

    /// The hash to compare with, where a password is needed and there is one in use.
    pub fn hash(&self) -> Option<&StoredHash> {
        self.password.as_ref()
    }

    /// Settles the attempt against session and account as they are now.
    pub fn settle(&self, current: Current, proofs: &GivenProofs<'_>, moment: &mut Moment<'_>) -> Settled {
        let Current { session, account } = current;
        if !session.is_live(&account.user, moment.now) {
            return Settled::Refused(Decision::without_writes(Refusal::Over));
        }
        let mut evidence = session.evidence.clone();
        let (mut claims, mut writes) = (Vec::new(), Vec::new());
        if self.needed.password {
            match self.judge_password(&account, proofs.password, moment) {
                Ok((proof, taken_back)) => {
                    evidence = evidence.and(proof);
                    writes.push(taken_back);
                }
                Err(wrong) => return self.refused(&session, &account, wrong, moment),
            }
        }
        if self.needed.current_factor {
            let (Some(app), Some(secret)) = (account.usable(AuthenticatorKind::App), proofs.secret) else {
                return Settled::Refused(Decision::new(Refusal::SecondFactorDisabled, writes));
            };
            match attempt::judge_code(&account, app, secret, proofs.code, moment) {
                JudgedCode::Right { claim, proof } => {
                    evidence = evidence.and(proof);
                    claims.push(claim);
                }
                JudgedCode::Wrong { writes: more, .. } => {
                    writes.extend(more);
                    return self.refused(&session, &account, writes, moment);
                }
                JudgedCode::ReplayedAgain => {
                    return self.refused(&session, &account, writes, moment);
                }
            }
        }
        Settled::Proved(Box::new(Proved::new(
            self.act,
            Current { session, account },
            evidence,
            (claims, writes),
        )))
    }

    /// The proof and the write that takes its count in advance back, or what a wrong password demands.
    fn judge_password(
        &self,
        account: &Account,
        verdict: PasswordVerdict,
        moment: &mut Moment<'_>,
    ) -> Result<(Proof, Write), Vec<Write>> {
        let Some(password) = account.password() else { return Err(Vec::new()) };
        let is_same = self.password.as_ref().is_some_and(|hash| hash.is_of(password));
        if !is_same || verdict != PasswordVerdict::Matches {
            return Err(attempt::cap_writes(account, password, moment));
        }
        let failures = password.failures.clone().taken_back();
        let taken_back = Write::PutFailures { authenticator: password.id.clone(), failures };
        Ok((attempt::proof(password, moment.now), taken_back))
    }

    fn refused(
        &self,
        session: &Session,
        account: &Account,
        mut writes: Vec<Write>,
        moment: &mut Moment<'_>,
    ) -> Settled {
        let lock = account.lane.ladder.lock_at(moment.now);
        let left = account.lane.ladder.left(account.policy().ladder);
        let wrong = match (self.needed.password, self.needed.current_factor) {
            (true, true) => Refusal::WrongProof { left },
            (_, false) => Refusal::WrongPassword { left },
            (false, true) => Refusal::WrongCode { left },
        };
        let reason = format!(
            "{} act={} failures={} in_session={}",
            wrong.code(),
            self.act.as_str(),
            account.lane.ladder.failures,
            session.step_up_failures
        );
        let event = AuditEvent::new(AuditKind::StepUpRefused, reason, moment);
        writes.push(Write::Audit(event.about(account).in_session(&session.id)));
        if let Some(lock) = lock.filter(|_| self.caused_lock) {
            writes.extend(attempt::lock_writes(account, lock, moment));
        }
        if session.step_up_failures >= STEP_UP_FAILURES_MAX {
            let end = SessionEnd::StepUpFailures;
            writes.push(Write::EndSession { session: session.id.clone(), end, at: moment.now });
            return Settled::Refused(Decision::new(Refusal::SessionEnded, writes));
        }
        let refusal = lock.map_or(wrong, |lock| attempt::locked(lock, moment));
        Settled::Refused(Decision::new(refusal, writes))
    }
}

impl Proved {
    /// The attempt was right: its count in advance is taken back, and the session's row of wrong ones ends.
    fn new(
        act: Act,
        Current { session, mut account }: Current,
        evidence: Evidence,
        (claims, mut writes): (Vec<Claim>, Vec<Write>),
    ) -> Self {
        account.lane.ladder = account.lane.ladder.taken_back();
        writes.extend([
            Write::PutLane(account.lane.clone()),
            Write::PutStepUpFailures { session: session.id.clone(), failures: 0 },
        ]);
        Self { act, session, account, evidence, claims, writes }
    }

    /// Does the act: beside its own `writes`, the session goes on under a new token with what it proved
    /// (A51). Where the act changed what protects the account, everything else that was granted ends with
    /// the old epoch (A52).
    pub(super) fn done(
        mut self,
        ends_others: bool,
        writes: impl IntoIterator<Item = Write>,
        moment: &mut Moment<'_>,
    ) -> Decision<ActOutcome> {
        let token = SessionToken::mint(&mut moment.rng);
        let mut epoch = self.account.user.epoch;
        if ends_others {
            epoch += 1;
            self.writes.extend(attempt::raise_epoch(&self.account, epoch));
        }
        self.writes.push(Write::RenewSession {
            session: self.session.id,
            token: token.hash(),
            user_epoch: epoch,
            evidence: self.evidence,
        });
        self.writes.extend(writes);
        Decision::new(ActOutcome::Done { session: token }, self.writes).claiming(self.claims)
    }

    /// The proof was right, but the act is not for this person or not for this proof: nothing but the proof
    /// is recorded.
    pub(super) fn not_allowed(self) -> Decision<ActOutcome> {
        Decision::new(ActOutcome::Refused(Refusal::NotAllowed), self.writes).claiming(self.claims)
    }
}
