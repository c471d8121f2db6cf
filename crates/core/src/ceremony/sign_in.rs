//! Signing in: password first, then the second factor where one is required.
//!
//! ```text
//!                 locked ▶ Refused
//!                   │
//!   AwaitPassword ──┴─ reserve ─▶ PasswordAttempt ── settle ─┬─ wrong ─▶ Refused (the count stays)
//!                      counts it     (hash here)             ├─ right, nothing else required ─▶ SignedIn
//!                                                            └─ right ─▶ AwaitSecondFactor ◀── code_wanted
//!                                                               (code sent)  │ code_typed
//!                        Refused ◀─ wrong, replayed, locked, over ───────────┼─ right ─▶ SignedIn
//!                                                     a look-up secret: ─────┘
//!                                                     see `recover`, `use_backup_code`
//! ```
//!
//! Hashing is slow, so the password takes two transactions: `reserve` counts the attempt as wrong before
//! anything is compared, `settle` takes the count back if it was right. Every path to a session in this
//! file ends in [`super::signed_in`], and nowhere else is one made.

use super::{
    CEREMONIES_MAX, Ceremony, CeremonyEnd, CeremonyPurpose, Claim, Decision, SIGN_IN_LIFE, Write,
    attempt::{self, Entry, JudgedCode},
    sending::{self, SendOutcome, Wanted},
    signed_in::signed_in,
    write::NewCeremony,
};
pub use super::{candidate::Candidate, signed_in::SignedIn};
use crate::{
    account::Account,
    assurance::Evidence,
    audit::event::{AuditEvent, AuditKind},
    authenticator::{
        Authenticator,
        password::{PasswordLength, StoredHash},
        totp::AppSecret,
        typed_code::TypedCode,
    },
    id::CeremonyId,
    message::Channel,
    moment::Moment,
    policy::requirement::{Lack, Reason, Required},
    refusal::Refusal,
    throttle::{budget::Sends, ladder::LadderSubject},
    token::{CeremonyToken, TokenHash},
};

/// A name was typed and a password with it; nothing was looked at yet.
pub struct AwaitPassword {
    pub candidate: Candidate,
}

/// What became of the wish to have a password hashed.
pub enum Reserved {
    Refused(Refusal),
    MayHash(PasswordAttempt),
}

/// An attempt that is counted as wrong until it is settled.
pub struct PasswordAttempt {
    password: Option<StoredHash>,
    caused_lock: bool,
}

/// What the hash said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordVerdict {
    Matches(PasswordLength),
    Differs,
}

pub enum PasswordOutcome {
    Refused(Refusal),
    /// `sent` is what became of the code to phone or mailbox, where that is the way in (CR-12, CR-16, B3-7).
    SecondFactor {
        token: CeremonyToken,
        sent: Option<SendOutcome>,
    },
    SignedIn(SignedIn),
}

/// The password was right and a second factor is required; grants nothing.
pub struct AwaitSecondFactor {
    pub ceremony: Ceremony,
    pub account: Account,
    /// The session that the browser still holds; a new one takes its place.
    pub replaces: Option<TokenHash>,
}

pub enum CodeOutcome {
    Refused(Refusal),
    /// By a recovery key: the new one is to be saved before the person is signed in (CRT-20).
    Recovered,
    SignedIn(SignedIn),
}

impl AwaitPassword {
    /// Counts the attempt in advance, unless the name is locked: then nothing is hashed, compared or
    /// counted, and a right password gets the same answer as a wrong one (A29).
    pub fn reserve(self, moment: &Moment<'_>) -> Decision<Reserved> {
        let lane = self.candidate.lane();
        if let Some(lock) = lane.ladder.lock_for(moment.now, moment.visitor.browser) {
            return Decision::without_writes(Reserved::Refused(attempt::locked(lock, moment)));
        }
        let counted = attempt::count(lane, self.candidate.ladder_rules(), moment);
        let mut writes = vec![Write::PutLane(counted.lane)];
        let password = self.candidate.password();
        writes.extend(password.map(|password| Write::PutFailures {
            authenticator: password.id.clone(),
            failures: password.failures.clone().counted(moment.now),
        }));
        let attempt = PasswordAttempt {
            password: self
                .candidate
                .account()
                .zip(password)
                .and_then(|(account, password)| StoredHash::of(account, password)),
            caused_lock: counted.lock.is_some(),
        };
        Decision::new(Reserved::MayHash(attempt), writes)
    }
}

