//! "This was not me": it shuts, for whom it was said and by what it was said about, and opens nothing.

use std::time::Duration;

use super::{
    browser::{Browser, await_not_me, mailed, moment_of, not_me_of, right_code, texted_code},
    expect,
    world::{ANN, BEA, World, password_of, user_id},
};
use crate::{
    authenticator::AuthenticatorKind,
    ceremony::{Decision, Write, by_operator::Lost, step_up::Act},
    link::LinkPurpose,
    notice::{Notice, NoticeKind},
};

type Expected = (&'static str, Vec<&'static str>);
type Given = fn(&mut World);

const PASSWORD: &str = "wistful otter paints gravel ann";
const NEW: &str = "a newer and longer password";

/// Ann is told something, as whatever led to it would tell her.
fn tell(world: &mut World, kind: NoticeKind, method: Option<AuthenticatorKind>) {
    moment_of(world, |world, moment| {
        let user = world.user(ANN).clone();
        let notice = Notice::new(&user, kind, method, moment);
        world.commit(Decision::new((), vec![Write::Notice(notice)]));
    });
}

/// Everything that is written, whatever it was said about, and what is locked beside the password.
fn shut(locked: &[&'static str]) -> Expected {
    let mut writes = vec![
        "disable password",
        "epoch 1",
        "open link: set_password",
        "record account.not_me",
        "record link.sent",
        "send link by email",
        "supersede links: set_password",
        "use link",
    ];
    writes.extend(locked);
    ("done", writes)
}

/// The password always, since whoever it was had it; every method that was bound then or since, whatever the
/// notice is about; none that was there before.
#[test]
fn it_locks_the_password_and_what_was_bound_since_and_ends_every_session() {
    let cases: [(&str, Given, Expected); 3] = [
        ("the app was bound before", |_| {}, shut(&[])),
        ("the app is what it is about", |world| world.bind_app(ANN), shut(&["disable app"])),
        ("the app was bound later", bind_app_later, shut(&["disable app"])),
    ];
    for kind in NoticeKind::ALL {
        for (case, given, (told, mut writes)) in cases.clone() {
            let mut world = World::with_phone();
            let mut ann = Browser::new(1);
            assert_eq!(ann.sign_in(&mut world, ANN, PASSWORD), "signed in");
            if writes.len() == shut(&[]).1.len() {
                world.bind_app(ANN);
            }
            world.pass_secs(60);
            tell(&mut world, kind, Some(AuthenticatorKind::Phone));
            given(&mut world);
            let heard = Browser::new(3).say_not_me(&mut world, ANN, kind);
            writes.sort_unstable();
            expect(&format!("{case}, {kind:?}"), &world, &heard, (told, &writes));
            assert!(!ann.is_signed_in(&mut world));
            assert!(world.account(&user_id(ANN), ann.known).unwrap().known_browser.is_none());
            assert_eq!(ann.type_password(&mut world, ANN, PASSWORD), "wrong_password, 4 left");
        }
    }
}

fn bind_app_later(world: &mut World) {
    world.pass_secs(60);
    world.bind_app(ANN);
}

/// A thief turns it off, on again with a phone of their own, and adds an app: the first of the three notices is
/// enough to lock what came after it.
#[test]
fn what_a_thief_bound_after_the_notice_is_locked_with_it() {
    let mut world = World::with_phone();
    let mut thief = Browser::new(9);
    assert_eq!(thief.sign_in(&mut world, ANN, PASSWORD), "signed in");
    world.pass_secs(60);
    assert_eq!(thief.want_proof_code(&mut world, Act::TurnOffTwoFactor), "texted");
    let code = texted_code(&world, ANN);
    assert_eq!(thief.turn_off(&mut world, PASSWORD, &code), "done");
    world.pass_secs(60);
    assert_eq!(thief.begin_enrollment(&mut world, PASSWORD, ""), "done");
    assert_eq!(thief.choose_app(&mut world), "onward");
    let code = right_code(&world, ANN);
    assert_eq!(thief.confirm(&mut world, &code), "done");
    assert_eq!(Browser::new(1).say_not_me(&mut world, ANN, NoticeKind::TwoFactorTurnedOff), "done");
    assert!(world.app(ANN).disabled_at.is_some());
    assert_eq!(Browser::new(1).set_password(&mut world, ANN, NEW), "done");
    assert_eq!(Browser::new(1).sign_in(&mut world, ANN, NEW), "second_factor_disabled");
    // An operator, who knows her, helps her out of it.
    Browser::reset(&mut world, ANN, Lost::SecondFactors);
    assert_eq!(Browser::new(1).sign_in(&mut world, ANN, NEW), "signed in");
}

/// A43, N-18: once, for three days; the link does nothing by being looked at, and says nothing to a thief.
#[test]
fn the_link_is_good_once_and_for_three_days() {
    let over: Expected = ("link_over", Vec::new());
    let three_days = Duration::from_hours(72);
    let cases: [(&str, Given, Expected); 6] = [
        ("it is opened and not pressed", |_| {}, shut(&[])),
        ("it is the last millisecond", |world| world.pass(Duration::from_millis(259_199_999)), shut(&[])),
        ("three days went by", |world| world.pass(Duration::from_hours(72)), over.clone()),
        (
            "it was used",
            |world| assert_eq!(Browser::new(4).say_not_me(world, ANN, NoticeKind::NameLocked), "done"),
            over.clone(),
        ),
        (
            "the user was disabled",
            |world| {
                let now = world.now;
                world.user(ANN).disabled_at = Some(now);
            },
            over.clone(),
        ),
        (
            "it is a link for something else",
            |world| world.links.iter_mut().for_each(|link| link.purpose = LinkPurpose::SetPassword),
            over,
        ),
    ];
    assert_eq!(LinkPurpose::NotMe.life(), three_days);
    for (case, given, (told, mut writes)) in cases {
        let mut world = World::new();
        tell(&mut world, NoticeKind::NameLocked, None);
        given(&mut world);
        world.written.clear();
        let heard = Browser::new(3).say_not_me(&mut world, ANN, NoticeKind::NameLocked);
        writes.sort_unstable();
        expect(case, &world, &heard, (told, &writes));
    }
}

/// Twice on the button, at once or one after the other, is once.
#[test]
fn saying_it_twice_changes_nothing_more() {
    let mut world = World::new();
    tell(&mut world, NoticeKind::NameLocked, None);
    let token = not_me_of(&world, ANN, NoticeKind::NameLocked).unwrap();
    let late = await_not_me(&world, token).unwrap();
    let browser = Browser::new(3);
    assert_eq!(browser.say_not_me_by(&mut world, token), "done");
    let told = browser.say_not_me_loaded(&mut world, late);
    expect("at once", &world, &told, ("link_over", &[]));
    assert_eq!(browser.say_not_me_by(&mut world, token), "link_over");
    assert_eq!(world.user(ANN).epoch, 1);
}

/// Said about another notice as well, it shuts again and locks nothing twice; the newest link works.
#[test]
fn said_about_two_notices_it_shuts_twice_and_one_link_opens() {
    let mut world = World::new();
    tell(&mut world, NoticeKind::NameLocked, None);
    tell(&mut world, NoticeKind::PasswordChanged, None);
    let browser = Browser::new(3);
    assert_eq!(browser.say_not_me(&mut world, ANN, NoticeKind::NameLocked), "done");
    let locked_at = world.authenticator(ANN, AuthenticatorKind::Password).disabled_at;
    let older = mailed(&world, ANN, LinkPurpose::SetPassword).unwrap();
    world.pass_secs(60);
    assert_eq!(browser.say_not_me(&mut world, ANN, NoticeKind::PasswordChanged), "done");
    assert_eq!(world.authenticator(ANN, AuthenticatorKind::Password).disabled_at, locked_at);
    assert_eq!(browser.set_password_by(&mut world, older, NEW), "link_over");
    assert_eq!(browser.set_password(&mut world, ANN, NEW), "done");
}

/// From a thief's app to the owner's new password: the thief is out, and the locked app opens nothing.
#[test]
fn the_owner_shuts_a_thief_out_and_comes_back_by_the_mailed_link() {
    let mut world = World::new();
    let mut thief = Browser::new(9);
    assert_eq!(thief.sign_in(&mut world, ANN, PASSWORD), "signed in");
    assert_eq!(thief.begin_enrollment(&mut world, PASSWORD, ""), "done");
    assert_eq!(thief.choose_app(&mut world), "onward");
    let code = right_code(&world, ANN);
    assert_eq!(thief.confirm(&mut world, &code), "done");
    assert_eq!(Browser::new(1).say_not_me(&mut world, ANN, NoticeKind::TwoFactorTurnedOn), "done");
    assert!(!thief.is_signed_in(&mut world));
    assert_eq!(thief.type_password(&mut world, ANN, PASSWORD), "wrong_password, 4 left");
    assert_eq!(Browser::new(1).set_password(&mut world, ANN, NEW), "done");
    // A mailbox alone gets rid of no second factor, so an operator must help.
    assert_eq!(Browser::new(1).sign_in(&mut world, ANN, NEW), "second_factor_disabled");
}

/// A half-made sign-in and a set-up under way end with it; a second factor that was hers still works.
#[test]
fn what_is_half_made_ends_and_an_own_factor_still_works() {
    let mut world = World::with_phone();
    let (mut ann, mut half) = (Browser::new(1), Browser::new(2));
    assert_eq!(ann.sign_in(&mut world, ANN, PASSWORD), "signed in");
    assert_eq!(half.type_password(&mut world, ANN, PASSWORD), "code awaited, texted");
    let code = texted_code(&world, ANN);
    world.pass_secs(60);
    tell(&mut world, NoticeKind::NameLocked, None);
    assert_eq!(Browser::new(3).say_not_me(&mut world, ANN, NoticeKind::NameLocked), "done");
    assert_eq!(half.type_code(&mut world, &code), "over");
    assert_eq!(Browser::new(3).set_password(&mut world, ANN, NEW), "done");
    assert_eq!(ann.sign_in(&mut world, ANN, NEW), "signed in");
}

/// CR-8: it touches nobody else.
#[test]
fn it_touches_only_who_said_it() {
    let mut world = World::new();
    let mut bea = Browser::new(2);
    assert_eq!(bea.sign_in(&mut world, BEA, &password_of(BEA)), "signed in");
    tell(&mut world, NoticeKind::NameLocked, None);
    assert_eq!(Browser::new(3).say_not_me(&mut world, ANN, NoticeKind::NameLocked), "done");
    assert!(bea.is_signed_in(&mut world));
    assert_eq!(Browser::new(4).sign_in(&mut world, BEA, &password_of(BEA)), "signed in");
}
