//! Random sequences of everything that two people and a thief can do, in virtual time, with crashes.
//!
//! The driver keeps books of its own: what was truly typed, which entries were told to be wrong, what every
//! session had to prove. After each event the world is held against the books; nothing of the ceremonies is
//! used to judge the ceremonies.

use std::collections::{HashMap, HashSet};

use proptest::{
    prelude::*,
    sample::select,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};

use super::{
    browser::{Browser, code, code_of_step, newest_app, wrong_code},
    world::{ANN, BEA, World, open_app_secret, password_of, user_id},
};
use crate::{
    assurance::Proof,
    authenticator::{
        AuthenticatorKind,
        totp::{CodeVerdict, TypedCode, UsedSteps, current_step},
    },
    ceremony::step_up::Act,
    id::{AuthenticatorId, SessionId, UserId},
    policy::{SecondFactorRule, presets::Preset},
    session::Session,
    throttle::ladder::LadderSubject,
    timestamp::Timestamp,
};

/// One event: who sits where, types what, and does what with it.
#[derive(Clone, Debug)]
struct Event {
    browser: usize,
    name: &'static str,
    password: TypedPassword,
    code: TypedAs,
    deed: Deed,
}

#[derive(Clone, Copy, Debug)]
enum TypedPassword {
    Right,
    OfTheOther,
    Wrong,
    Missing,
}

#[derive(Clone, Copy, Debug)]
enum TypedAs {
    Current,
    StepBefore,
    TwoStepsBefore,
    StepAfter,
    OfTheOther,
    /// Of the person's app before the present one.
    OfAnOldApp,
    Wrong,
    Malformed,
    Missing,
}

#[derive(Clone, Copy, Debug)]
enum Deed {
    TypePassword,
    CrashBehindPassword,
    TypeCode,
    SpendCode,
    /// Password, then code.
    SignIn,
    /// Proof, then method, then code.
    SetUp,
    BeginEnrollment,
    ChooseApp,
    ConfirmApp,
    SpendConfirmation,
    CancelEnrollment,
    TurnOff,
    ChangePassword,
    CrashBehindProof(Act),
    SignOut,
    Visit,
    /// All cookies of another browser: kept from before, or stolen.
    CopyCookiesOf(usize),
    Wait(u64),
    Rule(SecondFactorRule),
    Adopt(Preset),
    /// What the caps do after many more wrong codes than a sequence has.
    TakeAppOutOfUse,
}

const BROWSERS: usize = 3;
const DAY: u64 = 24 * 60 * 60;

fn event() -> impl Strategy<Value = Event> {
    let passwords = prop_oneof![
        12 => Just(TypedPassword::Right),
        2 => Just(TypedPassword::OfTheOther),
        4 => Just(TypedPassword::Wrong),
        1 => Just(TypedPassword::Missing),
    ];
    let codes = prop_oneof![
        12 => Just(TypedAs::Current),
        5 => select(vec![TypedAs::StepBefore, TypedAs::StepAfter, TypedAs::TwoStepsBefore]),
        3 => Just(TypedAs::Wrong),
        4 => select(vec![TypedAs::OfTheOther, TypedAs::OfAnOldApp, TypedAs::Malformed, TypedAs::Missing]),
    ];
    let name = prop_oneof![3 => Just(ANN), 1 => Just(BEA)];
    (0..BROWSERS, name, passwords, codes, deed()).prop_map(|(browser, name, password, code, deed)| Event {
        browser,
        name,
        password,
        code,
        deed,
    })
}

