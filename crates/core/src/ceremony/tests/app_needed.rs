//! What a texted code must not open where there is an app: whoever took over the number has that code (A48).

use super::{
    browser::{Browser, code, right_code, texted_code},
    expect,
    world::{ANN, World},
};
use crate::{
    authenticator::{AuthenticatorKind, totp::current_step},
    ceremony::step_up::Act,
    policy::presets::Preset,
};

const PASSWORD: &str = "wistful otter paints gravel ann";
const ANOTHER: &str = "512 555 0777";

/// How somebody gave the current factor, right before the act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    App,
    Text,
}

/// Ann has both, and a session that either of them opened.
fn signed_in(by: By) -> (World, Browser) {
    let mut world = World::with_phone();
    world.bind_app(ANN);
    let mut browser = Browser::new(1);
    assert_eq!(browser.type_password(&mut world, ANN, PASSWORD), "code awaited");
    let code = match by {
        By::App => right_code(&world, ANN),
        By::Text => {
            assert_eq!(browser.want_code(&mut world), "texted");
            texted_code(&world, ANN)
        }
    };
    assert_eq!(browser.type_code(&mut world, &code), "signed in");
    world.pass_secs(60);
    (world, browser)
}

/// The code of a current factor, for an act.
fn proof(world: &mut World, browser: &Browser, act: Act, by: By) -> String {
    match by {
        By::App => right_code(world, ANN),
        By::Text => {
            assert_eq!(browser.want_proof_code(world, act), "texted");
            texted_code(world, ANN)
        }
    }
}

/// A48, A53: to replace an app takes the app, in this act: that it opened the session is not enough. A phone may
/// be replaced by either.
#[test]
fn atk_48_an_app_is_replaced_by_who_proves_the_app_and_by_nobody_else() {
    for opened in [By::App, By::Text] {
        for proved in [By::App, By::Text] {
            let (mut world, mut browser) = signed_in(opened);
            let app = world.app(ANN).id.clone();
            let typed = proof(&mut world, &browser, Act::ChangeMethods, proved);
            assert_eq!(browser.begin_change(&mut world, PASSWORD, &typed), "done");
            world.written.clear();
            let told = browser.choose_app(&mut world);
            let case = format!("opened by {opened:?}, proved by {proved:?}");
            if proved == By::Text {
                expect(&case, &world, &told, ("app_needed", &[]));
                assert_eq!(browser.choose_phone(&mut world, ANOTHER), "texted", "{case}");
                continue;
            }
            assert_eq!(told, "onward", "{case}");
            let (ceremony, ..) = browser.enrollment(&world).unwrap();
            let typed = code(&ceremony.pending.unwrap().material, current_step(world.now));
            assert_eq!(browser.confirm(&mut world, &typed), "done", "{case}");
            assert_ne!(world.app(ANN).id, app);
        }
    }
}

/// A48: nor is it turned off by a text; where a policy asks for the password alone, that is its word.
#[test]
fn atk_48_two_factor_is_not_turned_off_by_a_text_where_there_is_an_app() {
    for opened in [By::App, By::Text] {
        let (mut world, mut browser) = signed_in(opened);
        let typed = proof(&mut world, &browser, Act::TurnOffTwoFactor, By::Text);
        assert_eq!(browser.turn_off(&mut world, PASSWORD, &typed), "app_needed", "{opened:?}");
        assert!(world.has_app(ANN) && world.has_phone(ANN));
        let typed = right_code(&world, ANN);
        assert_eq!(browser.turn_off(&mut world, PASSWORD, &typed), "done", "{opened:?}");
    }
    let (mut world, mut browser) = signed_in(By::Text);
    world.policy = Preset::PerUser.policy();
    assert_eq!(browser.turn_off(&mut world, PASSWORD, ""), "done");
}

/// An app that fell out of use protects nothing and stands in nobody's way.
#[test]
fn an_app_out_of_use_is_replaced_and_turned_off_by_a_text() {
    for act in [Act::ChangeMethods, Act::TurnOffTwoFactor] {
        let (mut world, mut browser) = signed_in(By::Text);
        let now = world.now;
        world.authenticator(ANN, AuthenticatorKind::App).disabled_at = Some(now);
        let typed = proof(&mut world, &browser, act, By::Text);
        if act == Act::TurnOffTwoFactor {
            assert_eq!(browser.turn_off(&mut world, PASSWORD, &typed), "done");
        } else {
            assert_eq!(browser.begin_change(&mut world, PASSWORD, &typed), "done");
            assert_eq!(browser.choose_app(&mut world), "onward");
        }
    }
}

/// A first app beside a phone needs no app.
#[test]
fn a_first_app_is_added_by_a_text() {
    let mut world = World::with_phone();
    let mut browser = Browser::new(1);
    assert_eq!(browser.sign_in(&mut world, ANN, PASSWORD), "signed in");
    let typed = proof(&mut world, &browser, Act::ChangeMethods, By::Text);
    assert_eq!(browser.begin_change(&mut world, PASSWORD, &typed), "done");
    assert_eq!(browser.choose_app(&mut world), "onward");
}

/// A48: a backup code stands in for the app, so a text makes none beside an app.
#[test]
fn atk_48_backup_codes_beside_an_app_are_made_by_who_proves_the_app() {
    const ACT: Act = Act::CreateBackupCodes;
    for (proved, expected) in [(By::App, "done"), (By::Text, "app_needed")] {
        let (mut world, mut browser) = signed_in(By::Text);
        let code = proof(&mut world, &browser, ACT, proved);
        assert_eq!(browser.create_codes(&mut world, PASSWORD, &code), expected, "{proved:?}");
    }
    let (mut world, mut browser) = (World::with_phone(), Browser::new(1));
    assert_eq!(browser.sign_in(&mut world, ANN, PASSWORD), "signed in");
    world.pass_secs(60);
    let code = proof(&mut world, &browser, ACT, By::Text);
    assert_eq!(browser.create_codes(&mut world, PASSWORD, &code), "done", "where there is no app");
}
