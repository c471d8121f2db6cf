//! Every event where a session proves itself again, for each act.

use super::{
    browser::{Browser, ProofInFlight, change_to, code_of_step, right_code, wrong_code},
    expect,
    given::{
        Given, NEW, PASSWORD, disable_user, do_act, end_session, lock, nothing, over, raise_epoch, signed_in,
    },
    world::{ANN, World, password_of},
};
use crate::{
    authenticator::{AuthenticatorKind, Material, totp::current_step},
    ceremony::{enroll, new_codes, new_key, step_up::Act, turn_off},
    policy::{Recovery, presets::Preset},
    secret::Sealed,
    session::SessionEnd,
};

type Expected = (&'static str, &'static [&'static str]);

const GUESS: &str = "a guess";

fn disable_app(world: &mut World, _: &mut Browser) {
    let now = world.now;
    world.app(ANN).disabled_at = Some(now);
}

/// A53, A55: the attempt is counted in advance, on the ladder and on the session, or refused uncompared.
#[test]
fn proofs_are_counted_in_advance_or_refused_before_anything_is_compared() {
    const COUNTED: &[&str] = &["ladder 1", "password failures 1", "step-up failures 1"];
    let has_app = |act| act != Act::TurnOnTwoFactor;
    for act in Act::ALL.into_iter().filter(|act| !act.is_of_operators()) {
        let without_code: Expected = if has_app(act) { ("missing", &[]) } else { ("may hash", COUNTED) };
        let without_app: Expected =
            if has_app(act) { ("second_factor_disabled", &[]) } else { ("may hash", COUNTED) };
        let out_of_use: Given = if has_app(act) { disable_app } else { nothing };
        let cases: [(&str, Given, &str, &str, Expected); 10] = [
            ("all is typed", nothing, PASSWORD, "123456", ("may hash", COUNTED)),
            ("a password is missing", nothing, "", "123456", ("missing", &[])),
            ("a code is missing", nothing, PASSWORD, "", without_code),
            ("both are missing", nothing, "", "", ("missing", &[])),
            ("the name is locked", lock, PASSWORD, "123456", ("locked", &[])),
            ("the session is over", over, PASSWORD, "123456", ("over", &[])),
            ("the session was ended", end_session, PASSWORD, "123456", ("over", &[])),
            ("the epoch was raised", raise_epoch, PASSWORD, "123456", ("over", &[])),
            ("the user is disabled", disable_user, PASSWORD, "123456", ("over", &[])),
            ("the app is out of use", out_of_use, PASSWORD, "123456", without_app),
        ];
        for (case, given, password, code, expected) in cases {
            let (mut world, mut ann) = signed_in(has_app(act));
            given(&mut world, &mut ann);
            world.written.clear();
            let told = match ann.reserve_proof(&mut world, act, password, code) {
                Ok(_) => "may hash".into(),
                Err(refused) => refused,
            };
            expect(&format!("{case} ({act:?})"), &world, &told, expected);
        }
    }
}

#[derive(Clone, Copy)]
enum Code {
    Right,
    Wrong,
    Used,
    Malformed,
}

/// A03, A53, A54: every verdict on the proofs of every act; the code of a sign-in proves nothing again.
#[test]
fn hashed_proofs_are_settled_against_session_and_account_as_they_are_then() {
    const BOTH_WRONG: Expected = ("wrong_proof, 4 left", &["record step_up.refused"]);
    const CODE_WRONG: Expected =
        ("wrong_proof, 4 left", &["app failures 1", "password failures 0", "record step_up.refused"]);
    const CODE_USED: Expected = (
        "wrong_proof, 4 left",
        &[
            "password failures 0",
            "record code.replayed",
            "record step_up.refused",
            "replayed step",
            "tell code_replayed",
        ],
    );
    let replace: Given = |world, _| {
        world.authenticator(ANN, AuthenticatorKind::Password).material =
            Material::Password(Sealed(b"another".to_vec()));
    };
    for act in [Act::TurnOffTwoFactor, Act::ChangePassword] {
        let cases: [(&str, &str, Code, Given, Expected); 11] = [
            ("the password is wrong", GUESS, Code::Right, nothing, BOTH_WRONG),
            ("the code is wrong", PASSWORD, Code::Wrong, nothing, CODE_WRONG),
            ("both are wrong", GUESS, Code::Wrong, nothing, BOTH_WRONG),
            ("the code cannot be one", PASSWORD, Code::Malformed, nothing, CODE_WRONG),
            ("the code was used to sign in", PASSWORD, Code::Used, nothing, CODE_USED),
            ("the session is ended meanwhile", PASSWORD, Code::Right, end_session, ("over", &[])),
            ("the epoch is raised meanwhile", PASSWORD, Code::Right, raise_epoch, ("over", &[])),
            ("the user is disabled meanwhile", PASSWORD, Code::Right, disable_user, ("over", &[])),
            ("the password is replaced meanwhile", PASSWORD, Code::Right, replace, BOTH_WRONG),
            (
                "the app falls out of use meanwhile",
                PASSWORD,
                Code::Right,
                disable_app,
                ("wrong_proof, 4 left", &["password failures 0", "record step_up.refused"]),
            ),
            (
                "others lock the name meanwhile and the password is wrong",
                GUESS,
                Code::Right,
                lock,
                ("locked", &["record step_up.refused"]),
            ),
        ];
        for (case, password, code, meanwhile, expected) in cases {
            let (mut world, mut ann) = signed_in(true);
            ann.known = None;
            let code = match code {
                Code::Right => right_code(&world, ANN),
                Code::Wrong => wrong_code(&world, ANN),
                Code::Used => code_of_step(&world, ANN, current_step(world.now) - 1),
                Code::Malformed => "12345".into(),
            };
            let in_flight = ann.reserve_proof(&mut world, act, password, &code).ok().unwrap();
            meanwhile(&mut world, &mut ann);
            world.written.clear();
            let told = settle(act, &mut world, &mut ann, &in_flight);
            expect(&format!("{case} ({act:?})"), &world, &told, expected);
        }
    }
}

fn settle(act: Act, world: &mut World, ann: &mut Browser, in_flight: &ProofInFlight) -> String {
    ann.settle_proof(world, in_flight, |proved, moment| match act {
        Act::TurnOnTwoFactor | Act::ChangeMethods => enroll::begin(proved, moment),
        Act::TurnOffTwoFactor => turn_off::turn_off(proved, moment),
        Act::ChangePassword => change_to(NEW, proved, moment),
        Act::CreateRecoveryKey => new_key::create(proved, moment),
        Act::CreateBackupCodes => new_codes::create(proved, moment),
        Act::ResetSecondFactor | Act::SwitchTwoFactor => unreachable!("no act upon oneself"),
    })
}

/// CR-27, A51: right proofs do the act and take their count back; the wrong entries of others stay.
#[test]
fn right_proofs_do_the_act_and_take_back_no_count_but_their_own() {
    for act in [Act::TurnOffTwoFactor, Act::ChangePassword] {
        for (meanwhile, ladder) in [(nothing as Given, "ladder 0"), (lock, "ladder 4")] {
            let (mut world, mut ann) = signed_in(true);
            ann.known = None;
            let code = right_code(&world, ANN);
            let in_flight = ann.reserve_proof(&mut world, act, PASSWORD, &code).ok().unwrap();
            meanwhile(&mut world, &mut ann);
            let told = settle(act, &mut world, &mut ann, &in_flight);
            expect(&format!("{act:?}"), &world, &told, ("done", &writes_of(act, ladder)));
        }
    }
}

/// What an act that is done writes, the proofs included.
fn writes_of(act: Act, ladder: &'static str) -> Vec<&'static str> {
    let proved =
        [ladder, "password failures 0", "renew session", "step-up failures 0", "use step", "epoch 1"];
    let done: &[&str] = match act {
        Act::TurnOffTwoFactor => {
            &["record two_factor.turned_off", "revoke second factors", "tell two_factor_turned_off"]
        }
        _ => &[
            "bind password",
            "no change due",
            "record password.changed",
            "revoke password",
            "supersede links: reset_password",
            "supersede links: set_password",
            "tell password_changed",
        ],
    };
    [&proved, done].concat()
}

/// CR-15: without an app the password is the whole proof.
#[test]
fn where_no_factor_is_set_up_the_password_is_the_whole_proof() {
    for act in [Act::TurnOnTwoFactor, Act::ChangePassword] {
        let (mut world, mut ann) = signed_in(false);
        let told = do_act(act, &mut world, &mut ann, (GUESS, ""));
        expect("it is wrong", &world, &told, ("wrong_password, 4 left", &["record step_up.refused"]));
        assert_eq!(do_act(act, &mut world, &mut ann, (PASSWORD, "")), "done");
        assert_eq!(world.ladder(ANN).failures, 0, "the wrong one counted on the known browser's ladder");
    }
}

/// CR-28: the preset asks for the password alone; a typed code is not looked at.
#[test]
fn under_per_user_the_password_alone_turns_it_off() {
    let (mut world, mut ann) = signed_in(true);
    world.policy = Preset::PerUser.policy();
    assert_eq!(ann.turn_off(&mut world, GUESS, ""), "wrong_password, 4 left");
    assert_eq!(ann.turn_off(&mut world, PASSWORD, "000000"), "done");
    assert!(!world.has_app(ANN));
}

/// A55: five wrong proofs end the session, whatever else happens to the name's ladder meanwhile.
#[test]
fn atk_55_the_fifth_wrong_proof_ends_the_session() {
    for (case, clears_ladder) in [("in a row", false), ("with her signing in elsewhere in between", true)] {
        let (mut world, mut thief) = signed_in(true);
        thief.known = None;
        for tried in 1..=5 {
            if clears_ladder {
                world.pass_secs(30);
                assert_eq!(Browser::new(2).sign_in(&mut world, ANN, PASSWORD), "signed in");
            }
            let code = wrong_code(&world, ANN);
            let told = thief.turn_off(&mut world, PASSWORD, &code);
            let expected = match (tried, clears_ladder) {
                (5, _) => "session_ended".into(),
                (_, true) => "wrong_proof, 4 left".into(),
                (tried, false) => format!("wrong_proof, {} left", 5 - tried),
            };
            assert_eq!(told, expected, "{case}, entry {tried}");
        }
        assert!(!thief.is_signed_in(&mut world), "{case}");
        assert_eq!(world.sessions[0].end, Some(SessionEnd::StepUpFailures), "{case}");
        world.pass_secs(400);
        let code = right_code(&world, ANN);
        assert_eq!(thief.turn_off(&mut world, PASSWORD, &code), "over", "{case}");
        assert!(world.has_app(ANN), "{case}");
    }
}

/// A55: the fifth also locks the name, and all of it is written at once.
#[test]
fn the_fifth_wrong_proof_locks_the_name_as_well() {
    let (mut world, mut ann) = signed_in(false);
    ann.known = None;
    for _ in 0..4 {
        ann.change_password(&mut world, (GUESS, ""), NEW);
    }
    let told = ann.change_password(&mut world, (GUESS, ""), NEW);
    let writes: &[&str] = &[
        "end sign-ins: locked",
        "end session: step_up_failures",
        "record name.locked",
        "record step_up.refused",
        "tell name_locked",
    ];
    expect("it is the fifth", &world, &told, ("session_ended", writes));
    assert!(world.is_locked(ANN));
}

/// A51: after each act the old token is dead and the new one lives.
#[test]
fn atk_51_an_act_gives_the_session_a_new_token() {
    for act in Act::ALL.into_iter().filter(|act| !act.is_of_operators()) {
        let (mut world, mut ann) = signed_in(act != Act::TurnOnTwoFactor);
        world.policy.recovery = match act {
            Act::CreateBackupCodes => Recovery::BackupCodes,
            _ => Recovery::Key,
        };
        let mut copy = ann.clone();
        let code = if act == Act::TurnOnTwoFactor { String::new() } else { right_code(&world, ANN) };
        assert_eq!(do_act(act, &mut world, &mut ann, (PASSWORD, &code)), "done");
        assert!(ann.is_signed_in(&mut world), "{act:?}");
        assert!(!copy.is_signed_in(&mut world), "{act:?}");
        assert_eq!(do_act(act, &mut world, &mut copy, (PASSWORD, &code)), "over", "{act:?}");
    }
}

/// A54: what was proved for one act does no other.
#[test]
fn atk_54_a_proof_for_one_act_is_none_for_another() {
    let (mut world, mut ann) = signed_in(true);
    let code = right_code(&world, ANN);
    let in_flight = ann.reserve_proof(&mut world, Act::ChangePassword, PASSWORD, &code).ok().unwrap();
    let told = settle(Act::TurnOffTwoFactor, &mut world, &mut ann, &in_flight);
    assert_eq!(told, "not_allowed");
    assert!(world.has_app(ANN));
    world.pass_secs(30);
    let code = right_code(&world, ANN);
    let in_flight = ann.reserve_proof(&mut world, Act::TurnOffTwoFactor, PASSWORD, &code).ok().unwrap();
    let told = ann.settle_proof(&mut world, &in_flight, |proved, moment| change_to(NEW, proved, moment));
    assert_eq!(told, "not_allowed");
    assert_eq!(Browser::new(2).sign_in(&mut world, ANN, &password_of(ANN)), "code_already_used, 4 left");
}
