//! What the driver knows by itself, and what the world is held against after each event.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use super::{
    super::{
        browser::{Browser, code_in},
        world::{CodeRow, World, open_app_secret},
    },
    event::{DAY, Deed, Event},
};
use crate::{
    assurance::Proof,
    authenticator::{
        AuthenticatorKind,
        sent_code::GUESSES_MAX,
        totp::{CodeVerdict, UsedSteps},
        typed_code::TypedCode,
    },
    ceremony::{Ceremony, CeremonyPurpose, step_up::Act},
    id::{AuthenticatorId, MessageId, SentCodeId, SessionId, UserId},
    message::Channel,
    session::Session,
    throttle::ladder::LadderSubject,
    timestamp::Timestamp,
};

/// What the world is held against; nothing of the ceremonies is used to judge the ceremonies.
#[derive(Default)]
pub(super) struct Books {
    /// Right values that were truly typed for an authenticator that was in force and in use.
    pub(super) typed_right: HashSet<(AuthenticatorId, Timestamp)>,
    /// Sessions that had to prove a second factor when they were made.
    pub(super) needs_second_factor: HashSet<SessionId>,
    /// Wrong entries on each ladder since its last lock, complete sign-in or quiet day.
    pub(super) wrong: HashMap<LadderSubject, (u32, Timestamp)>,
    /// Locks that were seen, and until when.
    pub(super) locks: HashMap<LadderSubject, Timestamp>,
    /// How often somebody was told that an entry was not the code of a text.
    verdicts: HashMap<SentCodeId, u32>,
    /// Every code that was texted, as whoever holds the phone reads it.
    texts: Vec<Text>,
    messages_read: usize,
    codes_seen: usize,
    accepted_codes: HashSet<SentCodeId>,
    pub(super) passwords: HashMap<&'static str, String>,
    pub(super) passwords_chosen: usize,
}

struct Text {
    message: MessageId,
    user: Option<UserId>,
    code: String,
}

impl Books {
    /// Reads what was texted since the last time.
    fn read_texts(&mut self, world: &World) {
        for message in &world.outbox[self.messages_read..] {
            if message.channel == Channel::Sms {
                let code = code_in(message).unwrap();
                self.texts.push(Text { message: message.id.clone(), user: message.user.clone(), code });
            }
        }
        self.messages_read = world.outbox.len();
    }

    /// The code in the newest text to a person, or in one so many before it.
    pub(super) fn texted(&self, user: &UserId, before: usize) -> String {
        let mut own = self.texts.iter().rev().filter(|text| text.user.as_ref() == Some(user));
        own.nth(before).map_or_else(|| "000000".into(), |text| text.code.clone())
    }

    fn is_code_of(&self, typed: &str, row: &CodeRow) -> bool {
        self.texts.iter().any(|text| text.message == row.sent.message && text.code == typed)
    }

    pub(super) fn note_wrong(&mut self, lane: LadderSubject, now: Timestamp) {
        let (count, last) = self.wrong.entry(lane).or_insert((0, now));
        if now.since(*last).as_secs() >= DAY {
            *count = 0;
        }
        *count += 1;
        *last = now;
    }

    /// Somebody was told that an entry was not this code: it counts, and not more often than it may.
    pub(super) fn note_verdict(&mut self, code: &SentCodeId, world: &World) {
        let told = self.verdicts.entry(code.clone()).or_default();
        *told += 1;
        let counted = world.codes.iter().find(|row| row.sent.id == *code).unwrap().guesses;
        assert!(*told <= counted, "{told} verdicts on a code, and {counted} were counted");
        assert!(counted <= GUESSES_MAX, "{counted} guesses at one code");
    }

    pub(super) fn note_lock_ended(&mut self, lane: &LadderSubject) {
        self.wrong.remove(lane);
        self.locks.remove(lane);
    }

    /// The authenticators that typed values truly are of, now, in a ceremony of this browser.
    pub(super) fn right(
        &self,
        world: &World,
        user: &UserId,
        (password, typed): (&str, &str),
        ceremony: Option<&Ceremony>,
    ) -> Vec<AuthenticatorId> {
        let is_right = |id: &AuthenticatorId, kind| match kind {
            AuthenticatorKind::Password => is_password(world, id, password),
            AuthenticatorKind::App => is_fresh_code(world, id, typed),
            AuthenticatorKind::Phone | AuthenticatorKind::Email => live_code(world, ceremony)
                .is_some_and(|row| row.sent.authenticator == *id && self.is_code_of(typed, row)),
            // Nobody types one here.
            AuthenticatorKind::RecoveryKey | AuthenticatorKind::BackupCodes => false,
        };
        let in_use = world.in_force(user).filter(|candidate| candidate.disabled_at.is_none());
        let mut right: Vec<AuthenticatorId> = in_use
            .filter(|candidate| is_right(&candidate.id, candidate.kind()))
            .map(|candidate| candidate.id.clone())
            .collect();
        let pending = ceremony.and_then(|ceremony| ceremony.pending.as_ref());
        right.extend(
            pending.and_then(|pending| {
                is_right(&pending.id, pending.material.kind()).then(|| pending.id.clone())
            }),
        );
        right
    }

