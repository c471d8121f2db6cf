//! Choosing a new password, and signing out.

use super::{
    browser::{Browser, right_code},
    expect,
    given::{NEW, PASSWORD, signed_in},
    world::{ANN, BEA, World, password_of},
};
use crate::{
    authenticator::{AuthenticatorKind, Material},
    notice::NoticeKind,
    policy::Proofs,
    secret::Sealed,
    session::SessionEnd,
    user::{PasswordChangeDue, PasswordChangeReason},
};

/// A52: the new password opens, the old one does not, everything else that was granted is over.
#[test]
fn atk_52_a_new_password_takes_the_place_of_the_old_and_ends_what_was_granted() {
    let (mut world, mut ann) = signed_in(true);
    let mut elsewhere = Browser::new(2);
    assert_eq!(elsewhere.sign_in(&mut world, ANN, PASSWORD), "signed in");
    let mut half = Browser::new(3);
    assert_eq!(half.type_password(&mut world, ANN, PASSWORD), "code awaited");
    world.pass_secs(30);
    let code = right_code(&world, ANN);
    assert_eq!(ann.change_password(&mut world, (PASSWORD, &code), NEW), "done");
    assert!(ann.is_signed_in(&mut world));
    assert!(!elsewhere.is_signed_in(&mut world));
    world.pass_secs(30);
    let code = right_code(&world, ANN);
    assert_eq!(half.type_code(&mut world, &code), "over");
    assert_eq!(elsewhere.type_password(&mut world, ANN, PASSWORD), "wrong_password, 4 left");
    assert_eq!(elsewhere.sign_in(&mut world, ANN, NEW), "signed in");
}

/// P2b: the new password begins with counters at zero, and the change is no longer due.
#[test]
fn a_new_password_begins_without_the_failures_of_the_old() {
    let (mut world, mut ann) = signed_in(false);
    let due = PasswordChangeDue { since: world.now, reason: PasswordChangeReason::SomebodyKnowsIt };
    world.user(ANN).password_change = Some(due);
    Browser::new(2).type_password(&mut world, ANN, "a guess");
    assert_eq!(ann.change_password(&mut world, (PASSWORD, ""), NEW), "done");
    assert_eq!(world.user(ANN).password_change, None);
    let password = world.authenticator(ANN, AuthenticatorKind::Password);
    assert_eq!((password.failures.in_a_row, password.disabled_at), (0, None));
}

/// A crash behind the reserved proof changes nothing and leaves the count.
#[test]
fn a_change_that_was_never_settled_leaves_the_old_password_and_the_count() {
    let (mut world, mut ann) = signed_in(false);
    ann.known = None;
    let act = crate::ceremony::step_up::Act::ChangePassword;
    assert!(ann.reserve_proof(&mut world, act, PASSWORD, "").is_ok());
    assert_eq!(world.ladder(ANN).failures, 1);
    assert_eq!(world.sessions[0].session.step_up_failures, 1);
    assert_eq!(Browser::new(2).sign_in(&mut world, ANN, PASSWORD), "signed in");
}

/// A78: the session is over on the server, and only that one.
#[test]
fn signing_out_ends_this_session_and_no_other() {
    let (mut world, mut ann) = signed_in(false);
    let mut elsewhere = Browser::new(2);
    assert_eq!(elsewhere.sign_in(&mut world, ANN, PASSWORD), "signed in");
    let mut bea = Browser::new(3);
    assert_eq!(bea.sign_in(&mut world, BEA, &password_of(BEA)), "signed in");
    ann.sign_out(&mut world);
    expect("signing out", &world, "", ("", &["end session: signed_out", "record session.signed_out"]));
    assert!(!ann.is_signed_in(&mut world));
    assert!(elsewhere.is_signed_in(&mut world) && bea.is_signed_in(&mut world));
    assert_eq!(world.sessions[0].end, Some(SessionEnd::SignedOut));
    world.written.clear();
    ann.sign_out(&mut world);
    expect("signing out twice", &world, "", ("", &[]));
}

/// P11: a password that stood beside a second factor may be too short to stand alone. Where it was not typed to turn
/// that off, the next sign-in sees it.
#[test]
fn a_password_that_is_too_short_to_stand_alone_must_be_changed_when_it_does() {
    const SHORT: &str = "wistful otter";
    for (proofs, is_seen_at_once) in [(Proofs::PASSWORD, true), (Proofs::NONE, false)] {
        let mut world = World::with_app();
        world.policy.proofs_to_turn_off = proofs;
        let passwords = world.authenticators.iter_mut().map(|row| &mut row.authenticator.material);
        for material in passwords.filter(|material| material.kind() == AuthenticatorKind::Password) {
            *material = Material::Password(Sealed(SHORT.into()));
        }
        let mut ann = Browser::new(1);
        assert_eq!(ann.sign_in(&mut world, ANN, SHORT), "signed in");
        assert_eq!(world.user(ANN).password_change, None, "it does not stand alone");
        let typed = if proofs.password { SHORT } else { "" };
        assert_eq!(ann.turn_off(&mut world, typed, ""), "done");
        assert_eq!(world.user(ANN).password_change.is_some(), is_seen_at_once);
        assert_eq!(ann.sign_in(&mut world, ANN, SHORT), "signed in");
        let due = world.user(ANN).password_change.unwrap();
        assert_eq!(due.reason, PasswordChangeReason::TooShortAlone);
    }
}

/// ASVS 6.4.1: what an operator set is a password for once, and ends what was granted before.
#[test]
fn a_password_that_an_operator_set_must_be_changed() {
    let (mut world, mut ann) = signed_in(false);
    Browser::set_password_for(&mut world, ANN, NEW);
    assert!(!ann.is_signed_in(&mut world));
    assert_eq!(ann.sign_in(&mut world, ANN, NEW), "signed in");
    assert_eq!(world.user(ANN).password_change.unwrap().reason, PasswordChangeReason::SetByOperator);
    assert_eq!(world.notice_count(NoticeKind::PasswordChanged), 1);
}