fn deed() -> impl Strategy<Value = Deed> {
    let wait = prop_oneof![
        4 => select(vec![0, 1, 29, 30, 30, 60]),
        2 => select(vec![5 * 60 - 1, 5 * 60, 10 * 60, 30 * 60]),
        1 => select(vec![60 * 60, DAY]),
        1 => 0..2 * DAY,
    ];
    let act = select(vec![Act::TurnOnTwoFactor, Act::TurnOffTwoFactor, Act::ChangePassword]);
    let rule = select(vec![SecondFactorRule::Off, SecondFactorRule::Optional, SecondFactorRule::Required]);
    prop_oneof![
        6 => Just(Deed::TypePassword),
        1 => Just(Deed::CrashBehindPassword),
        6 => Just(Deed::TypeCode),
        1 => Just(Deed::SpendCode),
        6 => Just(Deed::SignIn),
        5 => Just(Deed::SetUp),
        1 => Just(Deed::BeginEnrollment),
        1 => Just(Deed::ChooseApp),
        4 => Just(Deed::ConfirmApp),
        1 => Just(Deed::SpendConfirmation),
        1 => Just(Deed::CancelEnrollment),
        6 => Just(Deed::TurnOff),
        2 => Just(Deed::ChangePassword),
        1 => act.prop_map(Deed::CrashBehindProof),
        1 => Just(Deed::SignOut),
        1 => Just(Deed::Visit),
        2 => (0..BROWSERS).prop_map(Deed::CopyCookiesOf),
        9 => wait.prop_map(Deed::Wait),
        1 => rule.prop_map(Deed::Rule),
        1 => select(Preset::ALL.to_vec()).prop_map(Deed::Adopt),
        1 => Just(Deed::TakeAppOutOfUse),
    ]
}

/// What the driver knows by itself.
#[derive(Default)]
struct Books {
    /// Right values that were truly typed for an authenticator that was in force and in use.
    typed_right: HashSet<(AuthenticatorId, Timestamp)>,
    /// What each session had to prove when it was made.
    needed: HashMap<SessionId, Vec<AuthenticatorKind>>,
    /// Wrong entries on each ladder since its last lock, complete sign-in or quiet day.
    wrong: HashMap<LadderSubject, (u32, Timestamp)>,
    /// Locks that were seen, and until when.
    locks: HashMap<LadderSubject, Timestamp>,
    passwords: HashMap<&'static str, String>,
    passwords_chosen: usize,
}

/// How an entry ended, as far as a ladder is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    /// Nothing was compared, or a right value was.
    NotWrong,
    /// Told to be wrong, or lost in a crash: nobody knows what it would have been.
    Wrong,
    CompletedSignIn,
}

struct Drama {
    world: World,
    browsers: Vec<Browser>,
    books: Books,
}

impl Drama {
    fn new(has_app: bool) -> Self {
        let world = if has_app { World::with_app() } else { World::new() };
        let mut books = Books::default();
        for name in [ANN, BEA] {
            books.passwords.insert(name, password_of(name));
        }
        let browsers = (0..BROWSERS).map(|mark| Browser::new(u8::try_from(mark).unwrap())).collect();
        Self { world, browsers, books }
    }

    fn play(&mut self, event: &Event) {
        let sessions_before = self.world.sessions.len();
        let needed = [ANN, BEA].map(|name| (user_id(name), self.needed(name)));
        let lane = self.lane(event);
        let failures_before = lane.as_ref().map(|lane| self.world.ladder_of(lane).failures);
        let owed = self.owed(event);
        let was_locked = lane.as_ref().is_some_and(|lane| self.is_locked(lane));
        let told = self.act(event);
        if told == "done" {
            let now = self.world.now;
            for proof in owed {
                assert!(self.books.typed_right.contains(&(proof, now)), "an act without its proofs");
            }
        }
        let entry = entry_of(event.deed, &told);
        if was_locked {
            assert_eq!(entry, Entry::NotWrong, "a verdict while locked: {told}");
            assert!(!["code awaited", "signed in", "done"].contains(&told.as_str()), "admitted while locked");
        }
        if let (Some(lane), Entry::Wrong) = (&lane, entry) {
            let failures = self.world.ladder_of(lane).failures;
            // A replay that came before is refused and told, but counted once only (A04).
            let is_uncounted = told.starts_with("code_already_used") && Some(failures) == failures_before;
            if !is_uncounted {
                self.note_wrong(lane.clone());
            }
        }
        if let (Some(lane), Entry::CompletedSignIn) = (&lane, entry) {
            self.books.wrong.remove(lane);
            self.books.locks.remove(lane);
        }
        for row in &self.world.sessions[sessions_before..] {
            let (_, needed) = needed.iter().find(|(user, _)| *user == row.session.user).unwrap();
            self.books.needed.insert(row.session.id.clone(), needed.clone());
            self.check_new_session(&row.session);
        }
        self.check();
    }