    pub(super) fn check(&mut self, world: &World) {
        self.read_texts(world);
        self.check_sessions(world);
        self.check_ladders(world);
        check_steps(world);
        self.check_codes(world);
    }

    /// P3, P4: each code is accepted once, and no phone buzzes more than it may.
    fn check_codes(&mut self, world: &World) {
        for code in &world.accepted_codes[self.accepted_codes.len()..] {
            assert!(self.accepted_codes.insert(code.clone()), "{code} was accepted again");
        }
        let hour = Duration::from_hours(1);
        for CodeRow { sent, .. } in &world.codes[self.codes_seen..] {
            let to_number = world.unproven_within(hour, |other| other.sent.destination == sent.destination);
            let to_person = world.unproven_within(hour, |other| other.sent.user == sent.user);
            // Those who set a number up make no sign-in wait for it, so the number's budget is theirs alone.
            let is_number_within = to_number <= 5 || sent.purpose != CeremonyPurpose::Enroll;
            assert!(is_number_within && to_person <= 5, "{to_number} to a number, {to_person} to a person");
        }
        self.codes_seen = world.codes.len();
    }

    /// Every session that lives carries what was required when it was made, and all of it truly happened.
    fn check_sessions(&self, world: &World) {
        for row in &world.sessions {
            let session = &row.session;
            let user = world.users.iter().find(|user| user.id == session.user).unwrap();
            if !session.is_live(user, world.now) {
                continue;
            }
            let proofs = proofs_of(session);
            let has_second = proofs.iter().any(|proof| proof.kind.is_second_factor());
            assert!(session.evidence.has(AuthenticatorKind::Password), "a session without a password");
            let needs_second = self.needs_second_factor.contains(&session.id);
            assert!(has_second || !needs_second, "a session without its second factor");
            for proof in &proofs {
                assert!(
                    self.typed_right.contains(&(proof.authenticator.clone(), proof.at)),
                    "a proof that never happened: {proof:?}"
                );
                assert!(is_of(world, &proof.authenticator, &session.user), "a proof of somebody else");
            }
            // Turning it on, adding and replacing ended every session that did not prove one that is there.
            let mut in_force = world.in_force(&session.user).filter(|found| found.kind().is_second_factor());
            let is_proved = |id: &AuthenticatorId| proofs.iter().any(|proof| proof.authenticator == *id);
            let has_any = in_force.by_ref().next();
            let survives = has_any.is_none_or(|first| is_proved(&first.id))
                || in_force.any(|other| is_proved(&other.id));
            assert!(survives, "a session survived the set-up");
        }
    }

    /// Never more wrong entries than tries between two locks, and no lock ends before its time but by a
    /// complete sign-in.
    fn check_ladders(&mut self, world: &World) {
        let (now, tries) = (world.now, world.policy.ladder.tries);
        for (lane, until) in &self.locks {
            let lock = world.ladder_of(lane).lock_at(now);
            assert!(now >= *until || lock.is_some(), "the lock of {} was lifted", lane.as_str());
        }
        for (lane, ladder) in &world.ladders {
            if let Some(lock) = ladder.lock_at(now) {
                self.locks.insert(lane.clone(), lock.until);
                self.wrong.remove(lane);
            }
        }
        for (lane, (count, _)) in &self.wrong {
            assert!(*count < tries, "{count} wrong entries on {} and no lock", lane.as_str());
        }
    }
}

/// What a sign-in went by is in force when it ends, and a second factor among it not out of use.
pub(super) fn check_new_session(world: &World, session: &Session) {
    for proof in proofs_of(session) {
        let mut in_force = world.in_force(&session.user);
        let found = in_force.find(|authenticator| authenticator.id == proof.authenticator);
        assert!(found.is_some(), "signed in by what is gone: {proof:?}");
        let is_disabled = found.is_some_and(|authenticator| authenticator.disabled_at.is_some());
        assert!(proof.kind == AuthenticatorKind::Password || !is_disabled, "out of use: {proof:?}");
    }
}

