//! Proving an address again from within a session, and what the first set-up asks of it (A58).

use std::time::Duration;

use super::{
    browser::{Browser, letters, mailed},
    expect,
    given::{Given, PASSWORD, disable_user, end_session, nothing, raise_epoch, signed_in},
    world::{ANN, BEA, World, password_of},
};
use crate::{
    letter::Letter, link::LinkPurpose, policy::presets::Preset, session::SESSION_IDLE,
    throttle::links::MailedLinks,
};

type Expected = (&'static str, &'static [&'static str]);

const NOTHING: &[&str] = &[];
const DAY: Duration = Duration::from_hours(24);

fn never_proved(world: &mut World, _: &mut Browser) {
    world.user(ANN).email_verified_at = None;
}

/// Ann proved her address long ago, is signed in now, and has a link in her mailbox.
fn linked() -> (World, Browser) {
    let (mut world, ann) = signed_in(false);
    let long_ago = world.now.minus(30 * DAY);
    world.user(ANN).email_verified_at = Some(long_ago);
    assert_eq!(ann.want_link(&mut world, MailedLinks::default()), "mailed");
    world.written.clear();
    (world, ann)
}

/// P4, A62: a link to prove the address once more; where nobody ever did, one to choose a password by.
#[test]
fn a_link_is_mailed_to_who_is_signed_in() {
    const MAILED: &[&str] = &[
        "open link: verify_email",
        "record link.sent",
        "send link by email",
        "supersede links: verify_email",
    ];
    const PASSWORD_MAILED: Expected = (
        "mailed a link to choose a password by",
        &[
            "open link: set_password",
            "record link.sent",
            "send link by email",
            "supersede links: set_password",
        ],
    );
    let spent = |in_an_hour, in_a_day| MailedLinks { in_an_hour, in_a_day, ..MailedLinks::default() };
    let cases: [(&str, Given, MailedLinks, Expected); 10] = [
        ("the address was proved before", nothing, spent(0, 0), ("mailed", MAILED)),
        ("nobody ever proved it", never_proved, spent(0, 0), PASSWORD_MAILED),
        ("nine were mailed within the hour", nothing, spent(9, 19), ("mailed", MAILED)),
        ("ten were mailed within the hour", nothing, spent(10, 10), ("send_too_soon", NOTHING)),
        ("twenty were mailed within the day", nothing, spent(0, 20), ("send_too_soon", NOTHING)),
        ("nobody proved it and ten were mailed", never_proved, spent(10, 10), ("send_too_soon", NOTHING)),
        ("the session is over", |world, _| world.pass(SESSION_IDLE), spent(0, 0), ("over", NOTHING)),
        ("the session was ended", end_session, spent(0, 0), ("over", NOTHING)),
        ("the epoch was raised", raise_epoch, spent(0, 0), ("over", NOTHING)),
        ("the user was disabled", disable_user, spent(0, 0), ("over", NOTHING)),
    ];
    for (case, given, mailed, expected) in cases {
        let (mut world, mut ann) = signed_in(false);
        given(&mut world, &mut ann);
        world.written.clear();
        let told = ann.want_link(&mut world, mailed);
        expect(case, &world, &told, expected);
        for (mail, letter) in letters(&world) {
            assert_eq!(mail.to, "ann@trackwell.example");
            assert!(matches!(letter, Letter::Link(_)));
        }
    }
}

/// A58: the button works in the session that asked, once, for a day, and nowhere else.
#[test]
fn the_link_proves_the_address_in_the_session_that_asked_for_it() {
    const PROVED: &[&str] = &["email proved", "record email.verified", "use link"];
    let used: Given = |world, ann| assert_eq!(ann.verify_email(world, ANN), "done");
    let newer: Given = |world, _| {
        let stale = mailed(world, ANN, LinkPurpose::VerifyEmail).unwrap();
        let mut rows = world.links.iter_mut();
        let now = world.now;
        rows.find(|link| link.token == stale).unwrap().superseded_at = Some(now);
    };
    let keep_session: fn(&mut World) = |world| {
        let now = world.now;
        world.sessions.iter_mut().for_each(|row| {
            (row.session.created_at, row.session.last_seen_at) = (now, now);
        });
    };
    // Kept in use, a session lives a day at most, as the link does.
    let a_day: Given = |world, _| world.pass(DAY);
    let a_millisecond_less: Given = |world, _| world.pass(Duration::from_millis(86_399_999));
    let elsewhere: Given = |world, ann| {
        *ann = Browser::new(2);
        assert_eq!(ann.sign_in(world, ANN, PASSWORD), "signed in");
    };
    let as_bea: Given = |world, ann| {
        *ann = Browser::new(2);
        assert_eq!(ann.sign_in(world, BEA, &password_of(BEA)), "signed in");
    };
    let of_another_kind: Given =
        |world, _| world.links.iter_mut().for_each(|link| link.purpose = LinkPurpose::NotMe);
    let cases: [(&str, Given, Expected); 12] = [
        ("it is the session that asked", nothing, ("done", PROVED)),
        ("it is the last millisecond", a_millisecond_less, ("done", PROVED)),
        ("a day went by", a_day, ("link_over", NOTHING)),
        ("it was used", used, ("link_over", NOTHING)),
        ("a newer one was mailed", newer, ("link_over", NOTHING)),
        ("it is another session of hers", elsewhere, ("link_over", NOTHING)),
        ("it is somebody else's session", as_bea, ("link_over", NOTHING)),
        ("it is a link for something else", of_another_kind, ("link_over", NOTHING)),
        ("the session was ended", end_session, ("link_over", NOTHING)),
        ("the epoch was raised", raise_epoch, ("link_over", NOTHING)),
        ("the user was disabled", disable_user, ("link_over", NOTHING)),
        ("nobody is signed in", |_, ann| ann.session = None, ("link_over", NOTHING)),
    ];
    for (case, given, expected) in cases {
        let (mut world, mut ann) = linked();
        given(&mut world, &mut ann);
        keep_session(&mut world);
        world.written.clear();
        let told = ann.verify_email(&mut world, ANN);
        expect(case, &world, &told, expected);
    }
}

/// A04: a double click.
#[test]
fn of_two_proofs_at_once_one_counts() {
    let (mut world, ann) = linked();
    let token = mailed(&world, ANN, LinkPurpose::VerifyEmail).unwrap();
    let late = ann.await_verification(&world, token).unwrap();
    assert_eq!(ann.verify_email(&mut world, ANN), "done");
    let told = ann.confirm_email(&mut world, late);
    expect("the race was lost", &world, &told, ("link_over", NOTHING));
}

/// A58: the first second factor needs a proof of the address that is not older than fourteen days, under the
/// default policy; where a document says otherwise, one of any age.
#[test]
fn atk_58_the_first_set_up_needs_a_fresh_proof_of_the_address() {
    let days = |days: u32| Some(DAY * days);
    let just = Duration::from_millis(1);
    for (case, age, told) in [
        ("never", None, "email_proof_needed"),
        ("a year ago", days(365), "email_proof_needed"),
        ("a moment more than fourteen days ago", days(14).map(|age| age + just), "email_proof_needed"),
        ("fourteen days ago", days(14), "done"),
        ("just now", days(0), "done"),
    ] {
        for preset in Preset::ALL {
            let (mut world, mut ann) = signed_in(false);
            world.policy = preset.policy();
            let proved = age.map(|age| world.now.minus(age));
            world.user(ANN).email_verified_at = proved;
            let is_any_enough = !world.policy.first_factor_needs_fresh_email_proof;
            let expected = if is_any_enough && age.is_some() { "done" } else { told };
            let heard = ann.begin_enrollment(&mut world, PASSWORD, "");
            assert_eq!(heard, expected, "proved {case}, {preset:?}");
            assert_eq!(ann.enrollment(&world).is_some(), expected == "done");
            if expected != "done" {
                let taken_back = ["ladder 0", "password failures 0", "step-up failures 0"];
                let is_typed = world.policy.proofs_to_turn_on.password;
                assert_eq!(world.written, if is_typed { &taken_back[..] } else { &[] });
            }
        }
    }
}

/// A58: the thief of a password needs the mailbox as well, and its owner's button is no help to the thief.
#[test]
fn atk_58_a_stolen_password_alone_binds_nothing() {
    let mut world = World::new();
    let long_ago = world.now.minus(100 * DAY);
    world.user(ANN).email_verified_at = Some(long_ago);
    let (mut ann, mut thief) = (Browser::new(1), Browser::new(9));
    assert_eq!(thief.sign_in(&mut world, ANN, PASSWORD), "signed in");
    assert_eq!(ann.sign_in(&mut world, ANN, PASSWORD), "signed in");
    assert_eq!(thief.want_link(&mut world, MailedLinks::default()), "mailed");
    assert_eq!(ann.verify_email(&mut world, ANN), "link_over");
    assert_eq!(thief.begin_enrollment(&mut world, PASSWORD, ""), "email_proof_needed");
    // Ann's own wish takes the place of the thief's.
    assert_eq!(ann.want_link(&mut world, MailedLinks::default()), "mailed");
    assert_eq!(thief.verify_email(&mut world, ANN), "link_over");
    assert_eq!(ann.verify_email(&mut world, ANN), "done");
    assert_eq!(ann.begin_enrollment(&mut world, PASSWORD, ""), "done");
}

/// A58: who has a factor already proves that one instead.
#[test]
fn a_second_method_needs_no_proof_of_the_address() {
    let (mut world, mut ann) = signed_in(true);
    world.user(ANN).email_verified_at = None;
    let code = super::browser::right_code(&world, ANN);
    assert_eq!(ann.begin_change(&mut world, PASSWORD, &code), "done");
}
