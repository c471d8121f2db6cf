//! Choosing a password behind a mailed link, and what the owner of an address finds gone then (A62).

use std::time::Duration;

use super::{
    browser::{Browser, await_new_password, letters, link, mailed, moment_of, right_code, texted_code},
    expect,
    sign_in::lock_by_stranger,
    world::{ANN, BEA, World, user_id},
};
use crate::{
    authenticator::{AuthenticatorKind, password::PasswordStands},
    ceremony::{set_password::AwaitNewPassword, step_up::Act},
    letter::Letter,
    link::LinkPurpose,
    notice::NoticeKind,
    policy::presets::Preset,
    throttle::links::MailedLinks,
    token::TokenHash,
};

type Expected = (&'static str, &'static [&'static str]);
type Given = fn(&mut World, TokenHash);

const PASSWORD: &str = "wistful otter paints gravel ann";
const NEW: &str = "a newer and longer password";
const OVER: Expected = ("link_over", &[]);
/// For an address that nobody proved before.
const FIRST_PROOF: &[&str] = &[
    "bind password",
    "email proved",
    "epoch 1",
    "no change due",
    "record email.verified",
    "record password.changed",
    "revoke password",
    "revoke second factors",
    "supersede links: reset_password",
    "supersede links: set_password",
    "use link",
];
/// For an address that was proved before, and a password that was there.
const ANOTHER: &[&str] = &[
    "bind password",
    "email proved",
    "epoch 1",
    "no change due",
    "record email.verified",
    "record password.changed",
    "revoke password",
    "supersede links: reset_password",
    "supersede links: set_password",
    "tell password_changed",
    "use link",
];

/// Ann was invited: she has no password, and nobody proved her address.
fn invited() -> (World, TokenHash) {
    let mut world = World::new();
    world.authenticators.retain(|row| row.user != user_id(ANN));
    world.user(ANN).email_verified_at = None;
    invite(world)
}

fn invite(mut world: World) -> (World, TokenHash) {
    Browser::invite(&mut world, ANN);
    let token = mailed(&world, ANN, LinkPurpose::SetPassword).unwrap();
    world.written.clear();
    (world, token)
}

fn nothing(_: &mut World, _: TokenHash) {}

/// A link goes to the address, is found under its hash only, and is recorded.
#[test]
fn an_invitation_is_a_link_in_the_mailbox() {
    let mut world = World::new();
    Browser::invite(&mut world, ANN);
    let writes: &[&str] = &[
        "open link: set_password",
        "record link.sent",
        "send link by email",
        "supersede links: set_password",
    ];
    expect("it is the first", &world, "", ("", writes));
    let (mail, letter) = letters(&world).next().unwrap();
    assert_eq!(mail.to, "ann@trackwell.example");
    let Letter::Link(letter) = letter else { panic!("no link in the mail") };
    assert_eq!(letter.organization.as_deref(), Some("Trackwell"));
    assert_eq!(mail.expires_at, Some(world.now.plus(Duration::from_hours(24))));
    assert_eq!(
        link(&world, mailed(&world, ANN, LinkPurpose::SetPassword).unwrap()).unwrap().user,
        user_id(ANN)
    );
}

/// ASVS 6.4.1, N-16: once, for a day, by the newest link, by nobody who was disabled; a lock does not stand in
/// its way, and is not lifted by it.
#[test]
fn a_link_chooses_a_password_once_and_for_a_day() {
    let day = Duration::from_hours(24);
    let cases: [(&str, Given, Expected); 8] = [
        ("it is the first password", nothing, ("done", FIRST_PROOF)),
        (
            "it was used",
            |world, token| assert_eq!(Browser::new(2).set_password_by(world, token, NEW), "done"),
            OVER,
        ),
        ("a newer link was mailed", |world, _| Browser::invite(world, ANN), OVER),
        ("a day went by", |world, _| world.pass(Duration::from_hours(24)), OVER),
        (
            "it is the last millisecond",
            |world, _| world.pass(Duration::from_millis(86_399_999)),
            ("done", FIRST_PROOF),
        ),
        (
            "the user was disabled",
            |world, _| {
                let now = world.now;
                world.user(ANN).disabled_at = Some(now);
            },
            OVER,
        ),
        ("others locked the name", |world, _| lock_by_stranger(world, ANN), ("done", FIRST_PROOF)),
        (
            "it is a link for something else",
            |world, _| world.links.iter_mut().for_each(|link| link.purpose = LinkPurpose::VerifyEmail),
            OVER,
        ),
    ];
    assert_eq!(LinkPurpose::SetPassword.life(), day);
    for (case, given, expected) in cases {
        let (mut world, token) = invited();
        given(&mut world, token);
        world.written.clear();
        let state = await_new_password(&world, token).unwrap();
        moment_of(&mut world, |_, moment| {
            assert_eq!(state.is_open(moment), expected.0 == "done", "what the page says, where {case}");
        });
        let told = Browser::new(1).set_password_by(&mut world, token, NEW);
        expect(case, &world, &told, expected);
    }
}

/// A04: two tabs.
#[test]
fn of_two_passwords_at_once_the_first_is_bound() {
    let (mut world, token) = invited();
    let late = await_new_password(&world, token).unwrap();
    assert_eq!(Browser::new(1).set_password_by(&mut world, token, NEW), "done");
    let told = Browser::new(2).choose_password(&mut world, late, "the password of somebody else");
    expect("the race was lost", &world, &told, OVER);
    assert_eq!(Browser::new(1).sign_in(&mut world, ANN, NEW), "signed in");
}

/// CR-11, ASVS 6.4.3: a new password behind a link keeps the second factors of a proved address; it is told.
#[test]
fn a_mailbox_alone_does_not_get_past_a_second_factor() {
    let mut world = World::with_phone();
    world.bind_app(ANN);
    let mut ann = Browser::new(1);
    assert_eq!(ann.sign_in(&mut world, ANN, PASSWORD), "signed in");
    let (mut world, token) = invite(world);
    let told = Browser::new(2).set_password_by(&mut world, token, NEW);
    expect("the address was proved", &world, &told, ("done", ANOTHER));
    assert!(!ann.is_signed_in(&mut world));
    assert!(world.has_app(ANN) && world.has_phone(ANN));
    assert_eq!(ann.type_password(&mut world, ANN, PASSWORD), "wrong_password, 4 left");
    assert_eq!(ann.type_password(&mut world, ANN, NEW), "code awaited");
    assert_eq!(world.notice_count(NoticeKind::PasswordChanged), 1);
}

/// A new password ends the cap and the change that was due, as any new binding does (63B-4 §3.2.2).
#[test]
fn a_password_out_of_use_is_replaced_by_the_link() {
    let mut world = World::new();
    let now = world.now;
    world.authenticator(ANN, AuthenticatorKind::Password).disabled_at = Some(now);
    assert_eq!(Browser::new(1).type_password(&mut world, ANN, PASSWORD), "wrong_password, 4 left");
    let (mut world, token) = invite(world);
    assert_eq!(Browser::new(1).set_password_by(&mut world, token, NEW), "done");
    assert_eq!(Browser::new(1).sign_in(&mut world, ANN, NEW), "signed in");
}

/// Somebody set Ann's account up before she ever saw it, when an address did not have to be proved for that yet.
struct Hijack {
    world: World,
    /// Signed in, and asking for another number.
    signed_in: Browser,
    /// Known, and behind the password.
    half: Browser,
}

fn hijacked() -> Hijack {
    let mut world = World::new();
    world.policy = Preset::PerUser.policy();
    let mut thief = Browser::new(9);
    assert_eq!(thief.sign_in(&mut world, ANN, PASSWORD), "signed in");
    assert_eq!(thief.begin_enrollment(&mut world, PASSWORD, ""), "done");
    assert_eq!(thief.choose_app(&mut world), "onward");
    let code = right_code(&world, ANN);
    assert_eq!(thief.confirm(&mut world, &code), "done");
    world.pass_secs(30);
    for number in ["512 555 0134", "512 555 0777"] {
        let code = right_code(&world, ANN);
        assert_eq!(thief.begin_change(&mut world, PASSWORD, &code), "done");
        assert_eq!(thief.choose_phone(&mut world, number), "texted");
        if number == "512 555 0134" {
            let code = texted_code(&world, ANN);
            assert_eq!(thief.confirm(&mut world, &code), "done");
        }
        world.pass_secs(30);
    }
    let mut half = Browser { ceremony: None, session: None, ..thief.clone() };
    assert_eq!(half.type_password(&mut world, ANN, PASSWORD), "code awaited");
    assert_eq!(half.want_code(&mut world), "texted");
    world.user(ANN).email_verified_at = None;
    assert!(thief.is_signed_in(&mut world) && world.has_app(ANN) && world.has_phone(ANN));
    Hijack { world, signed_in: thief, half }
}

/// A62: password, app, phone, session, known browser, half-made sign-in and set-up of whoever was there first
/// are gone once the owner of the address proves it, whichever way the link came about.
#[test]
fn atk_62_the_owner_of_the_address_finds_nothing_of_whoever_was_there_first() {
    for is_wanted_by_thief in [false, true] {
        let Hijack { mut world, mut signed_in, mut half } = hijacked();
        if is_wanted_by_thief {
            let told = signed_in.want_link(&mut world, MailedLinks::default());
            assert_eq!(told, "mailed a link to choose a password by");
        } else {
            Browser::invite(&mut world, ANN);
        }
        let code = texted_code(&world, ANN);
        let mut ann = Browser::new(1);
        assert_eq!(ann.set_password(&mut world, ANN, NEW), "done");

        // a: the password that was set before.
        assert_eq!(Browser::new(2).type_password(&mut world, ANN, PASSWORD), "wrong_password, 4 left");
        // b: the factors that were bound before.
        assert!(!world.has_app(ANN) && !world.has_phone(ANN));
        // c: the session, and the set-up under way in it.
        assert!(!signed_in.is_signed_in(&mut world));
        assert_eq!(signed_in.confirm(&mut world, &code), "over");
        assert_eq!(signed_in.choose_app(&mut world), "over");
        assert_eq!(signed_in.want_proof_code(&mut world, Act::ChangePassword), "over");
        // d: the half-made sign-in, and the browser that was known.
        assert_eq!(half.type_code(&mut world, &code), "over");
        assert_eq!(half.want_code(&mut world), "over");
        assert!(world.account(&user_id(ANN), half.known).unwrap().known_browser.is_none());
        // e: and the owner is in, by the new password alone.
        assert_eq!(ann.sign_in(&mut world, ANN, NEW), "signed in");
        assert!(world.user(ANN).email_verified_at.is_some());
    }
}

/// P11, A62: a factor that is about to go does not excuse a short password; one that stays does.
#[test]
fn a_password_that_will_stand_alone_is_judged_as_such() {
    type Then = fn(&mut World);
    let proved: Then = |world| {
        let now = world.now;
        world.user(ANN).email_verified_at = Some(now);
    };
    let cases: [(&str, Then, PasswordStands); 3] = [
        ("nobody proved the address", |_| {}, PasswordStands::Alone),
        ("its owner proved the address", proved, PasswordStands::BesideSecondFactor),
        ("the link answers a notice", answering, PasswordStands::BesideSecondFactor),
    ];
    for (case, given, stands) in cases {
        let Hijack { mut world, .. } = hijacked();
        Browser::invite(&mut world, ANN);
        given(&mut world);
        let token = mailed(&world, ANN, LinkPurpose::SetPassword).unwrap();
        let AwaitNewPassword { link, account } = await_new_password(&world, token).unwrap();
        assert_eq!(account.password_stands(), PasswordStands::BesideSecondFactor, "{case}");
        assert_eq!(account.once_proved_by(&link).password_stands(), stands, "{case}");
    }
}

/// Strangers lock the name, and whoever reads the mailbox says that it was not them.
fn answering(world: &mut World) {
    lock_by_stranger(world, ANN);
    assert_eq!(Browser::new(3).say_not_me(world, ANN, NoticeKind::NameLocked), "done");
}

/// CR-10, A62: what goes is told and recorded, as when the person turns it off.
#[test]
fn what_a_first_proof_throws_out_is_told_and_recorded() {
    let Hijack { world, .. } = hijacked();
    let (mut world, token) = invite(world);
    let told = Browser::new(1).set_password_by(&mut world, token, NEW);
    let epoch = format!("epoch {}", world.user(ANN).epoch);
    let mut writes = FIRST_PROOF.to_vec();
    writes.extend(["record two_factor.turned_off", "tell password_changed", "tell two_factor_turned_off"]);
    writes.iter_mut().filter(|write| **write == "epoch 1").for_each(|write| *write = &epoch);
    expect("there were an app and a phone", &world, &told, ("done", &writes));
}

/// A62, ASVS 6.4.3: anybody can have a name locked, so the link behind "this was not me" gets rid of no second
/// factor, also where nobody ever proved the address; it proves nothing then, so that an invitation still sweeps.
#[test]
fn atk_62_a_link_that_answers_a_notice_never_sweeps_second_factors() {
    const KEPT: &[&str] = &[
        "bind password",
        "no change due",
        "record password.changed",
        "revoke password",
        "supersede links: reset_password",
        "supersede links: set_password",
        "tell password_changed",
        "use link",
    ];
    let Hijack { mut world, .. } = hijacked();
    world.pass_secs(60);
    answering(&mut world);
    assert_eq!(Browser::new(1).set_password(&mut world, ANN, NEW), "done");
    world.written.retain(|write| !write.starts_with("epoch"));
    expect("the link answers a notice", &world, "", ("", KEPT));
    assert!(world.has_app(ANN) && world.has_phone(ANN) && world.user(ANN).email_verified_at.is_none());
    world.pass(Duration::from_hours(1));
    assert_eq!(Browser::new(1).type_password(&mut world, ANN, NEW), "code awaited");
    Browser::invite(&mut world, ANN);
    assert_eq!(Browser::new(1).set_password(&mut world, ANN, PASSWORD), "done");
    assert!(!world.has_app(ANN) && !world.has_phone(ANN));
}

/// A link that lies in a mailbox undoes no later change: it dies with every other way to a new password.
#[test]
fn a_link_dies_with_every_change_of_the_password() {
    let by_the_person: fn(&mut World) = |world| {
        let mut ann = Browser::new(1);
        assert_eq!(ann.sign_in(world, ANN, PASSWORD), "signed in");
        assert_eq!(ann.change_password(world, (PASSWORD, ""), NEW), "done");
    };
    let by_a_link_unseen: fn(&mut World) = |world| {
        // Two links that did not supersede each other, as two processes would mail them.
        let stale = mailed(world, ANN, LinkPurpose::SetPassword).unwrap();
        Browser::invite(world, ANN);
        let mut links = world.links.iter_mut();
        links.find(|link| link.token == stale).unwrap().superseded_at = None;
        assert_eq!(Browser::new(1).set_password(world, ANN, NEW), "done");
    };
    for (case, change) in [
        ("by the person", by_the_person),
        ("by an operator", |world| Browser::set_password_for(world, ANN, NEW)),
        ("by another link", by_a_link_unseen),
    ] {
        let (mut world, token) = invite(World::new());
        change(&mut world);
        let told = Browser::new(2).set_password_by(&mut world, token, "the password of somebody else");
        assert_eq!(told, "link_over", "{case}");
        assert_eq!(Browser::new(3).sign_in(&mut world, ANN, NEW), "signed in", "{case}");
    }
}

/// A62: there is nothing to be found, whatever the policy: nothing is bound before the address is proved once.
#[test]
fn atk_62_nothing_is_bound_before_the_address_is_proved() {
    for preset in Preset::ALL {
        let mut world = World::new();
        world.policy = preset.policy();
        world.user(ANN).email_verified_at = None;
        let mut thief = Browser::new(9);
        assert_eq!(thief.sign_in(&mut world, ANN, PASSWORD), "signed in");
        assert_eq!(thief.begin_enrollment(&mut world, PASSWORD, ""), "email_proof_needed", "{preset:?}");
        assert!(thief.enrollment(&world).is_none());
        assert_eq!(thief.choose_phone(&mut world, "512 555 0134"), "over");
        // A year ago is once.
        let now = world.now;
        world.user(ANN).email_verified_at = Some(now.minus(Duration::from_hours(365 * 24)));
        let is_fresh_needed = preset.policy().first_factor_needs_fresh_email_proof;
        let told = if is_fresh_needed { "email_proof_needed" } else { "done" };
        assert_eq!(thief.begin_enrollment(&mut world, PASSWORD, ""), told, "{preset:?}");
    }
}

/// A62: what its owner set up after proving the address stays, however often a link is used.
#[test]
fn atk_62_what_the_owner_set_up_behind_a_proof_stays() {
    let Hijack { mut world, .. } = hijacked();
    Browser::invite(&mut world, ANN);
    let mut ann = Browser::new(1);
    assert_eq!(ann.set_password(&mut world, ANN, NEW), "done");
    assert_eq!(ann.sign_in(&mut world, ANN, NEW), "signed in");
    assert_eq!(ann.begin_enrollment(&mut world, NEW, ""), "done");
    assert_eq!(ann.choose_app(&mut world), "onward");
    let code = right_code(&world, ANN);
    assert_eq!(ann.confirm(&mut world, &code), "done");
    Browser::invite(&mut world, ANN);
    assert_eq!(Browser::new(2).set_password(&mut world, ANN, PASSWORD), "done");
    assert!(world.has_app(ANN));
}

/// Ann's link is Ann's.
#[test]
fn a_link_touches_only_its_own_person() {
    let (mut world, token) = invited();
    let mut bea = Browser::new(2);
    assert_eq!(bea.sign_in(&mut world, BEA, &super::world::password_of(BEA)), "signed in");
    assert_eq!(Browser::new(1).set_password_by(&mut world, token, NEW), "done");
    assert!(bea.is_signed_in(&mut world));
    assert_eq!(world.user(BEA).epoch, 0);
}
