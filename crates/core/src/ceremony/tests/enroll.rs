//! Every event while two-factor authentication is being turned on, and turning it off.

use std::time::Duration;

use super::{
    browser::{Browser, code_of_step, right_code, wrong_code},
    expect,
    given::{
        Given, PASSWORD, choosing, disable_user, end_session, end_set_up, expire_set_up, go_elsewhere,
        nothing, raise_epoch, signed_in,
    },
    sign_in::lock_by_stranger,
    world::{ANN, BEA, World, password_of},
};
use crate::{
    assurance::Acr,
    authenticator::totp::current_step,
    ceremony::{APP_SECRET_SHOWN, CeremonyEnd, enroll::AwaitConfirmation},
    policy::{Proofs, SecondFactorRule, presets::Preset},
};

type Expected = (&'static str, &'static [&'static str]);
type Ruled = fn(&mut World);
type Typed = fn(&World) -> String;

/// Ann looks at her QR code.
fn confirming() -> (World, Browser) {
    let (mut world, mut ann) = choosing();
    assert_eq!(ann.choose_app(&mut world), "onward");
    world.written.clear();
    (world, ann)
}

/// Locks the ladder that Ann's browser is on, which leaves her set-up open.
fn lock(world: &mut World, ann: &mut Browser) {
    ann.known = None;
    let (ceremony, ..) = ann.enrollment(world).unwrap();
    lock_by_stranger(world, ANN);
    let row = world.ceremonies.iter_mut().find(|row| row.ceremony.id == ceremony.id).unwrap();
    row.end = None;
    row.ceremony.ended_at = None;
    world.written.clear();
}

/// CR-15, CR-21, CR-22: the proof opens the set-up, once, and only where policy lets it.
#[test]
fn the_set_up_begins_behind_a_proof_where_policy_allows_it() {
    const BEGUN: &[&str] = &[
        "keep 0 enroll",
        "ladder 0",
        "open enroll",
        "password failures 0",
        "record enrollment.started",
        "renew session",
        "step-up failures 0",
    ];
    const TAKEN_BACK: &[&str] = &["ladder 0", "password failures 0", "step-up failures 0"];
    let cases: [(&str, Ruled, Expected); 4] = [
        ("each decides for themselves", |_| {}, ("done", BEGUN)),
        ("everybody must have one", |world| world.rule(SecondFactorRule::Required), ("done", BEGUN)),
        ("it is switched off", |world| world.rule(SecondFactorRule::Off), ("not_allowed", TAKEN_BACK)),
        ("apps are not among the methods", |world| world.policy.methods.clear(), ("not_allowed", TAKEN_BACK)),
    ];
    for (case, given, expected) in cases {
        let (mut world, mut ann) = signed_in(false);
        given(&mut world);
        let told = ann.begin_enrollment(&mut world, PASSWORD, "");
        expect(case, &world, &told, expected);
    }
}

/// A56: who has an app sets up no second one beside it, whatever they prove.
#[test]
fn atk_56_a_second_app_is_not_set_up_beside_the_first() {
    let (mut world, mut thief) = signed_in(true);
    assert_eq!(thief.begin_enrollment(&mut world, "a guess", ""), "wrong_password, 4 left");
    assert_eq!(thief.begin_enrollment(&mut world, PASSWORD, ""), "not_allowed");
    world.policy.proofs_to_turn_on = Proofs::PASSWORD_AND_FACTOR;
    let code = right_code(&world, ANN);
    assert_eq!(thief.begin_enrollment(&mut world, PASSWORD, &code), "not_allowed");
    assert!(thief.enrollment(&world).is_none());
}

/// CR-23: choosing the app.
#[test]
fn the_app_is_chosen_once_and_keeps_its_secret() {
    let cases: [(&str, Given, Expected); 9] = [
        ("it is the first time", nothing, ("onward", &["add pending app", "tie pending"])),
        (
            "it was chosen before",
            |world, ann| {
                ann.choose_app(world);
                world.written.clear();
            },
            ("onward", &[]),
        ),
        ("half an hour went by", expire_set_up, ("over", &[])),
        ("it was canceled", end_set_up, ("over", &[])),
        ("the session was ended", end_session, ("over", &[])),
        ("the epoch was raised", raise_epoch, ("over", &[])),
        ("the user was disabled", disable_user, ("over", &[])),
        ("it is another session", go_elsewhere, ("over", &[])),
        // Choosing proves nothing and reveals nothing: a lock need not stand in its way.
        ("the name is locked", lock, ("onward", &["add pending app", "tie pending"])),
    ];
    for (case, given, expected) in cases {
        let (mut world, mut ann) = choosing();
        given(&mut world, &mut ann);
        let told = ann.choose_app(&mut world);
        expect(case, &world, &told, expected);
        assert!(!world.has_app(ANN), "a chosen app is no factor yet, where {case}");
    }
}

/// CR-14, CR-25, A02, A59, A60: the first code of the app.
#[test]
fn only_the_right_code_in_time_and_in_this_session_turns_it_on() {
    const ON: &[&str] = &[
        "bind app",
        "end ceremony: completed",
        "epoch 1",
        "keep this browser",
        "record two_factor.turned_on",
        "renew session",
        "tell two_factor_turned_on",
    ];
    const WRONG: &[&str] = &["ladder 1", "record enrollment.refused"];
    let right: Typed = |world| right_code(world, ANN);
    let wrong: Typed = |world| wrong_code(world, ANN);
    let cases: [(&str, Given, Typed, Expected); 14] = [
        ("it is right", nothing, right, ("done", ON)),
        ("it is wrong", nothing, wrong, ("wrong_code, 4 left", WRONG)),
        ("it cannot be one", nothing, |_| "1234567".into(), ("wrong_code, 4 left", WRONG)),
        (
            "it is of a minute ago",
            nothing,
            |world| code_of_step(world, ANN, current_step(world.now) - 2),
            ("wrong_code, 4 left", WRONG),
        ),
        ("it is missing", nothing, |_| String::new(), ("missing", &[])),
        ("the name is locked", lock, right, ("locked", &[])),
        ("the name is locked and it is wrong", lock, wrong, ("locked", &[])),
        ("half an hour went by", expire_set_up, right, ("over", &[])),
        ("it was canceled", end_set_up, right, ("over", &[])),
        ("the session was ended", end_session, right, ("over", &[])),
        ("the epoch was raised", raise_epoch, right, ("over", &[])),
        ("the user was disabled", disable_user, right, ("over", &[])),
        ("it is another session", go_elsewhere, right, ("over", &[])),
        (
            "it is the fifth wrong one",
            |world, ann| {
                for _ in 0..4 {
                    let code = wrong_code(world, ANN);
                    ann.confirm(world, &code);
                }
                world.written.clear();
            },
            wrong,
            (
                "locked until a time",
                &[
                    "end sign-ins: locked",
                    "ladder 5 locked",
                    "record enrollment.refused",
                    "record name.locked",
                    "tell name_locked",
                ],
            ),
        ),
    ];
    for (case, given, typed, expected) in cases {
        let (mut world, mut ann) = confirming();
        given(&mut world, &mut ann);
        let typed = typed(&world);
        let told = ann.confirm(&mut world, &typed);
        expect(case, &world, &told, expected);
        assert_eq!(world.has_app(ANN), expected.0 == "done", "{case}");
    }
}

#[test]
fn a_code_before_any_app_was_chosen_confirms_nothing() {
    let (mut world, mut ann) = choosing();
    let told = ann.confirm(&mut world, "000000");
    expect("nothing is pending", &world, &told, ("over", &[]));
}

/// A60: a secret is shown and confirmed for ten minutes; after them the set-up goes on with another one.
#[test]
fn atk_60_a_secret_that_was_looked_at_for_ten_minutes_confirms_nothing_more() {
    for (early, told) in [(Duration::from_millis(1), "done"), (Duration::ZERO, "over")] {
        let (mut world, mut ann) = choosing();
        world.pass(Duration::from_mins(5));
        assert_eq!(ann.choose_app(&mut world), "onward");
        world.now = world.now.plus(APP_SECRET_SHOWN).minus(early);
        let (ceremony, ..) = ann.enrollment(&world).unwrap();
        assert_eq!(ceremony.pending_at(world.now).is_some(), told == "done");
        let code = right_code(&world, ANN);
        assert_eq!(ann.confirm(&mut world, &code), told);
        if told == "over" {
            let told = ann.choose_app(&mut world);
            expect(
                "another secret is shown",
                &world,
                &told,
                ("onward", &["add pending app", "tie pending instead"]),
            );
            let fresh = right_code(&world, ANN);
            assert_ne!(fresh, code);
            assert_eq!(ann.confirm(&mut world, &fresh), "done");
        }
    }
}

/// A60: the ceremony of one session does nothing in another, whoever loads it there.
#[test]
fn a_set_up_of_another_session_is_refused_by_the_state_itself() {
    let (mut world, ann) = confirming();
    let (ceremony, ..) = ann.enrollment(&world).unwrap();
    let mut elsewhere = Browser::new(2);
    assert_eq!(elsewhere.sign_in(&mut world, ANN, PASSWORD), "signed in");
    world.written.clear();
    let (session, account) = world.session(elsewhere.session, None).unwrap();
    let code = right_code(&world, ANN);
    let state = AwaitConfirmation { ceremony, session, account };
    let told = elsewhere.confirm_loaded(&mut world, state, &code);
    expect("the session is another", &world, &told, ("over", &[]));
}

/// A04: a double click on the button.
#[test]
fn of_two_confirmations_at_once_one_turns_it_on_and_the_other_is_over() {
    let (mut world, mut ann) = confirming();
    let mut copy = ann.clone();
    let late = copy.await_confirmation(&world).unwrap();
    let code = right_code(&world, ANN);
    assert_eq!(ann.confirm(&mut world, &code), "done");
    let told = copy.confirm_loaded(&mut world, late, &code);
    expect("the race was lost", &world, &told, ("over", &[]));
}

/// A02: the code that confirmed the app signs nobody in.
#[test]
fn atk_02_the_code_of_the_set_up_is_used_up_by_it() {
    let (mut world, mut ann) = confirming();
    let code = right_code(&world, ANN);
    assert_eq!(ann.confirm(&mut world, &code), "done");
    ann.sign_out(&mut world);
    assert_eq!(ann.type_password(&mut world, ANN, PASSWORD), "code awaited");
    assert_eq!(ann.type_code(&mut world, &code), "code_already_used, 4 left");
    world.pass_secs(30);
    let next = right_code(&world, ANN);
    assert_eq!(ann.type_code(&mut world, &next), "signed in");
}

/// A59: an app whose set-up was not finished is asked of nobody and protects nobody.
#[test]
fn atk_59_an_app_that_was_never_confirmed_is_no_factor() {
    let (mut world, _) = confirming();
    assert_eq!(Browser::new(2).sign_in(&mut world, ANN, PASSWORD), "signed in");
    world.rule(SecondFactorRule::Required);
    assert_eq!(Browser::new(3).sign_in(&mut world, ANN, PASSWORD), "enrollment_required");
}

/// A60: the secret stands in the ceremony only while it is pending.
#[test]
fn atk_60_a_bound_secret_is_shown_by_no_set_up() {
    let (mut world, mut ann) = confirming();
    assert!(ann.enrollment(&world).unwrap().0.pending.is_some());
    let code = right_code(&world, ANN);
    assert_eq!(ann.confirm(&mut world, &code), "done");
    assert!(ann.enrollment(&world).is_none());
    for row in &world.ceremonies {
        assert!(world.loaded(row).pending.is_none());
    }
}

#[test]
fn a_new_set_up_takes_the_place_of_an_open_one_and_canceling_ends_it() {
    let (mut world, mut ann) = confirming();
    assert_eq!(ann.begin_enrollment(&mut world, PASSWORD, ""), "done");
    assert_eq!(world.ceremonies[0].end, Some(CeremonyEnd::Superseded));
    assert!(ann.enrollment(&world).unwrap().0.pending.is_none());
    let late = ann.await_confirmation(&world).unwrap();
    ann.cancel_enrollment(&mut world);
    assert_eq!(world.written, ["end ceremony: canceled"]);
    assert_eq!(ann.choose_app(&mut world), "over");
    assert_eq!(ann.confirm_loaded(&mut world, late, "000000"), "over");
}

/// A52: what was granted under another protection ends when the protection changes.
#[test]
fn atk_52_turning_it_on_and_off_ends_every_other_session_and_sign_in() {
    let (mut world, mut ann) = confirming();
    let mut elsewhere = Browser::new(2);
    assert_eq!(elsewhere.sign_in(&mut world, ANN, PASSWORD), "signed in");
    let code = right_code(&world, ANN);
    assert_eq!(ann.confirm(&mut world, &code), "done");
    assert!(!elsewhere.is_signed_in(&mut world));
    assert_eq!(world.sessions[0].session.evidence.acr(), Acr::TwoFactor);

    world.pass_secs(30);
    assert_eq!(elsewhere.sign_in(&mut world, ANN, PASSWORD), "signed in");
    let mut half = Browser::new(3);
    assert_eq!(half.type_password(&mut world, ANN, PASSWORD), "code awaited");
    world.pass_secs(30);
    let code = right_code(&world, ANN);
    assert_eq!(ann.turn_off(&mut world, PASSWORD, &code), "done");
    assert!(ann.is_signed_in(&mut world) && !elsewhere.is_signed_in(&mut world));
    world.pass_secs(30);
    assert_eq!(half.type_code(&mut world, "000000"), "over");
    assert_eq!(elsewhere.sign_in(&mut world, ANN, PASSWORD), "signed in");
}

/// CR-27, A53: turning off, by rule and by what there is to turn off.
#[test]
fn turning_off_is_refused_where_policy_forbids_it_or_there_is_nothing_to_turn_off() {
    const TAKEN_BACK: &[&str] = &["ladder 0", "password failures 0", "step-up failures 0"];
    let with_step: &[&str] = &[TAKEN_BACK[0], TAKEN_BACK[1], TAKEN_BACK[2], "use step"];
    let cases: [(&str, bool, Ruled, &str, &[&str]); 4] = [
        (
            "everybody must have one",
            true,
            |world| world.rule(SecondFactorRule::Required),
            "not_allowed",
            with_step,
        ),
        ("nobody can set one up any more", true, |world| world.rule(SecondFactorRule::Off), "done", &[]),
        ("there is nothing to turn off", false, |_| {}, "not_allowed", TAKEN_BACK),
        (
            "it must be on, and the password would do",
            true,
            |world| {
                world.policy = Preset::PerUser.policy();
                world.rule(SecondFactorRule::Required);
            },
            "not_allowed",
            TAKEN_BACK,
        ),
    ];
    for (case, has_app, given, expected, writes) in cases {
        let (mut world, mut ann) = signed_in(has_app);
        given(&mut world);
        let code = right_code(&world, ANN);
        let told = ann.turn_off(&mut world, PASSWORD, &code);
        assert_eq!(told, expected, "{case}");
        if told != "done" {
            assert_eq!(world.written, writes, "{case}");
            assert_eq!(world.has_app(ANN), has_app, "{case}");
        }
    }
}

/// CR-29: Bea's app stays when Ann turns hers off.
#[test]
fn turning_off_touches_only_oneself() {
    let (mut world, mut ann) = signed_in(true);
    world.bind_app(BEA);
    let mut bea = Browser::new(2);
    assert_eq!(bea.sign_in(&mut world, BEA, &password_of(BEA)), "signed in");
    let code = right_code(&world, ANN);
    assert_eq!(ann.turn_off(&mut world, PASSWORD, &code), "done");
    assert!(world.has_app(BEA) && bea.is_signed_in(&mut world));
    assert_eq!(Browser::new(3).type_password(&mut world, BEA, &password_of(BEA)), "code awaited");
}

/// A02, P5: an app that was turned off opens nothing, and the next one has another secret.
#[test]
fn an_app_that_was_turned_off_proves_nothing_any_more() {
    let (mut world, mut ann) = signed_in(true);
    let old = world.app(ANN).material.clone();
    let code = right_code(&world, ANN);
    assert_eq!(ann.turn_off(&mut world, PASSWORD, &code), "done");
    assert_eq!(ann.begin_enrollment(&mut world, PASSWORD, ""), "done");
    ann.choose_app(&mut world);
    let of_old = super::browser::code(&old, current_step(world.now));
    assert_eq!(ann.confirm(&mut world, &of_old), "wrong_code, 4 left");
    let code = right_code(&world, ANN);
    assert_eq!(ann.confirm(&mut world, &code), "done");
    world.pass_secs(30);
    let mut elsewhere = Browser::new(2);
    assert_eq!(elsewhere.type_password(&mut world, ANN, PASSWORD), "code awaited");
    let of_old = super::browser::code(&old, current_step(world.now));
    assert_eq!(elsewhere.type_code(&mut world, &of_old), "wrong_code, 4 left");
}