impl PasswordAttempt {
    /// The hash to compare with; where there is none, a dummy of the same cost is to be hashed (A35).
    pub fn hash(&self) -> Option<&StoredHash> {
        self.password.as_ref()
    }

    /// Settles the attempt against the account as it is now, which may have changed during the hashing.
    pub fn settle(
        &self,
        candidate: Candidate,
        verdict: PasswordVerdict,
        replaces: Option<TokenHash>,
        moment: &mut Moment<'_>,
    ) -> Decision<PasswordOutcome> {
        let is_same =
            |password: &&Authenticator| self.password.as_ref().is_some_and(|hash| hash.is_of(password));
        let password = candidate.password().filter(is_same).cloned();
        match (candidate, password, verdict) {
            (Candidate::Known(account), Some(password), PasswordVerdict::Matches(length)) => {
                password_right(*account, (password, length), replaces, moment)
            }
            (candidate, _, _) => password_wrong(&candidate, self.caused_lock, moment),
        }
    }
}

fn password_wrong(
    candidate: &Candidate,
    caused_lock: bool,
    moment: &mut Moment<'_>,
) -> Decision<PasswordOutcome> {
    let lane = candidate.lane();
    let lock = lane.ladder.lock_for(moment.now, moment.visitor.browser);
    let refusal = match lock {
        Some(lock) => attempt::locked(lock, moment),
        None => Refusal::WrongPassword { left: lane.ladder.left(candidate.ladder_rules()) },
    };
    let reason = format!("wrong_password failures={}", lane.ladder.failures);
    let event = AuditEvent::new(AuditKind::SignInRefused, reason, moment);
    let failed = |name| Write::PutSourceFailure { network: moment.visitor.network(), name, at: moment.now };
    let Candidate::Known(account) = candidate else {
        let writes = vec![Write::Audit(event), failed(lane.subject.clone())];
        return Decision::new(PasswordOutcome::Refused(refusal), writes);
    };
    let mut writes = vec![Write::Audit(event.about(account))];
    if candidate.counts_against_its_network() {
        writes.push(failed(LadderSubject::user(&account.user.id)));
    }
    if let Some(password) = candidate.password() {
        writes.extend(attempt::cap_writes(account, password, moment));
    }
    if let Some(lock) = lock.filter(|_| caused_lock) {
        writes.extend(attempt::lock_writes(account, lock, moment));
    }
    Decision::new(PasswordOutcome::Refused(refusal), writes)
}

fn password_right(
    mut account: Account,
    (password, length): (Authenticator, PasswordLength),
    replaces: Option<TokenHash>,
    moment: &mut Moment<'_>,
) -> Decision<PasswordOutcome> {
    account.lane.ladder = account.lane.ladder.taken_back();
    let evidence = Evidence::of(attempt::proof(&password, moment.now));
    let mut writes = vec![
        Write::PutFailures { authenticator: password.id, failures: password.failures.taken_back() },
        Write::PutLane(account.lane.clone()),
    ];
    match account.required() {
        Required::PasswordOnly { .. } => {
            let (outcome, more) = signed_in(&account, evidence, replaces, moment);
            writes.extend(more);
            writes.extend(attempt::change_due_if_too_short(&account, length, moment));
            Decision::new(PasswordOutcome::SignedIn(outcome), writes)
        }
        Required::SecondFactor { reason, .. } => {
            let (token, ceremony, more) = await_second_factor(&account, evidence, reason.code(), moment);
            writes.extend(more);
            let sent = account.usual_reach().map(|(factor, to)| {
                let (purpose, sends) = (CeremonyPurpose::SignIn, Sends::default());
                let (until, authenticator) = (moment.now.plus(SIGN_IN_LIFE), &factor.id);
                let wanted = Wanted { ceremony: &ceremony, purpose, sends, until, authenticator, to: &to };
                let (sent, more) = sending::send(&account, &wanted, moment);
                writes.extend(more);
                sent
            });
            Decision::new(PasswordOutcome::SecondFactor { token, sent }, writes)
        }
        Required::Unavailable { reason, lack } => {
            let refusal = lacking(lack, &reason);
            let event = AuditEvent::new(AuditKind::SignInRefused, refusal.code(), moment).about(&account);
            writes.push(Write::Audit(event));
            Decision::new(PasswordOutcome::Refused(refusal), writes)
        }
    }
}

