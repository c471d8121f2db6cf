//! Turning two-factor authentication on by an authenticator app, and off again (CR-14, CR-20 … CR-28).
//!
//! ```text
//!   Proved ── begin ─▶ AwaitMethod ── app_chosen ─▶ AwaitConfirmation ── code_typed ─▶ on
//!                                                     (QR code, manual key)   │
//!                                                                             └─ wrong ─▶ Refused, stays
//!   Proved ── turn_off ─▶ off
//! ```
//!
//! The app is no factor before its first code was right: until then nothing is asked of it and nothing is
//! owed to it (A59). That first code is used up by the confirmation (A02).

use super::{
    Ceremony, CeremonyEnd, CeremonyPurpose, Claim, Decision, ENROLLMENT_LIFE, Write, attempt,
    step_up::{Act, ActOutcome, Proved},
    write::NewCeremony,
};
use crate::{
    account::Account,
    assurance::Proof,
    audit::event::{AuditEvent, AuditKind},
    authenticator::{
        AuthenticatorKind,
        totp::{AppSecret, CodeVerdict, TypedCode, UsedSteps},
    },
    id::{AuthenticatorId, CeremonyId},
    moment::Moment,
    notice::{Notice, NoticeKind},
    refusal::Refusal,
    secret::Sealed,
    session::Session,
    token::SessionToken,
    user::PasswordChangeReason,
};

/// Set-up is under way; the person chooses what to set up.
pub struct AwaitMethod {
    pub ceremony: Ceremony,
    pub session: Session,
    pub account: Account,
}

/// The app has its secret; its first code is awaited.
pub struct AwaitConfirmation {
    pub ceremony: Ceremony,
    pub session: Session,
    pub account: Account,
}

/// Whether the password that proved the act is long enough to be all that stands before the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordLength {
    EnoughAlone,
    TooShortAlone,
}

pub enum ChoiceOutcome {
    Refused(Refusal),
    /// The QR code comes next.
    Onward,
}

/// Begins the set-up: the proof was given, the method comes next.
pub fn begin(proved: Proved, moment: &mut Moment<'_>) -> Decision<ActOutcome> {
    let account = &proved.account;
    let is_enrolled = account.second_factors().next().is_some();
    if proved.act != Act::TurnOnTwoFactor || is_enrolled || !account.may_turn_on(AuthenticatorKind::App) {
        return proved.not_allowed();
    }
    let (user, user_epoch) = (account.user.id.clone(), account.user.epoch);
    let event = AuditEvent::new(AuditKind::EnrollmentStarted, "password proved", moment)
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
        evidence: proved.evidence.clone(),
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
        id: AuthenticatorId,
        secret: Sealed,
        moment: &Moment<'_>,
    ) -> Decision<ChoiceOutcome> {
        if let Some(over) = over(&self.ceremony, &self.session, &self.account, moment) {
            return Decision::without_writes(ChoiceOutcome::Refused(over));
        }
        if self.ceremony.pending.is_some() {
            return Decision::without_writes(ChoiceOutcome::Onward);
        }
        let (user, at) = (self.account.user.id, moment.now);
        let tie = Claim::TiePending { ceremony: self.ceremony.id, authenticator: id.clone(), at };
        let add = Write::AddPendingApp { user, authenticator: id, secret, at };
        Decision::new(ChoiceOutcome::Onward, vec![add])
            .claiming([tie])
            .or_if_lost(ChoiceOutcome::Onward, Vec::new())
    }
}

impl AwaitConfirmation {
    /// Judges the first code of the app. `secret` is that of the ceremony's pending authenticator.
    ///
    /// Wrong ones count on the name's ladder like any wrong code (CR-5), but on no cap: what is not bound
    /// yet protects nothing.
    pub fn code_typed(
        self,
        typed: &TypedCode,
        secret: &AppSecret,
        moment: &mut Moment<'_>,
    ) -> Decision<ActOutcome> {
        let pending = match self.refused_unseen(typed, moment) {
            Ok(pending) => pending,
            Err(refusal) => return Decision::without_writes(ActOutcome::Refused(refusal)),
        };
        match secret.check(typed, UsedSteps::default(), moment.now) {
            CodeVerdict::Right { step } => self.confirmed(pending, step, moment),
            CodeVerdict::Wrong | CodeVerdict::Replayed { .. } => self.refused(moment),
        }
    }

