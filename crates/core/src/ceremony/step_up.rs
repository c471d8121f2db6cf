//! Proving again, within a session, that the person is still the person, right before a sensitive act.
//!
//! ```text
//!   AwaitProofs ── reserve ─▶ ProofAttempt ── settle ─┬─ wrong ─▶ Refused; the fifth ends the session (A55)
//!                   counts it    (hash here)          └─ right ─▶ Proved ─▶ the act
//! ```
//!
//! [`Proved`] can be made here only, and every sensitive act takes one: a forgotten check does not compile.
//! Which proofs an act needs, see [`super::act`].

pub use super::act::Act;
use super::{
    Ceremony, CeremonyEnd, CeremonyPurpose, Claim, Decision, PROVE_LIFE, Write,
    attempt::{self, Entry, JudgedCode},
    sending::{self, SendOutcome, Wanted},
    sign_in::PasswordVerdict,
    write::NewCeremony,
};
use crate::{
    account::Account,
    assurance::{Evidence, Proof},
    audit::event::{AuditEvent, AuditKind},
    authenticator::{
        AuthenticatorKind,
        password::{PasswordLength, StoredHash},
        totp::AppSecret,
        typed_code::TypedCode,
    },
    id::CeremonyId,
    message::Channel,
    moment::Moment,
    policy::Proofs,
    refusal::Refusal,
    session::{STEP_UP_FAILURES_MAX, Session, SessionEnd},
    throttle::budget::Sends,
    token::SessionToken,
};

pub struct AwaitProofs {
    pub session: Session,
    pub account: Account,
    pub act: Act,
    /// The ceremony in which a code for this act was sent, if one was.
    pub asked: Option<Ceremony>,
}

pub enum Reserved {
    Refused(Refusal),
    MayHash(ProofAttempt),
}

/// An attempt that is counted as wrong until it is settled.
pub struct ProofAttempt {
    act: Act,
    needed: Proofs,
    /// For a second factor that was lost.
    stands_in: Option<Proof>,
    password: Option<StoredHash>,
    caused_lock: bool,
}

/// Every proof that the act needs was given just now.
pub struct Proved {
    pub(super) act: Act,
    pub(super) session: Session,
    pub(super) account: Account,
    pub(super) evidence: Evidence,
    /// The proofs of this act alone, without what the session had proved before (A53).
    pub(super) given: Evidence,
    /// Of the password that was typed, if the act needed it.
    pub(super) password: Option<PasswordLength>,
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
    /// See [`AwaitProofs`].
    pub asked: Option<Ceremony>,
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

impl AwaitProofs {
    /// Sends a code by `channel` to a person who must prove a current factor: the first one opens a ceremony
    /// for this act, and what is sent in it is good for this act only (A54).
    pub fn code_wanted(&self, channel: Channel, moment: &mut Moment<'_>) -> Decision<SendOutcome> {
        let Self { session, account, act, asked } = self;
        let refused = |refusal| Decision::without_writes(SendOutcome::Refused(refusal));
        if !session.is_live(&account.user, moment.now) {
            return refused(Refusal::Over);
        }
        if let Some(lock) = account.lane.ladder.lock_for(moment.now, moment.visitor.browser) {
            return refused(attempt::locked(lock, moment));
        }
        if act.is_of_operators() && !account.user.is_operator() {
            return refused(Refusal::NotAllowed);
        }
        let is_needed = session.proofs_for(account, *act, moment.now).current_factor;
        let Some((factor, to)) = account.reach(channel).filter(|_| is_needed) else {
            return refused(Refusal::NotAllowed);
        };
        if let Some(asked) = asked.as_ref().filter(|asked| asked.is_live(&account.user, moment.now)) {
            let (outcome, writes) = sending::again(account, asked, (&factor.id, &to), moment);
            return Decision::new(outcome, writes);
        }
        let purpose = CeremonyPurpose::Prove(*act);
        let (ceremony, mut writes) = self.open_ceremony(purpose, moment);
        let (sends, until) = (Sends::default(), moment.now.plus(PROVE_LIFE));
        let authenticator = &factor.id;
        let wanted = Wanted { ceremony: &ceremony, purpose, sends, until, authenticator, to: &to };
        let (outcome, more) = sending::send(account, &wanted, moment);
        writes.extend(more);
        Decision::new(outcome, writes)
    }

    fn open_ceremony(&self, purpose: CeremonyPurpose, moment: &mut Moment<'_>) -> (CeremonyId, Vec<Write>) {
        let id = CeremonyId::mint(moment.now, &mut moment.rng);
        let user = self.account.user.id.clone();
        let ceremony = NewCeremony {
            id: id.clone(),
            token: None,
            purpose,
            lane: self.account.lane.subject.clone(),
            user: user.clone(),
            user_epoch: self.account.user.epoch,
            session: Some(self.session.id.clone()),
            evidence: Evidence::default(),
            created_at: moment.now,
            expires_at: moment.now.plus(PROVE_LIFE),
        };
        let supersede = Write::SupersedeCeremonies { user, purpose, keep: 0, at: moment.now };
        (id, vec![supersede, Write::OpenCeremony(ceremony)])
    }