    /// What a sign-in of a person must prove, worked out without the code under test.
    fn needed(&self, name: &str) -> Vec<AuthenticatorKind> {
        let is_asked =
            self.world.has_app(name) || self.world.policy.second_factor == SecondFactorRule::Required;
        let mut kinds = vec![AuthenticatorKind::Password];
        kinds.extend(is_asked.then_some(AuthenticatorKind::App));
        kinds
    }

    /// The authenticators whose right values an act takes, by the letter of the policy.
    fn owed(&self, event: &Event) -> Vec<AuthenticatorId> {
        let policy = &self.world.policy;
        let proofs = match event.deed {
            Deed::BeginEnrollment => policy.proofs_to_turn_on,
            Deed::TurnOff => policy.proofs_to_turn_off,
            Deed::ChangePassword => policy.proofs_to_change_password,
            _ => return Vec::new(),
        };
        let is_owed = |kind| match kind {
            AuthenticatorKind::Password => proofs.password,
            AuthenticatorKind::App => proofs.current_factor,
        };
        let user = user_id(self.actor(event));
        let in_force = self.world.in_force(&user).filter(|found| is_owed(found.kind));
        in_force.map(|authenticator| authenticator.id.clone()).collect()
    }

    fn is_locked(&self, lane: &LadderSubject) -> bool {
        self.books.locks.get(lane).is_some_and(|until| self.world.now < *until)
    }

    fn note_wrong(&mut self, lane: LadderSubject) {
        let now = self.world.now;
        let (count, last) = self.books.wrong.entry(lane).or_insert((0, now));
        if now.since(*last).as_secs() >= DAY {
            *count = 0;
        }
        *count += 1;
        *last = now;
    }

    /// The ladder that an event would count on.
    fn lane(&self, event: &Event) -> Option<LadderSubject> {
        let browser = &self.browsers[event.browser];
        match event.deed {
            Deed::TypePassword | Deed::CrashBehindPassword => {
                self.world.account(&user_id(event.name), browser.known).map(|account| account.lane.subject)
            }
            Deed::TypeCode | Deed::SpendCode => {
                self.world.sign_in(browser.ceremony, browser.known).map(|(_, account)| account.lane.subject)
            }
            Deed::BeginEnrollment
            | Deed::ConfirmApp
            | Deed::SpendConfirmation
            | Deed::TurnOff
            | Deed::ChangePassword
            | Deed::CrashBehindProof(_) => {
                self.world.session(browser.session, browser.known).map(|(_, account)| account.lane.subject)
            }
            _ => None,
        }
    }

    /// Does it; says what the browser was told, or "lost" where a crash kept it from being told.
    fn act(&mut self, event: &Event) -> String {
        if self.act_without_typing(event) {
            return String::new();
        }
        let actor = self.actor(event);
        let password = self.password(actor, event.password);
        let typed = self.code(actor, event.code);
        self.note_what_is_right(event, actor, (&password, &typed));
        let Self { world, browsers, books } = self;
        let browser = &mut browsers[event.browser];
        match event.deed {
            Deed::TypePassword => browser.type_password(world, event.name, &password),
            Deed::CrashBehindPassword => {
                browser.reserve_password(world, event.name, &password).map_or_else(|told| told, |_| lost())
            }
            Deed::TypeCode => browser.type_code(world, &typed),
            Deed::BeginEnrollment => browser.begin_enrollment(world, &password, &typed),
            Deed::ConfirmApp => browser.confirm_app(world, &typed),
            Deed::TurnOff => browser.turn_off(world, &password, &typed),
            Deed::ChangePassword => {
                books.passwords_chosen += 1;
                let new = format!("another password, the {}th", books.passwords_chosen);
                let told = browser.change_password(world, (&password, &typed), &new);
                if told == "done" {
                    books.passwords.insert(actor, new);
                }
                told
            }
            Deed::CrashBehindProof(act) => {
                browser.reserve_proof(world, act, &password, &typed).map_or_else(|told| told, |_| lost())
            }
            _ => unreachable!("the others type nothing"),
        }
    }

