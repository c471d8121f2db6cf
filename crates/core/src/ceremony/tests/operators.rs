//! Who is an operator by the word of the console, and what that means for their sign-in.

use super::{
    browser::{Browser, letters, right_code},
    expect,
    world::{ANN, BEA, World},
};
use crate::{
    authenticator::AuthenticatorKind,
    ceremony::operators::{AddOutcome, RemoveOutcome},
    letter::{AlertKind, Letter},
    policy::SecondFactorRule,
};

const PASSWORD: &str = "wistful otter paints gravel ann";

/// Ann and Bea have an app each, and Bea is an operator.
fn with_an_operator() -> World {
    let mut world = World::with_app();
    world.bind_app(BEA);
    let now = world.now;
    world.user(BEA).operator_since = Some(now);
    world
}

/// Everybody but the one whom it is about, who hears of it by a notice.
fn alerts(world: &World) -> Vec<(String, AlertKind, String)> {
    let alert = |letter| match letter {
        Letter::Alert(alert) => Some((alert.kind, alert.about)),
        _ => None,
    };
    letters(world)
        .filter_map(|(message, letter)| alert(letter).map(|(kind, about)| (message.to.clone(), kind, about)))
        .collect()
}

/// What guards everybody must not hang on a mailbox.
#[test]
fn nobody_becomes_an_operator_by_codes_in_an_email() {
    let mut world = with_an_operator();
    world.authenticators.retain(|row| row.authenticator.kind() != AuthenticatorKind::App);
    world.bind_mailbox(ANN);
    assert_eq!(Browser::add_operator(&mut world, ANN), AddOutcome::NoSecondFactor);
    world.bind_phone(ANN);
    assert_eq!(Browser::add_operator(&mut world, ANN), AddOutcome::Added);
}

#[test]
fn becoming_an_operator_ends_what_was_granted_and_is_told_to_all_others() {
    const ADDED: &[&str] =
        &["epoch 1", "operator: true", "record operator.added", "send alert by email", "tell operator_added"];
    let mut world = with_an_operator();
    let mut ann = Browser::new(1);
    assert_eq!(ann.type_password(&mut world, ANN, PASSWORD), "code awaited");
    let code = right_code(&world, ANN);
    assert_eq!(ann.type_code(&mut world, &code), "signed in");
    assert_eq!(Browser::add_operator(&mut world, ANN), AddOutcome::Added);
    expect("Bea is one already", &world, "", ("", ADDED));
    assert!(world.user(ANN).is_operator() && !ann.is_signed_in(&mut world));
    let about_ann = "ann@trackwell.example".to_owned();
    let told = ("bea@trackwell.example".to_owned(), AlertKind::OperatorAdded, about_ann);
    assert_eq!(alerts(&world), [told]);
    assert_eq!(Browser::add_operator(&mut world, ANN), AddOutcome::IsOneAlready);
    expect("Ann is one already", &world, "", ("", &[]));
}

#[test]
fn nobody_becomes_an_operator_without_a_second_factor_that_works() {
    let mut world = World::new();
    assert_eq!(Browser::add_operator(&mut world, ANN), AddOutcome::NoSecondFactor);
    world.bind_app(ANN);
    let now = world.now;
    world.app(ANN).disabled_at = Some(now);
    assert_eq!(Browser::add_operator(&mut world, ANN), AddOutcome::NoSecondFactor);
    assert!(!world.user(ANN).is_operator());
}

/// Whatever the company says, on the way in and on the way out.
#[test]
fn an_operator_is_asked_for_a_code_and_keeps_the_second_factor_whatever_the_company_says() {
    let mut world = with_an_operator();
    world.rule(SecondFactorRule::Off);
    world.is_two_factor_open = false;
    let password = "wistful otter paints gravel bea";
    let mut bea = Browser::new(1);
    assert_eq!(bea.type_password(&mut world, BEA, password), "code awaited");
    let code = right_code(&world, BEA);
    assert_eq!(bea.type_code(&mut world, &code), "signed in");
    world.pass_secs(30);
    let code = right_code(&world, BEA);
    assert_eq!(bea.turn_off(&mut world, password, &code), "not_allowed");
    assert!(world.has_app(BEA));
}

