//! Every event in each state of a sign-in whose code comes in a text message.

use std::{sync::Arc, time::Duration};

use super::{
    browser::{Browser, letters, right_code, texted_code, texted_code_before, wrong_code},
    expect,
    given::{Given, disable_phone, disable_user, nothing, raise_epoch},
    sign_in::lock_by_stranger,
    world::{ANN, ANNS_NUMBER, BEA, World, number, password_of, user_id},
};
use crate::{
    assurance::Acr,
    audit::event::AuditKind,
    authenticator::{Material, sent_code::CODE_LIFE},
    ceremony::SIGN_IN_LIFE,
    letter::{AlertKind, Letter},
    message::Channel,
    notice::NoticeKind,
    policy::presets::Preset,
    throttle::budget::TextingRules,
};

type Expected = (&'static str, &'static [&'static str]);
type Typed = fn(&World) -> String;

const PASSWORD: &str = "wistful otter paints gravel ann";
const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;

const TEXTED: &[&str] = &[
    "keep 4 sign_in",
    "ladder 0",
    "open code: sign_in",
    "open sign_in",
    "password failures 0",
    "record code.sent",
    "record sign_in.password_right",
    "send code by sms",
    "sends 1",
    "supersede codes: sign_in",
];
const SIGNED_IN: &[&str] = &[
    "end ceremony: completed",
    "open session",
    "phone used",
    "record sign_in.signed_in",
    "remember browser",
    "use code",
];
const WRONG_CODE: &[&str] = &["guesses 1", "ladder 1", "phone failures 1", "record sign_in.refused"];
const NOTHING: &[&str] = &[];

/// The rules with another bound for everybody's texts of an hour.
fn everybody_gets(world: &mut World, hour_max: u32) {
    world.texting_rules = Arc::new(TextingRules { hour_max, ..(*world.texting_rules).clone() });
}

/// Ann typed her password, and her phone buzzed.
fn texted() -> (World, Browser) {
    let mut world = World::with_phone();
    let mut ann = Browser::new(1);
    assert_eq!(ann.type_password(&mut world, ANN, PASSWORD), "code awaited, texted");
    world.written.clear();
    (world, ann)
}

fn right(world: &World) -> String {
    texted_code(world, ANN)
}

fn wrong(world: &World) -> String {
    wrong_code(world, ANN)
}

fn remove_phone(world: &mut World, _: &mut Browser) {
    let phone = world.phone(ANN).id.clone();
    world.authenticators.retain(|row| row.authenticator.id != phone);
}

fn half_an_hour(world: &mut World, _: &mut Browser) {
    world.pass(SIGN_IN_LIFE);
}

fn ten_minutes(world: &mut World, _: &mut Browser) {
    world.pass(CODE_LIFE);
}

/// Locks the name and leaves the sign-in open, as a lock on another ladder would.
fn lock(world: &mut World, ann: &mut Browser) {
    lock_by_stranger(world, ANN);
    let row = world.ceremonies.iter_mut().find(|row| row.token == ann.ceremony).unwrap();
    row.end = None;
    row.ceremony.ended_at = None;
}

fn lock_and_end(world: &mut World, _: &mut Browser) {
    lock_by_stranger(world, ANN);
}

/// CR-12, CR-16, CR-26: the phone is texted at each sign-in, unless there is an app; a spent budget or a
/// gateway that is not there keeps nobody from the next page.
#[test]
fn a_right_password_texts_the_phone_where_that_is_the_way_in() {
    const WITHHELD: &[&str] = &[
        "keep 4 sign_in",
        "ladder 0",
        "open sign_in",
        "password failures 0",
        "record code.withheld",
        "record sign_in.password_right",
    ];
    let withheld = |sends| {
        let mut writes = WITHHELD.to_vec();
        writes.push(sends);
        writes
    };
    let onward: &[&str] = &[
        "keep 4 sign_in",
        "ladder 0",
        "open sign_in",
        "password failures 0",
        "record sign_in.password_right",
    ];
    let as_it_was: fn(&mut World) = |_| {};
    let spend_the_budget: fn(&mut World) = |world| {
        for mark in 10..15 {
            Browser::new(mark).type_password(world, ANN, PASSWORD);
        }
    };
    let cases = [
        ("a phone is all there is", as_it_was, "code awaited, texted", TEXTED.to_vec()),
        ("there is an app as well", |world| world.bind_app(ANN), "code awaited", onward.to_vec()),
        (
            "five texts within the hour were not entered",
            spend_the_budget,
            "code awaited, account_budget",
            withheld("sends 0, withheld: account_budget"),
        ),
        (
            "there is no gateway",
            |world| world.has_gateway = false,
            "code awaited, no_gateway",
            withheld("sends 0, withheld: no_gateway"),
        ),
        (
            "the number is of a country that is not texted",
            |world| world.phone(ANN).material = Material::Phone(number("+4915112345678")),
            "code awaited, country_not_allowed",
            withheld("sends 0, withheld: country_not_allowed"),
        ),
    ];
    for (case, given, told, writes) in cases {
        let mut world = World::with_phone();
        given(&mut world);
        let mut ann = Browser::new(1);
        let in_flight = ann.reserve_password(&mut world, ANN, PASSWORD).ok().unwrap();
        let heard = ann.settle_password(&mut world, &in_flight);
        expect(case, &world, &heard, (told, &writes));
    }
}

/// CR-12: a new code at each sign-in, to exactly that number, and no code to anybody else.
#[test]
fn each_sign_in_gets_a_code_of_its_own() {
    let (mut world, mut ann) = texted();
    let first = right(&world);
    assert_eq!(ann.type_code(&mut world, &first), "signed in");
    world.pass_secs(60);
    assert_eq!(ann.type_password(&mut world, ANN, PASSWORD), "code awaited, texted");
    assert_ne!(right(&world), first);
    for (message, _) in letters(&world) {
        assert_eq!((message.channel, message.to.as_str()), (Channel::Sms, ANNS_NUMBER));
    }
}

/// A wrong password texts nobody (A40).
#[test]
fn atk_40_without_the_password_nobody_is_texted() {
    let mut world = World::with_phone();
    for mark in 0..20 {
        Browser::new(mark).type_password(&mut world, ANN, "a guess");
    }
    assert_eq!(letters(&world).filter(|(message, _)| message.channel == Channel::Sms).count(), 0);
}

/// CR-1, CR-12, A16: every verdict on a code, and everything that keeps one from being compared.
#[test]
fn a_texted_code_admits_in_time_and_a_wrong_one_counts_on_ladder_phone_and_code() {
    const WRONG: Expected = ("wrong_code, 4 left", WRONG_CODE);
    let with_spaces: Typed = |world| {
        let code = right(world);
        format!("{} {}", &code[..3], &code[3..])
    };
    let cases: [(&str, Given, Typed, Expected); 18] = [
        ("it is right", nothing, right, ("signed in", SIGNED_IN)),
        ("it has a space", nothing, with_spaces, ("signed in", SIGNED_IN)),
        ("it is wrong", nothing, wrong, WRONG),
        ("it cannot be a code", nothing, |_| "12345".into(), WRONG),
        ("it is missing", nothing, |_| " ".into(), ("missing", NOTHING)),
        ("ten minutes went by", ten_minutes, right, ("code_expired", NOTHING)),
        ("ten minutes went by and it is wrong", ten_minutes, wrong, ("code_expired", NOTHING)),
        ("half an hour went by", half_an_hour, right, ("over", NOTHING)),
        ("others locked the name", lock, right, ("locked", NOTHING)),
        ("others locked the name and it is wrong", lock, wrong, ("locked", NOTHING)),
        ("a lock ended it", lock_and_end, right, ("over", NOTHING)),
        ("the epoch was raised", raise_epoch, right, ("over", NOTHING)),
        ("the user was disabled", disable_user, right, ("over", NOTHING)),
        ("the phone fell out of use", disable_phone, right, ("second_factor_disabled", NOTHING)),
        ("the phone is gone", remove_phone, right, ("over", NOTHING)),
        ("there is no such sign-in", |_, ann| ann.ceremony = None, right, ("over", NOTHING)),
        (
            "the company was closed",
            |world, _| world.is_two_factor_open = false,
            right,
            ("signed in", SIGNED_IN),
        ),
        (
            "there is no gateway any more",
            |world, _| world.has_gateway = false,
            right,
            ("signed in", SIGNED_IN),
        ),
    ];
    for (case, given, typed, expected) in cases {
        let (mut world, mut ann) = texted();
        given(&mut world, &mut ann);
        world.written.clear();
        let typed = typed(&world);
        let told = ann.type_code(&mut world, &typed);
        expect(case, &world, &told, expected);
        assert_eq!(ann.is_signed_in(&mut world), expected.0 == "signed in", "{case}");
    }
}

/// P3: a further code after 30, 60 and 120 seconds, and then no more; the wish is refused where a code would be.
#[test]
fn a_further_code_is_texted_when_it_is_due_and_not_too_often() {
    const AGAIN: &[&str] = &[
        "open code: sign_in",
        "record code.sent",
        "send code by sms",
        "sends 2",
        "supersede codes: sign_in",
    ];
    let after_30: Given = |world, _| world.pass_secs(30);
    let after_three: Given = |world, ann| {
        for wait in [30, 60, 120] {
            world.pass_secs(wait);
            assert_eq!(ann.want_code(world), "texted");
        }
        world.pass_secs(DAY / 100);
    };
    let spend: Given = |world, _| {
        for mark in 10..14 {
            Browser::new(mark).type_password(world, ANN, PASSWORD);
        }
        world.pass_secs(30);
    };
    let cases: [(&str, Given, Expected); 13] = [
        ("it is half a minute later", after_30, ("texted", AGAIN)),
        ("it is too soon", |world, _| world.pass_secs(29), ("send_too_soon", NOTHING)),
        ("three were sent after the first", after_three, ("sends_spent", NOTHING)),
        (
            "the budget is spent",
            spend,
            ("account_budget", &["record code.withheld", "sends 1, withheld: account_budget"]),
        ),
        ("others locked the name", lock, ("locked", NOTHING)),
        ("a lock ended it", lock_and_end, ("over", NOTHING)),
        ("half an hour went by", half_an_hour, ("over", NOTHING)),
        ("the epoch was raised", raise_epoch, ("over", NOTHING)),
        ("the user was disabled", disable_user, ("over", NOTHING)),
        ("the phone fell out of use", disable_phone, ("second_factor_disabled", NOTHING)),
        ("the phone is gone", remove_phone, ("over", NOTHING)),
        (
            "there is an app, and the phone fell out of use",
            |world, ann| {
                world.bind_app(ANN);
                disable_phone(world, ann);
            },
            ("not_allowed", NOTHING),
        ),
        ("there is no such sign-in", |_, ann| ann.ceremony = None, ("over", NOTHING)),
    ];
    for (case, given, expected) in cases {
        let (mut world, mut ann) = texted();
        given(&mut world, &mut ann);
        world.written.clear();
        let told = ann.want_code(&mut world);
        expect(case, &world, &told, expected);
    }
}

/// P3, CR-31: to the millisecond, and the fourth wish hears that it is the last.
#[test]
fn further_codes_come_after_30_60_and_120_seconds_to_the_millisecond() {
    let (mut world, mut ann) = texted();
    let just = Duration::from_millis(1);
    for wait in [30, 60, 120] {
        let due = world.now.plus(Duration::from_secs(wait));
        world.now = due.minus(just);
        assert_eq!(ann.want_code(&mut world), "send_too_soon");
        world.now = due;
        assert_eq!(ann.want_code(&mut world), "texted");
    }
    world.pass_secs(9 * 60);
    assert_eq!(ann.want_code(&mut world), "sends_spent");
    // The last code still works, and who begins anew is texted again.
    let code = right(&world);
    assert_eq!(ann.type_code(&mut world, &code), "signed in");
}

/// A09: four wrong ones, a new code, and the fifth wrong one locks.
#[test]
fn atk_09_a_new_code_does_not_reset_the_count() {
    let (mut world, mut ann) = texted();
    for left in [4, 3, 2, 1] {
        let code = wrong(&world);
        assert_eq!(ann.type_code(&mut world, &code), format!("wrong_code, {left} left"));
    }
    world.pass_secs(30);
    assert_eq!(ann.want_code(&mut world), "texted");
    let code = wrong(&world);
    assert_eq!(ann.type_code(&mut world, &code), "locked until a time");
    let code = right(&world);
    assert_eq!(ann.type_code(&mut world, &code), "over");
    assert_eq!(world.phone(ANN).failures.in_a_row, 5);
}

/// P3: five wrong entries make one code worthless, whatever the ladder says; a further code is one more chance.
#[test]
fn a_code_is_worthless_after_five_wrong_entries() {
    let (mut world, mut ann) = texted();
    world.policy.ladder.tries = 100;
    for _ in 0..5 {
        let code = wrong(&world);
        assert!(ann.type_code(&mut world, &code).starts_with("wrong_code"));
    }
    let code = right(&world);
    let told = ann.type_code(&mut world, &code);
    expect("five were wrong", &world, &told, ("code_expired", NOTHING));
    world.pass_secs(30);
    assert_eq!(ann.want_code(&mut world), "texted");
    let code = right(&world);
    assert_eq!(ann.type_code(&mut world, &code), "signed in");
}

/// A11: of two codes the newer one counts, in this sign-in and over all of them.
#[test]
fn atk_11_an_older_code_admits_nobody() {
    let (mut world, mut ann) = texted();
    world.pass_secs(30);
    assert_eq!(ann.want_code(&mut world), "texted");
    let (older, newer) = (texted_code_before(&world, ANN), right(&world));
    assert_eq!(ann.type_code(&mut world, &older), "wrong_code, 4 left");
    assert_eq!(ann.type_code(&mut world, &newer), "signed in");

    let (mut world, mut ann) = texted();
    let older = right(&world);
    let mut elsewhere = Browser::new(2);
    assert_eq!(elsewhere.type_password(&mut world, ANN, PASSWORD), "code awaited, texted");
    let told = ann.type_code(&mut world, &older);
    expect("another sign-in was texted since", &world, &told, ("code_expired", NOTHING));
    assert_eq!(elsewhere.type_code(&mut world, &older), "wrong_code, 4 left");
    let newer = right(&world);
    assert_eq!(ann.type_code(&mut world, &newer), "code_expired");
    assert_eq!(elsewhere.type_code(&mut world, &newer), "signed in");
}

/// A12: the last millisecond counts, the next does not.
#[test]
fn atk_12_a_code_ends_to_the_millisecond() {
    let just = Duration::from_millis(1);
    for (early, late, told) in [
        (just, Duration::ZERO, "signed in"),
        (Duration::ZERO, Duration::ZERO, "code_expired"),
        (Duration::ZERO, just, "code_expired"),
    ] {
        let (mut world, mut ann) = texted();
        let code = right(&world);
        world.now = world.now.plus(CODE_LIFE).minus(early).plus(late);
        assert_eq!(ann.type_code(&mut world, &code), told, "{early:?} early, {late:?} late");
    }
}

/// A13: Bea's code does not admit Ann, nor Ann's of another sign-in.
#[test]
fn atk_13_a_code_of_another_person_admits_nobody() {
    let (mut world, mut ann) = texted();
    world.bind_phone(BEA);
    let mut bea = Browser::new(2);
    assert_eq!(bea.type_password(&mut world, BEA, &password_of(BEA)), "code awaited, texted");
    let (of_ann, of_bea) = (right(&world), texted_code(&world, BEA));
    assert_eq!(ann.type_code(&mut world, &of_bea), "wrong_code, 4 left");
    assert_eq!(bea.type_code(&mut world, &of_ann), "wrong_code, 4 left");
    assert_eq!(bea.type_code(&mut world, &of_bea), "signed in");
    assert_eq!(ann.type_code(&mut world, &of_ann), "signed in");
}

/// A14: a code is good for the number that it went to, and dies with it.
#[test]
fn atk_14_a_code_to_the_old_number_is_void() {
    let (mut world, mut ann) = texted();
    let code = right(&world);
    world.phone(ANN).material = Material::Phone(number("+15125550777"));
    assert_eq!(ann.type_code(&mut world, &code), "wrong_code, 4 left");

    let (mut world, mut ann) = texted();
    let code = right(&world);
    world.phone(ANN).id = crate::id::AuthenticatorId::from_stored("aut_another".into());
    let told = ann.type_code(&mut world, &code);
    expect("another phone was bound", &world, &told, ("code_expired", NOTHING));
}

/// A04: of two browsers with one sign-in and one code, the second to commit has lost it.
#[test]
fn atk_04_a_code_admits_once() {
    let (mut world, mut first) = texted();
    let mut second = first.clone();
    let code = right(&world);
    let loaded = second.await_second_factor(&world).unwrap();
    let late = second.decide_code(&mut world, loaded, &code);
    assert_eq!(first.type_code(&mut world, &code), "signed in");
    let told = second.commit_code(&mut world, late);
    let writes: &[&str] = &["ladder 1", "record sign_in.refused"];
    expect("the race was lost", &world, &told, ("code_already_used, 4 left", writes));
    let told = second.type_code(&mut world, &code);
    expect("the sign-in is over", &world, &told, ("over", NOTHING));
    assert_eq!((world.sessions.len(), second.session), (1, None));
}

/// A used code is none in the next sign-in either, and that sign-in's own still admits.
#[test]
fn a_code_that_was_used_does_not_admit_again() {
    let (mut world, mut ann) = texted();
    let used = right(&world);
    assert_eq!(ann.type_code(&mut world, &used), "signed in");
    let mut thief = Browser::new(2);
    assert_eq!(thief.type_password(&mut world, ANN, PASSWORD), "code awaited, texted");
    assert_eq!(thief.type_code(&mut world, &used), "wrong_code, 4 left");
}

/// Who has both is asked for the app, may have a text, and gets in by either; a wrong code counts on all that
/// it was compared with, and once on the ladder.
#[test]
fn with_an_app_and_a_phone_either_code_admits() {
    let both = || {
        let mut world = World::with_phone();
        world.bind_app(ANN);
        let mut ann = Browser::new(1);
        assert_eq!(ann.type_password(&mut world, ANN, PASSWORD), "code awaited");
        assert!(letters(&world).next().is_none());
        (world, ann)
    };
    let (mut world, mut ann) = both();
    let told = ann.want_code(&mut world);
    let first: &[&str] = &[
        "open code: sign_in",
        "record code.sent",
        "send code by sms",
        "sends 1",
        "supersede codes: sign_in",
    ];
    expect("the first text is not too soon", &world, &told, ("texted", first));
    let code = wrong(&world);
    let told = ann.type_code(&mut world, &code);
    let counted: &[&str] =
        &["app failures 1", "guesses 1", "ladder 1", "phone failures 1", "record sign_in.refused"];
    expect("it is of neither", &world, &told, ("wrong_code, 4 left", counted));
    let code = right_code(&world, ANN);
    assert_eq!(ann.type_code(&mut world, &code), "signed in");
    assert_eq!(world.sessions[0].session.evidence.amr(), ["pwd", "otp", "mfa"]);

    let (mut world, mut ann) = both();
    let code = wrong(&world);
    let told = ann.type_code(&mut world, &code);
    let counted: &[&str] = &["app failures 1", "ladder 1", "record sign_in.refused"];
    expect("no text was wanted", &world, &told, ("wrong_code, 4 left", counted));
    assert_eq!(ann.want_code(&mut world), "texted");
    let code = right(&world);
    assert_eq!(ann.type_code(&mut world, &code), "signed in");
    assert_eq!(world.sessions[0].session.evidence.amr(), ["pwd", "sms", "mfa"]);
    assert_eq!(world.sessions[0].session.evidence.acr(), Acr::TwoFactor);
}

/// A right text message says nothing good about the app, and the other way round.
#[test]
fn success_ends_the_row_of_failures_of_what_it_was_made_with_only() {
    let mut world = World::with_phone();
    world.bind_app(ANN);
    let mut ann = Browser::new(1);
    ann.type_password(&mut world, ANN, PASSWORD);
    ann.want_code(&mut world);
    let code = wrong(&world);
    ann.type_code(&mut world, &code);
    let code = right(&world);
    assert_eq!(ann.type_code(&mut world, &code), "signed in");
    assert_eq!((world.phone(ANN).failures.in_a_row, world.app(ANN).failures.in_a_row), (0, 1));
}

/// A07: an attempt that ended in a fault counts on all that it may have been compared with, or on nothing.
#[test]
fn atk_07_a_fault_spends_the_attempt_where_something_could_be_compared() {
    let cases: [(&str, Given, &[&str]); 6] = [
        ("a code is out", nothing, WRONG_CODE),
        (
            "there is an app as well",
            |world, _| world.bind_app(ANN),
            &["app failures 1", "guesses 1", "ladder 1", "phone failures 1", "record sign_in.refused"],
        ),
        ("no code is out any more", ten_minutes, NOTHING),
        ("others locked the name", lock, NOTHING),
        ("half an hour went by", half_an_hour, NOTHING),
        ("the phone fell out of use", disable_phone, NOTHING),
    ];
    for (case, given, writes) in cases {
        let (mut world, mut ann) = texted();
        given(&mut world, &mut ann);
        world.written.clear();
        ann.spend_code(&mut world);
        expect(case, &world, "", ("", writes));
    }
}

/// Tries texted codes until no more can be tried now; says how many were compared.
fn guess_until_stopped(world: &mut World, thief: &mut Browser) -> u32 {
    let mut compared = 0;
    if thief.type_password(world, ANN, PASSWORD) != "code awaited, texted" {
        return compared;
    }
    loop {
        let code = wrong(world);
        let told = thief.type_code(world, &code);
        compared += u32::from(told.starts_with("wrong_code") || told == "locked until a time");
        if !told.starts_with("wrong_code") {
            return compared;
        }
    }
}

/// A08, P2, P2b: at twenty the owner is told, at fifty in a row the phone is out of use, even for a right code.
#[test]
fn atk_08a_fifty_wrong_codes_in_a_row_take_the_phone_out_of_use() {
    let mut world = World::with_phone();
    let mut thief = Browser::new(2);
    let mut compared = 0;
    while world.phone(ANN).disabled_at.is_none() {
        compared += guess_until_stopped(&mut world, &mut thief);
        assert!(compared <= 50, "{compared} guesses were compared");
        assert_eq!(world.user(ANN).password_change.is_some(), compared >= 20);
        world.pass_secs(HOUR);
    }
    assert_eq!(compared, 50);
    assert_eq!(Browser::new(1).sign_in(&mut world, ANN, PASSWORD), "second_factor_disabled");
    assert_eq!(world.notice_count(NoticeKind::AuthenticatorDisabled), 1);
    assert_eq!(world.sessions.len(), 0);
}

/// A10, A40: a password and a thousand restarts make the phone buzz five times in an hour and ten times in a
/// day; the owner is still told what else works, and codes that were entered are not counted.
#[test]
fn atk_10_atk_40_beginning_anew_does_not_begin_the_budget_anew() {
    let mut world = World::with_phone();
    let start = world.now;
    let mut told_otherwise = 0;
    let mut before = 0;
    for minute in 0..(24 * 60) {
        world.now = start.plus(Duration::from_secs(minute * 60));
        let mut thief = Browser::new(2);
        told_otherwise += u32::from(thief.type_password(&mut world, ANN, PASSWORD) != "code awaited, texted");
        thief.want_code(&mut world);
        let texts = world.codes.len();
        assert!(texts <= if minute < 60 { 5 } else { 10 }, "{texts} texts by minute {minute}");
        assert!(texts >= before);
        before = texts;
    }
    assert_eq!((world.codes.len(), told_otherwise), (10, 24 * 60 - 10));
    world.pass_secs(DAY);
    for _ in 0..30 {
        let mut ann = Browser::new(1);
        assert_eq!(ann.sign_in(&mut world, ANN, PASSWORD), "signed in");
        world.pass_secs(60);
    }
}

/// P4: who asks again, since the gateway is slow, and enters the second code has proved the number: the first
/// counts against nobody, however often they sign in.
#[test]
fn a_resend_that_is_entered_counts_nothing() {
    let mut world = World::with_phone();
    for round in 0..20 {
        let mut ann = Browser::new(1);
        assert_eq!(ann.type_password(&mut world, ANN, PASSWORD), "code awaited, texted", "{round}");
        world.pass_secs(30);
        assert_eq!(ann.want_code(&mut world), "texted");
        let code = right(&world);
        assert_eq!(ann.type_code(&mut world, &code), "signed in");
        world.pass_secs(60);
    }
    assert_eq!(world.codes.len(), 40);
}

/// P4: whoever shares a network, a company or the installation counts together, but a code under way only
/// after three minutes.
#[test]
fn what_many_share_counts_a_code_only_once_it_had_time_to_be_entered() {
    let mut world = World::with_phone();
    everybody_gets(&mut world, 1);
    let mut ann = Browser::new(1);
    assert_eq!(ann.type_password(&mut world, ANN, PASSWORD), "code awaited, texted");
    world.pass_secs(179);
    assert_eq!(ann.want_code(&mut world), "texted");
    world.pass_secs(60);
    assert_eq!(ann.want_code(&mut world), "everybody_budget");
    let code = right(&world);
    assert_eq!(ann.type_code(&mut world, &code), "signed in");
}

/// A41: an operator hears of a spent budget of everybody's, once a day, however often it holds a code back.
#[test]
fn an_operator_is_alerted_once_a_day() {
    let mut world = World::with_phone();
    everybody_gets(&mut world, 0);
    for expected in [1, 2] {
        for mark in 0..3 {
            let mut ann = Browser::new(mark);
            assert_eq!(ann.type_password(&mut world, ANN, PASSWORD), "code awaited, everybody_budget");
            assert!(world.written.contains(&"send alert once".to_owned()));
            let told = ann.want_code(&mut world);
            expect("it is pressed again", &world, &told, ("everybody_budget", NOTHING));
        }
        let alerts: Vec<_> = letters(&world).collect();
        assert_eq!(alerts.len(), expected);
        for (message, letter) in alerts {
            assert!(matches!(letter, Letter::Alert(alert) if alert.kind == AlertKind::EverybodysBudget));
            assert_eq!((message.to.as_str(), &message.user), ("operator@countersign.example", &None));
            assert!(message.id.as_str().bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric()));
        }
        world.pass_secs(DAY);
    }
    assert_eq!(world.audit_count(AuditKind::CodeWithheld), 6);
}

/// CR-8: Ann's texts are Ann's; under the preset nothing else holds.
#[test]
fn one_persons_budget_is_not_anothers() {
    let mut world = World::with_phone();
    world.policy = Preset::PerUser.policy();
    world.bind_phone(BEA);
    for mark in 0..6 {
        Browser::new(mark).type_password(&mut world, ANN, PASSWORD);
    }
    assert_eq!(Browser::new(7).type_password(&mut world, ANN, PASSWORD), "code awaited, account_budget");
    assert_eq!(Browser::new(8).sign_in(&mut world, BEA, &password_of(BEA)), "signed in");
    assert_eq!(world.codes.iter().filter(|row| row.sent.user == user_id(ANN)).count(), 5);
}
