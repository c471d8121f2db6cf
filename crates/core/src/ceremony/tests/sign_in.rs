//! Every event in each state of a sign-in.

use super::{
    browser::{Browser, code_of_step, right_code, wrong_code},
    expect,
    given::nothing,
    world::{ANN, BEA, NOBODY, World, password_of, subject},
};
use crate::{
    assurance::Acr,
    authenticator::{AuthenticatorKind, Material, totp::current_step},
    ceremony::{CeremonyEnd, CeremonyPurpose, KNOWN_BROWSERS_MAX, SIGN_IN_LIFE},
    id::KnownBrowserId,
    policy::SecondFactorRule,
    secret::Sealed,
};

type Expected = (&'static str, &'static [&'static str]);
type Given = fn(&mut World);

fn change_nothing(_: &mut World) {}

/// Somebody else types wrong passwords until the name is locked.
pub(super) fn lock_by_stranger(world: &mut World, name: &str) {
    let mut stranger = Browser::new(66);
    while !world.is_locked(name) {
        stranger.type_password(world, name, "a guess");
    }
}

fn lock_ann(world: &mut World) {
    lock_by_stranger(world, ANN);
}

fn disable_ann(world: &mut World) {
    let now = world.now;
    world.user(ANN).disabled_at = Some(now);
}

fn disable_app(world: &mut World) {
    let now = world.now;
    world.app(ANN).disabled_at = Some(now);
}

fn disable_password(world: &mut World) {
    let now = world.now;
    world.authenticator(ANN, AuthenticatorKind::Password).disabled_at = Some(now);
}

fn add_app(world: &mut World) {
    world.bind_app(ANN);
}

fn add_broken_app(world: &mut World) {
    world.bind_app(ANN);
    disable_app(world);
}

fn replace_password(world: &mut World) {
    world.authenticator(ANN, AuthenticatorKind::Password).material =
        Material::Password(Sealed(b"another".to_vec()));
}

fn require(world: &mut World) {
    world.rule(SecondFactorRule::Required);
}

fn wrong_four_times(world: &mut World) {
    for _ in 0..4 {
        Browser::new(66).type_password(world, ANN, "a guess");
    }
}

/// A06, A07, A29, A35, A36: the attempt is counted before anything is compared, and nothing is while locked.
#[test]
fn a_typed_password_is_counted_in_advance_or_refused_for_a_lock() {
    let counted: &[&str] = &["ladder 1", "password failures 1"];
    let cases: [(&str, Given, &str, Expected); 8] = [
        ("the name is open", change_nothing, ANN, ("may hash", counted)),
        ("it is the fifth", wrong_four_times, ANN, ("may hash", &["ladder 5 locked", "password failures 5"])),
        ("another browser locked the name", lock_ann, ANN, ("locked", &[])),
        ("nobody has the name", change_nothing, NOBODY, ("may hash a dummy", &["ladder 1"])),
        (
            "another browser locked a name that nobody has",
            |world| lock_by_stranger(world, NOBODY),
            NOBODY,
            ("locked", &[]),
        ),
        ("the user is disabled", disable_ann, ANN, ("may hash a dummy", &["ladder 1"])),
        ("the password is out of use", disable_password, ANN, ("may hash a dummy", &["ladder 1"])),
        (
            "Bea's name is locked, and this is Ann",
            |world| lock_by_stranger(world, BEA),
            ANN,
            ("may hash", counted),
        ),
    ];
    for (case, given, name, expected) in cases {
        let mut world = World::new();
        given(&mut world);
        let told = match Browser::new(1).reserve_password(&mut world, name, &password_of(ANN)) {
            Ok(in_flight) if in_flight.attempt.hash().is_some() => "may hash".to_owned(),
            Ok(_) => "may hash a dummy".into(),
            Err(refused) => refused,
        };
        expect(case, &world, &told, expected);
    }
}

const OPENED: &[&str] =
    &["ladder 0", "open session", "password failures 0", "record sign_in.signed_in", "remember browser"];
/// The name had failed before, and counts against its network no more (A32).
const OPENED_BEHIND_FOUR: &[&str] = &[
    "ladder 0",
    "ladder 4",
    "name got in from here",
    "open session",
    "password failures 0",
    "record sign_in.signed_in",
    "remember browser",
];
const ONWARD: &[&str] =
    &["keep 4 sign_in", "ladder 0", "open sign_in", "password failures 0", "record sign_in.password_right"];
/// The wrong entries of others stay counted.
const ONWARD_BEHIND_FOUR: &[&str] =
    &["keep 4 sign_in", "ladder 4", "open sign_in", "password failures 0", "record sign_in.password_right"];
const LACKING: &[&str] = &["ladder 0", "password failures 0", "record sign_in.refused"];
const REFUSED: &[&str] = &["name failed from here", "record sign_in.refused"];
const NOTHING: &[&str] = &[];

const RIGHT: bool = true;
const WRONG: bool = false;
const WRONG_PASSWORD: Expected = ("wrong_password, 4 left", REFUSED);

/// One password, reserved in a given world and settled in what became of that meanwhile.
fn settle(case: &str, given: Given, is_right: bool, meanwhile: Given, expected: Expected) {
    let mut world = World::new();
    given(&mut world);
    let mut ann = Browser::new(1);
    let typed = if is_right { password_of(ANN) } else { "a guess".into() };
    let in_flight = ann.reserve_password(&mut world, ANN, &typed).ok().unwrap();
    meanwhile(&mut world);
    let told = ann.settle_password(&mut world, &in_flight);
    expect(case, &world, &told, expected);
    assert_eq!(ann.is_signed_in(&mut world), expected.0 == "signed in", "{case}");
}

/// CR-1, CR-4, A35, A37: what the hash says, and what is required beyond it.
#[test]
fn a_right_password_leads_as_far_as_policy_lets_it_and_a_wrong_one_nowhere() {
    let as_it_was: Given = change_nothing;
    settle("nothing else is required", as_it_was, RIGHT, as_it_was, ("signed in", OPENED));
    settle("it differs", as_it_was, WRONG, as_it_was, WRONG_PASSWORD);
    settle("there is an app", add_app, RIGHT, as_it_was, ("code awaited", ONWARD));
    settle("it differs and there is an app", add_app, WRONG, as_it_was, WRONG_PASSWORD);
    settle(
        "a factor is required and none set up",
        require,
        RIGHT,
        as_it_was,
        ("enrollment_required", LACKING),
    );
    settle("it differs and none is set up", require, WRONG, as_it_was, WRONG_PASSWORD);
    settle("the app is out of use", add_broken_app, RIGHT, as_it_was, ("second_factor_disabled", LACKING));
    settle("it differs and the app is out of use", add_broken_app, WRONG, as_it_was, WRONG_PASSWORD);
}

/// A07, CR-4: what counts is the account as it is when the hash is done, not as it was when it began.
#[test]
fn a_hashed_password_is_settled_against_the_account_as_it_is_then() {
    let from: Given = change_nothing;
    settle("the password was replaced", from, RIGHT, replace_password, WRONG_PASSWORD);
    settle("the password fell out of use", from, RIGHT, disable_password, WRONG_PASSWORD);
    settle("the user was disabled", from, RIGHT, disable_ann, WRONG_PASSWORD);
    settle("an app was set up", from, RIGHT, add_app, ("code awaited", ONWARD));
    settle("a factor became required", from, RIGHT, require, ("enrollment_required", LACKING));
    settle("others locked the name and it differs", from, WRONG, lock_ann, ("locked", REFUSED));
    // The lock counts this attempt in: without it, it was not due.
    settle("others locked the name and it matches", from, RIGHT, lock_ann, ("signed in", OPENED_BEHIND_FOUR));
    let behind_four = ("code awaited", ONWARD_BEHIND_FOUR);
    settle("the same, and there is an app", add_app, RIGHT, lock_ann, behind_four);
}

/// A35, A36: an unknown name is told what a known one is told, wrong entry after wrong entry, and locks like it.
#[test]
fn atk_36_an_unknown_name_hears_the_same_as_a_known_one() {
    let mut world = World::new();
    let (mut known, mut unknown) = (Browser::new(1), Browser::new(2));
    for minute in 0..90 {
        let to_known = known.type_password(&mut world, ANN, "a guess");
        let to_unknown = unknown.type_password(&mut world, NOBODY, "a guess");
        assert_eq!(to_known, to_unknown, "minute {minute}");
        world.pass_secs(60);
    }
    assert_eq!(world.ladder(ANN).failures, world.ladder(NOBODY).failures);
}

fn right(world: &World) -> String {
    right_code(world, ANN)
}

fn wrong(world: &World) -> String {
    wrong_code(world, ANN)
}

const WRONG_CODE: &[&str] = &["app failures 1", "ladder 1", "record sign_in.refused"];
const REPLAYED: &[&str] =
    &["ladder 1", "record code.replayed", "record sign_in.refused", "replayed step", "tell code_replayed"];
const SIGNED_IN: &[&str] =
    &["end ceremony: completed", "open session", "record sign_in.signed_in", "remember browser", "use step"];

fn use_present_step(world: &mut World) {
    let step = current_step(world.now);
    world.app(ANN).steps.accepted = Some(step);
}

/// One code, typed where it is awaited, in what became of the world since the password.
fn type_code(
    case: &str,
    before: fn(&mut World, &mut Browser),
    typed: fn(&World) -> String,
    expected: Expected,
) {
    let mut world = World::with_app();
    let mut ann = Browser::new(1);
    assert_eq!(ann.type_password(&mut world, ANN, &password_of(ANN)), "code awaited");
    before(&mut world, &mut ann);
    world.written.clear();
    let typed = typed(&world);
    let told = ann.type_code(&mut world, &typed);
    expect(case, &world, &told, expected);
    assert_eq!(ann.is_signed_in(&mut world), expected.0 == "signed in", "{case}");
}

fn right_with_spaces(world: &World) -> String {
    let code = right(world);
    format!(" {}-{} ", &code[..3], &code[3..])
}

fn of_the_step_before(world: &World) -> String {
    code_of_step(world, ANN, current_step(world.now) - 1)
}

fn of_a_minute_ago(world: &World) -> String {
    code_of_step(world, ANN, current_step(world.now) - 2)
}

/// CR-1, CR-26, A01, A16: every verdict on a code.
#[test]
fn a_typed_code_is_right_wrong_or_used_and_counts_accordingly() {
    const WRONG: Expected = ("wrong_code, 4 left", WRONG_CODE);
    const USED: Expected = ("code_already_used, 4 left", REPLAYED);
    type_code("it is right", nothing, right, ("signed in", SIGNED_IN));
    type_code("it has spaces and a hyphen", nothing, right_with_spaces, ("signed in", SIGNED_IN));
    type_code("it is of the step before", nothing, of_the_step_before, ("signed in", SIGNED_IN));
    type_code("it is wrong", nothing, wrong, WRONG);
    type_code("it cannot be a code", nothing, |_| "12345".into(), WRONG);
    type_code("it is in other digits", nothing, |_| "١٢٣٤٥٦".into(), WRONG);
    type_code("it is of a minute ago", nothing, of_a_minute_ago, WRONG);
    type_code("it is Bea's", |world, _| world.bind_app(BEA), |world| right_code(world, BEA), WRONG);
    type_code("it was used", |world, _| use_present_step(world), right, USED);
    type_code("a later one was used", |world, _| use_present_step(world), of_the_step_before, USED);
    let replay_present_step: fn(&mut World, &mut Browser) = |world, _| {
        use_present_step(world);
        let step = current_step(world.now);
        world.app(ANN).steps.replayed = Some(step);
    };
    let again = ("code_already_used, 5 left", NOTHING);
    type_code("it was used and came again before", replay_present_step, right, again);
}

/// A29, A49, A59: where nothing may be compared, a right code hears what a wrong one hears.
#[test]
fn a_typed_code_is_refused_uncompared_where_the_sign_in_is_over_or_locked() {
    let lock_but_leave_open: fn(&mut World, &mut Browser) = |world, ann| {
        lock_ann(world);
        reopen(world, ann);
    };
    let remove_app: fn(&mut World, &mut Browser) = |world, _| {
        let app = world.app(ANN).id.clone();
        world.authenticators.retain(|row| row.authenticator.id != app);
    };
    for typed in [right, wrong] {
        type_code("others locked the name", lock_but_leave_open, typed, ("locked", &[]));
        type_code("a lock ended it", |world, _| lock_ann(world), typed, ("over", &[]));
        type_code("half an hour went by", |world, _| world.pass(SIGN_IN_LIFE), typed, ("over", &[]));
        type_code(
            "it was canceled",
            |world, ann| end(world, ann, CeremonyEnd::Canceled),
            typed,
            ("over", &[]),
        );
        type_code("the epoch was raised", |world, _| world.user(ANN).epoch += 1, typed, ("over", &[]));
        type_code("the user was disabled", |world, _| disable_ann(world), typed, ("over", &[]));
        let disabled: Expected = ("second_factor_disabled", &[]);
        type_code("the app fell out of use", |world, _| disable_app(world), typed, disabled);
        type_code("the app is gone", remove_app, typed, ("over", &[]));
        type_code("there is no such sign-in", |_, ann| ann.ceremony = None, typed, ("over", &[]));
    }
    type_code("it is missing", nothing, |_| " ".into(), ("missing", &[]));
}

/// Ends the browser's sign-in behind its back.
fn end(world: &mut World, browser: &Browser, end: CeremonyEnd) {
    let now = world.now;
    let row = world.ceremonies.iter_mut().find(|row| row.token == browser.ceremony).unwrap();
    row.end = Some(end);
    row.ceremony.ended_at = Some(now);
}

/// A sign-in that a lock did not reach, as one on another ladder would be.
fn reopen(world: &mut World, browser: &Browser) {
    let row = world.ceremonies.iter_mut().find(|row| row.token == browser.ceremony).unwrap();
    row.end = None;
    row.ceremony.ended_at = None;
}

/// A01, A04: two browsers hold one half-made sign-in and one code; whoever commits second has lost the step.
#[test]
fn atk_04_who_loses_the_race_for_a_step_is_refused_and_counted() {
    let mut world = World::with_app();
    let mut first = Browser::new(1);
    first.type_password(&mut world, ANN, &password_of(ANN));
    let mut second = first.clone();
    let code = right_code(&world, ANN);
    let loaded = second.await_second_factor(&world).unwrap();
    let late = second.decide_code(&mut world, loaded, &code);
    assert_eq!(first.type_code(&mut world, &code), "signed in");
    let told = second.commit_code(&mut world, late);
    let writes: &[&str] = &["ladder 1", "record sign_in.refused"];
    expect("the race was lost", &world, &told, ("code_already_used, 4 left", writes));
    assert_eq!(world.sessions.len(), 1);
    assert_eq!(second.session, None);
}

/// A01: one code, two sign-ins: one succeeds.
#[test]
fn atk_01_a_code_admits_once_however_many_sign_ins_are_open() {
    let mut world = World::with_app();
    let (mut first, mut second) = (Browser::new(1), Browser::new(2));
    for browser in [&mut first, &mut second] {
        browser.type_password(&mut world, ANN, &password_of(ANN));
    }
    let code = right_code(&world, ANN);
    assert_eq!(first.type_code(&mut world, &code), "signed in");
    assert_eq!(second.type_code(&mut world, &code), "code_already_used, 4 left");
    let before = code_of_step(&world, ANN, current_step(world.now) - 1);
    // An older code counts as the same replay: it is told, but not counted again.
    assert_eq!(second.type_code(&mut world, &before), "code_already_used, 4 left");
    world.pass_secs(30);
    let next = right_code(&world, ANN);
    assert_eq!(second.type_code(&mut world, &next), "signed in");
}

/// A49, A51, CR-1: the session carries both proofs, and its token is not the ceremony's.
#[test]
fn a_finished_sign_in_carries_what_was_proved_and_a_token_of_its_own() {
    let mut world = World::with_app();
    let mut ann = Browser::new(1);
    assert_eq!(ann.type_password(&mut world, ANN, &password_of(ANN)), "code awaited");
    assert_eq!(world.sessions.len(), 0);
    let code = right_code(&world, ANN);
    assert_eq!(ann.type_code(&mut world, &code), "signed in");
    let session = &world.sessions[0].session;
    assert_eq!(session.evidence.acr(), Acr::TwoFactor);
    assert_ne!(ann.session, ann.ceremony);
    let ceremony = &world.ceremonies[0];
    assert_eq!(ceremony.end, Some(CeremonyEnd::Completed));
    assert_eq!(ceremony.ceremony.purpose, CeremonyPurpose::SignIn);
    assert_eq!(ann.type_code(&mut world, &code), "over");
}

/// A05: a sixth half-made sign-in ends the oldest.
#[test]
fn atk_05_at_most_five_sign_ins_of_one_person_await_their_code() {
    let mut world = World::with_app();
    let mut browsers: Vec<Browser> = (0..8).map(Browser::new).collect();
    for browser in &mut browsers {
        assert_eq!(browser.type_password(&mut world, ANN, &password_of(ANN)), "code awaited");
        world.pass_secs(1);
    }
    assert_eq!(world.open_sign_ins(ANN), 5);
    let code = right_code(&world, ANN);
    for superseded in &mut browsers[..3] {
        assert_eq!(superseded.type_code(&mut world, &code), "over");
    }
    assert_eq!(browsers[3].type_code(&mut world, &code), "signed in");
    assert_eq!(world.ladder_of(&subject(ANN)).failures, 0);
}

/// CR-8: Ann's lock is Ann's alone.
#[test]
fn a_lock_touches_that_name_only() {
    let mut world = World::new();
    lock_ann(&mut world);
    let right = password_of(BEA);
    assert_eq!(Browser::new(1).sign_in(&mut world, BEA, &right), "signed in");
    assert_eq!(Browser::new(2).sign_in(&mut world, ANN, &password_of(ANN)), "locked");
}

/// Each known browser is a ladder of its own, so they must not pile up.
#[test]
fn the_twenty_first_browser_takes_the_place_of_the_oldest() {
    let mut world = World::new();
    for mark in 1..=KNOWN_BROWSERS_MAX {
        let mut browser = Browser::new(u8::try_from(mark).unwrap());
        assert_eq!(browser.sign_in(&mut world, ANN, &password_of(ANN)), "signed in");
    }
    let all: Vec<KnownBrowserId> = world.known_browsers.iter().map(|known| known.id.clone()).collect();
    assert_eq!(all.len(), KNOWN_BROWSERS_MAX);
    assert_eq!(Browser::new(99).sign_in(&mut world, ANN, &password_of(ANN)), "signed in");
    assert_eq!(world.known_browsers.len(), KNOWN_BROWSERS_MAX);
    assert!(world.known_browsers.iter().all(|known| known.id != all[0]), "the oldest is forgotten");
}
