//! Turning two-factor authentication on by an app, a text message or an email, and changing methods (CR-14 … CR-26,
//! B3-3 … B3-6).
//!
//! ```text
//!   Proved ── begin ─▶ AwaitMethod ─┬─ app_chosen ───▶ AwaitConfirmation ── code_typed ─▶ on
//!                            ▲      └─ reach_chosen ─▶ (QR code and key,         │
//!                            │         sends a code     or code_wanted again)    └─ wrong ─▶ Refused, stays
//!                            └── another method, another number ──┘
//! ```
//!
//! What is set up is no factor before its first code was right: until then nothing is asked of it and nothing
//! is owed to it (A59). That first code is used up by the confirmation (A02). Another number is another
//! authenticator, which has to be confirmed like the first (A48); the old one stays until then.

use super::{
    Ceremony, CeremonyEnd, CeremonyPurpose, Claim, Decision, ENROLLMENT_LIFE, PendingAuthenticator, Write,
    act::{stronger_needed, usual_needed},
    attempt, new_key,
    sending::{self, SendOutcome, Wanted},
    step_up::{Act, ActOutcome, Proved},
    write::NewCeremony,
};
use crate::{
    account::Account,
    assurance::Proof,
    audit::event::{AuditEvent, AuditKind},
    authenticator::{
        AuthenticatorKind, Material,
        sent_code::{Binding, SentCode},
        totp::{AppSecret, CodeVerdict, UsedSteps},
        typed_code::TypedCode,
    },
    id::{AuthenticatorId, CeremonyId},
    moment::Moment,
    notice::{Notice, NoticeKind},
    refusal::Refusal,
    secret::Sealed,
    session::Session,
    throttle::budget::NextSend,
    token::SessionToken,
};

/// Set-up is under way; the person chooses what to set up.
pub struct AwaitMethod {
    pub ceremony: Ceremony,
    pub session: Session,
    pub account: Account,
}

/// A method was chosen; its first code is awaited.
pub struct AwaitConfirmation {
    pub ceremony: Ceremony,
    pub session: Session,
    pub account: Account,
}

pub enum ChoiceOutcome {
    Refused(Refusal),
    /// The QR code comes next.
    Onward,
}

/// How a typed code compares with what is being set up.
enum Confirmed {
    /// `claims` use the code up; `step` is that of an app.
    Right {
        claims: Vec<Claim>,
        step: Option<i64>,
    },
    /// `writes` count the guess on the code that was sent.
    Wrong {
        writes: Vec<Write>,
    },
    NothingToCompare,
}

/// Begins the set-up: the proof was given, the method comes next. Somebody without a second factor turns it
/// on; somebody with one changes methods.
pub fn begin(proved: Proved, moment: &mut Moment<'_>) -> Decision<ActOutcome> {
    let account = &proved.account;
    let is_enrolled = account.second_factors().next().is_some();
    let fits = match proved.act {
        Act::TurnOnTwoFactor => !is_enrolled,
        Act::ChangeMethods => is_enrolled,
        Act::TurnOffTwoFactor
        | Act::ChangePassword
        | Act::ResetSecondFactor
        | Act::SwitchTwoFactor
        | Act::CreateRecoveryKey
        | Act::CreateBackupCodes => false,
    };
    if !fits || account.offered().is_empty() {
        return proved.not_allowed();
    }
    if account.needs_email_proof(moment.now) {
        return proved.refused(Refusal::EmailProofNeeded);
    }
    let (user, user_epoch) = (account.user.id.clone(), account.user.epoch);
    let event = AuditEvent::new(AuditKind::EnrollmentStarted, proved.act.as_str(), moment)
        .about(account)
        .in_session(&proved.session.id);
    let ceremony = NewCeremony {
        id: CeremonyId::mint(moment.now, &mut moment.rng),
        token: None,
        purpose: CeremonyPurpose::Enroll,
        lane: account.lane.subject.clone(),
        user: user.clone(),
        user_epoch,
        session: Some(proved.session.id.clone()),
        evidence: proved.given.clone(),
        created_at: moment.now,
        expires_at: moment.now.plus(ENROLLMENT_LIFE),
    };
    let writes = [
        Write::SupersedeCeremonies { user, purpose: CeremonyPurpose::Enroll, keep: 0, at: moment.now },
        Write::OpenCeremony(ceremony),
        Write::Audit(event),
    ];
    proved.done(false, writes, moment)
}

