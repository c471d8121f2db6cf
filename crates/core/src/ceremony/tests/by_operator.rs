//! What an operator does about somebody who can prove no second factor any more, is locked, or was robbed.

use super::{
    browser::{Browser, letters, right_code, texted_code, wrong_code},
    sign_in::lock_by_stranger,
    world::{ANN, BEA, World, password_of, user_id},
};
use crate::{
    audit::{actor::Actor, event::AuditKind},
    authenticator::AuthenticatorKind,
    ceremony::{by_operator::Lost, operators::AddOutcome, step_up::Act},
    letter::Letter,
    notice::NoticeKind,
    policy::SecondFactorRule,
};

const PASSWORD: &str = "wistful otter paints gravel ann";
const NEW: &str = "a newer and longer password";
const APP: Lost = Lost::Method(AuthenticatorKind::App);
const PHONE: Lost = Lost::Method(AuthenticatorKind::Phone);

/// CR-10: app and phone go, out of use or not, every session and half-made sign-in ends, the person is told.
#[test]
fn a_reset_takes_every_second_factor_and_ends_what_was_granted() {
    const CLAIMS: &[&str] = &["revoke app", "revoke phone"];
    const RESET: &[&str] = &["epoch 1", "record two_factor.reset", "tell two_factor_reset"];
    let mut world = World::with_phone();
    let (mut ann, mut half) = (Browser::new(1), Browser::new(2));
    assert_eq!(ann.sign_in(&mut world, ANN, PASSWORD), "signed in");
    assert_eq!(half.type_password(&mut world, ANN, PASSWORD), "code awaited, texted");
    let code = texted_code(&world, ANN);
    world.bind_app(ANN);
    let now = world.now;
    (world.app(ANN).disabled_at, world.phone(ANN).disabled_at) = (Some(now), Some(now));
    assert_eq!(Browser::new(3).type_password(&mut world, ANN, PASSWORD), "second_factor_disabled");
    assert_eq!(Browser::reset(&mut world, ANN, Lost::SecondFactors), "done");
    let written: Vec<&str> = CLAIMS.iter().chain(RESET).copied().collect();
    assert_eq!(world.written, sorted(&written));
    assert!(!world.has_app(ANN) && !world.has_phone(ANN) && !ann.is_signed_in(&mut world));
    assert_eq!(half.type_code(&mut world, &code), "over");
    assert_eq!(Browser::new(3).sign_in(&mut world, ANN, PASSWORD), "signed in");
    assert_eq!(Browser::reset(&mut world, ANN, Lost::SecondFactors), "nothing_there");
}

/// A lost phone is no reason to take the app.
#[test]
fn a_reset_of_one_method_leaves_the_other() {
    let mut world = World::with_phone();
    world.bind_app(ANN);
    assert_eq!(Browser::reset(&mut world, ANN, PHONE), "done");
    assert!(world.has_app(ANN) && !world.has_phone(ANN));
    assert_eq!(Browser::new(1).type_password(&mut world, ANN, PASSWORD), "code awaited");
    assert_eq!(Browser::reset(&mut world, ANN, PHONE), "nothing_there");
}

/// A59: a set-up under way ends when somebody is signed out everywhere: what was pending is bound by nobody.
#[test]
fn a_set_up_under_way_ends_when_an_operator_signs_somebody_out() {
    let mut world = World::new();
    let mut thief = Browser::new(9);
    assert_eq!(thief.sign_in(&mut world, ANN, PASSWORD), "signed in");
    assert_eq!(thief.begin_enrollment(&mut world, PASSWORD, ""), "done");
    assert_eq!(thief.choose_app(&mut world), "onward");
    assert_eq!(Browser::sign_out_everywhere(&mut world, ANN, &Actor::Console), "done");
    assert_eq!(
        world.written,
        sorted(&["epoch 1", "record user.signed_out_everywhere", "tell signed_out_everywhere"])
    );
    let code = right_code(&world, ANN);
    assert_eq!(thief.confirm(&mut world, &code), "over");
    assert!(!world.has_app(ANN) && !thief.is_signed_in(&mut world));
}

