//! What every wrong or right entry costs or clears, whichever ceremony it was made in (CR-5: they count together).

use crate::{
    account::{Account, Lane},
    assurance::Proof,
    audit::event::{AuditEvent, AuditKind},
    authenticator::{
        Authenticator,
        totp::{AppSecret, CodeVerdict, TypedCode},
    },
    ceremony::{CeremonyEnd, Claim, Write},
    moment::Moment,
    notice::{Notice, NoticeKind},
    refusal::Refusal,
    throttle::{
        cap::{CapReached, FailureRecord},
        ladder::{LadderRules, Left, Lock},
    },
    timestamp::Timestamp,
    user::{PasswordChangeDue, PasswordChangeReason},
};

/// A wrong entry, counted on the ladder: what is left of it, or the lock that it caused.
pub(super) struct Counted {
    pub lane: Lane,
    pub left: Left,
    pub lock: Option<Lock>,
}

/// Counts one wrong entry on the ladder; the caller writes the lane.
pub(super) fn count(lane: &Lane, rules: LadderRules, moment: &Moment<'_>) -> Counted {
    let ladder = lane.ladder.counted(rules, moment.now, moment.visitor.browser);
    Counted {
        left: ladder.left(rules),
        lock: ladder.lock_at(moment.now),
        lane: Lane { subject: lane.subject.clone(), ladder },
    }
}

/// The refusal that a lock means to this visitor.
pub(super) fn locked(lock: Lock, moment: &Moment<'_>) -> Refusal {
    Refusal::Locked { until: (lock.caused_by == moment.visitor.browser).then_some(lock.until) }
}

/// What a lock that was just caused brings with it: a record, a notice, and the end of every half-made
/// sign-in on the same ladder, since after the lock a person starts again with name and password (CR-6).
pub(super) fn lock_writes(account: &Account, lock: Lock, moment: &mut Moment<'_>) -> Vec<Write> {
    let reason = format!("until={} failures={}", lock.until.as_millis(), account.lane.ladder.failures);
    vec![
        Write::EndSignIns {
            user: account.user.id.clone(),
            lane: account.lane.subject.clone(),
            end: CeremonyEnd::Locked,
            at: moment.now,
        },
        Write::Audit(AuditEvent::new(AuditKind::NameLocked, reason, moment).about(account)),
        Write::Notice(Notice::new(&account.user.id, NoticeKind::NameLocked, moment)),
    ]
}

/// What the cap of an authenticator demands after the failure that its record already holds (P2, P2b).
pub(super) fn cap_writes(
    account: &Account,
    authenticator: &Authenticator,
    moment: &mut Moment<'_>,
) -> Vec<Write> {
    let record = &authenticator.failures;
    if !authenticator.is_usable() {
        return Vec::new();
    }
    match record.cap_reached(authenticator.kind, moment.now) {
        CapReached::No => Vec::new(),
        CapReached::SomebodyHasThePassword => vec![
            change_due(account, PasswordChangeReason::SomebodyKnowsIt, moment),
            Write::Audit(
                AuditEvent::new(AuditKind::PasswordChangeDue, in_a_month(record, moment), moment)
                    .about(account),
            ),
            Write::Notice(Notice::new(&account.user.id, NoticeKind::SomebodyHasThePassword, moment)),
        ],
        CapReached::Disable => {
            let reason = format!("in_a_row={} {}", record.in_a_row, in_a_month(record, moment));
            vec![
                Write::DisableAuthenticator { authenticator: authenticator.id.clone(), at: moment.now },
                Write::Audit(
                    AuditEvent::new(AuditKind::AuthenticatorDisabled, reason, moment).about(account),
                ),
                Write::Notice(Notice::new(&account.user.id, NoticeKind::AuthenticatorDisabled, moment)),
            ]
        }
    }
}

/// From now on the person must choose a new password before anything else.
pub(super) fn change_due(account: &Account, reason: PasswordChangeReason, moment: &Moment<'_>) -> Write {
    let due = PasswordChangeDue { since: moment.now, reason };
    Write::PutPasswordChange { user: account.user.id.clone(), due: Some(due) }
}

fn in_a_month(record: &FailureRecord, moment: &Moment<'_>) -> String {
    format!("in_a_month={}", record.in_a_month(moment.now))
}

/// A code, judged against the app that it should come from.
pub(super) enum JudgedCode {
    /// `claim` takes the step; without it nothing was proved.
    Right { claim: Claim, proof: Proof },
    /// To be counted on the ladder by the caller.
    Wrong { writes: Vec<Write>, is_replay: bool },
    /// A replay that was counted before: nothing more is counted, written or told (A04).
    ReplayedAgain,
}

/// Judges a code and counts a failure on the app itself; the ladder is the caller's.
pub(super) fn judge_code(
    account: &Account,
    app: &Authenticator,
    secret: &AppSecret,
    typed: &TypedCode,
    moment: &mut Moment<'_>,
) -> JudgedCode {
    match secret.check(typed, app.steps, moment.now) {
        CodeVerdict::Right { step } => JudgedCode::Right {
            claim: Claim::UseStep { authenticator: app.id.clone(), step, at: moment.now },
            proof: proof(app, moment.now),
        },
        CodeVerdict::Replayed { step } => replayed(account, app, step, moment),
        CodeVerdict::Wrong => JudgedCode::Wrong { writes: fail(account, app, moment), is_replay: false },
    }
}

/// One more failure of an app, with what its cap demands.
pub(super) fn fail(account: &Account, app: &Authenticator, moment: &mut Moment<'_>) -> Vec<Write> {
    let mut failed = app.clone();
    failed.failures = failed.failures.counted(moment.now);
    let count = Write::PutFailures { authenticator: failed.id.clone(), failures: failed.failures.clone() };
    let mut writes = vec![count];
    writes.extend(cap_writes(account, &failed, moment));
    writes
}

/// A used code came again: recorded and told (63B-4 §3.1.4), and counted once however often it comes (A04).
fn replayed(account: &Account, app: &Authenticator, step: i64, moment: &mut Moment<'_>) -> JudgedCode {
    if app.steps.replayed.is_some_and(|seen| step <= seen) {
        return JudgedCode::ReplayedAgain;
    }
    let writes = vec![
        Write::PutReplayedStep { authenticator: app.id.clone(), step },
        Write::Audit(AuditEvent::new(AuditKind::CodeReplayed, format!("step={step}"), moment).about(account)),
        Write::Notice(Notice::new(&account.user.id, NoticeKind::CodeReplayed, moment)),
    ];
    JudgedCode::Wrong { writes, is_replay: true }
}

/// Ends everything that was granted under the old epoch; only the browser at hand stays known.
pub(super) fn raise_epoch(account: &Account, epoch: i64) -> Vec<Write> {
    let mut writes = vec![Write::PutEpoch { user: account.user.id.clone(), epoch }];
    let known = account.known_browser.clone();
    writes.extend(known.map(|id| Write::KeepBrowser { id, user_epoch: epoch }));
    writes
}

pub(super) fn proof(authenticator: &Authenticator, at: Timestamp) -> Proof {
    Proof { kind: authenticator.kind, authenticator: authenticator.id.clone(), at }
}
