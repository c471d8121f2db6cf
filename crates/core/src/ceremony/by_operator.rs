//! What an operator does to other people's accounts and to companies: each act with one record, which names the
//! operator, and a notice to whom it touches.
//!
//! ```text
//!   unlock          the ladders of a person, their browsers' too ─▶ empty; the caps stay (P2)
//!   sign_out        epoch + 1 ─▶ sessions, half-made ceremonies, known browsers: over (A52)
//!   reset_app_clock the last step of an app ─▶ the present one (C-08); takes nothing away, so nobody is told
//!   reset           one second factor, or all ─▶ revoked, epoch + 1   ◀── `Proved`, on the pages
//!   switch          a company's gate (CR-3) ─▶ open or closed         ◀── `Proved`, on the pages
//! ```
//!
//! A command on the server's console proves itself by being run there. On the pages, whatever lowers somebody's
//! protection takes a current code of the operator's own second factor in the same form.

use super::{
    Claim, Decision, Write,
    step_up::{Act, ActOutcome, Proved},
};
use crate::{
    account::{Account, Lane},
    audit::{
        actor::Actor,
        event::{AuditEvent, AuditKind},
    },
    authenticator::{Authenticator, AuthenticatorKind, totp::current_step},
    moment::Moment,
    notice::{Notice, NoticeKind},
    organization::Organization,
    refusal::Refusal,
    stated_reason::StatedReason,
    throttle::ladder::Ladder,
};

/// What an operator takes from somebody who can prove it no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    Method(AuthenticatorKind),
    /// Everything that stands beside the password.
    SecondFactors,
}

/// A reset as it was asked for.
#[derive(Clone, Debug)]
pub struct Reset {
    pub lost: Lost,
    pub reason: StatedReason,
}

impl Lost {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Method(kind) => kind.as_str(),
            Self::SecondFactors => ALL_OF_THEM,
        }
    }

    /// The password is none of it: who lost that gets a link to choose another.
    pub fn parse(text: &str) -> Option<Self> {
        if text == ALL_OF_THEM {
            return Some(Self::SecondFactors);
        }
        AuthenticatorKind::parse(text).filter(|kind| kind.is_second_factor()).map(Self::Method)
    }

    fn takes(self, method: &Authenticator) -> bool {
        match self {
            Self::Method(kind) => method.kind() == kind,
            Self::SecondFactors => method.kind() != AuthenticatorKind::Password,
        }
    }
}

const ALL_OF_THEM: &str = "all";

impl Account {
    /// The account as it will be without what was lost; `None` if nothing of it is there.
    pub fn without(&self, lost: Lost) -> Option<Self> {
        let mut rest = self.clone();
        rest.authenticators.retain(|method| !lost.takes(method));
        if rest.second_factors().next().is_none() {
            // A recovery key stands in for others only.
            rest.authenticators.retain(|method| method.kind() == AuthenticatorKind::Password);
        }
        (rest.authenticators.len() < self.authenticators.len()).then_some(rest)
    }
}

/// Ends every lock of a person before its time. What too many wrong entries took out of use stays so: that is
/// no lock but a cap (P2).
pub fn unlock(
    account: &Account,
    lanes: Vec<Lane>,
    actor: &Actor,
    moment: &mut Moment<'_>,
) -> Decision<Result<(), Refusal>> {
    if is_own(account, actor) {
        return refused(Refusal::OwnAccount);
    }
    if !lanes.iter().any(|lane| lane.ladder.lock_at(moment.now).is_some()) {
        return refused(Refusal::NothingThere);
    }
    let reason = format!("ladders={}", lanes.len());
    let emptied = lanes.into_iter().map(|lane| Write::PutLane(Lane { ladder: Ladder::default(), ..lane }));
    let mut writes: Vec<Write> = emptied.collect();
    writes.push(record(AuditKind::UnlockedByOperator, reason, (account, actor), moment));
    writes.push(Write::Notice(Notice::new(&account.user, NoticeKind::Unlocked, None, moment)));
    Decision::new(Ok(()), writes)
}

/// Takes the last accepted step of an app back to the present one, so that its next code is good, where a clock that
/// was ahead had used it up (C-08): each code is used with all before it (RFC 6238 §5.2).
///
/// A code that was used while the clock was ahead can then be used again when its time comes, for thirty seconds and
/// by whoever saw it: therefore only an operator does this, and it is recorded.
pub fn reset_app_clock(
    account: &Account,
    why: &StatedReason,
    moment: &mut Moment<'_>,
) -> Decision<Result<(), Refusal>> {
    let present = current_step(moment.now);
    let ahead = account.authenticators.iter().find_map(|authenticator| {
        let accepted =
            authenticator.steps.accepted.filter(|accepted| *accepted > present.saturating_add(1))?;
        (authenticator.kind() == AuthenticatorKind::App).then_some((authenticator, accepted))
    });
    let Some((app, accepted)) = ahead else { return refused(Refusal::NothingThere) };
    let reason = format!("steps_ahead={}: {}", accepted - present, why.as_str());
    let put = Write::PutAcceptedStep { authenticator: app.id.clone(), step: present };
    let recorded = record(AuditKind::AppClockReset, reason, (account, &Actor::Console), moment);
    Decision::new(Ok(()), vec![put, recorded])
}

