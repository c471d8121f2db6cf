//! A lock that its person opens by a mailed link: for one browser, once, and without a try more for anybody else.

use std::time::Duration;

use super::{
    browser::{Browser, mailed},
    expect,
    sign_in::lock_by_stranger,
    world::{ANN, World, user_id},
};
use crate::{
    link::LinkPurpose,
    policy::presets::Preset,
    throttle::ladder::{LadderRules, LadderSubject},
    token::TokenHash,
};

const PASSWORD: &str = "wistful otter paints gravel ann";
const GUESS: &str = "a guess";
const FIVE_MINUTES: Duration = Duration::from_mins(5);

/// The link of the lock that strangers have just caused.
fn locked(world: &mut World) -> TokenHash {
    lock_by_stranger(world, ANN);
    mailed(world, ANN, LinkPurpose::Unlock).unwrap()
}

/// A31: every state that a link may be pressed in.
#[test]
fn a_link_opens_the_lock_that_it_was_mailed_for_as_long_as_it_holds() {
    type Given = fn(&mut World, TokenHash);
    type Expected = (&'static str, &'static [&'static str]);
    const OPENED: Expected = ("done", &["ladder 5 locked", "record name.unlocked", "use link"]);
    const OVER: Expected = ("link_over", &[]);
    let cases: [(&str, Given, Expected); 8] = [
        ("the lock holds", |_, _| {}, OPENED),
        (
            "it is its last millisecond",
            |world, _| world.pass(FIVE_MINUTES.saturating_sub(Duration::from_millis(1))),
            OPENED,
        ),
        ("the lock is over", |world, _| world.pass(FIVE_MINUTES), OVER),
        (
            "a newer lock holds",
            |world, _| {
                world.pass(FIVE_MINUTES);
                lock_by_stranger(world, ANN);
            },
            OVER,
        ),
        ("it was used", |world, token| assert_eq!(Browser::new(4).unlock_by(world, token), "done"), OVER),
        (
            "the user was disabled",
            |world, _| {
                let now = world.now;
                world.user(ANN).disabled_at = Some(now);
            },
            OVER,
        ),
        (
            "the company has its names locked for everybody since",
            |world, _| world.policy = Preset::PerUser.policy(),
            OVER,
        ),
        (
            "it is a link for something else",
            |world, _| world.links.iter_mut().for_each(|link| link.purpose = LinkPurpose::NotMe),
            OVER,
        ),
    ];
    for (case, given, expected) in cases {
        let mut world = World::new();
        let token = locked(&mut world);
        given(&mut world, token);
        let told = Browser::new(3).unlock_by(&mut world, token);
        expect(case, &world, &told, expected);
    }
}

/// A31: strangers get not one try by it, the opened browser five, and everything stays counted.
#[test]
fn strangers_stay_locked_out_and_the_opened_browser_has_five_tries() {
    let mut world = World::new();
    let token = locked(&mut world);
    let (mut own, mut stranger) = (Browser::new(3), Browser::new(9));
    assert_eq!(own.type_password(&mut world, ANN, PASSWORD), "locked");
    assert_eq!(own.unlock_by(&mut world, token), "done");
    for left in ["4 left", "3 left", "2 left", "1 left"] {
        assert_eq!(own.type_password(&mut world, ANN, GUESS), format!("wrong_password, {left}"));
        assert_eq!(stranger.type_password(&mut world, ANN, PASSWORD), "locked");
    }
    assert_eq!(own.type_password(&mut world, ANN, GUESS), "locked until a time");
    let hour = Duration::from_secs(LadderRules::STANDARD.later_lock_secs);
    assert_eq!(world.ladder(ANN).lock.unwrap().until, world.now.plus(hour));
    assert_eq!(own.type_password(&mut world, ANN, PASSWORD), "locked until a time");
    // Its own link for its own lock: whoever reads the mailbox gets in at last.
    let token = mailed(&world, ANN, LinkPurpose::Unlock).unwrap();
    assert_eq!(own.unlock_by(&mut world, token), "done");
    assert_eq!(own.type_password(&mut world, ANN, PASSWORD), "signed in");
    assert_eq!(stranger.type_password(&mut world, ANN, PASSWORD), "locked", "until the lock's end");
    assert_eq!(
        own.type_password(&mut world, ANN, PASSWORD),
        "signed in",
        "by a ladder of its own from now on"
    );
    world.pass(hour);
    assert_eq!(stranger.type_password(&mut world, ANN, PASSWORD), "signed in");
    assert!(!world.is_locked(ANN) && world.ladder(ANN).failures == 0, "a complete sign-in clears the ladder");
}

/// A31: half a sign-in lifts nothing for others, and its code is taken while they are locked out.
#[test]
fn the_code_of_the_opened_browser_is_taken_while_the_lock_holds() {
    let mut world = World::with_app();
    let token = locked(&mut world);
    let mut own = Browser::new(3);
    assert_eq!(own.unlock_by(&mut world, token), "done");
    assert_eq!(own.type_password(&mut world, ANN, PASSWORD), "code awaited");
    assert_eq!(Browser::new(9).type_password(&mut world, ANN, PASSWORD), "locked");
    let code = super::browser::right_code(&world, ANN);
    assert_eq!(own.type_code(&mut world, &code), "signed in");
    assert_eq!(Browser::new(9).type_password(&mut world, ANN, PASSWORD), "locked", "and afterwards, too");
}

/// CR-6, T-03: no link where the document locks the name, nor for the lock of a known browser.
#[test]
fn no_link_is_mailed_where_the_lock_is_not_the_mailbox_owners_to_open() {
    let mut world = World::new();
    world.policy = Preset::PerUser.policy();
    lock_by_stranger(&mut world, ANN);
    assert_eq!(mailed(&world, ANN, LinkPurpose::Unlock), None);

    let mut world = World::new();
    let mut own = Browser::new(3);
    assert_eq!(own.type_password(&mut world, ANN, PASSWORD), "signed in");
    for _ in 0..5 {
        own.type_password(&mut world, ANN, GUESS);
    }
    assert_eq!(
        world.ladder_of(&LadderSubject::user(&user_id(ANN))).failures,
        0,
        "it has a ladder of its own"
    );
    assert_eq!(mailed(&world, ANN, LinkPurpose::Unlock), None);
}
