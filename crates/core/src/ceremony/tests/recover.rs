//! A recovery key: made by a set-up, used once, replaced by that, made anew (CRT-12 … CRT-20, P7).

use super::{
    browser::{Browser, right_code, wrong_code},
    expect,
    given::{NEW, PASSWORD},
    world::{ANN, World},
};
use crate::{
    audit::event::AuditKind,
    authenticator::AuthenticatorKind,
    ceremony::{NEW_KEY_SHOWN, SIGN_IN_LIFE},
    notice::NoticeKind,
    policy::{Proofs, presets::Preset},
    timestamp::Timestamp,
    user::{PasswordChangeDue, PasswordChangeReason},
};

/// Ann turns it on under a policy that gives a key, saves that, and half a minute goes by. The key.
pub(super) fn set_up(world: &mut World, ann: &mut Browser) -> String {
    world.policy = Preset::Authenticator.policy();
    assert_eq!(ann.sign_in(world, ANN, PASSWORD), "signed in");
    assert_eq!(ann.begin_enrollment(world, PASSWORD, ""), "done");
    assert_eq!(ann.choose_app(world), "onward");
    let code = right_code(world, ANN);
    assert_eq!(ann.confirm(world, &code), "done");
    let key = ann.key_in_session(world).unwrap();
    ann.save_key_in_session(world);
    world.pass_secs(30);
    world.written.clear();
    key
}

/// Ann has a key, and another browser typed her password.
fn asked() -> (World, Browser, String) {
    let (mut world, mut ann) = (World::new(), Browser::new(1));
    let key = set_up(&mut world, &mut ann);
    let mut elsewhere = Browser::new(2);
    assert_eq!(elsewhere.type_password(&mut world, ANN, PASSWORD), "code awaited");
    world.written.clear();
    (world, elsewhere, key)
}

/// With another character in it, and a check that fits.
fn another_key() -> String {
    let key = crate::authenticator::recovery_key::RecoveryKey::from_bytes(&[7; 16]).unwrap();
    key.expose_text().expose().clone()
}

/// CRT-12: once, in the session that set it up; a method beside the first makes no other.
#[test]
fn a_set_up_under_a_policy_that_gives_a_key_ends_with_one() {
    let (mut world, mut ann) = (World::new(), Browser::new(1));
    let key = set_up(&mut world, &mut ann);
    assert_eq!(key.len(), 34);
    assert_eq!(ann.key_in_session(&world), None, "it was saved");
    assert!(world.has(ANN, AuthenticatorKind::RecoveryKey));
    assert_eq!(world.audit_count(AuditKind::RecoveryKeyMade), 1);
    let code = right_code(&world, ANN);
    assert_eq!(ann.begin_change(&mut world, PASSWORD, &code), "done");
    assert_eq!(ann.choose_app(&mut world), "onward");
    world.pass_secs(30);
    let pending = ann.await_confirmation(&world).unwrap().ceremony.pending.unwrap().material;
    let step = crate::authenticator::totp::current_step(world.now);
    assert_eq!(ann.confirm(&mut world, &super::browser::code(&pending, step)), "done");
    assert_eq!(world.audit_count(AuditKind::RecoveryKeyMade), 1);
}

#[test]
fn a_set_up_under_another_policy_makes_none() {
    let (mut world, mut ann) = (World::new(), Browser::new(1));
    assert_eq!(ann.sign_in(&mut world, ANN, PASSWORD), "signed in");
    assert_eq!(ann.begin_enrollment(&mut world, PASSWORD, ""), "done");
    assert_eq!(ann.choose_app(&mut world), "onward");
    let code = right_code(&world, ANN);
    assert_eq!(ann.confirm(&mut world, &code), "done");
    assert!(!world.has(ANN, AuthenticatorKind::RecoveryKey));
    world.pass_secs(30);
    let code = right_code(&world, ANN);
    assert_eq!(ann.create_key(&mut world, PASSWORD, &code), "not_allowed");
}