    /// Deeds that type nothing of their own; says whether it was one.
    fn act_without_typing(&mut self, event: &Event) -> bool {
        let Self { world, browsers, .. } = self;
        let browser = &mut browsers[event.browser];
        match event.deed {
            Deed::SignIn => self.play_all(event, &[Deed::TypePassword, Deed::TypeCode]),
            Deed::SetUp => {
                self.play_all(event, &[Deed::BeginEnrollment, Deed::ChooseApp, Deed::ConfirmApp]);
            }
            Deed::ChooseApp => {
                browser.choose_app(world);
            }
            Deed::SpendCode => browser.spend_code(world),
            Deed::SpendConfirmation => browser.spend_confirmation(world),
            Deed::CancelEnrollment => browser.cancel_enrollment(world),
            Deed::SignOut => browser.sign_out(world),
            Deed::Visit => {
                browser.is_signed_in(world);
            }
            Deed::CopyCookiesOf(other) => browsers[event.browser] = browsers[other].clone(),
            Deed::Wait(secs) => world.pass_secs(secs),
            Deed::Rule(rule) => world.rule(rule),
            Deed::Adopt(preset) => world.policy = preset.policy(),
            Deed::TakeAppOutOfUse if world.has_app(event.name) => {
                let now = world.now;
                world.app(event.name).disabled_at = Some(now);
            }
            Deed::TakeAppOutOfUse => {}
            _ => return false,
        }
        true
    }

    /// Several steps of one person, so that sequences get far; each is an event of its own.
    fn play_all(&mut self, event: &Event, deeds: &[Deed]) {
        for deed in deeds {
            self.play(&Event { deed: *deed, ..event.clone() });
        }
    }

