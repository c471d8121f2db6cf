//! What every wrong or right entry costs or clears, whichever ceremony it was made in (CR-5: they count together).

use crate::{
    account::{Account, Lane},
    assurance::Proof,
    audit::event::{AuditEvent, AuditKind},
    authenticator::{
        Authenticator, AuthenticatorKind,
        destination::Destination,
        password::PasswordLength,
        sent_code::{Binding, SentCode},
        totp::{AppSecret, CodeVerdict},
        typed_code::TypedCode,
    },
    ceremony::{Ceremony, CeremonyEnd, Claim, Write, unlock},
    letter::{Letter, MemberLetter},
    message::{Channel, Outgoing, Recipient},
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
        lock: ladder.lock_for(moment.now, moment.visitor.browser),
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
        Write::Notice(Notice::of_lock(&account.user, unlock::opens_until(account, lock), moment)),
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
    match record.cap_reached(authenticator.kind(), moment.now) {
        CapReached::No => Vec::new(),
        CapReached::SomebodyHasThePassword => {
            let due = change_due(account, PasswordChangeReason::SomebodyKnowsIt, moment);
            let event = AuditEvent::new(AuditKind::PasswordChangeDue, in_a_month(record, moment), moment);
            let mut writes = vec![due, Write::Audit(event.about(account))];
            writes.extend(tell_all(account, NoticeKind::SomebodyHasThePassword, None, moment));
            writes
        }
        CapReached::Disable => {
            let reason = format!("in_a_row={} {}", record.in_a_row, in_a_month(record, moment));
            let event = AuditEvent::new(AuditKind::AuthenticatorDisabled, reason, moment);
            let mut writes = vec![
                Write::DisableAuthenticator { authenticator: authenticator.id.clone(), at: moment.now },
                Write::Audit(event.about(account)),
            ];
            let kind = NoticeKind::AuthenticatorDisabled;
            writes.extend(tell_all(account, kind, Some(authenticator.kind()), moment));
            writes
        }
    }
}

/// Tells the person, and whoever administers their company: they help those whom a guesser shut out (A08).
fn tell_all(
    account: &Account,
    kind: NoticeKind,
    method: Option<AuthenticatorKind>,
    moment: &mut Moment<'_>,
) -> Vec<Write> {
    let mut writes = vec![Write::Notice(Notice::new(&account.user, kind, method, moment))];
    let letter = Letter::Member(MemberLetter {
        kind,
        method,
        name: account.user.name.clone(),
        email: account.user.email.to_string(),
        at: moment.now,
    });
    writes.extend(account.admins.iter().map(|admin| {
        let user = Some(account.user.id.clone());
        let recipient = Recipient { channel: Channel::Email, to: admin.to_string(), user };
        Write::Send(Outgoing::seal(recipient, &letter, moment))
    }));
    writes
}

/// From now on the person must choose a new password before anything else.
pub(super) fn change_due(account: &Account, reason: PasswordChangeReason, moment: &Moment<'_>) -> Write {
    let due = PasswordChangeDue { since: moment.now, reason };
    Write::PutPasswordChange { user: account.user.id.clone(), due: Some(due) }
}

/// A password that was chosen to stand beside a second factor, and stands alone now, must be changed (P11).
pub(super) fn change_due_if_too_short(
    account: &Account,
    length: PasswordLength,
    moment: &mut Moment<'_>,
) -> Vec<Write> {
    if length == PasswordLength::EnoughAlone || account.user.password_change.is_some() {
        return Vec::new();
    }
    let reason = PasswordChangeReason::TooShortAlone;
    let event = AuditEvent::new(AuditKind::PasswordChangeDue, reason.as_str(), moment).about(account);
    vec![change_due(account, reason, moment), Write::Audit(event)]
}

fn in_a_month(record: &FailureRecord, moment: &Moment<'_>) -> String {
    format!("in_a_month={}", record.in_a_month(moment.now))
}

/// A typed code and everything that it may be the code of: the app, and what was sent in a ceremony.
#[derive(Clone, Copy)]
pub(super) struct Entry<'e> {
    pub typed: &'e TypedCode,
    /// The app's, where the person has one that is in use.
    pub secret: Option<&'e AppSecret>,
    /// The ceremony that a code may have been sent in.
    pub ceremony: Option<&'e Ceremony>,
}

/// A code, judged against whatever it may be the code of.
pub(super) enum JudgedCode {
    /// Without its claims nothing was proved.
    Right { claims: Vec<Claim>, writes: Vec<Write>, proof: Proof },
    /// To be counted on the ladder by the caller.
    Wrong { writes: Vec<Write>, is_replay: bool },
    /// A replay that was counted before: nothing more is counted, written or told (A04).
    ReplayedAgain,
    /// There is no app, and no code that was sent is good any more: nothing was compared.
    NothingToCompare,
}

/// A live code that was sent, and to what.
struct Awaited<'e> {
    ceremony: &'e Ceremony,
    sent: &'e SentCode,
    factor: &'e Authenticator,
    to: Destination,
}