/// Every pair of what was typed and what had become of the sign-in by then (CRT-16, CRT-17).
#[test]
fn every_key_that_is_typed_is_answered() {
    type Given = fn(&mut World, &mut Browser);
    type Typed = fn(&World, &str) -> String;
    type Case = (&'static str, Typed, Given, (&'static str, &'static [&'static str]));
    const RIGHT: &[&str] = &[
        "bind recovery_key",
        "keep new key",
        "record recovery_key.used",
        "recovered",
        "revoke recovery_key",
        "tell recovery_key_used",
    ];
    const WRONG: &[&str] = &["ladder 1", "record sign_in.refused", "recovery_key failures 1"];
    const WRONG_APP: &[&str] = &["app failures 1", "ladder 1", "record sign_in.refused"];
    const NOTHING: &[&str] = &[];
    let right: Typed = |_, key| key.to_owned();
    let wrong: Typed = |_, _| another_key();
    let cases: [Case; 13] = [
        ("the right one", right, |_, _| {}, ("recovered", RIGHT)),
        ("in other letters", |_, key| key.to_lowercase().replace('-', " "), |_, _| {}, ("recovered", RIGHT)),
        ("another one", wrong, |_, _| {}, ("wrong_code, 4 left", WRONG)),
        ("the first half", |_, key| key[..17].into(), |_, _| {}, ("wrong_code, 4 left", WRONG_APP)),
        ("all but one character", |_, key| key[..33].into(), |_, _| {}, ("key_slip", NOTHING)),
        ("a wrong code", |world, _| wrong_code(world, ANN), |_, _| {}, ("wrong_code, 4 left", WRONG_APP)),
        ("the right one, of a locked name", right, lock, ("locked", NOTHING)),
        ("the right one, too late", right, |world, _| world.pass(SIGN_IN_LIFE), ("over", NOTHING)),
        ("the right one, out of use", right, disable_key, ("wrong_code, 4 left", WRONG_APP)),
        ("the right one, once more", right, use_it, ("recovered", NOTHING)),
        ("anything, behind the right one", wrong, use_it, ("recovered", NOTHING)),
        ("the right one, where no app works", right, disable_app, ("recovered", RIGHT)),
        ("a code, where no app works", |_, _| "123456".into(), disable_app, ("recovery_key_needed", NOTHING)),
    ];
    for (case, typed, given, expected) in cases {
        let (mut world, mut ann, key) = asked();
        // What `use_it` types.
        world.users[0].name.clone_from(&key);
        given(&mut world, &mut ann);
        world.written.clear();
        let typed = typed(&world, &key);
        let told = ann.type_code(&mut world, &typed);
        expect(case, &world, &told, expected);
    }
}

fn lock(world: &mut World, _: &mut Browser) {
    super::sign_in::lock_by_stranger(world, ANN);
    // The lock ended what awaited its code; this one was on another ladder.
    for row in &mut world.ceremonies {
        row.ceremony.ended_at = None;
    }
}

fn disable_key(world: &mut World, _: &mut Browser) {
    world.authenticator(ANN, AuthenticatorKind::RecoveryKey).disabled_at = Some(Timestamp::from_millis(1));
}

fn disable_app(world: &mut World, _: &mut Browser) {
    world.app(ANN).disabled_at = Some(Timestamp::from_millis(1));
}

fn use_it(world: &mut World, ann: &mut Browser) {
    let key = world.users[0].name.clone();
    assert_eq!(ann.type_code(world, &key), "recovered");
}

/// CRT-18, CRT-19, CRT-20: and nobody is signed in before the new one was shown.
#[test]
fn a_used_key_is_replaced_and_the_new_one_admits_the_next_time() {
    let (mut world, mut ann, key) = asked();
    assert_eq!(ann.type_code(&mut world, &key), "recovered");
    assert!(!ann.is_signed_in(&mut world));
    let new = ann.new_key(&world).unwrap();
    assert_ne!(new, key);
    assert_eq!(ann.new_key(&world).as_ref(), Some(&new), "a reload shows the same");
    assert_eq!(ann.save_key(&mut world), "signed in");
    assert!(ann.is_signed_in(&mut world));
    let session = &world.sessions.last().unwrap().session;
    assert_eq!(session.evidence.amr(), ["pwd", "recovery", "mfa"]);
    assert_eq!(ann.new_key(&world), None);
    assert_eq!(ann.save_key(&mut world), "over");
    let mut next = Browser::new(3);
    assert_eq!(next.type_password(&mut world, ANN, PASSWORD), "code awaited");
    assert_eq!(next.type_code(&mut world, &key), "wrong_code, 4 left");
    assert_eq!(next.type_code(&mut world, &new), "recovered");
    assert_eq!(world.notice_count(NoticeKind::RecoveryKeyUsed), 2);
}

/// I11: neither a lock nor other sign-ins end what shows the new key; only its time does.
#[test]
fn the_new_key_is_shown_for_ten_minutes_and_the_way_in_stays_open_for_longer() {
    let (mut world, mut ann, key) = asked();
    assert_eq!(ann.type_code(&mut world, &key), "recovered");
    super::sign_in::lock_by_stranger(&mut world, ANN);
    for mark in 10..20 {
        world.ladders.clear();
        assert_eq!(Browser::new(mark).type_password(&mut world, ANN, PASSWORD), "code awaited");
    }
    assert!(ann.new_key(&world).is_some());
    world.pass(NEW_KEY_SHOWN);
    assert_eq!(ann.new_key(&world), None);
    assert_eq!(ann.save_key(&mut world), "signed in");
}

