//! Backup codes: made by the person, each used once, void with a newer set (CTM-19, CTM-23, CTM-28, P6).

use super::{
    browser::{Browser, right_code, wrong_code},
    expect,
    given::{NEW, PASSWORD},
    world::{ANN, World, user_id},
};
use crate::{
    audit::event::AuditKind,
    authenticator::{
        Authenticator, AuthenticatorKind,
        backup_codes::{BackupCodes, CodeSet},
    },
    ceremony::{NEW_KEY_SHOWN, SIGN_IN_LIFE, by_operator::Lost},
    notice::NoticeKind,
    policy::{Proofs, presets::Preset},
    timestamp::Timestamp,
};

/// [`make_now`], and half a minute goes by.
pub(super) fn make(world: &mut World, ann: &mut Browser) -> Vec<String> {
    let codes = make_now(world, ann);
    world.pass_secs(30);
    codes
}

/// Ann, who has an app, makes backup codes and saves them. The codes.
pub(super) fn make_now(world: &mut World, ann: &mut Browser) -> Vec<String> {
    if !world.has_app(ANN) {
        world.bind_app(ANN);
    }
    assert_eq!(ann.sign_in(world, ANN, PASSWORD), "signed in");
    world.pass_secs(30);
    let code = right_code(world, ANN);
    assert_eq!(ann.create_codes(world, PASSWORD, &code), "done");
    let codes = ann.codes_in_session(world).unwrap();
    ann.save_codes_in_session(world);
    world.written.clear();
    codes
}

/// Ann has codes, and another browser typed her password.
fn asked() -> (World, Browser, Vec<String>) {
    let (mut world, mut ann) = (World::new(), Browser::new(1));
    let codes = make(&mut world, &mut ann);
    let mut elsewhere = Browser::new(2);
    assert_eq!(elsewhere.type_password(&mut world, ANN, PASSWORD), "code awaited");
    world.written.clear();
    (world, elsewhere, codes)
}

/// Of nobody's set, with the number of Ann's fourth, and a check that fits.
fn foreign() -> String {
    let codes = BackupCodes::from_bytes(&[7; 100]).unwrap();
    codes.codes().nth(3).unwrap().expose_text().expose().clone()
}

fn left(world: &World) -> Option<u32> {
    world.in_force(&user_id(ANN)).find_map(Authenticator::code_set).map(CodeSet::left)
}

/// Every pair of what was typed and what had become of the sign-in by then.
#[test]
fn every_backup_code_that_is_typed_is_answered() {
    type Given = fn(&mut World, &mut Browser, &str);
    type Typed = fn(&World, &str) -> String;
    type Case = (&'static str, Typed, Given, (&'static str, &'static [&'static str]));
    const RIGHT: &[&str] = &[
        "backup_codes used",
        "end ceremony: completed",
        "open session",
        "record backup_codes.used",
        "record sign_in.signed_in",
        "remember browser",
        "tell backup_code_used",
        "use backup code 3",
    ];
    const WRONG: &[&str] = &["backup_codes failures 1", "ladder 1", "record sign_in.refused"];
    const WRONG_APP: &[&str] = &["app failures 1", "ladder 1", "record sign_in.refused"];
    const AGAIN: &[&str] = &[
        "ladder 1",
        "record code.replayed",
        "record sign_in.refused",
        "replayed step",
        "tell code_replayed",
    ];
    const NOTHING: &[&str] = &[];
    let right: Typed = |_, code| code.to_owned();
    let nothing: Given = |_, _, _| {};
    let cases: [Case; 15] = [
        ("the right one", right, nothing, ("signed in", RIGHT)),
        ("in small letters", |_, code| code.to_lowercase().replace('-', " "), nothing, ("signed in", RIGHT)),
        ("one of another set", |_, _| foreign(), nothing, ("wrong_code, 4 left", WRONG)),
        ("all but one character", |_, code| code[..19].into(), nothing, ("backup_code_slip", NOTHING)),
        ("two characters too many", |_, code| format!("{code}00"), nothing, ("backup_code_slip", NOTHING)),
        ("its first group", |_, code| code[..6].into(), nothing, ("wrong_code, 4 left", WRONG_APP)),
        ("a wrong code", |world, _| wrong_code(world, ANN), nothing, ("wrong_code, 4 left", WRONG_APP)),
        ("the right one, of a locked name", right, lock, ("locked", NOTHING)),
        ("the right one, too late", right, |world, _, _| world.pass(SIGN_IN_LIFE), ("over", NOTHING)),
        ("the right one, out of use", right, disable_codes, ("wrong_code, 4 left", WRONG_APP)),
        ("the right one, used before", right, use_elsewhere, ("code_already_used, 4 left", AGAIN)),
        ("the right one, used, once more", right, use_and_repeat, ("code_already_used, 4 left", NOTHING)),
        ("the right one, where no app works", right, disable_app, ("signed in", RIGHT)),
        ("a code, where no app works", |_, _| "123456".into(), disable_app, ("backup_code_needed", NOTHING)),
        ("the right one, where policy gives none", right, give_none, ("wrong_code, 4 left", WRONG_APP)),
    ];
    for (case, typed, given, expected) in cases {
        let (mut world, mut ann, codes) = asked();
        given(&mut world, &mut ann, &codes[3]);
        world.written.clear();
        let typed = typed(&world, &codes[3]);
        let told = ann.type_code(&mut world, &typed);
        expect(case, &world, &told, expected);
    }
}