/// The steps of an app only ever rise.
fn check_steps(world: &World) {
    let mut newest: HashMap<&AuthenticatorId, i64> = HashMap::new();
    for (app, step) in &world.accepted_steps {
        let before = newest.insert(app, *step);
        assert!(before.is_none_or(|before| before < *step), "step {step} was accepted again");
    }
}

/// The ceremony of a browser that an event types its code into.
pub(super) fn ceremony_of(world: &World, browser: &Browser, deed: Deed) -> Option<Ceremony> {
    let asked = |act: Act| {
        let (session, _) = world.session(browser.session, browser.known)?;
        world.asked(&session, act)
    };
    match deed {
        Deed::TypeCode | Deed::SpendCode => {
            world.sign_in(browser.ceremony, browser.known).map(|(ceremony, _)| ceremony)
        }
        Deed::Confirm | Deed::SpendConfirmation => browser.enrollment(world).map(|(ceremony, ..)| ceremony),
        Deed::BeginEnrollment => asked(Act::TurnOnTwoFactor),
        Deed::BeginChange => asked(Act::ChangeMethods),
        Deed::TurnOff => asked(Act::TurnOffTwoFactor),
        Deed::ChangePassword => asked(Act::ChangePassword),
        Deed::CrashBehindProof(act) => asked(act),
        _ => None,
    }
}

/// The code of a ceremony that can be entered now.
pub(super) fn live_code<'w>(world: &'w World, ceremony: Option<&Ceremony>) -> Option<&'w CodeRow> {
    // A ceremony ends with its own time, and with the epoch that it began under; so do its codes.
    let ceremony = ceremony.filter(|ceremony| {
        let user = world.users.iter().find(|user| user.id == ceremony.user).unwrap();
        user.epoch == ceremony.user_epoch && world.now < ceremony.expires_at
    })?;
    world.codes.iter().find(|row| {
        row.sent.ceremony == ceremony.id
            && row.is_newest()
            && world.now < row.sent.expires_at
            && row.guesses < GUESSES_MAX
    })
}

/// The code that an entry was compared with, if it was told to be wrong for that.
pub(super) fn judged<'w>(
    world: &'w World,
    event: &Event,
    ceremony: Option<&Ceremony>,
) -> Option<&'w SentCodeId> {
    let row = live_code(world, ceremony)?;
    let bound = world.authenticators.iter().find(|bound| bound.authenticator.id == row.sent.authenticator)?;
    let is_awaited = match event.deed {
        Deed::Confirm => {
            let pending = ceremony.and_then(|ceremony| ceremony.pending.as_ref());
            pending.is_some_and(|pending| pending.id == row.sent.authenticator)
        }
        _ => bound.is_in_force() && bound.authenticator.disabled_at.is_none(),
    };
    is_awaited.then_some(&row.sent.id)
}

/// Whether a code is one that the app shows around now, used or not.
pub(super) fn is_of_app(world: &World, user: &UserId, typed: &str) -> bool {
    let mut apps = world.in_force(user).filter(|bound| bound.kind() == AuthenticatorKind::App);
    apps.any(|app| {
        let secret = open_app_secret(&app.material);
        secret.check(&TypedCode::parse(typed), UsedSteps::default(), world.now) != CodeVerdict::Wrong
    })
}

fn is_password(world: &World, id: &AuthenticatorId, typed: &str) -> bool {
    let row = world.authenticators.iter().find(|row| row.authenticator.id == *id).unwrap();
    row.authenticator.material.secret().is_some_and(|hash| hash.0 == typed.as_bytes())
}

/// Whether a code is one of the three around now, and newer than all that the app was let through with.
fn is_fresh_code(world: &World, app: &AuthenticatorId, typed: &str) -> bool {
    let row = world.authenticators.iter().find(|row| row.authenticator.id == *app).unwrap();
    let secret = open_app_secret(&row.authenticator.material);
    let newest = world.accepted_steps.iter().filter(|(id, _)| id == app).map(|(_, step)| *step).max();
    match secret.check(&TypedCode::parse(typed), UsedSteps::default(), world.now) {
        CodeVerdict::Right { step } => newest.is_none_or(|newest| step > newest),
        _ => false,
    }
}

fn is_of(world: &World, authenticator: &AuthenticatorId, user: &UserId) -> bool {
    let mut rows = world.authenticators.iter();
    rows.any(|row| row.authenticator.id == *authenticator && row.user == *user)
}

fn proofs_of(session: &Session) -> Vec<Proof> {
    serde_json::from_value(serde_json::to_value(&session.evidence).unwrap()).unwrap()
}