    /// The person whose account an event is about.
    fn actor(&self, event: &Event) -> &'static str {
        let browser = &self.browsers[event.browser];
        let user = match event.deed {
            Deed::TypePassword | Deed::CrashBehindPassword => None,
            Deed::TypeCode | Deed::SpendCode => {
                self.world.sign_in(browser.ceremony, browser.known).map(|(ceremony, _)| ceremony.user)
            }
            _ => self.world.session(browser.session, None).map(|(session, _)| session.user),
        };
        [ANN, BEA].into_iter().find(|name| user == Some(user_id(name))).unwrap_or(event.name)
    }

    fn password(&self, actor: &str, typed: TypedPassword) -> String {
        match typed {
            TypedPassword::Right => self.books.passwords[actor].clone(),
            TypedPassword::OfTheOther => self.books.passwords[other(actor)].clone(),
            TypedPassword::Wrong => "a guess".into(),
            TypedPassword::Missing => String::new(),
        }
    }

    fn code(&self, actor: &str, typed: TypedAs) -> String {
        let step = current_step(self.world.now);
        match typed {
            TypedAs::Current => code_of_step(&self.world, actor, step),
            TypedAs::StepBefore => code_of_step(&self.world, actor, step - 1),
            TypedAs::TwoStepsBefore => code_of_step(&self.world, actor, step - 2),
            TypedAs::StepAfter => code_of_step(&self.world, actor, step + 1),
            TypedAs::OfTheOther => code_of_step(&self.world, other(actor), step),
            TypedAs::OfAnOldApp => self.code_of_an_old_app(actor, step),
            TypedAs::Wrong => wrong_code(&self.world, actor),
            TypedAs::Malformed => "12345a".into(),
            TypedAs::Missing => String::new(),
        }
    }

    fn code_of_an_old_app(&self, actor: &str, step: i64) -> String {
        let user = user_id(actor);
        let newest = newest_app(&self.world, actor).map(|app| app.id.clone());
        let mut rows = self.world.authenticators.iter();
        let old = rows.rfind(|row| {
            row.user == user
                && row.authenticator.kind == AuthenticatorKind::App
                && Some(&row.authenticator.id) != newest.as_ref()
        });
        old.map_or_else(|| "000000".into(), |row| code(&row.authenticator.secret, step))
    }

    /// Notes which authenticators the typed values truly are of, now.
    fn note_what_is_right(&mut self, event: &Event, actor: &str, (password, typed): (&str, &str)) {
        let now = self.world.now;
        let user = user_id(actor);
        let mut right: Vec<AuthenticatorId> = Vec::new();
        for authenticator in self.world.in_force(&user).filter(|candidate| candidate.disabled_at.is_none()) {
            let is_right = match authenticator.kind {
                AuthenticatorKind::Password => authenticator.secret.0 == password.as_bytes(),
                AuthenticatorKind::App => self.is_fresh_code(&authenticator.id, typed),
            };
            right.extend(is_right.then(|| authenticator.id.clone()));
        }
        if let Deed::ConfirmApp = event.deed
            && let Some((ceremony, ..)) = self.browsers[event.browser].enrollment(&self.world)
            && let Some(pending) = ceremony.pending
        {
            right.extend(self.is_fresh_code(&pending.id, typed).then_some(pending.id));
        }
        self.books.typed_right.extend(right.into_iter().map(|id| (id, now)));
    }

    /// Whether a code is one of the three around now, and newer than all that the app was let through with.
    fn is_fresh_code(&self, app: &AuthenticatorId, typed: &str) -> bool {
        let row = self.world.authenticators.iter().find(|row| row.authenticator.id == *app).unwrap();
        let secret = open_app_secret(&row.authenticator.secret);
        let newest =
            self.world.accepted_steps.iter().filter(|(id, _)| id == app).map(|(_, step)| *step).max();
        match secret.check(&TypedCode::parse(typed), UsedSteps::default(), self.world.now) {
            CodeVerdict::Right { step } => newest.is_none_or(|newest| step > newest),
            _ => false,
        }
    }

    fn check(&mut self) {
        self.check_sessions();
        self.check_ladders();
        self.check_steps();
        assert!(self.world.open_sign_ins(ANN) <= 5 && self.world.open_sign_ins(BEA) <= 5);
    }

    /// Every session that lives carries what was required when it was made, and all of it truly happened.
    fn check_sessions(&self) {
        for row in &self.world.sessions {
            let session = &row.session;
            let user = self.world.users.iter().find(|user| user.id == session.user).unwrap();
            if !session.is_live(user, self.world.now) {
                continue;
            }
            for kind in &self.books.needed[&session.id] {
                assert!(session.evidence.has(*kind), "a session without its {}", kind.as_str());
            }
            let proofs = proofs_of(session);
            for proof in &proofs {
                assert!(
                    self.books.typed_right.contains(&(proof.authenticator.clone(), proof.at)),
                    "a proof that never happened: {proof:?}"
                );
                assert!(self.is_of(&proof.authenticator, &session.user), "a proof of somebody else");
            }
            // Turning it on ended every session that did not prove the app.
            for app in self.world.in_force(&session.user).filter(|found| found.kind.is_second_factor()) {
                assert!(proofs.iter().any(|proof| proof.authenticator == app.id), "it survived the set-up");
            }
        }
    }

    /// What a sign-in went by is in force when it ends, and an app among it not out of use.
    fn check_new_session(&self, session: &Session) {
        for proof in proofs_of(session) {
            let mut in_force = self.world.in_force(&session.user);
            let found = in_force.find(|authenticator| authenticator.id == proof.authenticator);
            assert!(found.is_some(), "signed in by what is gone: {proof:?}");
            let is_disabled = found.is_some_and(|authenticator| authenticator.disabled_at.is_some());
            assert!(
                proof.kind == AuthenticatorKind::Password || !is_disabled,
                "an app out of use: {proof:?}"
            );
        }
    }

    fn is_of(&self, authenticator: &AuthenticatorId, user: &UserId) -> bool {
        let mut rows = self.world.authenticators.iter();
        rows.any(|row| row.authenticator.id == *authenticator && row.user == *user)
    }

    /// Never more wrong entries than tries between two locks, and no lock ends before its time but by a
    /// complete sign-in.
    fn check_ladders(&mut self) {
        let (now, tries) = (self.world.now, self.world.policy.ladder.tries);
        for (lane, until) in &self.books.locks {
            let lock = self.world.ladder_of(lane).lock_at(now);
            assert!(now >= *until || lock.is_some(), "the lock of {} was lifted", lane.as_str());
        }
        for (lane, ladder) in &self.world.ladders {
            if let Some(lock) = ladder.lock_at(now) {
                self.books.locks.insert(lane.clone(), lock.until);
                self.books.wrong.remove(lane);
            }
        }
        for (lane, (count, _)) in &self.books.wrong {
            assert!(*count < tries, "{count} wrong entries on {} and no lock", lane.as_str());
        }
    }

    /// The steps of an app only ever rise.
    fn check_steps(&self) {
        let mut newest: HashMap<&AuthenticatorId, i64> = HashMap::new();
        for (app, step) in &self.world.accepted_steps {
            let before = newest.insert(app, *step);
            assert!(before.is_none_or(|before| before < *step), "step {step} was accepted again");
        }
    }
}