    /// The attempt ended in a fault, so that nobody knows what it would have been: it counts as wrong. One
    /// that was refused uncompared costs nothing.
    pub fn spent(self, moment: &mut Moment<'_>) -> Decision<ActOutcome> {
        match self.refused_unseen(&TypedCode::Malformed, moment) {
            Ok(_) => self.refused(moment),
            Err(refusal) => Decision::without_writes(ActOutcome::Refused(refusal)),
        }
    }

    /// The authenticator that awaits its code, or what is refused before anything is compared.
    fn refused_unseen(&self, typed: &TypedCode, moment: &Moment<'_>) -> Result<AuthenticatorId, Refusal> {
        if let Some(over) = over(&self.ceremony, &self.session, &self.account, moment) {
            return Err(over);
        }
        let pending = self.ceremony.pending.as_ref().ok_or(Refusal::Over)?;
        if let Some(lock) = self.account.lane.ladder.lock_at(moment.now) {
            return Err(attempt::locked(lock, moment));
        }
        // The policy may have changed since the set-up began.
        if !self.account.may_turn_on(AuthenticatorKind::App) {
            return Err(Refusal::NotAllowed);
        }
        match typed {
            TypedCode::Missing => Err(Refusal::Missing),
            TypedCode::Malformed | TypedCode::Digits(_) => Ok(pending.id.clone()),
        }
    }

    fn confirmed(self, pending: AuthenticatorId, step: i64, moment: &mut Moment<'_>) -> Decision<ActOutcome> {
        let Self { ceremony, session, account } = self;
        let event = AuditEvent::new(AuditKind::TwoFactorTurnedOn, "app", moment)
            .about(&account)
            .in_session(&session.id);
        let notice = Notice::new(&account.user.id, NoticeKind::TwoFactorTurnedOn, moment);
        let app = Proof { kind: AuthenticatorKind::App, authenticator: pending.clone(), at: moment.now };
        let token = SessionToken::mint(&mut moment.rng);
        let user_epoch = account.user.epoch + 1;
        let claims = [
            Claim::EndCeremony { ceremony: ceremony.id, end: CeremonyEnd::Completed, at: moment.now },
            Claim::BindApp { authenticator: pending, step, at: moment.now },
        ];
        let mut writes = attempt::raise_epoch(&account, user_epoch);
        writes.extend([
            Write::RenewSession {
                session: session.id,
                token: token.hash(),
                user_epoch,
                evidence: session.evidence.and(app),
            },
            Write::Audit(event),
            Write::Notice(notice),
        ]);
        Decision::new(ActOutcome::Done { session: token }, writes)
            .claiming(claims)
            .or_if_lost(ActOutcome::Refused(Refusal::Over), Vec::new())
    }

    fn refused(self, moment: &mut Moment<'_>) -> Decision<ActOutcome> {
        let Self { session, mut account, .. } = self;
        let counted = attempt::count(&account.lane, account.policy().ladder, moment);
        account.lane = counted.lane.clone();
        let reason = format!("wrong_code failures={}", account.lane.ladder.failures);
        let event = AuditEvent::new(AuditKind::EnrollmentRefused, reason, moment)
            .about(&account)
            .in_session(&session.id);
        let mut writes = vec![Write::PutLane(counted.lane), Write::Audit(event)];
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

/// Turns two-factor authentication off for this person, and for nobody else (CR-29). A password that was
/// chosen to stand beside it and is too short to stand alone must be changed then (P11).
pub fn turn_off(proved: Proved, password: PasswordLength, moment: &mut Moment<'_>) -> Decision<ActOutcome> {
    let account = &proved.account;
    let is_enrolled = account.second_factors().next().is_some();
    if proved.act != Act::TurnOffTwoFactor || !is_enrolled || !account.may_turn_off() {
        return proved.not_allowed();
    }
    let user = account.user.id.clone();
    let event = AuditEvent::new(AuditKind::TwoFactorTurnedOff, "by the person", moment)
        .about(account)
        .in_session(&proved.session.id);
    let notice = Notice::new(&user, NoticeKind::TwoFactorTurnedOff, moment);
    let mut off =
        vec![Write::RevokeSecondFactors { user, at: moment.now }, Write::Audit(event), Write::Notice(notice)];
    if password == PasswordLength::TooShortAlone {
        off.push(attempt::change_due(account, PasswordChangeReason::TooShortAlone, moment));
    }
    proved.done(true, off, moment)
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
