//! Every state of a session that asks and of one that it may end.

use super::{
    browser::Browser,
    expect,
    given::{Given, PASSWORD, disable_user, end_session, nothing, over, raise_epoch, signed_in},
    world::{ANN, BEA, World, password_of},
};
use crate::{
    ceremony::{CeremonyEnd, end_sessions::EndOutcome},
    session::SessionEnd,
};

const NOTHING: &[&str] = &[];

fn another(world: &mut World, number: u8) -> Browser {
    let mut other = Browser::new(number);
    assert_eq!(other.sign_in(world, ANN, PASSWORD), "signed in");
    other
}

/// A52: a session that is over itself ends nothing.
#[test]
fn one_session_ends_another_of_the_same_person_while_it_lives_itself() {
    let cases: [(&str, Given, EndOutcome, &[&str]); 6] = [
        ("both live", nothing, EndOutcome::Ended, &["end session: revoked", "record session.ended"]),
        ("the one that asks was ended", end_session, EndOutcome::Over, NOTHING),
        ("nobody used it for an hour", over, EndOutcome::Over, NOTHING),
        ("the epoch was raised", raise_epoch, EndOutcome::Over, NOTHING),
        ("the user was disabled", disable_user, EndOutcome::Over, NOTHING),
        (
            "the other one was ended",
            |world, _| world.sessions[1].session.ended_at = Some(world.now),
            EndOutcome::Ended,
            NOTHING,
        ),
    ];
    for (case, given, outcome, writes) in cases {
        let (mut world, mut ann) = signed_in(false);
        let other = another(&mut world, 2);
        world.written.clear();
        given(&mut world, &mut ann);
        assert_eq!(ann.end_session_of(&mut world, &other), outcome, "{case}");
        expect(case, &world, "", ("", writes));
    }
}

#[test]
fn a_session_ends_neither_itself_nor_those_of_others() {
    let (mut world, ann) = signed_in(false);
    let mut bea = Browser::new(3);
    assert_eq!(bea.sign_in(&mut world, BEA, &password_of(BEA)), "signed in");
    world.written.clear();
    for foreign in [&bea, &ann, &Browser::new(4)] {
        assert_eq!(ann.end_session_of(&mut world, foreign), EndOutcome::Unknown);
        assert!(world.written.is_empty(), "{:?}", world.written);
    }
    assert!(ann.is_signed_in(&mut world) && bea.is_signed_in(&mut world));
}

/// A52: whoever was about to sign in begins anew; other people are not touched. A second press records nothing.
#[test]
fn ending_all_others_leaves_this_session_and_those_of_other_people() {
    let (mut world, ann) = signed_in(true);
    let others = [2, 3].map(|number| {
        world.pass_secs(30);
        let mut other = Browser::new(number);
        assert_eq!(other.sign_in(&mut world, ANN, PASSWORD), "signed in");
        other
    });
    let mut half = Browser::new(4);
    half.type_password(&mut world, ANN, PASSWORD);
    let mut bea = Browser::new(5);
    assert_eq!(bea.sign_in(&mut world, BEA, &password_of(BEA)), "signed in");
    world.written.clear();

    assert_eq!(ann.end_other_sessions(&mut world), EndOutcome::Ended);
    let writes: &[&str] = &[
        "end session: revoked",
        "end session: revoked",
        "keep 0 sign_in",
        "record session.others_ended",
        "tell other_sessions_ended",
    ];
    expect("two others live", &world, "", ("", writes));
    assert!(others.iter().all(|other| !other.is_signed_in(&mut world)));
    assert!(ann.is_signed_in(&mut world) && bea.is_signed_in(&mut world));
    assert_eq!(world.ceremonies.last().unwrap().end, Some(CeremonyEnd::Superseded));
    assert_eq!(world.sessions[1].end, Some(SessionEnd::Revoked));

    world.written.clear();
    assert_eq!(ann.end_other_sessions(&mut world), EndOutcome::Ended);
    expect("none other lives", &world, "", ("", NOTHING));
}