fn await_second_factor(
    account: &Account,
    evidence: Evidence,
    reason: &str,
    moment: &mut Moment<'_>,
) -> (CeremonyToken, CeremonyId, Vec<Write>) {
    let token = CeremonyToken::mint(&mut moment.rng);
    let id = CeremonyId::mint(moment.now, &mut moment.rng);
    let user = account.user.id.clone();
    let ceremony = NewCeremony {
        id: id.clone(),
        token: Some(token.hash()),
        purpose: CeremonyPurpose::SignIn,
        user: user.clone(),
        user_epoch: account.user.epoch,
        session: None,
        lane: account.lane.subject.clone(),
        evidence,
        created_at: moment.now,
        expires_at: moment.now.plus(SIGN_IN_LIFE),
    };
    let event = AuditEvent::new(AuditKind::SignInPasswordRight, reason, moment).about(account);
    let keep = CEREMONIES_MAX - 1;
    let writes = vec![
        Write::SupersedeCeremonies { user, purpose: CeremonyPurpose::SignIn, keep, at: moment.now },
        Write::OpenCeremony(ceremony),
        Write::Audit(event),
    ];
    (token, id, writes)
}

impl AwaitSecondFactor {
    /// Sends a code by `channel`: the first one, where another factor was asked for, or a further one.
    pub fn code_wanted(&self, channel: Channel, moment: &mut Moment<'_>) -> Decision<SendOutcome> {
        if self.ceremony.is_recovered() {
            return Decision::without_writes(SendOutcome::Refused(Refusal::Over));
        }
        // A code that was typed would be refused now: none is sent either.
        if let Some(refusal) = self.refused_unseen(&TypedCode::Malformed, moment) {
            return Decision::without_writes(SendOutcome::Refused(refusal));
        }
        let Some((factor, to)) = self.account.reach(channel) else {
            return Decision::without_writes(SendOutcome::Refused(Refusal::NotAllowed));
        };
        let (outcome, writes) = sending::again(&self.account, &self.ceremony, (&factor.id, &to), moment);
        Decision::new(outcome, writes)
    }

    /// Judges a typed code: of the app, one that was sent, or a look-up secret (CRT-16). `secret` is the app's, where the
    /// person has one that is in use.
    pub fn code_typed(
        self,
        typed: &TypedCode,
        secret: Option<&AppSecret>,
        moment: &mut Moment<'_>,
    ) -> Decision<CodeOutcome> {
        // Whatever is typed once more, by a second click or after a lost answer, leads to the new key.
        if self.ceremony.is_live(&self.account.user, moment.now) && self.ceremony.is_recovered() {
            return Decision::without_writes(CodeOutcome::Recovered);
        }
        if let Some(refusal) = self.refused_unseen(typed, moment) {
            return Decision::without_writes(CodeOutcome::Refused(refusal));
        }
        let stored = self.account.usable_recovery_key().cloned();
        if let (TypedCode::RecoveryKey(key), Some(stored)) = (typed, &stored) {
            return self.key_typed(key, stored, moment);
        }
        if let (TypedCode::BackupCode(code), Some(set)) = (typed, self.account.usable_backup_codes()) {
            let set = set.clone();
            return self.backup_code_typed(code, &set, moment);
        }
        let entry = Entry { typed, secret, ceremony: Some(&self.ceremony) };
        match attempt::judge_code(&self.account, entry, moment) {
            JudgedCode::Right { mut claims, mut writes, proof } => {
                let evidence = self.ceremony.evidence.clone().and(proof);
                let (outcome, more) = signed_in(&self.account, evidence, self.replaces, moment);
                writes.extend(more);
                claims.push(self.complete(moment));
                let (refusal, lost) = self.refused(Vec::new(), true, moment);
                Decision::new(CodeOutcome::SignedIn(outcome), writes)
                    .claiming(claims)
                    .or_if_lost(CodeOutcome::Refused(refusal), lost)
            }
            JudgedCode::Wrong { writes, is_replay } => {
                let (refusal, writes) = self.refused(writes, is_replay, moment);
                Decision::new(CodeOutcome::Refused(refusal), writes)
            }
            JudgedCode::ReplayedAgain => {
                let left = self.account.lane.ladder.left(self.account.policy().ladder);
                Decision::without_writes(CodeOutcome::Refused(Refusal::CodeAlreadyUsed { left }))
            }
            JudgedCode::NothingToCompare => {
                Decision::without_writes(CodeOutcome::Refused(self.nothing_to_compare()))
            }
        }
    }

