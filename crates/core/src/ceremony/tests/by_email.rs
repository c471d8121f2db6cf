//! Codes by email: at sign-in, in a set-up and for an act, and what one mailbox must not do twice (A65, A66).

use std::time::Duration;

use super::{
    browser::{Browser, mailed_code, right_code, texted_code},
    expect,
    world::{ANN, World},
};
use crate::{
    account::samples::{account, mailbox},
    assurance::Acr,
    authenticator::{AuthenticatorKind, sent_code::CODE_LIFE},
    ceremony::{set_password::MAILBOX_HELD, step_up::Act},
    link::LinkPurpose,
    message::Channel,
    policy::presets::Preset,
    throttle::budget::Withheld,
};

const PASSWORD: &str = "wistful otter paints gravel ann";
const ANOTHER: &str = "512 555 0777";

/// Ann's company follows the document by which people get their codes by email.
fn by_document() -> World {
    let mut world = World::new();
    world.policy = Preset::EmailKey.policy();
    world
}

/// Ann gets codes by email, and typed her password.
fn asked() -> (World, Browser) {
    let mut world = World::with_mailbox();
    world.policy = Preset::EmailKey.policy();
    let mut ann = Browser::new(1);
    assert_eq!(ann.type_password(&mut world, ANN, PASSWORD), "code awaited, mailed");
    world.written.clear();
    (world, ann)
}

fn signed_in() -> (World, Browser) {
    let (mut world, mut ann) = asked();
    let code = mailed_code(&world, ANN);
    assert_eq!(ann.type_code(&mut world, &code), "signed in");
    world.pass_secs(60);
    world.written.clear();
    (world, ann)
}

/// Whoever reads Ann's mailbox chose a new password by a link there.
fn reset(world: &mut World, purpose: LinkPurpose) {
    let reader = Browser::new(8);
    let told = if purpose == LinkPurpose::ResetPassword {
        reader.forget_password(world, ANN);
        Browser::look_at_wishes(world);
        reader.reset_password(world, ANN, PASSWORD)
    } else {
        Browser::invite(world, ANN);
        reader.set_password(world, ANN, PASSWORD)
    };
    assert_eq!(told, "done");
}

/// B3-7, A09-A12: the code in the mail, once, while it is fresh, and no other.
#[test]
fn a_sign_in_asks_for_the_code_in_the_mail() {
    let (mut world, mut ann) = asked();
    let code = mailed_code(&world, ANN);
    let told = ann.type_code(&mut world, &code);
    let writes: &[&str] = &[
        "email used",
        "end ceremony: completed",
        "open session",
        "record sign_in.signed_in",
        "remember browser",
        "use code",
    ];
    expect("right", &world, &told, ("signed in", writes));
    let session = &world.sessions.last().unwrap().session;
    assert_eq!(session.evidence.acr(), Acr::TwoSteps);
    assert_eq!(session.evidence.amr(), ["pwd", "email"]);

    let (mut world, mut ann) = asked();
    let wrong = if mailed_code(&world, ANN) == "123456" { "123457" } else { "123456" };
    let told = ann.type_code(&mut world, wrong);
    let writes: &[&str] = &["email failures 1", "guesses 1", "ladder 1", "record sign_in.refused"];
    expect("wrong", &world, &told, ("wrong_code, 4 left", writes));

    let (mut world, mut ann) = asked();
    let code = mailed_code(&world, ANN);
    world.pass(CODE_LIFE);
    assert_eq!(ann.type_code(&mut world, &code), "code_expired");
}

/// P4: ten in an hour, whatever ceremonies they were asked for in.
#[test]
fn atk_10_ten_mails_in_an_hour_and_no_more() {
    let mut world = World::with_mailbox();
    for mark in 0..10 {
        let told = Browser::new(mark).type_password(&mut world, ANN, PASSWORD);
        assert_eq!(told, "code awaited, mailed", "{mark}");
    }
    let told = Browser::new(10).type_password(&mut world, ANN, PASSWORD);
    assert_eq!(told, "code awaited, mailbox_budget");
    world.pass_secs(60 * 60);
    assert_eq!(Browser::new(11).type_password(&mut world, ANN, PASSWORD), "code awaited, mailed");
}