/// P8: who lost the phone puts another one in its place behind the password alone, or gives the app up; nothing else,
/// not later, and not in a session that the key did not open.
#[test]
fn a_key_stands_in_for_a_lost_factor_for_five_minutes() {
    for (seconds, told) in [(0, "done"), (299, "done"), (300, "missing")] {
        let recovered = || {
            let (mut world, mut ann, key) = asked();
            world.policy.proofs_to_turn_off = Proofs::PASSWORD_AND_FACTOR;
            assert_eq!(ann.type_code(&mut world, &key), "recovered");
            world.pass(NEW_KEY_SHOWN);
            assert_eq!(ann.save_key(&mut world), "signed in");
            world.pass_secs(seconds);
            (world, ann)
        };
        let (mut world, mut ann) = recovered();
        assert_eq!(ann.create_key(&mut world, PASSWORD, ""), "missing");
        assert_eq!(ann.change_password(&mut world, (PASSWORD, ""), NEW), "missing");
        assert_eq!(ann.begin_change(&mut world, PASSWORD, ""), told, "after {seconds} s");
        let (mut world, mut ann) = recovered();
        assert_eq!(ann.turn_off(&mut world, PASSWORD, ""), told, "after {seconds} s");
        let (mut world, mut ann) = recovered();
        assert_eq!(ann.turn_off(&mut world, "not it", ""), told.replace("done", "wrong_password, 4 left"));
    }
    let (mut world, mut ann) = (World::new(), Browser::new(1));
    set_up(&mut world, &mut ann);
    assert_eq!(ann.begin_change(&mut world, PASSWORD, ""), "missing");
}

/// Ann, signed in by her key.
fn recovered() -> (World, Browser) {
    let (mut world, mut ann, key) = asked();
    assert_eq!(ann.type_code(&mut world, &key), "recovered");
    assert_eq!(ann.save_key(&mut world), "signed in");
    (world, ann)
}

/// I11: a password that is to be changed stands before every other page, so the key stands in for that as well.
#[test]
fn a_change_of_password_that_is_due_is_no_dead_end_behind_a_key() {
    let (mut world, mut ann) = recovered();
    let reason = PasswordChangeReason::SomebodyKnowsIt;
    world.user(ANN).password_change = Some(PasswordChangeDue { since: world.now, reason });
    assert_eq!(ann.change_password(&mut world, (PASSWORD, ""), NEW), "done");
    assert_eq!(ann.begin_change(&mut world, NEW, ""), "done");
}

/// Once another app is there, that is the second factor again.
#[test]
fn a_key_stands_in_until_the_loss_is_mended() {
    let (mut world, mut ann) = recovered();
    assert_eq!(ann.begin_change(&mut world, PASSWORD, ""), "done");
    assert_eq!(ann.choose_app(&mut world), "onward");
    world.pass_secs(30);
    let pending = ann.await_confirmation(&world).unwrap().ceremony.pending.unwrap().material;
    let step = crate::authenticator::totp::current_step(world.now);
    assert_eq!(ann.confirm(&mut world, &super::browser::code(&pending, step)), "done");
    assert_eq!(ann.begin_change(&mut world, PASSWORD, ""), "missing");
}

/// Operators, and people of a company that wants none, have a policy that gives no key.
#[test]
fn a_key_ends_with_the_policy_that_gave_it() {
    let (mut world, mut ann, key) = asked();
    world.policy = Preset::Default.policy();
    assert_eq!(ann.type_code(&mut world, &key), "wrong_code, 4 left");
    let (mut world, mut ann) = recovered();
    world.policy = Preset::Default.policy();
    assert_eq!(ann.begin_change(&mut world, PASSWORD, ""), "missing");
}

/// A55: what compares nothing forgives nothing.
#[test]
fn an_act_without_a_proof_leaves_the_wrong_ones_counted() {
    let (mut world, mut ann) = (World::new(), Browser::new(1));
    set_up(&mut world, &mut ann);
    let wrong = wrong_code(&world, ANN);
    for _ in 0..4 {
        ann.change_password(&mut world, (PASSWORD, &wrong), NEW);
    }
    world.written.clear();
    assert_eq!(ann.begin_enrollment(&mut world, "", ""), "not_allowed");
    assert_eq!(world.written, [""; 0]);
    assert_eq!(ann.change_password(&mut world, (PASSWORD, &wrong), NEW), "session_ended");
}