impl AwaitMethod {
    /// The person chose the app. A set-up that has a secret already keeps it, so that going back and
    /// forth, or twice on a button, leads nowhere else.
    pub fn app_chosen(
        self,
        id: &AuthenticatorId,
        secret: Sealed,
        moment: &Moment<'_>,
    ) -> Decision<ChoiceOutcome> {
        if let Some(refusal) = self.refused(AuthenticatorKind::App, moment) {
            return Decision::without_writes(ChoiceOutcome::Refused(refusal));
        }
        let pending = self.ceremony.pending_at(moment.now);
        if let Some(PendingAuthenticator { material: Material::App(_), .. }) = pending {
            return Decision::without_writes(ChoiceOutcome::Onward);
        }
        let (claim, write) = self.tie(id, Material::App(secret), moment);
        Decision::new(ChoiceOutcome::Onward, vec![write])
            .claiming([claim])
            .or_if_lost(ChoiceOutcome::Onward, Vec::new())
    }

    /// The person chose the phone and typed its number, or chose the mailbox: a code is sent to exactly that number
    /// (CR-18), or to the address that they sign in with (B3-3).
    ///
    /// The same number again changes nothing while its code is still fresh. Another one is texted at once,
    /// since the first was a slip, but it counts in the same set-up.
    pub fn reach_chosen(
        self,
        id: &AuthenticatorId,
        material: &Material,
        moment: &mut Moment<'_>,
    ) -> Decision<SendOutcome> {
        if let Some(refusal) = self.refused(material.kind(), moment) {
            return Decision::without_writes(SendOutcome::Refused(refusal));
        }
        let Some(to) = material.destination(&self.account.user) else {
            return Decision::without_writes(SendOutcome::Refused(Refusal::NotAllowed));
        };
        if let Some(lock) = self.account.lane.ladder.lock_for(moment.now, moment.visitor.browser) {
            return Decision::without_writes(SendOutcome::Refused(attempt::locked(lock, moment)));
        }
        let ceremony = &self.ceremony;
        if let Some(same) = ceremony.pending.as_ref().filter(|pending| pending.material == *material) {
            let (outcome, writes) = sending::again(&self.account, ceremony, (&same.id, &to), moment);
            return Decision::new(outcome, writes);
        }
        if ceremony.sends.next(to.channel(), moment.now) == NextSend::Never {
            return Decision::without_writes(SendOutcome::Refused(Refusal::SendsSpent));
        }
        let (claim, tie) = self.tie(id, material.clone(), moment);
        let (purpose, sends, until) = (ceremony.purpose, ceremony.sends, ceremony.expires_at);
        let wanted = Wanted { ceremony: &ceremony.id, purpose, sends, until, authenticator: id, to: &to };
        let (outcome, more) = sending::send(&self.account, &wanted, moment);
        if let SendOutcome::Refused(_) = outcome {
            // A number that is not texted is not kept either: the person types another one.
            return Decision::new(outcome, more);
        }
        let mut writes = vec![tie];
        writes.extend(more);
        Decision::new(outcome, writes)
            .claiming([claim])
            .or_if_lost(SendOutcome::Refused(Refusal::Over), Vec::new())
    }

    fn tie(&self, id: &AuthenticatorId, material: Material, moment: &Moment<'_>) -> (Claim, Write) {
        let (user, at) = (self.account.user.id.clone(), moment.now);
        let claim = Claim::TiePending {
            ceremony: self.ceremony.id.clone(),
            authenticator: id.clone(),
            instead_of: self.ceremony.pending.as_ref().map(|pending| pending.id.clone()),
            at,
        };
        (claim, Write::AddPending { user, authenticator: id.clone(), material, at })
    }

    fn refused(&self, kind: AuthenticatorKind, moment: &Moment<'_>) -> Option<Refusal> {
        over(&self.ceremony, &self.session, &self.account, moment)
            .or_else(|| (!self.account.may_turn_on(kind)).then_some(Refusal::NotAllowed))
            .or_else(|| {
                let is_unproved = self.account.user.email_verified_at.is_none();
                (kind == AuthenticatorKind::Email && is_unproved).then_some(Refusal::EmailProofNeeded)
            })
            .or_else(|| self.stronger_needed(kind))
    }

    /// What must be proved first: whatever `kind` may replace, now or with its first code later (A48).
    fn stronger_needed(&self, kind: AuthenticatorKind) -> Option<Refusal> {
        let replaced = AuthenticatorKind::SECOND_FACTORS.into_iter().filter(|other| kind.may_replace(*other));
        let mut needed =
            replaced.filter_map(|other| stronger_needed(&self.account, other, &self.ceremony.evidence));
        needed.next()
    }
}