/// Whoever tries another way is not kept waiting, the code of the first is void, and all of them count together.
#[test]
fn another_way_is_open_at_once_and_voids_the_first_code() {
    let mut world = World::with_phone();
    world.bind_mailbox(ANN);
    let mut ann = Browser::new(1);
    assert_eq!(ann.type_password(&mut world, ANN, PASSWORD), "code awaited, texted");
    let first = texted_code(&world, ANN);
    assert_eq!(ann.want_code_by(&mut world, Channel::Email), "mailed");
    assert_eq!(ann.want_code_by(&mut world, Channel::Email), "send_too_soon");
    if first != mailed_code(&world, ANN) {
        assert_eq!(ann.type_code(&mut world, &first), "wrong_code, 4 left");
    }
    assert_eq!(ann.want_code_by(&mut world, Channel::Sms), "send_too_soon");
    world.pass_secs(120);
    assert_eq!(ann.want_code_by(&mut world, Channel::Sms), "texted");
    assert_eq!(ann.want_code_by(&mut world, Channel::Email), "mailed");
    assert_eq!(ann.want_code_by(&mut world, Channel::Sms), "sends_spent");
    let code = mailed_code(&world, ANN);
    assert_eq!(ann.type_code(&mut world, &code), "signed in");
}

/// What held a text back is said of texts only.
#[test]
fn what_cannot_be_texted_can_be_mailed() {
    let mut world = World::with_phone();
    world.bind_mailbox(ANN);
    world.has_gateway = false;
    let mut ann = Browser::new(1);
    assert_eq!(ann.type_password(&mut world, ANN, PASSWORD), "code awaited, no_gateway");
    assert_eq!(ann.want_code_by(&mut world, Channel::Email), "mailed");
    world.has_mail_server = false;
    assert_eq!(Browser::new(2).type_password(&mut world, ANN, PASSWORD), "code awaited, no_gateway");
    let mut other = Browser::new(3);
    other.type_password(&mut world, ANN, PASSWORD);
    assert_eq!(other.want_code_by(&mut world, Channel::Email), "no_mail_server");
}

/// B3-1, B3-3 … B3-6: the address was proved before; a code goes there; entered, it turns two-factor authentication on
/// and makes the recovery key.
#[test]
fn email_codes_are_turned_on_by_the_first_one() {
    let mut world = by_document();
    let mut ann = Browser::new(1);
    assert_eq!(ann.sign_in(&mut world, ANN, PASSWORD), "signed in");
    world.user(ANN).email_verified_at = None;
    assert_eq!(ann.begin_enrollment(&mut world, "", ""), "email_proof_needed");
    let now = world.now;
    world.user(ANN).email_verified_at = Some(now);
    assert_eq!(ann.begin_enrollment(&mut world, "", ""), "done");
    assert_eq!(ann.choose_email(&mut world), "mailed");
    assert_eq!(ann.choose_email(&mut world), "send_too_soon");
    let code = mailed_code(&world, ANN);
    world.written.clear();
    assert_eq!(ann.confirm(&mut world, &code), "done");
    for write in ["bind email", "record two_factor.turned_on", "record recovery_key.made", "use code"] {
        assert!(world.written.iter().any(|written| written == write), "{write}: {:?}", world.written);
    }
    assert_eq!(Browser::new(2).type_password(&mut world, ANN, PASSWORD), "code awaited, mailed");
}

/// B3-9, B3-16: an emailed code, and nothing else, turns it off and makes a new key.
#[test]
fn an_emailed_code_turns_it_off_and_makes_a_new_key() {
    for act in [Act::TurnOffTwoFactor, Act::CreateRecoveryKey] {
        let (mut world, mut ann) = signed_in();
        let give = |ann: &mut Browser, world: &mut World, code: &str| match act {
            Act::TurnOffTwoFactor => ann.turn_off(world, "", code),
            _ => ann.create_key(world, "", code),
        };
        assert_eq!(give(&mut ann, &mut world, ""), "code_expired", "{act:?}");
        assert_eq!(ann.want_proof_code_by(&mut world, act, Channel::Email), "mailed");
        let code = mailed_code(&world, ANN);
        assert_eq!(give(&mut ann, &mut world, &code), "done", "{act:?}");
    }
}

/// A48: nor does it make a recovery key, which would get its holder past the app.
#[test]
fn atk_48_no_recovery_key_is_made_by_an_email_where_there_is_an_app() {
    let (mut world, mut ann) = signed_in();
    world.bind_app(ANN);
    assert_eq!(ann.want_proof_code_by(&mut world, Act::CreateRecoveryKey, Channel::Email), "mailed");
    let code = mailed_code(&world, ANN);
    assert_eq!(ann.create_key(&mut world, "", &code), "app_needed");
    world.pass_secs(60);
    let code = right_code(&world, ANN);
    assert_eq!(ann.create_key(&mut world, "", &code), "done");
}

