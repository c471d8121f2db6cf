//! What may have become of a session or its person before something is typed, for the tables of cases.

use super::{
    browser::{Browser, texted_code, wrong_code},
    sign_in::lock_by_stranger,
    world::{ANN, World},
};
use crate::{
    ceremony::{CeremonyEnd, ENROLLMENT_LIFE, step_up::Act},
    session::SESSION_IDLE,
};

pub(super) const PASSWORD: &str = "wistful otter paints gravel ann";
pub(super) const NEW: &str = "a newer and longer password";

/// Makes a case of a table out of the state that the table is about.
pub(super) type Given = fn(&mut World, &mut Browser);

pub(super) fn nothing(_: &mut World, _: &mut Browser) {}

pub(super) fn end_session(world: &mut World, _: &mut Browser) {
    let now = world.now;
    world.sessions[0].session.ended_at = Some(now);
}

pub(super) fn raise_epoch(world: &mut World, _: &mut Browser) {
    world.user(ANN).epoch += 1;
}

pub(super) fn disable_user(world: &mut World, _: &mut Browser) {
    let now = world.now;
    world.user(ANN).disabled_at = Some(now);
}

pub(super) fn disable_phone(world: &mut World, _: &mut Browser) {
    let now = world.now;
    world.phone(ANN).disabled_at = Some(now);
}

pub(super) fn over(world: &mut World, _: &mut Browser) {
    world.pass(SESSION_IDLE);
}

/// Somebody fills the ladder that this browser is on; what is under way stays open.
pub(super) fn lock(world: &mut World, ann: &mut Browser) {
    ann.known = None;
    lock_by_stranger(world, ANN);
}

pub(super) fn expire_set_up(world: &mut World, _: &mut Browser) {
    world.pass(ENROLLMENT_LIFE);
}

pub(super) fn end_set_up(world: &mut World, ann: &mut Browser) {
    let (ceremony, ..) = ann.enrollment(world).unwrap();
    let now = world.now;
    let row = world.ceremonies.iter_mut().find(|row| row.ceremony.id == ceremony.id).unwrap();
    (row.end, row.ceremony.ended_at) = (Some(CeremonyEnd::Canceled), Some(now));
}

/// The same person, signed in elsewhere.
pub(super) fn go_elsewhere(world: &mut World, ann: &mut Browser) {
    *ann = Browser::new(2);
    assert_eq!(ann.sign_in(world, ANN, PASSWORD), "signed in");
    world.written.clear();
}

/// Ann is signed in, with an app or without, and half a minute went by.
pub(super) fn signed_in(has_app: bool) -> (World, Browser) {
    let mut world = if has_app { World::with_app() } else { World::new() };
    let mut ann = Browser::new(1);
    assert_eq!(ann.sign_in(&mut world, ANN, PASSWORD), "signed in");
    world.pass_secs(30);
    world.written.clear();
    (world, ann)
}

/// Ann has had a phone for a while and is signed in.
pub(super) fn with_phone() -> (World, Browser) {
    let mut world = World::with_phone();
    let mut ann = Browser::new(1);
    assert_eq!(ann.sign_in(&mut world, ANN, PASSWORD), "signed in");
    world.pass_secs(60);
    world.written.clear();
    (world, ann)
}

/// Ann proved her password and is choosing a method.
pub(super) fn choosing() -> (World, Browser) {
    let (mut world, mut ann) = signed_in(false);
    assert_eq!(ann.begin_enrollment(&mut world, PASSWORD, ""), "done");
    world.written.clear();
    (world, ann)
}

pub(super) fn do_act(
    act: Act,
    world: &mut World,
    ann: &mut Browser,
    (password, code): (&str, &str),
) -> String {
    match act {
        Act::TurnOnTwoFactor => ann.begin_enrollment(world, password, code),
        Act::TurnOffTwoFactor => ann.turn_off(world, password, code),
        Act::ChangeMethods => ann.begin_change(world, password, code),
        Act::ChangePassword => ann.change_password(world, (password, code), NEW),
        Act::CreateRecoveryKey => ann.create_key(world, password, code),
        Act::CreateBackupCodes => ann.create_codes(world, password, code),
        Act::ResetSecondFactor | Act::SwitchTwoFactor => unreachable!("no act upon oneself"),
    }
}

/// The code in the newest text to Ann.
pub(super) fn right(world: &World) -> String {
    texted_code(world, ANN)
}

/// No code that was sent to her.
pub(super) fn wrong(world: &World) -> String {
    wrong_code(world, ANN)
}