fn lock(world: &mut World, _: &mut Browser, _: &str) {
    super::sign_in::lock_by_stranger(world, ANN);
    // The lock ended what awaited its code; this one was on another ladder.
    for row in &mut world.ceremonies {
        row.ceremony.ended_at = None;
    }
}

fn disable_codes(world: &mut World, _: &mut Browser, _: &str) {
    world.authenticator(ANN, AuthenticatorKind::BackupCodes).disabled_at = Some(Timestamp::from_millis(1));
}

fn disable_app(world: &mut World, _: &mut Browser, _: &str) {
    world.app(ANN).disabled_at = Some(Timestamp::from_millis(1));
}

fn give_none(world: &mut World, _: &mut Browser, _: &str) {
    world.policy = Preset::PerUser.policy();
}

fn use_elsewhere(world: &mut World, _: &mut Browser, code: &str) {
    let mut other = Browser::new(3);
    assert_eq!(other.type_password(world, ANN, PASSWORD), "code awaited");
    assert_eq!(other.type_code(world, code), "signed in");
}

fn use_and_repeat(world: &mut World, ann: &mut Browser, code: &str) {
    use_elsewhere(world, ann, code);
    assert_eq!(ann.type_code(world, code), "code_already_used, 4 left");
}

/// P6: each once; at three the mail says so; and with none left nothing stands in for the app.
#[test]
fn each_of_ten_codes_admits_once_and_the_last_ones_are_told() {
    let (mut world, _, codes) = asked();
    assert_eq!(codes.len(), 10);
    for (used, code) in codes.iter().enumerate() {
        assert_eq!(left(&world), Some(10 - u32::try_from(used).unwrap()));
        let mut ann = Browser::new(4);
        assert_eq!(ann.type_password(&mut world, ANN, PASSWORD), "code awaited");
        assert_eq!(ann.type_code(&mut world, code), "signed in");
        assert_eq!(world.sessions.last().unwrap().session.evidence.amr(), ["pwd", "backup", "mfa"]);
    }
    assert_eq!(world.notice_count(NoticeKind::BackupCodeUsed), 6);
    assert_eq!(world.notice_count(NoticeKind::BackupCodesFew), 4);
    disable_app(&mut world, &mut Browser::new(4), "");
    assert_eq!(Browser::new(5).type_password(&mut world, ANN, PASSWORD), "second_factor_disabled");
}

/// A04: of two who decide on the same rows, one takes the code.
#[test]
fn of_two_parallel_uses_one_wins() {
    let (mut world, mut ann, codes) = asked();
    let mut other = Browser::new(3);
    assert_eq!(other.type_password(&mut world, ANN, PASSWORD), "code awaited");
    let states = [ann.await_second_factor(&world).unwrap(), ann.await_second_factor(&world).unwrap()];
    let [first, second] = states.map(|state| ann.decide_code(&mut world, state, &codes[0]));
    assert_eq!(ann.commit_code(&mut world, first), "signed in");
    assert_eq!(other.commit_code(&mut world, second), "code_already_used, 4 left");
    assert_eq!(world.audit_count(AuditKind::BackupCodeUsed), 1);
}

/// A71: in the same transaction.
#[test]
fn a_new_set_voids_the_old_one() {
    let (mut world, mut ann) = (World::new(), Browser::new(1));
    let old = make(&mut world, &mut ann);
    let wrong = wrong_code(&world, ANN);
    assert_eq!(ann.create_codes(&mut world, PASSWORD, &wrong), "wrong_proof, 4 left");
    assert_eq!(ann.create_codes(&mut world, PASSWORD, &old[0]), "missing", "a backup code proves no act");
    let code = right_code(&world, ANN);
    assert_eq!(ann.create_codes(&mut world, PASSWORD, &code), "done");
    for written in ["revoke backup_codes", "bind backup_codes", "epoch 2", "tell backup_codes_made"] {
        assert!(world.written.contains(&written.to_owned()), "{written}: {:?}", world.written);
    }
    let new = ann.codes_in_session(&world).unwrap();
    world.pass(NEW_KEY_SHOWN);
    assert_eq!(ann.codes_in_session(&world), None);
    let mut elsewhere = Browser::new(2);
    assert_eq!(elsewhere.type_password(&mut world, ANN, PASSWORD), "code awaited");
    assert_eq!(elsewhere.type_code(&mut world, &old[1]), "wrong_code, 4 left");
    assert_eq!(elsewhere.type_code(&mut world, &new[1]), "signed in");
}