fn other(name: &str) -> &'static str {
    if name == ANN { BEA } else { ANN }
}

fn proofs_of(session: &Session) -> Vec<Proof> {
    serde_json::from_value(serde_json::to_value(&session.evidence).unwrap()).unwrap()
}

fn lost() -> String {
    "lost".into()
}

fn entry_of(deed: Deed, told: &str) -> Entry {
    match told {
        "signed in" => Entry::CompletedSignIn,
        "lost" | "session_ended" => Entry::Wrong,
        _ if told.starts_with("wrong_") => Entry::Wrong,
        // Only where a code is judged is a replay known from a wrong code.
        _ if told.starts_with("code_already_used") && matches!(deed, Deed::TypeCode) => Entry::Wrong,
        _ => Entry::NotWrong,
    }
}

proptest! {
    // 512 sequences of 60 to 100 events take a few seconds; nothing is written down where one fails, since
    // proptest prints the shortest.
    #![proptest_config(Config { cases: 512, failure_persistence: None, ..Config::default() })]

    /// A01, A02, A03, A07, A28, A29, A52, A53, A59.
    #[test]
    fn no_sequence_of_events_signs_in_without_every_required_factor(
        has_app: bool,
        events in prop::collection::vec(event(), 60..100),
    ) {
        let mut drama = Drama::new(has_app);
        for event in &events {
            drama.play(event);
        }
    }
}

/// The driver gets to where the rules bite: without that, the property would hold for want of trying.
#[test]
fn random_sequences_reach_every_outcome() {
    let mut runner = TestRunner::deterministic();
    let mut seen: HashMap<&str, u32> = HashMap::new();
    for round in 0..96 {
        let events = prop::collection::vec(event(), 60..100).new_tree(&mut runner).unwrap().current();
        let mut drama = Drama::new(round % 2 == 0);
        for event in &events {
            drama.play(event);
        }
        for event in &drama.world.audit {
            *seen.entry(event.kind.as_str()).or_default() += 1;
        }
    }
    for kind in [
        "sign_in.refused",
        "sign_in.password_right",
        "sign_in.signed_in",
        "session.signed_out",
        "name.locked",
        "code.replayed",
        "step_up.refused",
        "enrollment.started",
        "enrollment.refused",
        "two_factor.turned_on",
        "two_factor.turned_off",
        "password.changed",
    ] {
        let times = seen.get(kind).copied().unwrap_or(0);
        assert!(times >= 5, "{kind} was seen {times} times only: {seen:?}");
    }
}
