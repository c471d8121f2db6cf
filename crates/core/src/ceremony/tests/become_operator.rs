//! Becoming an operator: every pair of state and event, on states as they would be loaded.

use super::world::World;
use crate::{
    account::{Account, samples},
    authenticator::{
        totp::{AppSecret, current_step},
        typed_code::TypedCode,
    },
    ceremony::{
        Decision,
        become_operator::{AwaitFirstCode, AwaitPerson, EnteredOutcome, FirstCodeOutcome},
    },
    id::{AuthenticatorId, UserId},
    moment::{Moment, Seed},
    operator_link::{NewSecret, OperatorLink, OperatorSetUp},
    refusal::Refusal,
    secret::Sealed,
    timestamp::Timestamp,
    token::{OperatorSetUpToken, TokenHash},
    user::{EmailAddress, User},
};
use std::time::Duration;
use totp_rs::{Algorithm, Builder};

const NOW: Timestamp = Timestamp::from_millis(1_767_254_400_000);
const LINK: TokenHash = TokenHash([1; 32]);

fn secret() -> AppSecret {
    AppSecret::from_bytes([9; 20])
}

fn right_code() -> TypedCode {
    let totp = Builder::new().with_algorithm(Algorithm::SHA1).with_digits(6).with_step_duration(30);
    let totp = totp.with_secret([9; 20]).build_noncompliant();
    TypedCode::parse(&totp.generate(current_step(NOW).unsigned_abs() * 30).to_string())
}

fn link() -> OperatorLink {
    OperatorLink {
        token: LINK,
        user: None,
        created_at: NOW,
        expires_at: NOW.plus(Duration::from_hours(24)),
        set_ups: 0,
        used_at: None,
        superseded_at: None,
    }
}

fn set_up() -> OperatorSetUp {
    let secret =
        |id: &str| NewSecret { id: AuthenticatorId::from_stored(id.into()), secret: Sealed(vec![0]) };
    OperatorSetUp {
        token: TokenHash([2; 32]),
        link: LINK,
        user: UserId::from_stored("usr_new".into()),
        email: EmailAddress::parse("new@trackwell.example").unwrap(),
        name: "Nell New".into(),
        password: secret("aut_password"),
        app: secret("aut_app"),
        wrong_codes: 0,
        created_at: NOW,
        expires_at: NOW.plus(Duration::from_mins(10)),
    }
}

fn operator() -> Account {
    let mut account = samples::account();
    account.user.operator_since = Some(NOW);
    account
}

fn await_person() -> AwaitPerson {
    AwaitPerson { link: link(), operator: None, begun: None, is_email_taken: false }
}

fn await_code() -> AwaitFirstCode {
    let set_up = set_up();
    AwaitFirstCode { link: link(), operator: None, set_up, is_email_taken: false, operators: Vec::new() }
}

/// For the operator of the samples, who was reset.
fn await_code_anew() -> AwaitFirstCode {
    let account = operator();
    let user = Some(account.user.id.clone());
    let set_up = OperatorSetUp { user: account.user.id.clone(), ..set_up() };
    AwaitFirstCode {
        link: OperatorLink { user, ..link() },
        operator: Some(account),
        set_up,
        is_email_taken: true,
        ..await_code()
    }
}