/// CTM-19, CTM-28, P8: the lost method is replaced or given up behind the password alone; nothing else is, and not
/// later.
#[test]
fn a_backup_code_stands_in_for_a_lost_factor_for_five_minutes() {
    for (seconds, told) in [(0, "done"), (299, "done"), (300, "missing")] {
        let by_code = || {
            let (mut world, mut ann, codes) = asked();
            world.policy.proofs_to_turn_off = Proofs::PASSWORD_AND_FACTOR;
            assert_eq!(ann.type_code(&mut world, &codes[0]), "signed in");
            world.pass_secs(seconds);
            (world, ann)
        };
        let (mut world, mut ann) = by_code();
        assert_eq!(ann.create_codes(&mut world, PASSWORD, ""), "missing");
        assert_eq!(ann.change_password(&mut world, (PASSWORD, ""), NEW), "missing");
        assert_eq!(ann.begin_change(&mut world, PASSWORD, ""), told, "after {seconds} s");
        let (mut world, mut ann) = by_code();
        assert_eq!(ann.turn_off(&mut world, PASSWORD, ""), told, "after {seconds} s");
        assert_eq!(
            world.has(ANN, AuthenticatorKind::BackupCodes),
            told != "done",
            "they go with the last method"
        );
        let (mut world, mut ann) = by_code();
        world.policy = Preset::PerUser.policy();
        assert_eq!(ann.begin_change(&mut world, PASSWORD, ""), "missing");
    }
}

/// P2: a cap of their own; a new set begins anew.
#[test]
fn wrong_codes_take_the_set_out_of_use() {
    let (mut world, mut ann, codes) = asked();
    for _ in 0..50 {
        world.ladders.clear();
        ann.type_code(&mut world, &foreign());
    }
    assert!(world.authenticator(ANN, AuthenticatorKind::BackupCodes).disabled_at.is_some());
    world.ladders.clear();
    let mut ann = Browser::new(1);
    assert_eq!(ann.type_password(&mut world, ANN, PASSWORD), "code awaited");
    assert_eq!(ann.type_code(&mut world, &codes[0]), "wrong_code, 4 left");
    let code = right_code(&world, ANN);
    assert_eq!(ann.type_code(&mut world, &code), "signed in");
    world.user(ANN).password_change = None;
    world.pass_secs(30);
    let code = right_code(&world, ANN);
    assert_eq!(ann.create_codes(&mut world, PASSWORD, &code), "done");
    assert_eq!(left(&world), Some(10));
}

#[test]
fn nobody_makes_codes_without_a_method_or_a_policy_that_gives_them() {
    let (mut world, mut ann) = (World::new(), Browser::new(1));
    assert_eq!(ann.sign_in(&mut world, ANN, PASSWORD), "signed in");
    assert_eq!(ann.create_codes(&mut world, PASSWORD, ""), "not_allowed");
    let (mut world, mut ann) = (World::with_app(), Browser::new(1));
    world.policy = Preset::PerUser.policy();
    assert_eq!(ann.sign_in(&mut world, ANN, PASSWORD), "signed in");
    world.pass_secs(30);
    let code = right_code(&world, ANN);
    assert_eq!(ann.create_codes(&mut world, PASSWORD, &code), "not_allowed");
}

/// With the last method that they stood in for.
#[test]
fn turning_it_off_and_a_reset_take_the_codes() {
    let (mut world, mut ann) = (World::new(), Browser::new(1));
    make(&mut world, &mut ann);
    let code = right_code(&world, ANN);
    assert_eq!(ann.turn_off(&mut world, PASSWORD, &code), "done");
    assert!(!world.has(ANN, AuthenticatorKind::BackupCodes));
    for (lost, has_phone, is_kept) in [
        (Lost::SecondFactors, true, false),
        (Lost::Method(AuthenticatorKind::App), false, false),
        (Lost::Method(AuthenticatorKind::App), true, true),
    ] {
        let (mut world, mut ann) = (World::new(), Browser::new(1));
        make(&mut world, &mut ann);
        if has_phone {
            world.bind_phone(ANN);
        }
        assert_eq!(Browser::reset(&mut world, ANN, lost), "done");
        assert_eq!(world.has(ANN, AuthenticatorKind::BackupCodes), is_kept);
    }
}