    /// What is refused before anything is compared, so that a right code gets the same answer.
    fn refused_unseen(&self, typed: &TypedCode, moment: &Moment<'_>) -> Option<Refusal> {
        let account = &self.account;
        if !self.ceremony.is_live(&account.user, moment.now) {
            return Some(Refusal::Over);
        }
        if let Some(lock) = account.lane.ladder.lock_for(moment.now, moment.visitor.browser) {
            // The attempt that caused the lock may still turn out right: what it ends, it ends when it is settled.
            return Some(attempt::locked(lock, moment));
        }
        match account.required() {
            Required::Unavailable { reason, lack } => Some(lacking(lack, &reason)),
            // Who needs no second factor any more raised the epoch by that, so this sign-in is over.
            Required::PasswordOnly { .. } => Some(Refusal::Over),
            Required::SecondFactor { .. } => match typed {
                TypedCode::Missing => Some(Refusal::Missing),
                TypedCode::KeySlip => Some(self.slip(Refusal::KeySlip)),
                TypedCode::BackupSlip => Some(self.slip(Refusal::BackupSlip)),
                TypedCode::Malformed
                | TypedCode::Digits(_)
                | TypedCode::RecoveryKey(_)
                | TypedCode::BackupCode(_) => None,
            },
        }
    }

    /// The attempt ended in a fault, so that nobody knows what it would have been: it counts as wrong.
    /// One that was refused uncompared costs nothing.
    pub fn spent(self, moment: &mut Moment<'_>) -> Decision<()> {
        if self.ceremony.is_recovered() || self.refused_unseen(&TypedCode::Malformed, moment).is_some() {
            return Decision::without_writes(());
        }
        let failed = attempt::fail_unseen(&self.account, Some(&self.ceremony), moment);
        if failed.is_empty() {
            return Decision::without_writes(());
        }
        let (_, writes) = self.refused(failed, false, moment);
        Decision::new((), writes)
    }

    pub(super) fn refused(
        &self,
        mut writes: Vec<Write>,
        is_replay: bool,
        moment: &mut Moment<'_>,
    ) -> (Refusal, Vec<Write>) {
        let mut account = self.account.clone();
        let rules = account.policy().ladder;
        let counted = attempt::count(&account.lane, rules, moment);
        writes.push(Write::PutLane(counted.lane.clone()));
        account.lane = counted.lane;
        let left = counted.left;
        let wrong = if is_replay { Refusal::CodeAlreadyUsed { left } } else { Refusal::WrongCode { left } };
        let reason = format!("{} failures={}", wrong.code(), account.lane.ladder.failures);
        writes.push(Write::Audit(AuditEvent::new(AuditKind::SignInRefused, reason, moment).about(&account)));
        match counted.lock {
            Some(lock) => {
                writes.extend(attempt::lock_writes(&account, lock, moment));
                (attempt::locked(lock, moment), writes)
            }
            None => (wrong, writes),
        }
    }

    pub(super) fn complete(&self, moment: &Moment<'_>) -> Claim {
        Claim::EndCeremony { ceremony: self.ceremony.id.clone(), end: CeremonyEnd::Completed, at: moment.now }
    }
}

fn lacking(lack: Lack, reason: &Reason) -> Refusal {
    match (lack, reason) {
        (Lack::NotEnrolled, Reason::OperatorRule) => Refusal::OperatorEnrollmentRequired,
        (Lack::NotEnrolled, _) => Refusal::EnrollmentRequired,
        (Lack::Disabled, _) => Refusal::SecondFactorDisabled,
    }
}