fn decided<T>(decide: impl FnOnce(&mut Moment<'_>) -> Decision<T>) -> (T, Vec<String>) {
    let visitor = samples::visitor();
    let mut moment = Moment::new(NOW, &visitor, samples::keys(), &Seed::new([3; 32]));
    let decision = decide(&mut moment);
    let mut world = World::new();
    let mut written: Vec<String> = decision.claims.iter().map(|claim| world.claim_in_words(claim)).collect();
    written.extend(decision.writes.iter().map(|write| world.in_words(write)));
    (decision.outcome, written)
}

fn entered(state: AwaitPerson) -> (String, Vec<String>) {
    let token = OperatorSetUpToken::mint(&mut Seed::new([4; 32]).rng());
    let (outcome, written) = decided(|moment| state.entered(set_up(), token, moment));
    let told = match outcome {
        EnteredOutcome::Refused(refusal) => refusal.code().to_owned(),
        EnteredOutcome::Onward { token: Some(_) } => "onward, a token".to_owned(),
        EnteredOutcome::Onward { token: None } => "onward".to_owned(),
    };
    (told, written)
}

fn typed(state: AwaitFirstCode, code: &TypedCode) -> (FirstCodeOutcome, Vec<String>) {
    decided(|moment| state.code_typed(code, &secret(), moment))
}

fn wrong_code() -> TypedCode {
    TypedCode::Malformed
}

/// A link that is good no more, for whichever reason.
fn dead_links() -> [OperatorLink; 4] {
    [
        OperatorLink { used_at: Some(NOW), ..link() },
        OperatorLink { superseded_at: Some(NOW), ..link() },
        OperatorLink { expires_at: NOW, ..link() },
        // Of an operator whom nobody loaded, since there is none.
        OperatorLink { user: Some(UserId::from_stored("usr_gone".into())), ..link() },
    ]
}

#[test]
fn what_was_entered_is_kept_and_counted_on_the_link() {
    const BEGUN: &[&str] = &["operator set-ups 1", "open operator set-up", "record operator.set_up_started"];
    let (told, written) = entered(await_person());
    assert_eq!(
        (told.as_str(), written.iter().map(String::as_str).collect::<Vec<_>>().as_slice()),
        ("onward, a token", BEGUN)
    );
    // Back, and entered once more in the same browser: nothing new begins.
    let (told, written) = entered(AwaitPerson { begun: Some(set_up()), ..await_person() });
    assert_eq!((told.as_str(), written), ("onward", vec!["put operator set-up".to_owned()]));
    // One that is too old, or had five wrong codes, is as good as none.
    for over in [OperatorSetUp { expires_at: NOW, ..set_up() }, OperatorSetUp { wrong_codes: 5, ..set_up() }]
    {
        assert_eq!(entered(AwaitPerson { begun: Some(over), ..await_person() }).0, "onward, a token");
    }
}

#[test]
fn a_dead_link_begins_nothing_and_a_sixth_time_is_once_too_often() {
    for link in dead_links() {
        assert_eq!(entered(AwaitPerson { link, ..await_person() }), ("link_over".to_owned(), vec![]));
    }
    let spent = OperatorLink { set_ups: 5, ..link() };
    assert_eq!(entered(AwaitPerson { link: spent, ..await_person() }), ("link_over".to_owned(), vec![]));
    let taken = AwaitPerson { is_email_taken: true, ..await_person() };
    assert_eq!(entered(taken), ("email_taken".to_owned(), vec![]));
}

#[test]
fn the_right_code_makes_the_person_an_operator_at_once() {
    const MADE: &[&str] = &[
        "use operator link",
        "send alert by email",
        "add operator",
        "record operator.added",
        "tell operator_added",
        "bind password",
        "bind app",
        "drop operator set-ups",
    ];
    let others: Vec<User> = vec![operator().user];
    let (outcome, written) = typed(AwaitFirstCode { operators: others, ..await_code() }, &right_code());
    assert_eq!(outcome, FirstCodeOutcome::Done);
    assert_eq!(written, MADE);
    let (_, written) = typed(await_code(), &right_code());
    assert!(written.contains(&"withdraw operator links".to_owned()), "of the first one: {written:?}");
}

#[test]
fn who_was_reset_gets_all_anew_and_is_told() {
    const ANEW: &[&str] = &[
        "use operator link",
        "epoch 1",
        "revoke second factors",
        "revoke password",
        "no change due",
        "ladder 0",
        "record operator.set_up_anew",
        "tell password_changed",
        "tell two_factor_turned_on",
        "supersede links: set_password",
        "supersede links: reset_password",
        "bind password",
        "bind app",
        "drop operator set-ups",
    ];
    let (outcome, written) = typed(await_code_anew(), &right_code());
    assert_eq!(outcome, FirstCodeOutcome::Done);
    assert_eq!(written, ANEW);
    // Meanwhile they were removed from the operators.
    let mut removed = await_code_anew();
    removed.operator.as_mut().unwrap().user.operator_since = None;
    assert_eq!(typed(removed, &right_code()), (FirstCodeOutcome::Refused(Refusal::LinkOver), vec![]));
}

#[test]
fn a_wrong_code_is_counted_and_the_fifth_ends_the_set_up() {
    for (before, refusal) in [(0, Refusal::WrongFirstCode { tries: 4 }), (4, Refusal::Over)] {
        let state =
            || AwaitFirstCode { set_up: OperatorSetUp { wrong_codes: before, ..set_up() }, ..await_code() };
        let counted =
            vec![format!("operator wrong codes {}", before + 1), "record operator.set_up_refused".to_owned()];
        assert_eq!(typed(state(), &wrong_code()), (FirstCodeOutcome::Refused(refusal), counted.clone()));
        let (outcome, written) = decided(|moment| state().spent(moment));
        assert_eq!(
            (outcome, written),
            (FirstCodeOutcome::Refused(refusal), counted),
            "a fault is no free guess"
        );
    }
}

/// Whatever is refused before the comparison is refused to a right code too, and costs nothing.
#[test]
fn nothing_is_compared_where_link_or_set_up_is_over() {
    let refused = |refusal| (FirstCodeOutcome::Refused(refusal), Vec::<String>::new());
    for code in [right_code(), wrong_code(), TypedCode::Missing] {
        for link in dead_links() {
            assert_eq!(typed(AwaitFirstCode { link, ..await_code() }, &code), refused(Refusal::LinkOver));
        }
        for over in [
            OperatorSetUp { expires_at: NOW, ..set_up() },
            OperatorSetUp { wrong_codes: 5, ..set_up() },
            // Begun behind another link.
            OperatorSetUp { link: TokenHash([7; 32]), ..set_up() },
        ] {
            assert_eq!(typed(AwaitFirstCode { set_up: over, ..await_code() }, &code), refused(Refusal::Over));
        }
        let taken = AwaitFirstCode { is_email_taken: true, ..await_code() };
        assert_eq!(typed(taken, &code), refused(Refusal::EmailTaken));
    }
    assert_eq!(typed(await_code(), &TypedCode::Missing), refused(Refusal::Missing));
}