/// Break-glass: nothing that the operator had opens anything any more, and the link is for them alone.
#[test]
fn a_reset_takes_everything_from_an_operator_and_leaves_a_link() {
    const RESET: &[&str] = &[
        "epoch 1",
        "revoke second factors",
        "revoke password",
        "supersede links: reset_password",
        "supersede links: set_password",
        "supersede operator links",
        "open operator link",
        "record operator.reset",
        "tell operator_reset",
    ];
    let mut world = with_an_operator();
    let password = "wistful otter paints gravel bea";
    assert!(Browser::reset_operator(&mut world, ANN).is_none(), "Ann is none");
    let link = Browser::reset_operator(&mut world, BEA).unwrap();
    expect("Bea is the only one", &world, "", ("", RESET));
    assert_eq!(Browser::new(1).type_password(&mut world, BEA, password), "wrong_password, 4 left");
    let again = Browser::reset_operator(&mut world, BEA).unwrap();
    let bea = world.user(BEA).id.clone();
    let [good] = world.operator_links.as_slice() else { panic!("not one link is good") };
    assert!(good.token == again.hash() && good.token != link.hash());
    assert_eq!(good.user, Some(bea));
}

/// A101: with the first operator every link is over by which anybody could be the first.
#[test]
fn atk_101_no_invitation_outlives_the_first_operator() {
    let mut world = World::with_app();
    Browser::invite_operator(&mut world);
    expect(
        "nobody is there to be told",
        &world,
        "",
        ("", &["open operator link", "record operator.link_made"]),
    );
    assert_eq!(Browser::add_operator(&mut world, ANN), AddOutcome::Added);
    assert!(world.operator_links.is_empty(), "the first one is there");
    world.bind_app(BEA);
    Browser::invite_operator(&mut world);
    let told = ("ann@trackwell.example".to_owned(), AlertKind::OperatorInvited, String::new());
    assert_eq!(alerts(&world).last(), Some(&told));
    assert_eq!(Browser::add_operator(&mut world, BEA), AddOutcome::Added);
    assert_eq!(world.operator_links.len(), 1, "Bea is not the first");
    Browser::withdraw_operator_links(&mut world);
    expect("withdrawn", &world, "", ("", &["record operator.links_withdrawn", "withdraw operator links"]));
    assert!(world.operator_links.is_empty());
}

#[test]
fn the_last_operator_who_can_sign_in_stays_one() {
    let mut world = with_an_operator();
    Browser::add_operator(&mut world, ANN);
    assert!(Browser::add_operator(&mut world, ANN) == AddOutcome::IsOneAlready, "an app was bound before");
    let now = world.now;
    world.app(ANN).disabled_at = Some(now);
    assert_eq!(Browser::remove_operator(&mut world, BEA), RemoveOutcome::IsTheLast, "Ann cannot sign in");
    assert_eq!(Browser::remove_operator(&mut world, ANN), RemoveOutcome::Removed);
}

#[test]
fn the_last_operator_stays_one() {
    const REMOVED: &[&str] = &[
        "epoch 1",
        "operator: false",
        "record operator.removed",
        "send alert by email",
        "supersede operator links",
        "tell operator_removed",
    ];
    let mut world = with_an_operator();
    assert_eq!(Browser::remove_operator(&mut world, BEA), RemoveOutcome::IsTheLast);
    assert_eq!(Browser::remove_operator(&mut world, ANN), RemoveOutcome::IsNone);
    assert!(world.user(BEA).is_operator());
    Browser::add_operator(&mut world, ANN);
    assert_eq!(Browser::remove_operator(&mut world, BEA), RemoveOutcome::Removed);
    expect("Ann is one too", &world, "", ("", REMOVED));
    assert!(!world.user(BEA).is_operator() && world.has_app(BEA));
    assert_eq!(world.audit.last().unwrap().reason, "at the console: left the company");
}