#[test]
fn who_never_went_on_is_not_signed_in_once_the_sign_in_is_over() {
    let (mut world, mut ann, key) = asked();
    assert_eq!(ann.type_code(&mut world, &key), "recovered");
    world.pass(SIGN_IN_LIFE);
    assert_eq!(ann.save_key(&mut world), "over");
    assert_eq!(ann.type_code(&mut world, &key), "over");
}

/// A04: of two who decide on the same rows, one takes the key.
#[test]
fn of_two_parallel_uses_one_wins() {
    let (mut world, mut ann, key) = asked();
    let mut other = Browser::new(3);
    assert_eq!(other.type_password(&mut world, ANN, PASSWORD), "code awaited");
    let states = [ann.await_second_factor(&world).unwrap(), other.await_second_factor(&world).unwrap()];
    let [first, second] = states.map(|state| ann.decide_code(&mut world, state, &key));
    assert_eq!(ann.commit_code(&mut world, first), "recovered");
    assert_eq!(other.commit_code(&mut world, second), "code_already_used, 4 left");
    assert_eq!((ann.save_key(&mut world), other.save_key(&mut world)), ("signed in".into(), "over".into()));
}

/// P2: fifty wrong keys in a row take the key out of use, and a new one goes on with the count of the month.
#[test]
fn wrong_keys_take_the_key_out_of_use_and_a_new_one_inherits_the_month() {
    let (mut world, mut ann, key) = asked();
    for _ in 0..49 {
        world.ladders.clear();
        ann.type_code(&mut world, &another_key());
    }
    assert_eq!(ann.type_code(&mut world, &key), "recovered");
    let record = world.authenticator(ANN, AuthenticatorKind::RecoveryKey).failures.clone();
    assert_eq!((record.in_a_row, record.in_a_month(world.now)), (0, 49));
    for _ in 0..50 {
        world.ladders.clear();
        let mut next = Browser::new(4);
        assert_eq!(next.type_password(&mut world, ANN, PASSWORD), "code awaited");
        next.type_code(&mut world, &another_key());
    }
    assert!(world.authenticator(ANN, AuthenticatorKind::RecoveryKey).disabled_at.is_some());
}

/// B3-15, B3-17.
#[test]
fn a_new_key_takes_the_place_of_the_old_one_behind_password_and_code() {
    let (mut world, mut ann) = (World::new(), Browser::new(1));
    let key = set_up(&mut world, &mut ann);
    let wrong = wrong_code(&world, ANN);
    assert_eq!(ann.create_key(&mut world, PASSWORD, &wrong), "wrong_proof, 4 left");
    assert_eq!(
        ann.create_key(&mut world, PASSWORD, &key),
        "missing",
        "a key proves no act, and is no guess at a code"
    );
    let mut elsewhere = Browser::new(2);
    let code = right_code(&world, ANN);
    assert_eq!(ann.create_key(&mut world, PASSWORD, &code), "done");
    assert!(world.written.contains(&"revoke recovery_key".to_owned()));
    let new = ann.key_in_session(&world).unwrap();
    world.pass(NEW_KEY_SHOWN);
    assert_eq!(ann.key_in_session(&world), None);
    assert_eq!(elsewhere.type_password(&mut world, ANN, PASSWORD), "code awaited");
    assert_eq!(elsewhere.type_code(&mut world, &key), "wrong_code, 4 left");
    assert_eq!(elsewhere.type_code(&mut world, &new), "recovered");
}

#[test]
fn turning_it_off_takes_the_key_with_it() {
    let (mut world, mut ann) = (World::new(), Browser::new(1));
    set_up(&mut world, &mut ann);
    let code = right_code(&world, ANN);
    assert_eq!(ann.turn_off(&mut world, PASSWORD, &code), "done");
    assert!(!world.has(ANN, AuthenticatorKind::RecoveryKey));
}

/// An operator takes the key with the last method that it stood in for.
#[test]
fn a_reset_takes_the_key_with_the_last_method() {
    use crate::ceremony::by_operator::Lost;
    for lost in [Lost::SecondFactors, Lost::Method(AuthenticatorKind::App)] {
        let (mut world, mut ann) = (World::new(), Browser::new(1));
        set_up(&mut world, &mut ann);
        assert_eq!(Browser::reset(&mut world, ANN, lost), "done");
        assert!(!world.has(ANN, AuthenticatorKind::RecoveryKey) && !world.has_app(ANN));
    }
    let (mut world, mut ann) = (World::new(), Browser::new(1));
    set_up(&mut world, &mut ann);
    world.bind_phone(ANN);
    assert_eq!(Browser::reset(&mut world, ANN, Lost::Method(AuthenticatorKind::App)), "done");
    assert!(world.has(ANN, AuthenticatorKind::RecoveryKey) && !world.has_app(ANN));
}