impl AwaitConfirmation {
    /// Sends a further code to what is being set up.
    pub fn code_wanted(&self, moment: &mut Moment<'_>) -> Decision<SendOutcome> {
        let refused = |refusal| Decision::without_writes(SendOutcome::Refused(refusal));
        let pending = match self.refused_unseen(&TypedCode::Malformed, moment) {
            Ok(pending) => pending,
            Err(refusal) => return refused(refusal),
        };
        let to = pending.material.destination(&self.account.user);
        let Some(to) = to else { return refused(Refusal::NotAllowed) };
        let (outcome, writes) = sending::again(&self.account, &self.ceremony, (&pending.id, &to), moment);
        Decision::new(outcome, writes)
    }

    /// Judges the first code. `secret` is that of an app that is being set up.
    ///
    /// Wrong ones count on the name's ladder like any wrong code (CR-5), but on no cap: what is not bound
    /// yet protects nothing.
    pub fn code_typed(
        self,
        typed: &TypedCode,
        secret: Option<&AppSecret>,
        moment: &mut Moment<'_>,
    ) -> Decision<ActOutcome> {
        let pending = match self.refused_unseen(typed, moment) {
            Ok(pending) => pending,
            Err(refusal) => return Decision::without_writes(ActOutcome::Refused(refusal)),
        };
        match self.compare(pending, typed, secret, moment) {
            Confirmed::Right { claims, step } => self.confirmed(claims, step, moment),
            Confirmed::Wrong { writes } => self.wrong(writes, moment),
            Confirmed::NothingToCompare => {
                Decision::without_writes(ActOutcome::Refused(Refusal::CodeExpired))
            }
        }
    }

    /// The attempt ended in a fault, so that nobody knows what it would have been: it counts as wrong. One
    /// that was refused uncompared costs nothing.
    pub fn spent(self, moment: &mut Moment<'_>) -> Decision<ActOutcome> {
        match self.refused_unseen(&TypedCode::Malformed, moment) {
            Ok(_) => {
                let guessed = self.live_code(moment).map(attempt::guessed);
                self.wrong(guessed.into_iter().collect(), moment)
            }
            Err(refusal) => Decision::without_writes(ActOutcome::Refused(refusal)),
        }
    }

    /// The authenticator that awaits its code, or what is refused before anything is compared.
    fn refused_unseen(
        &self,
        typed: &TypedCode,
        moment: &Moment<'_>,
    ) -> Result<&PendingAuthenticator, Refusal> {
        if let Some(over) = over(&self.ceremony, &self.session, &self.account, moment) {
            return Err(over);
        }
        let pending = self.ceremony.pending_at(moment.now).ok_or(Refusal::Over)?;
        if let Some(lock) = self.account.lane.ladder.lock_for(moment.now, moment.visitor.browser) {
            return Err(attempt::locked(lock, moment));
        }
        // The policy may have changed since the set-up began.
        if !self.account.may_turn_on(pending.material.kind()) {
            return Err(Refusal::NotAllowed);
        }
        if typed.is_fresh_code() { Ok(pending) } else { Err(Refusal::Missing) }
    }

    fn compare(
        &self,
        pending: &PendingAuthenticator,
        typed: &TypedCode,
        secret: Option<&AppSecret>,
        moment: &Moment<'_>,
    ) -> Confirmed {
        match &pending.material {
            Material::App(_) => {
                let Some(secret) = secret else { return Confirmed::NothingToCompare };
                match secret.check(typed, UsedSteps::default(), moment.now) {
                    CodeVerdict::Right { step } => Confirmed::Right { claims: Vec::new(), step: Some(step) },
                    CodeVerdict::Wrong | CodeVerdict::Replayed { .. } => {
                        Confirmed::Wrong { writes: Vec::new() }
                    }
                }
            }
            Material::Phone(_) | Material::Email => {
                let to = pending.material.destination(&self.account.user);
                let Some((sent, to)) = self.live_code(moment).zip(to) else {
                    return Confirmed::NothingToCompare;
                };
                let binding = Binding {
                    purpose: self.ceremony.purpose,
                    organization: self.account.home(),
                    user: &self.account.user.id,
                    ceremony: &self.ceremony.id,
                    authenticator: &pending.id,
                    destination: &to,
                };
                if sent.matches(typed, moment.keys.codes(), &binding) {
                    let claim = Claim::UseCode { code: sent.id.clone(), at: moment.now };
                    Confirmed::Right { claims: vec![claim], step: None }
                } else {
                    Confirmed::Wrong { writes: vec![attempt::guessed(sent)] }
                }
            }
            Material::Password(_) | Material::RecoveryKey(_) | Material::BackupCodes(_) => {
                Confirmed::NothingToCompare
            }
        }
    }