    /// Counts the attempt in advance on the name's ladder and on the session, unless the name is locked.
    pub fn reserve(
        self,
        is_password_typed: bool,
        typed: &TypedCode,
        moment: &Moment<'_>,
    ) -> Decision<Reserved> {
        let Self { session, account, act, asked } = self;
        if !session.is_live(&account.user, moment.now) {
            return Decision::without_writes(Reserved::Refused(Refusal::Over));
        }
        if let Some(lock) = account.lane.ladder.lock_for(moment.now, moment.visitor.browser) {
            return Decision::without_writes(Reserved::Refused(attempt::locked(lock, moment)));
        }
        let needed = session.proofs_for(&account, act, moment.now);
        if needed.current_factor && account.usual().is_none() {
            return Decision::without_writes(Reserved::Refused(Refusal::SecondFactorDisabled));
        }
        let is_code_out = attempt::has_live_code(&account, asked.as_ref(), moment);
        if needed.current_factor && account.usable(AuthenticatorKind::App).is_none() && !is_code_out {
            return Decision::without_writes(Reserved::Refused(Refusal::CodeExpired));
        }
        // What was meant as a look-up secret is no code of any act, right or mistyped.
        let is_code_missing = needed.current_factor && !typed.is_fresh_code();
        if is_code_missing || (needed.password && !is_password_typed) {
            return Decision::without_writes(Reserved::Refused(Refusal::Missing));
        }
        let stands_in = session.stand_in(&account, act, moment.now).cloned();
        if needed == Proofs::NONE {
            // Nothing is compared, so nothing is counted or forgiven.
            let attempt = ProofAttempt { act, needed, stands_in, password: None, caused_lock: false };
            return Decision::without_writes(Reserved::MayHash(attempt));
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
            stands_in,
            password: password.and_then(|password| StoredHash::of(&account, password)),
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
        let Current { session, account, asked } = current;
        if !session.is_live(&account.user, moment.now) {
            return Settled::Refused(Decision::without_writes(Refusal::Over));
        }
        // What was sent may be over, and an app's code is good without it.
        let asked = asked.filter(|asked| asked.is_live(&account.user, moment.now));
        let mut given = self.stands_in.clone().map(Evidence::of).unwrap_or_default();
        let (mut claims, mut writes) = (Vec::new(), Vec::new());
        if self.needed.password {
            match self.judge_password(&account, proofs.password, moment) {
                Ok((proof, taken_back)) => {
                    given = given.and(proof);
                    writes.push(taken_back);
                }
                Err(wrong) => return self.refused(&session, &account, wrong, moment),
            }
        }
        if self.needed.current_factor {
            let asked = asked.as_ref();
            let entry = Entry { typed: proofs.code, secret: proofs.secret, ceremony: asked };
            match attempt::judge_code(&account, entry, moment) {
                JudgedCode::Right { claims: more, writes: used, proof } => {
                    given = given.and(proof);
                    claims.extend(more);
                    claims.extend(asked.map(|asked| Claim::EndCeremony {
                        ceremony: asked.id.clone(),
                        end: CeremonyEnd::Completed,
                        at: moment.now,
                    }));
                    writes.extend(used);
                }
                JudgedCode::Wrong { writes: more, .. } => {
                    writes.extend(more);
                    return self.refused(&session, &account, writes, moment);
                }
                // Counted as wrong since the reservation: what was there to compare with then is gone.
                JudgedCode::ReplayedAgain | JudgedCode::NothingToCompare => {
                    return self.refused(&session, &account, writes, moment);
                }
            }
        }
        let password = match proofs.password {
            PasswordVerdict::Matches(length) if self.needed.password => Some(length),
            PasswordVerdict::Matches(_) | PasswordVerdict::Differs => None,
        };
        let proofs = (given, password);
        Settled::Proved(Box::new(Proved::new(
            (self.act, self.needed),
            (session, account),
            proofs,
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
        if !is_same || verdict == PasswordVerdict::Differs {
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
        let lock = account.lane.ladder.lock_for(moment.now, moment.visitor.browser);
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
        (act, needed): (Act, Proofs),
        (session, mut account): (Session, Account),
        (given, password): (Evidence, Option<PasswordLength>),
        (claims, mut writes): (Vec<Claim>, Vec<Write>),
    ) -> Self {
        if needed != Proofs::NONE {
            account.lane.ladder = account.lane.ladder.taken_back();
            writes.extend([
                Write::PutLane(account.lane.clone()),
                Write::PutStepUpFailures { session: session.id.clone(), failures: 0 },
            ]);
        }
        let evidence = session.evidence.clone().and_all(&given);
        Self { act, session, account, evidence, given, password, claims, writes }
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

    /// The proof was right, but the act is not for this person or not for this proof.
    pub(super) fn not_allowed(self) -> Decision<ActOutcome> {
        self.refused(Refusal::NotAllowed)
    }

    /// The proof was right, and the act is refused: nothing but the proof is recorded.
    pub(super) fn refused(self, refusal: Refusal) -> Decision<ActOutcome> {
        Decision::new(ActOutcome::Refused(refusal), self.writes).claiming(self.claims)
    }
}