/// CR-8: nobody else notices; and a company's rule still asks for a second factor.
#[test]
fn a_reset_touches_one_person_and_no_rule() {
    let mut world = World::with_app();
    world.bind_phone(BEA);
    let mut bea = Browser::new(2);
    assert_eq!(bea.sign_in(&mut world, BEA, &password_of(BEA)), "signed in");
    world.rule(SecondFactorRule::Required);
    Browser::reset(&mut world, ANN, APP);
    assert!(bea.is_signed_in(&mut world) && world.has_phone(BEA));
    assert_eq!(Browser::new(1).sign_in(&mut world, ANN, PASSWORD), "enrollment_required");
}

/// A lock ends, on every ladder of the person; what P2 counts stays counted.
#[test]
fn an_unlock_empties_the_ladders_and_not_the_caps() {
    let mut world = World::new();
    assert_eq!(Browser::unlock(&mut world, ANN, &Actor::Console), "nothing_there");
    lock_by_stranger(&mut world, ANN);
    assert!(world.is_locked(ANN));
    let counted = world.authenticator(ANN, AuthenticatorKind::Password).failures.in_a_row;
    assert_eq!(Browser::unlock(&mut world, ANN, &Actor::Operator(user_id(ANN))), "own_account");
    assert_eq!(Browser::unlock(&mut world, ANN, &Actor::Operator(user_id(BEA))), "done");
    assert_eq!(world.written, sorted(&["ladder 0", "record name.unlocked_by_operator", "tell unlocked"]));
    assert_eq!(world.authenticator(ANN, AuthenticatorKind::Password).failures.in_a_row, counted);
    assert_eq!(Browser::new(1).sign_in(&mut world, ANN, PASSWORD), "signed in");
}

/// A notice tells neither an address nor a browser of what an operator did, and says that one did it.
#[test]
fn a_notice_says_that_an_operator_did_it() {
    let mut world = World::with_app();
    Browser::reset(&mut world, ANN, APP);
    Browser::set_password_for(&mut world, ANN, NEW);
    lock_by_stranger(&mut world, ANN);
    let told: Vec<(NoticeKind, bool)> = letters(&world)
        .filter_map(|(_, letter)| match letter {
            Letter::Notice(notice) => Some((notice.kind, notice.is_by_operator)),
            _ => None,
        })
        .collect();
    let expected = [
        (NoticeKind::MethodReset, true),
        (NoticeKind::PasswordChanged, true),
        (NoticeKind::NameLocked, false),
    ];
    assert_eq!(told, expected);
}

/// Whoever took one operator's session must not be able to keep all the others out.
#[test]
fn an_operators_second_factor_is_taken_by_no_reset() {
    let (mut world, mut bea) = bea_at_work();
    world.bind_app(ANN);
    assert_eq!(Browser::add_operator(&mut world, ANN), AddOutcome::Added);
    let code = texted_code(&world, BEA);
    assert_eq!(bea.reset_of(&mut world, (ANN, APP), &code), "of_operator");
    assert_eq!(Browser::reset(&mut world, ANN, APP), "of_operator");
    assert!(world.has_app(ANN));
}

/// Bea runs the installation: her own code takes Ann's lost phone, and the record names her.
#[test]
fn on_the_pages_a_reset_takes_the_operators_own_code() {
    let (mut world, mut bea) = bea_at_work();
    world.bind_phone(ANN);
    assert_eq!(bea.reset_of(&mut world, (ANN, PHONE), ""), "missing");
    let wrong = wrong_code(&world, BEA);
    assert_eq!(bea.reset_of(&mut world, (ANN, PHONE), &wrong), "wrong_code, 4 left");
    assert!(world.has_phone(ANN));
    let code = texted_code(&world, BEA);
    assert_eq!(bea.reset_of(&mut world, (ANN, PHONE), &code), "done");
    assert!(!world.has_phone(ANN) && bea.is_signed_in(&mut world));
    let event = world.audit.iter().find(|event| event.kind == AuditKind::MethodReset).unwrap();
    assert_eq!(event.actor, Some(Actor::Operator(user_id(BEA))));
    assert_eq!(event.user, Some(user_id(ANN)));
    assert_eq!(event.reason, "phone: lost the phone");
}