    /// The code that was sent to what is being set up now, and to nothing before it.
    fn live_code(&self, moment: &Moment<'_>) -> Option<&SentCode> {
        let pending = self.ceremony.pending.as_ref()?;
        let sent = self.ceremony.sent.as_ref()?;
        (sent.is_live(moment.now) && sent.authenticator == pending.id).then_some(sent)
    }

    fn confirmed(self, used: Vec<Claim>, step: Option<i64>, moment: &mut Moment<'_>) -> Decision<ActOutcome> {
        let Self { ceremony, session, account } = self;
        let Some(PendingAuthenticator { id: pending, material, .. }) = ceremony.pending else {
            return Decision::without_writes(ActOutcome::Refused(Refusal::Over));
        };
        let kind = material.kind();
        let old = account.bound(kind);
        let (recorded, told) = match old {
            Some(_) => (AuditKind::MethodReplaced, NoticeKind::MethodReplaced),
            None if account.second_factors().next().is_some() => {
                (AuditKind::MethodAdded, NoticeKind::MethodAdded)
            }
            None => (AuditKind::TwoFactorTurnedOn, NoticeKind::TwoFactorTurnedOn),
        };
        let event = AuditEvent::new(recorded, kind.as_str(), moment).about(&account).in_session(&session.id);
        let notice = Notice::new(&account.user, told, Some(kind), moment);
        let proof = Proof { kind, authenticator: pending.clone(), at: moment.now };
        let token = SessionToken::mint(&mut moment.rng);
        let (user_epoch, at) = (account.user.epoch + 1, moment.now);
        let mut claims = vec![Claim::EndCeremony { ceremony: ceremony.id, end: CeremonyEnd::Completed, at }];
        claims.extend(used);
        claims.extend(old.map(|old| Claim::Revoke { authenticator: old.id.clone(), at }));
        claims.push(Claim::Bind { authenticator: pending, step, at });
        let mut writes = attempt::raise_epoch(&account, user_epoch);
        // A key gets its owner past every factor, so who proved a weaker one makes none by the way.
        if account.lacks_recovery_key() && usual_needed(&account, &ceremony.evidence).is_none() {
            let (old, made) = new_key::in_session(&account, (&session.id, user_epoch), "in a set-up", moment);
            claims.extend(old);
            writes.extend(made);
        }
        writes.extend([
            Write::RenewSession {
                session: session.id,
                token: token.hash(),
                user_epoch,
                evidence: session.evidence.and(proof),
            },
            Write::Audit(event),
            Write::Notice(notice),
        ]);
        Decision::new(ActOutcome::Done { session: token }, writes)
            .claiming(claims)
            .or_if_lost(ActOutcome::Refused(Refusal::Over), Vec::new())
    }

    fn wrong(self, mut writes: Vec<Write>, moment: &mut Moment<'_>) -> Decision<ActOutcome> {
        let Self { session, mut account, .. } = self;
        let counted = attempt::count(&account.lane, account.policy().ladder, moment);
        account.lane = counted.lane.clone();
        let reason = format!("wrong_code failures={}", account.lane.ladder.failures);
        let event = AuditEvent::new(AuditKind::EnrollmentRefused, reason, moment)
            .about(&account)
            .in_session(&session.id);
        writes.extend([Write::PutLane(counted.lane), Write::Audit(event)]);
        let refusal = match counted.lock {
            None => Refusal::WrongCode { left: counted.left },
            Some(lock) => {
                writes.extend(attempt::lock_writes(&account, lock, moment));
                attempt::locked(lock, moment)
            }
        };
        Decision::new(ActOutcome::Refused(refusal), writes)
    }
}

/// Gives a set-up up; what was pending is gone.
pub fn cancel(ceremony: &Ceremony, moment: &Moment<'_>) -> Decision<()> {
    let end =
        Claim::EndCeremony { ceremony: ceremony.id.clone(), end: CeremonyEnd::Canceled, at: moment.now };
    Decision::without_writes(()).claiming([end]).or_if_lost((), Vec::new())
}

fn over(ceremony: &Ceremony, session: &Session, account: &Account, moment: &Moment<'_>) -> Option<Refusal> {
    let is_live = ceremony.is_live(&account.user, moment.now)
        && ceremony.session.as_ref() == Some(&session.id)
        && session.is_live(&account.user, moment.now);
    (!is_live).then_some(Refusal::Over)
}