/// Judges a code and counts a failure on all that it was compared with; the ladder is the caller's.
pub(super) fn judge_code(account: &Account, entry: Entry<'_>, moment: &mut Moment<'_>) -> JudgedCode {
    let awaited = awaited(account, entry.ceremony, moment);
    if let Some(awaited) = awaited.as_ref().filter(|awaited| awaited.matches(account, entry.typed, moment)) {
        let at = moment.now;
        return JudgedCode::Right {
            claims: vec![Claim::UseCode { code: awaited.sent.id.clone(), at }],
            writes: vec![Write::PutUsed { authenticator: awaited.factor.id.clone(), at }],
            proof: proof(awaited.factor, at),
        };
    }
    let app = account.usable(AuthenticatorKind::App).zip(entry.secret);
    let mut writes = Vec::new();
    match app.map(|(app, secret)| (app, secret.check(entry.typed, app.steps, moment.now))) {
        Some((app, CodeVerdict::Right { step })) => {
            let claim = Claim::UseStep { authenticator: app.id.clone(), step, at: moment.now };
            return JudgedCode::Right { claims: vec![claim], writes, proof: proof(app, moment.now) };
        }
        Some((app, CodeVerdict::Replayed { step })) => return replayed(account, app, step, moment),
        Some((app, CodeVerdict::Wrong)) => writes.extend(fail(account, app, moment)),
        None if awaited.is_none() => return JudgedCode::NothingToCompare,
        None => {}
    }
    if let Some(awaited) = awaited {
        writes.extend(guess(account, awaited.sent, awaited.factor, moment));
    }
    JudgedCode::Wrong { writes, is_replay: false }
}

/// An entry that ended in a fault, counted on everything that it may have been compared with.
pub(super) fn fail_unseen(
    account: &Account,
    ceremony: Option<&Ceremony>,
    moment: &mut Moment<'_>,
) -> Vec<Write> {
    let mut writes = Vec::new();
    for kind in [AuthenticatorKind::App, AuthenticatorKind::RecoveryKey, AuthenticatorKind::BackupCodes] {
        if let Some(compared) = account.usable(kind) {
            writes.extend(fail(account, compared, moment));
        }
    }
    if let Some(awaited) = awaited(account, ceremony, moment) {
        writes.extend(guess(account, awaited.sent, awaited.factor, moment));
    }
    writes
}

/// Whether a code that was sent in a ceremony can still be entered there.
pub(super) fn has_live_code(account: &Account, ceremony: Option<&Ceremony>, moment: &Moment<'_>) -> bool {
    awaited(account, ceremony, moment).is_some()
}

fn awaited<'e>(
    account: &'e Account,
    ceremony: Option<&'e Ceremony>,
    moment: &Moment<'_>,
) -> Option<Awaited<'e>> {
    let ceremony = ceremony.filter(|ceremony| ceremony.is_live(&account.user, moment.now))?;
    let sent = ceremony.sent.as_ref().filter(|sent| sent.is_live(moment.now))?;
    let mut reached = Channel::ALL.into_iter().filter_map(|channel| account.reach(channel));
    let (factor, to) = reached.find(|(factor, _)| factor.id == sent.authenticator)?;
    Some(Awaited { ceremony, sent, factor, to })
}

impl Awaited<'_> {
    fn matches(&self, account: &Account, typed: &TypedCode, moment: &Moment<'_>) -> bool {
        let binding = Binding {
            purpose: self.ceremony.purpose,
            organization: account.home(),
            user: &account.user.id,
            ceremony: &self.ceremony.id,
            authenticator: &self.factor.id,
            destination: &self.to,
        };
        self.sent.matches(typed, moment.keys.codes(), &binding)
    }
}

fn guess(account: &Account, sent: &SentCode, factor: &Authenticator, moment: &mut Moment<'_>) -> Vec<Write> {
    let mut writes = fail(account, factor, moment);
    writes.push(guessed(sent));
    writes
}

/// One more wrong entry for a code; after five it is worthless.
pub(super) fn guessed(sent: &SentCode) -> Write {
    Write::PutGuesses { code: sent.id.clone(), guesses: sent.guesses.saturating_add(1) }
}

/// One more failure of a second factor or a look-up secret, with what its cap demands.
pub(super) fn fail(account: &Account, factor: &Authenticator, moment: &mut Moment<'_>) -> Vec<Write> {
    let mut failed = factor.clone();
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
    let writes = replay_writes(account, app, (step, format!("step={step}")), moment);
    JudgedCode::Wrong { writes: writes.into(), is_replay: true }
}

/// What a used code that came again leaves, so that it is told once.
pub(super) fn replay_writes(
    account: &Account,
    authenticator: &Authenticator,
    (step, reason): (i64, String),
    moment: &mut Moment<'_>,
) -> [Write; 3] {
    let event = AuditEvent::new(AuditKind::CodeReplayed, reason, moment).about(account);
    [
        Write::PutReplayedStep { authenticator: authenticator.id.clone(), step },
        Write::Audit(event),
        Write::Notice(Notice::new(&account.user, NoticeKind::CodeReplayed, None, moment)),
    ]
}

/// Ends everything that was granted under the old epoch; only the browser at hand stays known.
pub(super) fn raise_epoch(account: &Account, epoch: i64) -> Vec<Write> {
    let mut writes = vec![Write::PutEpoch { user: account.user.id.clone(), epoch }];
    let known = account.known_browser.clone();
    writes.extend(known.map(|id| Write::KeepBrowser { id, user_epoch: epoch }));
    writes
}

pub(super) fn proof(authenticator: &Authenticator, at: Timestamp) -> Proof {
    Proof { kind: authenticator.kind(), authenticator: authenticator.id.clone(), at }
}