/// A54: a code that was asked for one act proves no other, and none twice.
#[test]
fn atk_54_a_code_for_one_act_of_an_operator_proves_no_other() {
    let (mut world, mut bea) = bea_at_work();
    world.bind_phone(ANN);
    let code = texted_code(&world, BEA);
    assert_eq!(bea.switch(&mut world, false, &code), "code_expired");
    assert!(world.is_two_factor_open);
    assert_eq!(bea.reset_of(&mut world, (ANN, PHONE), &code), "done");
    world.bind_phone(ANN);
    assert_eq!(bea.reset_of(&mut world, (ANN, PHONE), &code), "code_expired");
    assert_eq!(bea.want_proof_code(&mut world, Act::SwitchTwoFactor), "texted");
    let code = texted_code(&world, BEA);
    assert_eq!(bea.reset_of(&mut world, (ANN, PHONE), &code), "code_expired");
    assert_eq!(bea.switch(&mut world, false, &code), "done");
    assert!(!world.is_two_factor_open && world.has_phone(ANN));
}

/// P1: wrong codes count on the operator's own ladder, and five end the session (A55).
#[test]
fn five_wrong_codes_lock_the_operator_and_nobody_else() {
    let (mut world, mut bea) = bea_at_work();
    world.bind_phone(ANN);
    for left in (1..5).rev() {
        let wrong = wrong_code(&world, BEA);
        assert_eq!(bea.reset_of(&mut world, (ANN, PHONE), &wrong), format!("wrong_code, {left} left"));
    }
    let wrong = wrong_code(&world, BEA);
    assert_eq!(bea.reset_of(&mut world, (ANN, PHONE), &wrong), "session_ended");
    assert!(!bea.is_signed_in(&mut world) && !world.is_locked(ANN) && world.has_phone(ANN));
}

#[test]
fn nobody_resets_their_own_account_or_without_a_second_factor() {
    let (mut world, mut bea) = bea_at_work();
    let code = texted_code(&world, BEA);
    assert_eq!(bea.reset_of(&mut world, (BEA, PHONE), &code), "own_account");
    assert!(world.has_phone(BEA));
    assert_eq!(Browser::sign_out_everywhere(&mut world, BEA, &Actor::Operator(user_id(BEA))), "own_account");
    let mut ann = Browser::new(1);
    assert_eq!(ann.sign_in(&mut world, ANN, PASSWORD), "signed in");
    assert_eq!(ann.reset_of(&mut world, (BEA, PHONE), ""), "second_factor_disabled");
}

/// A person who knows the addresses of these forms, and proves themselves, is still no operator.
#[test]
fn who_is_no_operator_does_nothing_to_others() {
    let (mut world, mut bea) = bea_at_work();
    world.bind_phone(ANN);
    world.user(BEA).operator_since = None;
    let code = texted_code(&world, BEA);
    assert_eq!(bea.reset_of(&mut world, (ANN, PHONE), &code), "not_allowed");
    assert_eq!(bea.want_proof_code(&mut world, Act::SwitchTwoFactor), "not_allowed");
    assert!(world.has_phone(ANN));
}

#[test]
fn a_gate_that_stands_so_already_is_left_alone() {
    let (mut world, mut bea) = bea_at_work();
    assert_eq!(bea.want_proof_code(&mut world, Act::SwitchTwoFactor), "texted");
    let code = texted_code(&world, BEA);
    assert_eq!(bea.switch(&mut world, true, &code), "done");
    assert_eq!(world.audit_count(AuditKind::TwoFactorOpened), 0);
    assert!(!world.written.iter().any(|write| write.starts_with("gate")), "{:?}", world.written);
}

/// With a phone, signed in, and with a code for a reset on it.
fn bea_at_work() -> (World, Browser) {
    let mut world = World::new();
    world.bind_phone(BEA);
    let mut bea = Browser::new(2);
    assert_eq!(bea.sign_in(&mut world, BEA, &password_of(BEA)), "signed in");
    world.user(BEA).operator_since = Some(world.now);
    world.pass_secs(60);
    assert_eq!(bea.want_proof_code(&mut world, Act::ResetSecondFactor), "texted");
    (world, bea)
}

fn sorted(words: &[&str]) -> Vec<String> {
    let mut words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    words.sort();
    words
}