/// The address must have been proved, also beside another factor (B3-1), and there is only one mailbox.
#[test]
fn a_mailbox_beside_an_app_needs_a_proved_address_and_is_there_once() {
    let mut world = by_document();
    world.bind_app(ANN);
    let mut ann = Browser::new(1);
    assert_eq!(ann.sign_in(&mut world, ANN, PASSWORD), "signed in");
    world.pass_secs(60);
    let code = right_code(&world, ANN);
    assert_eq!(ann.begin_change(&mut world, PASSWORD, &code), "done");
    let proved = world.user(ANN).email_verified_at.take();
    assert_eq!(ann.choose_email(&mut world), "email_proof_needed");
    world.user(ANN).email_verified_at = proved;
    assert_eq!(ann.choose_email(&mut world), "mailed");
    world.bind_mailbox(ANN);
    world.pass_secs(60);
    assert_eq!(ann.choose_email(&mut world), "not_allowed");
}

/// A65, A66: who chose the password by a link to the mailbox, whatever it was mailed for, proves nothing by a code from
/// there, for a day; another factor gets them in.
#[test]
fn atk_66_one_mailbox_never_counts_for_two_steps() {
    for purpose in LinkPurpose::CHOOSE_PASSWORD {
        no_code_goes_to_a_mailbox_that_chose_the_password(purpose);
    }
}

fn no_code_goes_to_a_mailbox_that_chose_the_password(purpose: LinkPurpose) {
    let (mut world, _) = signed_in();
    world.bind_phone(ANN);
    reset(&mut world, purpose);
    let mut thief = Browser::new(9);
    assert_eq!(thief.type_password(&mut world, ANN, PASSWORD), "code awaited, texted");
    assert_eq!(thief.want_code_by(&mut world, Channel::Email), Withheld::SameMailbox.as_str());
    let code = texted_code(&world, ANN);
    assert_eq!(thief.type_code(&mut world, &code), "signed in");

    world.pass(MAILBOX_HELD.checked_sub(Duration::from_secs(1)).unwrap());
    let mut ann = Browser::new(10);
    ann.type_password(&mut world, ANN, PASSWORD);
    assert_eq!(ann.want_code_by(&mut world, Channel::Email), Withheld::SameMailbox.as_str());
    world.pass_secs(1);
    assert_eq!(ann.want_code_by(&mut world, Channel::Email), "mailed");
}

/// A65: nor does the mailbox prove it for an act.
#[test]
fn atk_65_after_a_reset_no_act_is_proved_by_the_mailbox() {
    let (mut world, _) = signed_in();
    world.bind_app(ANN);
    reset(&mut world, LinkPurpose::ResetPassword);
    let mut ann = Browser::new(9);
    assert_eq!(ann.sign_in(&mut world, ANN, PASSWORD), "signed in");
    let told = ann.want_proof_code_by(&mut world, Act::TurnOffTwoFactor, Channel::Email);
    assert_eq!(told, Withheld::SameMailbox.as_str());
}

/// A48: a mailbox is weaker than a phone: it replaces no number and turns nothing off that a phone protects.
#[test]
fn atk_48_a_phone_is_neither_replaced_nor_given_up_by_an_email() {
    let (mut world, mut ann) = signed_in();
    world.policy = Preset::Default.policy();
    world.bind_phone(ANN);
    assert_eq!(ann.want_proof_code_by(&mut world, Act::ChangeMethods, Channel::Email), "mailed");
    let code = mailed_code(&world, ANN);
    assert_eq!(ann.begin_change(&mut world, PASSWORD, &code), "done");
    assert_eq!(ann.choose_phone(&mut world, ANOTHER), "phone_needed");
    // By way of an app that could give the phone up afterwards, neither.
    assert_eq!(ann.choose_app(&mut world), "phone_needed");
    assert_eq!(ann.want_proof_code_by(&mut world, Act::TurnOffTwoFactor, Channel::Email), "mailed");
    let code = mailed_code(&world, ANN);
    assert_eq!(ann.turn_off(&mut world, PASSWORD, &code), "phone_needed");
    assert_eq!(ann.want_proof_code(&mut world, Act::TurnOffTwoFactor), "texted");
    let code = texted_code(&world, ANN);
    assert_eq!(ann.turn_off(&mut world, PASSWORD, &code), "done");
}

/// What guards everybody must not hang on a mailbox.
#[test]
fn an_operators_mailbox_is_no_second_factor() {
    let mut ann = account();
    ann.authenticators.push(mailbox());
    assert!(ann.usable(AuthenticatorKind::Email).is_some() && ann.usual().is_some());
    ann.user.operator_since = Some(crate::timestamp::Timestamp::from_millis(0));
    assert!(ann.usable(AuthenticatorKind::Email).is_none() && ann.usual().is_none());
    assert!(ann.reach(Channel::Email).is_none());
}
