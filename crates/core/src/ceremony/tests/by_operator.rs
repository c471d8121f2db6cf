//! What an operator does about somebody who can prove no second factor any more.

use super::{
    browser::{Browser, letters, right_code, texted_code},
    expect,
    world::{ANN, BEA, World, password_of},
};
use crate::{letter::Letter, notice::NoticeKind, policy::SecondFactorRule};

const PASSWORD: &str = "wistful otter paints gravel ann";
const NEW: &str = "a newer and longer password";

/// CR-10: app and phone go, out of use or not, every session and half-made sign-in ends, the person is told.
#[test]
fn a_reset_takes_every_second_factor_and_ends_what_was_granted() {
    const RESET: &[&str] =
        &["epoch 1", "record two_factor.turned_off", "revoke second factors", "tell two_factor_turned_off"];
    let mut world = World::with_phone();
    let (mut ann, mut half) = (Browser::new(1), Browser::new(2));
    assert_eq!(ann.sign_in(&mut world, ANN, PASSWORD), "signed in");
    assert_eq!(half.type_password(&mut world, ANN, PASSWORD), "code awaited, texted");
    let code = texted_code(&world, ANN);
    world.bind_app(ANN);
    let now = world.now;
    (world.app(ANN).disabled_at, world.phone(ANN).disabled_at) = (Some(now), Some(now));
    assert_eq!(Browser::new(3).type_password(&mut world, ANN, PASSWORD), "second_factor_disabled");
    Browser::reset(&mut world, ANN);
    expect("both are out of use", &world, "", ("", RESET));
    assert!(!world.has_app(ANN) && !world.has_phone(ANN) && !ann.is_signed_in(&mut world));
    assert_eq!(half.type_code(&mut world, &code), "over");
    assert_eq!(Browser::new(3).sign_in(&mut world, ANN, PASSWORD), "signed in");
}

/// A59: a set-up under way ends with it: what was pending is bound by nobody.
#[test]
fn a_set_up_under_way_ends_with_a_reset() {
    let mut world = World::new();
    let mut thief = Browser::new(9);
    assert_eq!(thief.sign_in(&mut world, ANN, PASSWORD), "signed in");
    assert_eq!(thief.begin_enrollment(&mut world, PASSWORD, ""), "done");
    assert_eq!(thief.choose_app(&mut world), "onward");
    Browser::reset(&mut world, ANN);
    let code = right_code(&world, ANN);
    assert_eq!(thief.confirm(&mut world, &code), "over");
    assert!(!world.has_app(ANN));
}

/// CR-8: nobody else notices; and a company's rule still asks for a second factor.
#[test]
fn a_reset_touches_one_person_and_no_rule() {
    let mut world = World::with_app();
    world.bind_phone(BEA);
    let mut bea = Browser::new(2);
    assert_eq!(bea.sign_in(&mut world, BEA, &password_of(BEA)), "signed in");
    world.rule(SecondFactorRule::Required);
    Browser::reset(&mut world, ANN);
    assert!(bea.is_signed_in(&mut world) && world.has_phone(BEA));
    assert_eq!(Browser::new(1).sign_in(&mut world, ANN, PASSWORD), "enrollment_required");
}

/// A notice tells neither an address nor a browser of what was done at the operator's console, and says so.
#[test]
fn a_notice_says_that_an_operator_did_it() {
    let mut world = World::with_app();
    Browser::reset(&mut world, ANN);
    Browser::set_password_for(&mut world, ANN, NEW);
    super::sign_in::lock_by_stranger(&mut world, ANN);
    let told: Vec<(NoticeKind, bool)> = letters(&world)
        .filter_map(|(_, letter)| match letter {
            Letter::Notice(notice) => Some((notice.kind, notice.is_by_operator)),
            _ => None,
        })
        .collect();
    let expected = [
        (NoticeKind::TwoFactorTurnedOff, true),
        (NoticeKind::PasswordChanged, true),
        (NoticeKind::NameLocked, false),
    ];
    assert_eq!(told, expected);
}