/// Ends everything that was granted to a person: they sign in anew everywhere.
pub fn sign_out(account: &Account, actor: &Actor, moment: &mut Moment<'_>) -> Decision<Result<(), Refusal>> {
    if is_own(account, actor) {
        return refused(Refusal::OwnAccount);
    }
    let (kind, told) = (AuditKind::SignedOutEverywhere, NoticeKind::SignedOutEverywhere);
    let writes = vec![
        end_all(account),
        record(kind, "by an operator".to_owned(), (account, actor), moment),
        Write::Notice(Notice::new(&account.user, told, None, moment)),
    ];
    Decision::new(Ok(()), writes)
}

/// Takes what was lost, at the console. Whatever is required of the person stays required.
pub fn reset_at_console(
    account: &Account,
    reset: &Reset,
    moment: &mut Moment<'_>,
) -> Decision<Result<(), Refusal>> {
    match taken(account, reset, &Actor::Console, moment) {
        Ok((claims, writes)) => Decision::new(Ok(()), writes).claiming(claims),
        Err(refusal) => refused(refusal),
    }
}

/// The same on the pages, behind the operator's own code.
pub fn reset(
    proved: Proved,
    account: Option<&Account>,
    reset: &Reset,
    moment: &mut Moment<'_>,
) -> Decision<ActOutcome> {
    if proved.act != Act::ResetSecondFactor || !proved.account.user.is_operator() {
        return proved.not_allowed();
    }
    let actor = Actor::Operator(proved.account.user.id.clone());
    let Some(account) = account else { return proved.refused(Refusal::NothingThere) };
    if is_own(account, &actor) {
        return proved.refused(Refusal::OwnAccount);
    }
    match taken(account, reset, &actor, moment) {
        Ok((claims, writes)) => proved.done(false, writes, moment).claiming(claims),
        Err(refusal) => proved.refused(refusal),
    }
}

/// Opens or closes a company's gate at the console; a gate that stands so already is left alone.
pub fn switch_at_console(
    organization: &Organization,
    is_open: bool,
    moment: &mut Moment<'_>,
) -> Decision<()> {
    Decision::new((), switched(organization, is_open, &Actor::Console, moment))
}

/// The same on the pages, behind the operator's own code.
pub fn switch(
    proved: Proved,
    organization: Option<&Organization>,
    is_open: bool,
    moment: &mut Moment<'_>,
) -> Decision<ActOutcome> {
    if proved.act != Act::SwitchTwoFactor || !proved.account.user.is_operator() {
        return proved.not_allowed();
    }
    let Some(organization) = organization else { return proved.refused(Refusal::NothingThere) };
    let actor = Actor::Operator(proved.account.user.id.clone());
    let writes = switched(organization, is_open, &actor, moment);
    proved.done(false, writes, moment)
}

fn taken(
    account: &Account,
    reset: &Reset,
    actor: &Actor,
    moment: &mut Moment<'_>,
) -> Result<(Vec<Claim>, Vec<Write>), Refusal> {
    // Whoever got hold of one operator's session could keep all others out: for those there is `operators::reset`.
    if account.user.is_operator() {
        return Err(Refusal::OfOperator);
    }
    let lost = reset.lost;
    let Some(without) = account.without(lost) else { return Err(Refusal::NothingThere) };
    let is_left = |method: &Authenticator| without.authenticators.iter().any(|left| left.id == method.id);
    let gone = account.authenticators.iter().filter(|method| !is_left(method));
    let (kind, told, method) = match lost {
        Lost::Method(method) => (AuditKind::MethodReset, NoticeKind::MethodReset, Some(method)),
        Lost::SecondFactors => (AuditKind::TwoFactorReset, NoticeKind::TwoFactorReset, None),
    };
    let revoke = |method: &Authenticator| Claim::Revoke { authenticator: method.id.clone(), at: moment.now };
    let claims = gone.map(revoke).collect();
    let reason = format!("{}: {}", lost.as_str(), reset.reason.as_str());
    let writes = vec![
        end_all(account),
        record(kind, reason, (account, actor), moment),
        Write::Notice(Notice::new(&account.user, told, method, moment)),
    ];
    Ok((claims, writes))
}

fn switched(
    organization: &Organization,
    is_open: bool,
    actor: &Actor,
    moment: &mut Moment<'_>,
) -> Vec<Write> {
    if organization.two_factor_opened_at.is_some() == is_open {
        return Vec::new();
    }
    let opened_at = is_open.then_some(moment.now);
    let kind = if is_open { AuditKind::TwoFactorOpened } else { AuditKind::TwoFactorClosed };
    let mut event = AuditEvent::new(kind, "by an operator", moment).by(actor);
    event.organization = Some(organization.id.clone());
    vec![Write::PutTwoFactorOpened { organization: organization.id.clone(), opened_at }, Write::Audit(event)]
}

fn end_all(account: &Account) -> Write {
    Write::PutEpoch { user: account.user.id.clone(), epoch: account.user.epoch + 1 }
}

fn record(
    kind: AuditKind,
    reason: String,
    (account, actor): (&Account, &Actor),
    moment: &mut Moment<'_>,
) -> Write {
    Write::Audit(AuditEvent::new(kind, reason, moment).about(account).by(actor))
}

/// Nobody vouches for themselves: an operator's own account is changed by what its owner proves, or at the
/// console.
fn is_own(account: &Account, actor: &Actor) -> bool {
    *actor == Actor::Operator(account.user.id.clone())
}

fn refused(refusal: Refusal) -> Decision<Result<(), Refusal>> {
    Decision::without_writes(Err(refusal))
}
