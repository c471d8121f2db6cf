//! Every event while a phone is being set up, and putting another number in its place.

use std::{sync::Arc, time::Duration};

use super::{
    browser::{Browser, letters, right_code, texted_code, texted_code_before},
    expect,
    given::{
        Given, PASSWORD, choosing, disable_user, end_session, end_set_up, expire_set_up, go_elsewhere, lock,
        nothing, raise_epoch, right, signed_in, with_phone, wrong,
    },
    world::{ANN, ANNS_NUMBER, World, number, user_id},
};
use crate::{
    assurance::Acr,
    authenticator::{AuthenticatorKind, phone::Country, sent_code::CODE_LIFE},
    ceremony::{ENROLLMENT_LIFE, step_up::Act},
    letter::Letter,
    message::Channel,
    notice::NoticeKind,
    policy::{SecondFactorRule, presets::Preset},
};

type Expected = (&'static str, &'static [&'static str]);
type Typed = fn(&World) -> String;
type Done = fn(&mut World, &mut Browser, &str) -> String;

/// As Ann writes her own number.
const TYPED: &str = "(512) 555-0134";
const ANOTHER: &str = "512 555 0777";
const NOTHING: &[&str] = &[];
const AGAIN: &[&str] =
    &["open code: enroll", "record code.sent", "send code by sms", "sends 2", "supersede codes: enroll"];

/// Ann typed her number, and her phone buzzed.
fn confirming() -> (World, Browser) {
    let (mut world, mut ann) = choosing();
    assert_eq!(ann.choose_phone(&mut world, TYPED), "texted");
    world.written.clear();
    (world, ann)
}

/// Ann proved password and phone, and is choosing a method.
fn changing() -> (World, Browser) {
    let (mut world, mut ann) = with_phone();
    assert_eq!(ann.want_proof_code(&mut world, Act::ChangeMethods), "texted");
    let code = texted_code(&world, ANN);
    assert_eq!(ann.begin_change(&mut world, PASSWORD, &code), "done");
    world.written.clear();
    (world, ann)
}

/// The code in the newest text to any number.
fn newest_code(world: &World) -> String {
    let (_, letter) = letters(world).rfind(|(message, _)| message.channel == Channel::Sms).unwrap();
    match letter {
        Letter::Code(code) => code.code.expose().clone(),
        _ => unreachable!("a text is a code"),
    }
}

fn close(world: &mut World, _: &mut Browser) {
    world.is_two_factor_open = false;
}

fn switch_off(world: &mut World, _: &mut Browser) {
    world.rule(SecondFactorRule::Off);
}

fn only_apps(world: &mut World, _: &mut Browser) {
    world.policy.methods = vec![AuthenticatorKind::App];
}

/// Three more codes after the first, each when it was due.
fn all_sent(world: &mut World, ann: &mut Browser) {
    for wait in [30, 60, 120] {
        world.pass_secs(wait);
        assert_eq!(ann.want_enroll_code(world), "texted");
    }
    world.pass_secs(300);
}

/// Where a set-up is over, or was forbidden since it began.
const REFUSED: [(&str, Given, &str); 9] = [
    ("half an hour went by", expire_set_up, "over"),
    ("it was canceled", end_set_up, "over"),
    ("the session was ended", end_session, "over"),
    ("the epoch was raised", raise_epoch, "over"),
    ("the user was disabled", disable_user, "over"),
    ("it is another session", go_elsewhere, "over"),
    ("the company was closed", close, "not_allowed"),
    ("it was switched off", switch_off, "not_allowed"),
    ("only apps are allowed", only_apps, "not_allowed"),
];

/// A60, CR-3: whatever is done there is refused, and nothing is written.
#[test]
fn nothing_is_texted_or_confirmed_where_a_set_up_is_over_or_not_allowed() {
    let done: [(&str, Done); 4] = [
        ("typing the number again", |world, ann, _| ann.choose_phone(world, TYPED)),
        ("typing another number", |world, ann, _| ann.choose_phone(world, ANOTHER)),
        ("wanting a code", |world, ann, _| ann.want_enroll_code(world)),
        ("typing the code", |world, ann, code| ann.confirm(world, code)),
    ];
    for (case, given, expected) in REFUSED {
        for (deed, act) in done {
            let (mut world, mut ann) = confirming();
            let code = right(&world);
            given(&mut world, &mut ann);
            world.written.clear();
            let told = act(&mut world, &mut ann, &code);
            expect(&format!("{case}, {deed}"), &world, &told, (expected, NOTHING));
            assert!(!world.has_phone(ANN), "{case}");
        }
    }
}

/// CR-16 … CR-18, P3: a number is texted when it is typed; the same one again only when a code is due, another
/// one at once, and all of them together at most four times.
#[test]
fn a_typed_number_is_texted_as_often_as_a_set_up_may() {
    const CODE_SENT: [&str; 4] =
        ["open code: enroll", "record code.sent", "send code by sms", "supersede codes: enroll"];
    let texted = |more: &[&'static str]| ("texted", [&CODE_SENT, more].concat());
    let nothing_written = |told| (told, Vec::new());
    let typed: Given = |world, ann| assert_eq!(ann.choose_phone(world, TYPED), "texted");
    let another: Given = |world, ann| assert_eq!(ann.choose_phone(world, ANOTHER), "texted");
    let typed_and_waited: Given = |world, ann| {
        assert_eq!(ann.choose_phone(world, TYPED), "texted");
        world.pass_secs(30);
    };
    let four_others: Given = |world, ann| {
        for other in ["512 555 0771", "512 555 0772", "512 555 0773", "512 555 0774"] {
            assert_eq!(ann.choose_phone(world, other), "texted");
        }
    };
    let all: Given = |world, ann| {
        assert_eq!(ann.choose_phone(world, TYPED), "texted");
        all_sent(world, ann);
    };
    let first = ["add pending phone", "sends 1", "tie pending"];
    let cases = [
        ("it is the first", nothing as Given, texted(&first)),
        ("it is the same, too soon", typed, nothing_written("send_too_soon")),
        ("it is the same, half a minute later", typed_and_waited, texted(&["sends 2"])),
        ("it is another", another, texted(&["add pending phone", "sends 2", "tie pending instead"])),
        ("it is the fifth number", four_others, nothing_written("sends_spent")),
        ("it is the same, and all codes were sent", all, nothing_written("sends_spent")),
        (
            "an app was chosen before",
            |world, ann| drop(ann.choose_app(world)),
            texted(&["add pending phone", "sends 1", "tie pending instead"]),
        ),
        ("the name is locked", lock, nothing_written("locked")),
    ];
    for (case, given, (expected, mut writes)) in cases {
        let (mut world, mut ann) = choosing();
        given(&mut world, &mut ann);
        world.written.clear();
        let told = ann.choose_phone(&mut world, TYPED);
        writes.sort_unstable();
        expect(case, &world, &told, (expected, &writes));
        assert!(!world.has_phone(ANN), "a typed number is no factor yet, where {case}");
    }
}

/// P4, A41: a text that is held back is told with the reason, and leaves the way to an app.
#[test]
fn a_number_that_is_not_texted_is_told_and_an_app_still_works() {
    let abroad: Given = |world, _| {
        let elsewhere = Country::parse("DE").unwrap();
        Arc::make_mut(&mut world.texting_rules).countries = vec![elsewhere];
    };
    let cases: [(&str, Given, &str); 2] = [
        ("there is no gateway", |world, _| world.has_gateway = false, "no_gateway"),
        ("its country is not texted", abroad, "country_not_allowed"),
    ];
    for (case, given, why) in cases {
        let (mut world, mut ann) = choosing();
        given(&mut world, &mut ann);
        let told = ann.choose_phone(&mut world, TYPED);
        let sends = format!("sends 1, withheld: {why}");
        expect(case, &world, &told, (why, &["record code.withheld", &sends]));
        assert_eq!(ann.confirm(&mut world, "000000"), "over");
        assert_eq!(ann.choose_app(&mut world), "onward");
        let code = right_code(&world, ANN);
        assert_eq!(ann.confirm(&mut world, &code), "done");
    }
}

/// CR-18: exactly that number, however it was written.
#[test]
fn the_text_goes_to_exactly_the_number_that_was_typed() {
    let (mut world, mut ann) = choosing();
    for (typed, texted) in [(TYPED, ANNS_NUMBER), ("+1-512-555-0777", "+15125550777")] {
        assert_eq!(ann.choose_phone(&mut world, typed), "texted");
        let (message, _) = letters(&world).next_back().unwrap();
        assert_eq!((message.channel, message.to.as_str()), (Channel::Sms, texted));
    }
}

/// CR-14, CR-19, A12, A59: only the right code, in time and in this session.
#[test]
fn only_the_code_of_the_text_turns_it_on() {
    const ON: &[&str] = &[
        "bind phone",
        "end ceremony: completed",
        "epoch 1",
        "keep this browser",
        "record two_factor.turned_on",
        "renew session",
        "tell two_factor_turned_on",
        "use code",
    ];
    const WRONG: Expected = ("wrong_code, 4 left", &["guesses 1", "ladder 1", "record enrollment.refused"]);
    const LOCKS: Expected = (
        "locked until a time",
        &[
            "end sign-ins: locked",
            "guesses 5",
            "ladder 5 locked",
            "record enrollment.refused",
            "record name.locked",
            "tell name_locked",
        ],
    );
    let four_wrong: Given = |world, ann| {
        for _ in 0..4 {
            let code = wrong(world);
            ann.confirm(world, &code);
        }
    };
    let before: Typed = |world| texted_code_before(world, ANN);
    let resent: Given = |world, ann| {
        world.pass_secs(30);
        assert_eq!(ann.want_enroll_code(world), "texted");
    };
    let another_number: Given = |world, ann| assert_eq!(ann.choose_phone(world, ANOTHER), "texted");
    let back_to_app: Given = |world, ann| assert_eq!(ann.choose_app(world), "onward");
    let cases: [(&str, Given, Typed, Expected); 11] = [
        ("it is right", nothing, right, ("done", ON)),
        ("it is the newer of two", resent, right, ("done", ON)),
        ("it is the older of two", resent, before, WRONG),
        ("it is of the number before", another_number, right, WRONG),
        ("it is of the other number", another_number, newest_code, ("done", ON)),
        (
            "an app was chosen since",
            back_to_app,
            right,
            ("wrong_code, 4 left", &["ladder 1", "record enrollment.refused"]),
        ),
        ("it is wrong", nothing, wrong, WRONG),
        ("it cannot be one", nothing, |_| "1234567".into(), WRONG),
        ("it is missing", nothing, |_| String::new(), ("missing", NOTHING)),
        ("it is the fifth wrong one", four_wrong, wrong, LOCKS),
        ("the name is locked", lock, right, ("locked", NOTHING)),
    ];
    for (case, given, typed, expected) in cases {
        let (mut world, mut ann) = confirming();
        given(&mut world, &mut ann);
        world.written.clear();
        let typed = typed(&world);
        let told = ann.confirm(&mut world, &typed);
        expect(case, &world, &told, expected);
        assert_eq!(world.has_phone(ANN), expected.0 == "done", "{case}");
    }
}

/// P3: further codes where a number is being set up.
#[test]
fn a_further_code_for_a_number_that_is_being_set_up() {
    let cases: [(&str, Given, Expected); 5] = [
        ("it is half a minute later", |world, _| world.pass_secs(30), ("texted", AGAIN)),
        ("it is too soon", |world, _| world.pass_secs(29), ("send_too_soon", NOTHING)),
        ("all were sent", all_sent, ("sends_spent", NOTHING)),
        ("an app was chosen since", |world, ann| drop(ann.choose_app(world)), ("not_allowed", NOTHING)),
        ("the name is locked", lock, ("locked", NOTHING)),
    ];
    for (case, given, expected) in cases {
        let (mut world, mut ann) = confirming();
        given(&mut world, &mut ann);
        world.written.clear();
        let told = ann.want_enroll_code(&mut world);
        expect(case, &world, &told, expected);
    }
    let (mut world, ann) = choosing();
    assert_eq!(ann.want_enroll_code(&mut world), "over", "no number was typed");
}

/// A12: a code lives ten minutes at most, however long its set-up does.
#[test]
fn atk_12_a_code_to_a_new_number_ends_to_the_millisecond() {
    for (early, told) in [(Duration::from_millis(1), "done"), (Duration::ZERO, "code_expired")] {
        let (mut world, mut ann) = confirming();
        let code = right(&world);
        world.now = world.now.plus(CODE_LIFE).minus(early);
        assert_eq!(ann.confirm(&mut world, &code), told);
    }
}

/// P3: a code that is asked for late says so: it is over when its set-up is, in the text and in fact.
#[test]
fn a_code_is_over_with_its_set_up() {
    let (mut world, mut ann) = confirming();
    let over_at = world.now.plus(ENROLLMENT_LIFE);
    world.now = over_at.minus(Duration::from_mins(2));
    assert_eq!(ann.want_enroll_code(&mut world), "texted");
    let (message, letter) = letters(&world).next_back().unwrap();
    let Letter::Code(letter) = letter else { panic!("no code in the text") };
    assert_eq!((message.expires_at, letter.expires_at), (Some(over_at), over_at));
    assert_eq!(world.codes.last().unwrap().sent.expires_at, over_at);
    let code = right(&world);
    world.now = over_at.minus(Duration::from_millis(1));
    assert_eq!(ann.confirm(&mut world, &code), "done");
}

/// P3: whoever waits for a text for twenty minutes still finds the set-up, and another code for it.
#[test]
fn a_set_up_by_phone_waits_half_an_hour_for_its_text() {
    let (mut world, mut ann) = confirming();
    world.pass(Duration::from_mins(20));
    let code = right(&world);
    assert_eq!(ann.confirm(&mut world, &code), "code_expired");
    assert_eq!(ann.want_enroll_code(&mut world), "texted");
    let code = right(&world);
    assert_eq!(ann.confirm(&mut world, &code), "done");
}

/// CR-15: a wrong password stops it before it begins, and counts.
#[test]
fn the_set_up_begins_behind_the_password() {
    let (mut world, mut ann) = signed_in(false);
    ann.known = None;
    assert_eq!(ann.begin_enrollment(&mut world, "a guess", ""), "wrong_password, 4 left");
    assert_eq!(world.ladder(ANN).failures, 1);
    assert_eq!(ann.choose_phone(&mut world, TYPED), "over");
    assert_eq!(letters(&world).count(), 0);
}

/// CR-12, CR-19: from the set-up on, each sign-in sends a code to that number.
#[test]
fn a_confirmed_phone_is_asked_for_from_then_on() {
    let (mut world, mut ann) = confirming();
    let mut elsewhere = Browser::new(2);
    assert_eq!(elsewhere.sign_in(&mut world, ANN, PASSWORD), "signed in");
    let code = right(&world);
    assert_eq!(ann.confirm(&mut world, &code), "done");
    assert_eq!(world.sessions[0].session.evidence.acr(), Acr::TwoFactor);
    assert!(ann.is_signed_in(&mut world) && !elsewhere.is_signed_in(&mut world));
    world.pass_secs(60);
    assert_eq!(elsewhere.type_password(&mut world, ANN, PASSWORD), "code awaited, texted");
    // A02: the confirming code is used up.
    assert_eq!(elsewhere.type_code(&mut world, &code), "wrong_code, 4 left");
    let code = right(&world);
    assert_eq!(elsewhere.type_code(&mut world, &code), "signed in");
}

/// A59: a number that was never confirmed is asked of nobody, protects nobody, and is texted no more.
#[test]
fn atk_59_a_number_that_was_never_confirmed_is_no_factor() {
    let (mut world, _) = confirming();
    let texts = world.codes.len();
    assert_eq!(Browser::new(2).sign_in(&mut world, ANN, PASSWORD), "signed in");
    world.rule(SecondFactorRule::Required);
    assert_eq!(Browser::new(3).sign_in(&mut world, ANN, PASSWORD), "enrollment_required");
    assert_eq!(world.codes.len(), texts);
}

/// A14: a number that could not be texted takes no place: the code binds the number that it went to.
#[test]
fn atk_14_a_code_binds_the_number_that_it_went_to_and_no_other() {
    let (mut world, mut ann) = confirming();
    let code = right(&world);
    world.has_gateway = false;
    assert_eq!(ann.choose_phone(&mut world, ANOTHER), "no_gateway");
    assert_eq!(ann.confirm(&mut world, &code), "done");
    assert_eq!(world.phone(ANN).phone_number(), Some(&number(ANNS_NUMBER)));
}

/// A41: a set-up tries four numbers, whether they are texted or not, and keeps nothing of those that are not.
#[test]
fn atk_41_a_number_that_is_not_texted_counts_as_a_try_and_is_not_kept() {
    let (mut world, mut ann) = choosing();
    let kept = world.authenticators.len();
    for last in 1..=4 {
        assert_eq!(ann.choose_phone(&mut world, &format!("+491511234567{last}")), "country_not_allowed");
    }
    let told = ann.choose_phone(&mut world, "+4915112345675");
    expect("it is the fifth", &world, &told, ("sends_spent", NOTHING));
    assert_eq!(ann.choose_phone(&mut world, TYPED), "sends_spent");
    assert_eq!((world.authenticators.len(), world.codes.len(), letters(&world).count()), (kept, 0, 0));
    assert_eq!(ann.choose_app(&mut world), "onward");
}

/// A04: a double click on the button.
#[test]
fn of_two_confirmations_at_once_one_turns_it_on_and_the_other_is_over() {
    let (mut world, mut ann) = confirming();
    let mut copy = ann.clone();
    let late = copy.await_confirmation(&world).unwrap();
    let code = right(&world);
    assert_eq!(ann.confirm(&mut world, &code), "done");
    let told = copy.confirm_loaded(&mut world, late, &code);
    expect("the race was lost", &world, &told, ("over", NOTHING));
    assert_eq!(world.accepted_codes.len(), 1);
}

/// A04: two numbers typed at once: one is texted.
#[test]
fn of_two_numbers_at_once_one_is_texted() {
    let (mut world, mut ann) = choosing();
    let late = ann.await_method(&world, &number("+15125550777")).unwrap();
    assert_eq!(ann.choose_phone(&mut world, TYPED), "texted");
    let told = ann.choose_phone_loaded(&mut world, late, &number("+15125550777"));
    expect("the race was lost", &world, &told, ("over", NOTHING));
    assert_eq!(letters(&world).count(), 1);
}

/// A07: a fault spends the guess as well, and no cap, since nothing is bound yet.
#[test]
fn a_fault_while_confirming_spends_a_guess() {
    let (mut world, mut ann) = confirming();
    ann.spend_confirmation(&mut world);
    expect("a code is out", &world, "", ("", &["guesses 1", "ladder 1", "record enrollment.refused"]));
    lock(&mut world, &mut ann);
    world.written.clear();
    ann.spend_confirmation(&mut world);
    expect("the name is locked", &world, "", ("", NOTHING));
}

/// Back and forth: what is confirmed is what was chosen last.
#[test]
fn a_person_may_switch_between_app_and_phone_within_a_set_up() {
    let (mut world, mut ann) = choosing();
    assert_eq!(ann.choose_app(&mut world), "onward");
    assert_eq!(ann.choose_phone(&mut world, TYPED), "texted");
    let of_app = right_code(&world, ANN);
    assert_eq!(ann.confirm(&mut world, &of_app), "wrong_code, 4 left");
    let texted = right(&world);
    assert_eq!(ann.choose_app(&mut world), "onward");
    assert_eq!(ann.confirm(&mut world, &texted), "wrong_code, 3 left");
    let of_app = right_code(&world, ANN);
    assert_eq!(ann.confirm(&mut world, &of_app), "done");
    assert!(world.has_app(ANN) && !world.has_phone(ANN));
    assert_eq!(world.authenticators.iter().filter(|row| row.user == user_id(ANN) && row.is_bound).count(), 2);
}

/// A48: another number is another phone: it is proved first, and the old one stays until then.
#[test]
fn atk_48_another_number_is_a_new_binding() {
    const REPLACED: &[&str] = &[
        "bind phone",
        "end ceremony: completed",
        "epoch 1",
        "keep this browser",
        "record method.replaced",
        "renew session",
        "revoke phone",
        "tell method_replaced",
        "use code",
    ];
    let (mut world, mut ann) = changing();
    let old = world.phone(ANN).id.clone();
    assert_eq!(ann.choose_phone(&mut world, ANOTHER), "texted");
    let to_new = newest_code(&world);
    // Until then the old number is the one that is texted, and its codes admit.
    let mut elsewhere = Browser::new(2);
    assert_eq!(elsewhere.sign_in(&mut world, ANN, PASSWORD), "signed in");
    let to_old = right(&world);
    assert_eq!(ann.confirm(&mut world, &to_old), "wrong_code, 4 left");
    let told = ann.confirm(&mut world, &to_new);
    expect("the new number is proved", &world, &told, ("done", REPLACED));
    assert_ne!(world.phone(ANN).id, old);
    assert_eq!(world.phone(ANN).phone_number(), Some(&number("+15125550777")));
    assert!(ann.is_signed_in(&mut world) && !elsewhere.is_signed_in(&mut world));
    world.pass_secs(200);
    assert_eq!(elsewhere.type_password(&mut world, ANN, PASSWORD), "code awaited, texted");
    assert_eq!(letters(&world).next_back().unwrap().0.to, "+15125550777");
}

/// A48: with the caps of a new phone, since nobody guessed at it yet.
#[test]
fn a_new_number_takes_the_place_of_one_that_fell_out_of_use() {
    let (mut world, mut ann) = with_phone();
    world.bind_app(ANN);
    let now = world.now;
    world.phone(ANN).disabled_at = Some(now);
    let code = right_code(&world, ANN);
    assert_eq!(ann.begin_change(&mut world, PASSWORD, &code), "done");
    assert_eq!(ann.choose_phone(&mut world, ANOTHER), "texted");
    let code = newest_code(&world);
    assert_eq!(ann.confirm(&mut world, &code), "done");
    let phone = world.phone(ANN);
    assert_eq!((phone.disabled_at, phone.failures.in_a_row), (None, 0));
}

/// The same number again is bound again: the person asked for it.
#[test]
fn the_same_number_may_be_proved_anew() {
    let (mut world, mut ann) = changing();
    assert_eq!(ann.choose_phone(&mut world, TYPED), "texted");
    let code = right(&world);
    assert_eq!(ann.confirm(&mut world, &code), "done");
    assert_eq!(world.notice_count(NoticeKind::MethodReplaced), 1);
}

/// A further method stands beside the first, and is told as such.
#[test]
fn an_app_beside_the_phone_leaves_the_phone_in_force() {
    let (mut world, mut ann) = changing();
    assert_eq!(ann.choose_app(&mut world), "onward");
    let code = right_code(&world, ANN);
    let told = ann.confirm(&mut world, &code);
    let added: &[&str] = &[
        "bind app",
        "end ceremony: completed",
        "epoch 1",
        "keep this browser",
        "record method.added",
        "renew session",
        "tell method_added",
    ];
    expect("there was a phone", &world, &told, ("done", added));
    assert!(world.has_app(ANN) && world.has_phone(ANN));
    assert_eq!(Browser::new(2).type_password(&mut world, ANN, PASSWORD), "code awaited");
}

/// A53, A56, 63B-4 §4.1.2: changing methods takes password and current factor, under every preset.
#[test]
fn changing_methods_takes_the_password_and_a_current_factor() {
    for preset in Preset::ALL {
        for (password, typed, told) in [
            (PASSWORD, right as Typed, "done"),
            (PASSWORD, wrong, "wrong_proof, 4 left"),
            ("a guess", right, "wrong_proof, 4 left"),
            (PASSWORD, |_: &World| String::new(), "missing"),
            ("", right, "missing"),
        ] {
            let (mut world, mut ann) = with_phone();
            world.policy = preset.policy();
            assert_eq!(ann.want_proof_code(&mut world, Act::ChangeMethods), "texted");
            let typed = typed(&world);
            assert_eq!(ann.begin_change(&mut world, password, &typed), told, "{preset:?}");
            assert_eq!(ann.enrollment(&world).is_some(), told == "done");
        }
    }
}

/// The act must fit: who has a factor changes methods, who has none turns it on.
#[test]
fn who_has_a_phone_turns_nothing_on_and_who_has_none_changes_nothing() {
    let (mut world, mut ann) = with_phone();
    assert_eq!(ann.begin_enrollment(&mut world, PASSWORD, ""), "not_allowed");
    let (mut world, mut ann) = signed_in(false);
    assert_eq!(ann.begin_change(&mut world, PASSWORD, ""), "not_allowed");
    assert!(ann.enrollment(&world).is_none());
}

/// A59: a change that is given up leaves everything as it was.
#[test]
fn a_change_that_is_given_up_leaves_the_old_number() {
    let (mut world, mut ann) = changing();
    assert_eq!(ann.choose_phone(&mut world, ANOTHER), "texted");
    let code = newest_code(&world);
    ann.cancel_enrollment(&mut world);
    assert_eq!(ann.confirm(&mut world, &code), "over");
    assert_eq!(world.phone(ANN).phone_number(), Some(&number(ANNS_NUMBER)));
    assert_eq!(world.notices.len(), 0);
}

/// CR-27, CR-29: turning it off ends every second factor.
#[test]
fn turning_it_off_takes_phone_and_app_away() {
    let (mut world, mut ann) = with_phone();
    world.bind_app(ANN);
    let code = right_code(&world, ANN);
    assert_eq!(ann.turn_off(&mut world, PASSWORD, &code), "done");
    assert!(!world.has_app(ANN) && !world.has_phone(ANN));
    assert_eq!(Browser::new(2).sign_in(&mut world, ANN, PASSWORD), "signed in");
}
