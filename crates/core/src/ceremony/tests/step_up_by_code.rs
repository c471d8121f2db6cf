//! Every event where a session proves itself again by a code from a text message.

use std::time::Duration;

use super::{
    browser::{Browser, change_to, letters, right_code, texted_code_before},
    expect,
    given::{
        Given, NEW, PASSWORD, disable_phone, disable_user, do_act, end_session, lock, nothing, over,
        raise_epoch, right, signed_in, with_phone, wrong,
    },
    world::{ANN, World},
};
use crate::{
    authenticator::{AuthenticatorKind, Material, sent_code::CODE_LIFE},
    ceremony::{
        CeremonyEnd, CeremonyPurpose, PROVE_LIFE, enroll, new_codes, new_key, step_up::Act, turn_off,
    },
    policy::presets::Preset,
    secret::Sealed,
    session::SessionEnd,
};

type Expected = (&'static str, &'static [&'static str]);
type Typed = fn(&World) -> String;

const NOTHING: &[&str] = &[];
/// Acts that somebody with a phone must prove by password and code.
const ACTS: [Act; 3] = [Act::TurnOffTwoFactor, Act::ChangeMethods, Act::ChangePassword];

/// And a code for an act is on her phone.
fn asked(act: Act) -> (World, Browser) {
    let (mut world, mut ann) = with_phone();
    ann.known = None;
    assert_eq!(ann.want_proof_code(&mut world, act), "texted");
    world.written.clear();
    (world, ann)
}

fn ten_minutes(world: &mut World, _: &mut Browser) {
    world.pass(CODE_LIFE);
}

fn opened(act: Act) -> Vec<String> {
    let act = CeremonyPurpose::Prove(act).as_str();
    let mut writes: Vec<String> =
        ["record code.sent", "send code by sms", "sends 1"].into_iter().map(str::to_owned).collect();
    for write in ["keep 0 ", "open code: ", "open ", "supersede codes: "] {
        writes.push(format!("{write}{act}"));
    }
    writes.sort();
    writes
}

/// P3: the first code for an act opens a ceremony for that act; what keeps a session from proving anything
/// keeps the phone quiet too.
#[test]
fn a_code_for_an_act_is_texted_to_a_session_that_needs_one() {
    for act in ACTS {
        let (mut world, ann) = with_phone();
        assert_eq!(ann.want_proof_code(&mut world, act), "texted");
        assert_eq!(world.written, opened(act), "{act:?}");
        let cases: [(&str, Given, Expected); 7] = [
            ("the session is over", over, ("over", NOTHING)),
            ("the session was ended", end_session, ("over", NOTHING)),
            ("the epoch was raised", raise_epoch, ("over", NOTHING)),
            ("the user was disabled", disable_user, ("over", NOTHING)),
            ("the name is locked", lock, ("locked", NOTHING)),
            ("the phone is out of use", disable_phone, ("not_allowed", NOTHING)),
            ("nobody is signed in", |_, ann| ann.session = None, ("over", NOTHING)),
        ];
        for (case, given, expected) in cases {
            let (mut world, mut ann) = with_phone();
            given(&mut world, &mut ann);
            world.written.clear();
            let told = ann.want_proof_code(&mut world, act);
            expect(&format!("{case} ({act:?})"), &world, &told, expected);
        }
        spend_the_budget(&mut world);
        world.pass_secs(30);
        let told = ann.want_proof_code(&mut world, act);
        let withheld: &[&str] = &["record code.withheld", "sends 1, withheld: account_budget"];
        expect(&format!("the budget is spent ({act:?})"), &world, &told, ("account_budget", withheld));
        let told = ann.want_proof_code(&mut world, act);
        expect(&format!("it is pressed again ({act:?})"), &world, &told, ("account_budget", NOTHING));
    }
}

/// Sign-ins that nobody finishes.
fn spend_the_budget(world: &mut World) {
    for mark in 10..15 {
        Browser::new(mark).type_password(world, ANN, PASSWORD);
    }
}

/// Nobody is texted who need not prove a phone.
#[test]
fn no_code_is_texted_for_an_act_that_asks_for_none() {
    let (mut world, ann) = with_phone();
    world.policy = Preset::PerUser.policy();
    assert_eq!(ann.want_proof_code(&mut world, Act::TurnOffTwoFactor), "not_allowed");
    assert_eq!(ann.want_proof_code(&mut world, Act::TurnOnTwoFactor), "not_allowed");
    let (mut world, ann) = signed_in(true);
    assert_eq!(ann.want_proof_code(&mut world, Act::TurnOffTwoFactor), "not_allowed", "there is an app only");
}

/// P3: and a further one after 30, 60 and 120 seconds, to the millisecond.
#[test]
fn further_codes_for_an_act_wait_as_those_of_a_sign_in_do() {
    const AGAIN: &[&str] = &[
        "open code: prove_turn_off",
        "record code.sent",
        "send code by sms",
        "sends 2",
        "supersede codes: prove_turn_off",
    ];
    let (mut world, ann) = asked(Act::TurnOffTwoFactor);
    world.pass_secs(30);
    let told = ann.want_proof_code(&mut world, Act::TurnOffTwoFactor);
    expect("half a minute later", &world, &told, ("texted", AGAIN));
    for wait in [60, 120] {
        world.pass(Duration::from_millis(wait * 1000 - 1));
        assert_eq!(ann.want_proof_code(&mut world, Act::TurnOffTwoFactor), "send_too_soon");
        world.pass(Duration::from_millis(1));
        assert_eq!(ann.want_proof_code(&mut world, Act::TurnOffTwoFactor), "texted");
    }
    world.pass_secs(300);
    assert_eq!(ann.want_proof_code(&mut world, Act::TurnOffTwoFactor), "sends_spent");
    world.pass(PROVE_LIFE);
    assert_eq!(ann.want_proof_code(&mut world, Act::TurnOffTwoFactor), "texted", "the ceremony began anew");
}

/// A53, A55: with a phone alone an attempt is counted only where a code is out.
#[test]
fn proofs_are_counted_in_advance_only_where_a_code_is_out() {
    const COUNTED: &[&str] = &["ladder 1", "password failures 1", "step-up failures 1"];
    for act in ACTS {
        let cases: [(&str, Given, &str, &str, Expected); 9] = [
            ("all is typed", nothing, PASSWORD, "123456", ("may hash", COUNTED)),
            ("a password is missing", nothing, "", "123456", ("missing", NOTHING)),
            ("a code is missing", nothing, PASSWORD, "", ("missing", NOTHING)),
            ("ten minutes went by", ten_minutes, PASSWORD, "123456", ("code_expired", NOTHING)),
            ("the name is locked", lock, PASSWORD, "123456", ("locked", NOTHING)),
            ("the session is over", over, PASSWORD, "123456", ("over", NOTHING)),
            ("the epoch was raised", raise_epoch, PASSWORD, "123456", ("over", NOTHING)),
            ("the user was disabled", disable_user, PASSWORD, "123456", ("over", NOTHING)),
            ("the phone is out of use", disable_phone, PASSWORD, "1", ("second_factor_disabled", NOTHING)),
        ];
        for (case, given, password, code, expected) in cases {
            let (mut world, mut ann) = asked(act);
            given(&mut world, &mut ann);
            world.written.clear();
            let told = match ann.reserve_proof(&mut world, act, password, code) {
                Ok(_) => "may hash".into(),
                Err(refused) => refused,
            };
            expect(&format!("{case} ({act:?})"), &world, &told, expected);
        }
        let (mut world, mut ann) = with_phone();
        let told = do_act(act, &mut world, &mut ann, (PASSWORD, "123456"));
        expect("no code was asked for", &world, &told, ("code_expired", NOTHING));
    }
}

/// A53, A54: every verdict on a texted proof, settled against what is there then.
#[test]
fn a_texted_proof_is_settled_against_session_and_account_as_they_are_then() {
    const WRONG: Expected = (
        "wrong_proof, 4 left",
        &["guesses 1", "password failures 0", "phone failures 1", "record step_up.refused"],
    );
    /// Counted since the reservation, and compared with nothing.
    const GONE: Expected = ("wrong_proof, 4 left", &["password failures 0", "record step_up.refused"]);
    const PASSWORD_WRONG: Expected = ("wrong_proof, 4 left", &["record step_up.refused"]);
    let used: Given = |world, _| {
        let now = world.now;
        world.codes.last_mut().unwrap().used_at = Some(now);
    };
    let newer: Given = |world, ann| {
        world.pass_secs(30);
        let act = Act::ALL.into_iter().find(|act| {
            let (session, _) = world.session(ann.session, None).unwrap();
            world.asked(&session, *act).is_some()
        });
        assert_eq!(ann.want_proof_code(world, act.unwrap()), "texted");
    };
    let renumber: Given = |world, _| {
        world.phone(ANN).id = crate::id::AuthenticatorId::from_stored("aut_another".into());
    };
    let end_asked: Given = |world, _| {
        let now = world.now;
        let row = world.ceremonies.last_mut().unwrap();
        (row.end, row.ceremony.ended_at) = (Some(CeremonyEnd::Superseded), Some(now));
    };
    let replace: Given = |world, _| {
        world.authenticator(ANN, AuthenticatorKind::Password).material =
            Material::Password(Sealed(b"another".to_vec()));
    };
    for act in ACTS {
        let cases: [(&str, &str, Typed, Given, Expected); 13] = [
            ("the password is wrong", "a guess", right, nothing, PASSWORD_WRONG),
            ("the code is wrong", PASSWORD, wrong, nothing, WRONG),
            ("both are wrong", "a guess", wrong, nothing, PASSWORD_WRONG),
            ("the code cannot be one", PASSWORD, |_| "12345".into(), nothing, WRONG),
            ("it was used meanwhile", PASSWORD, right, used, GONE),
            ("a newer one is sent meanwhile", PASSWORD, right, newer, WRONG),
            ("its ceremony is replaced meanwhile", PASSWORD, right, end_asked, GONE),
            ("the phone is another meanwhile", PASSWORD, right, renumber, GONE),
            ("the phone falls out of use meanwhile", PASSWORD, right, disable_phone, GONE),
            ("the password is replaced meanwhile", PASSWORD, right, replace, PASSWORD_WRONG),
            ("the session is ended meanwhile", PASSWORD, right, end_session, ("over", NOTHING)),
            ("the epoch is raised meanwhile", PASSWORD, right, raise_epoch, ("over", NOTHING)),
            ("the user is disabled meanwhile", PASSWORD, right, disable_user, ("over", NOTHING)),
        ];
        for (case, password, typed, meanwhile, expected) in cases {
            let (mut world, mut ann) = asked(act);
            let typed = typed(&world);
            let in_flight = ann.reserve_proof(&mut world, act, password, &typed).ok().unwrap();
            meanwhile(&mut world, &mut ann);
            world.written.clear();
            let told = ann.settle_proof(&mut world, &in_flight, |proved, moment| match act {
                Act::TurnOnTwoFactor | Act::ChangeMethods => enroll::begin(proved, moment),
                Act::TurnOffTwoFactor => turn_off::turn_off(proved, moment),
                Act::ChangePassword => change_to(NEW, proved, moment),
                Act::CreateRecoveryKey => new_key::create(proved, moment),
                Act::CreateBackupCodes => new_codes::create(proved, moment),
                Act::ResetSecondFactor | Act::SwitchTwoFactor => unreachable!("no act upon oneself"),
            });
            expect(&format!("{case} ({act:?})"), &world, &told, expected);
        }
    }
}

/// A51: the right proofs do the act, use the code up and end the ceremony that it was sent in.
#[test]
fn a_right_texted_proof_does_the_act_and_is_used_up_by_it() {
    for act in ACTS {
        let (mut world, mut ann) = asked(act);
        let code = right(&world);
        assert_eq!(do_act(act, &mut world, &mut ann, (PASSWORD, &code)), "done", "{act:?}");
        for write in ["use code", "phone used", "end ceremony: completed", "ladder 0", "step-up failures 0"] {
            assert!(world.written.contains(&write.to_owned()), "{write} ({act:?})");
        }
        assert_eq!(world.sessions[0].session.evidence.amr(), ["pwd", "sms", "mfa"]);
        if act != Act::TurnOffTwoFactor {
            let password = if act == Act::ChangePassword { NEW } else { PASSWORD };
            let again = do_act(act, &mut world, &mut ann, (password, &code));
            assert_eq!(again, "code_expired", "{act:?}");
        }
    }
}

/// With an app and a phone, either code proves the act; a text that was wanted and not used is over with it.
#[test]
fn with_an_app_and_a_phone_either_code_proves_an_act() {
    for of_app in [true, false] {
        let (mut world, mut ann) = asked(Act::ChangePassword);
        world.bind_app(ANN);
        let code = if of_app { right_code(&world, ANN) } else { right(&world) };
        assert_eq!(ann.change_password(&mut world, (PASSWORD, &code), NEW), "done");
        assert!(world.ceremonies.iter().all(|row| row.ceremony.ended_at.is_some()));
        assert_eq!(world.accepted_codes.len(), if of_app { 1 } else { 2 }, "the first one signed in");
    }
    let (mut world, mut ann) = asked(Act::ChangePassword);
    world.bind_app(ANN);
    let code = wrong(&world);
    let told = ann.change_password(&mut world, (PASSWORD, &code), NEW);
    let counted: &[&str] =
        &["app failures 1", "guesses 1", "password failures 0", "phone failures 1", "record step_up.refused"];
    expect("it is of neither", &world, &told, ("wrong_proof, 4 left", counted));
    assert_eq!(world.ladder(ANN).failures, 1);
}

/// With an app, a text that was wanted and forgotten stands in nobody's way when its ceremony is over.
#[test]
fn an_app_proves_an_act_after_the_text_for_it_is_over() {
    let raise: Given = |world, _| world.ceremonies.last_mut().unwrap().ceremony.user_epoch -= 1;
    let expire: Given = |world, _| world.pass(PROVE_LIFE);
    for (case, given) in [("it expired", expire), ("its epoch is over", raise)] {
        let (mut world, mut ann) = asked(Act::ChangePassword);
        world.bind_app(ANN);
        given(&mut world, &mut ann);
        let code = right_code(&world, ANN);
        assert_eq!(ann.change_password(&mut world, (PASSWORD, &code), NEW), "done", "{case}");
        let asked = &world.ceremonies.last().unwrap().ceremony;
        assert_eq!(asked.ended_at, None, "{case}: it was not completed");
    }
}

/// A12: to the millisecond, here too.
#[test]
fn atk_12_a_code_for_an_act_ends_to_the_millisecond() {
    let just = Duration::from_millis(1);
    for (wait, told) in [(Duration::ZERO, "done"), (just, "code_expired"), (2 * just, "code_expired")] {
        let (mut world, mut ann) = asked(Act::ChangePassword);
        let code = right(&world);
        // From the last millisecond on.
        world.now = world.now.plus(CODE_LIFE).minus(just).plus(wait);
        assert_eq!(ann.change_password(&mut world, (PASSWORD, &code), NEW), told, "{wait:?} later");
    }
}

/// A03, A54: a code that was sent for one purpose serves no other, though each awaits one of its own.
#[test]
fn atk_03_a_code_serves_only_the_purpose_that_it_was_sent_for() {
    // The texts in their order: sign-in, then one for each act.
    let all = || {
        let (mut world, mut ann) = with_phone();
        world.pass_secs(60 * 60);
        ann.session = None;
        assert_eq!(ann.sign_in(&mut world, ANN, PASSWORD), "signed in");
        ann.known = None;
        assert_eq!(ann.type_password(&mut world, ANN, PASSWORD), "code awaited, texted");
        let mut codes = vec![right(&world)];
        for act in ACTS {
            assert_eq!(ann.want_proof_code(&mut world, act), "texted");
            codes.push(right(&world));
        }
        (world, ann, codes)
    };
    for sent_for in 0..4 {
        for (typed_for, act) in [None].into_iter().chain(ACTS.map(Some)).enumerate() {
            let (mut world, mut ann, codes) = all();
            let code = codes[sent_for].as_str();
            let told = match act {
                None => ann.type_code(&mut world, code),
                Some(act) => do_act(act, &mut world, &mut ann, (PASSWORD, code)),
            };
            let is_admitted = told == "done" || told == "signed in";
            assert_eq!(is_admitted, sent_for == typed_for, "code {sent_for} for {act:?}: {told}");
            assert!(is_admitted || told.starts_with("wrong_"), "code {sent_for} for {act:?}: {told}");
        }
    }
}

/// A54: where nothing was sent for an act, the code of another is not even compared.
#[test]
fn atk_54_a_code_for_one_act_is_none_for_another() {
    let (mut world, mut ann) = asked(Act::ChangePassword);
    let code = right(&world);
    assert_eq!(ann.turn_off(&mut world, PASSWORD, &code), "code_expired");
    assert!(world.has_phone(ANN));
    assert_eq!(ann.change_password(&mut world, (PASSWORD, &code), NEW), "done");
}

/// A15, A54: a code that one session asked for serves no other session of the same person.
#[test]
fn a_code_for_one_session_is_none_for_another() {
    let (mut world, mut ann) = asked(Act::ChangePassword);
    let mut elsewhere = Browser::new(2);
    assert_eq!(elsewhere.sign_in(&mut world, ANN, PASSWORD), "signed in");
    let code = texted_code_before(&world, ANN);
    assert_eq!(elsewhere.change_password(&mut world, (PASSWORD, &code), NEW), "code_expired");
    assert_eq!(ann.change_password(&mut world, (PASSWORD, &code), NEW), "done");
}

/// Of two sessions that ask for the same act the later one has the live code.
#[test]
fn of_two_sessions_that_ask_the_later_one_has_the_live_code() {
    let (mut world, mut ann) = asked(Act::ChangePassword);
    let mut elsewhere = Browser::new(2);
    assert_eq!(elsewhere.sign_in(&mut world, ANN, PASSWORD), "signed in");
    assert_eq!(elsewhere.want_proof_code(&mut world, Act::ChangePassword), "texted");
    let code = right(&world);
    assert_eq!(ann.change_password(&mut world, (PASSWORD, &code), NEW), "code_expired");
    assert_eq!(elsewhere.change_password(&mut world, (PASSWORD, &code), NEW), "done");
}

/// A55: five wrong codes end the session, however many were sent for them.
#[test]
fn atk_55_the_fifth_wrong_code_ends_the_session() {
    let (mut world, mut thief) = asked(Act::ChangePassword);
    for left in [4, 3, 2, 1] {
        let code = wrong(&world);
        let told = thief.change_password(&mut world, (PASSWORD, &code), NEW);
        assert_eq!(told, format!("wrong_proof, {left} left"));
        world.pass_secs(120);
        thief.want_proof_code(&mut world, Act::ChangePassword);
    }
    let code = wrong(&world);
    assert_eq!(thief.change_password(&mut world, (PASSWORD, &code), NEW), "session_ended");
    assert_eq!(world.sessions[0].end, Some(SessionEnd::StepUpFailures));
    assert!(!thief.is_signed_in(&mut world));
    let texts = letters(&world).count();
    assert_eq!(thief.want_proof_code(&mut world, Act::ChangePassword), "over");
    assert_eq!(letters(&world).count(), texts);
}

/// P3: a code that was sent at the end of its ceremony is not compared after it, and then costs nothing.
#[test]
fn a_code_that_outlived_its_ceremony_costs_nothing() {
    let (mut world, mut ann) = asked(Act::ChangePassword);
    for _ in 0..29 {
        world.pass_secs(60);
        assert!(ann.is_signed_in(&mut world));
    }
    assert_eq!(ann.want_proof_code(&mut world, Act::ChangePassword), "texted");
    world.pass_secs(60);
    let code = right(&world);
    let told = ann.change_password(&mut world, (PASSWORD, &code), NEW);
    expect("the ceremony is over", &world, &told, ("code_expired", NOTHING));
}
