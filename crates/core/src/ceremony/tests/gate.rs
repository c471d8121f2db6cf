//! The operator's gate (CR-3): what it keeps from beginning, and what it leaves as it is.

use super::{
    browser::{Browser, right_code, texted_code},
    given::{PASSWORD, signed_in},
    world::{ANN, World, user_id},
};
use crate::{
    authenticator::AuthenticatorKind,
    ceremony::step_up::Act,
    policy::{SecondFactorRule, presets::Preset},
};

const TYPED: &str = "512 555 0134";

/// CR-3: nothing is offered and nothing begins, whatever the company's own rule says.
#[test]
fn in_a_closed_company_nothing_is_offered_and_nothing_begins() {
    for preset in Preset::ALL {
        for rule in [SecondFactorRule::Off, SecondFactorRule::Optional, SecondFactorRule::Required] {
            let mut world = World::new();
            world.policy = preset.policy();
            world.rule(rule);
            world.is_two_factor_open = false;
            let account = world.account(&user_id(ANN), None).unwrap();
            assert_eq!(account.offered(), []);
            assert!(!account.may_turn_on(AuthenticatorKind::Phone));
            let mut ann = Browser::new(1);
            // A rule that nobody can fulfill binds nobody.
            assert_eq!(ann.sign_in(&mut world, ANN, PASSWORD), "signed in", "{preset:?}, {rule:?}");
            assert_eq!(ann.begin_enrollment(&mut world, PASSWORD, ""), "not_allowed", "{preset:?}, {rule:?}");
            assert!(ann.enrollment(&world).is_none());
        }
    }
}

/// CR-3: opened, the preset offers both, the text message first.
#[test]
fn in_an_opened_company_each_method_of_its_policy_is_offered() {
    for (preset, offered) in [
        (Preset::Default, [AuthenticatorKind::App, AuthenticatorKind::Phone]),
        (Preset::PerUser, [AuthenticatorKind::Phone, AuthenticatorKind::App]),
    ] {
        let mut world = World::new();
        world.policy = preset.policy();
        assert_eq!(world.account(&user_id(ANN), None).unwrap().offered(), offered, "{preset:?}");
    }
}

/// CR-3: closing a company takes no factor away; who has one is asked, and may turn it off.
#[test]
fn who_is_enrolled_is_still_asked_in_a_closed_company() {
    let mut world = World::with_phone();
    world.is_two_factor_open = false;
    let mut ann = Browser::new(1);
    assert_eq!(ann.type_password(&mut world, ANN, PASSWORD), "code awaited, texted");
    let code = texted_code(&world, ANN);
    assert_eq!(ann.type_code(&mut world, &code), "signed in");
    world.pass_secs(60);
    assert_eq!(ann.want_proof_code(&mut world, Act::ChangeMethods), "texted");
    let code = texted_code(&world, ANN);
    assert_eq!(ann.begin_change(&mut world, PASSWORD, &code), "not_allowed");
    assert_eq!(ann.want_proof_code(&mut world, Act::TurnOffTwoFactor), "texted");
    let code = texted_code(&world, ANN);
    assert_eq!(ann.turn_off(&mut world, PASSWORD, &code), "done");
    assert_eq!(Browser::new(2).sign_in(&mut world, ANN, PASSWORD), "signed in");
}

/// CR-3: what was begun before the company was closed is not finished after it.
#[test]
fn a_set_up_under_way_is_not_finished_in_a_closed_company() {
    let (mut world, mut ann) = signed_in(false);
    assert_eq!(ann.begin_enrollment(&mut world, PASSWORD, ""), "done");
    assert_eq!(ann.choose_app(&mut world), "onward");
    world.is_two_factor_open = false;
    let code = right_code(&world, ANN);
    assert_eq!(ann.confirm(&mut world, &code), "not_allowed");
    assert_eq!(ann.choose_phone(&mut world, TYPED), "not_allowed");
    world.is_two_factor_open = true;
    assert_eq!(ann.confirm(&mut world, &code), "done");
}

/// CR-3: a rule of a closed company does not bind: not at the sign-in, and not where it is turned off either.
#[test]
fn who_is_enrolled_may_turn_it_off_where_a_closed_companys_rule_does_not_bind() {
    let (mut world, mut ann) = signed_in(true);
    world.rule(SecondFactorRule::Required);
    world.is_two_factor_open = false;
    let code = right_code(&world, ANN);
    assert_eq!(ann.turn_off(&mut world, PASSWORD, &code), "done");
}
