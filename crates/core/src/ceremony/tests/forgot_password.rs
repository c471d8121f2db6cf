//! Forgotten passwords: a wish that looks the same for every address, and the look that only a mailbox learns of.

use std::time::Duration;

use super::{
    browser::{Browser, await_new_password, letters, mailed, moment_of},
    expect,
    world::{ANN, NOBODY, World, user_id},
};
use crate::{
    ceremony::forgot_password::{AwaitLook, Found},
    id::WishId,
    letter::{AlertKind, Letter},
    link::LinkPurpose,
    notice::NoticeKind,
    throttle::links::{MailedLinks, ResetRules, WISHES_MAX},
    token::TokenHash,
    user::EmailAddress,
};

const PASSWORD: &str = "wistful otter paints gravel ann";
const NEW: &str = "a newer and longer password";
const WISHED: &[&str] = &["put wish", "record password.forgotten"];
const MAILED: &[&str] = &[
    "open link: reset_password",
    "record link.sent",
    "send link by email",
    "supersede links: reset_password",
    "take wish",
];
const NOT_MAILED: &[&str] = &["record link.withheld", "take wish"];
const USED: &[&str] = &[
    "bind password",
    "email proved",
    "epoch 1",
    "no change due",
    "record email.verified",
    "record password.changed",
    "revoke password",
    "supersede links: reset_password",
    "supersede links: set_password",
    "tell password_reset",
    "use link",
];

fn rules() -> ResetRules {
    ResetRules { hour_max: 3, alerts_to: EmailAddress::parse("operator@countersign.example").ok() }
}

/// A link for a forgotten password lies in Ann's mailbox.
fn forgotten(mut world: World) -> (World, TokenHash) {
    Browser::new(1).forget_password(&mut world, ANN);
    Browser::look_at_wishes(&mut world);
    let token = mailed(&world, ANN, LinkPurpose::ResetPassword).unwrap();
    world.written.clear();
    (world, token)
}

/// The same after `given`, with what was mailed to Ann and to everybody.
fn look(world: &mut World, mailed: MailedLinks, of_everybody: u32) {
    Browser::new(1).forget_password(world, ANN);
    let wish = world.wishes.last().unwrap().id.clone();
    let account = world.account(&user_id(ANN), None).unwrap();
    moment_of(world, |world, moment| {
        let found = Some(Found { account, mailed, of_everybody });
        world.commit(AwaitLook { wish, found }.look(&rules(), moment));
    });
}

/// A34, A35: whoever asks brings about the same writes, whosever the address is, and hears nothing else.
#[test]
fn a_wish_is_written_down_before_anybody_looks_whose_address_it_is() {
    for (case, name) in [("of a person", ANN), ("of nobody", NOBODY)] {
        let mut world = World::new();
        Browser::new(1).forget_password(&mut world, name);
        expect(case, &world, "", ("", WISHED));
        let event = world.audit.last().unwrap();
        assert_eq!((&event.user, &event.organization, event.reason.as_str()), (&None, &None, "wished"));
    }
}

/// P4: what one network asks for beyond its budget is recorded, and nothing else.
#[test]
fn a_network_has_so_many_wishes_in_an_hour() {
    let mut world = World::new();
    for (of_network, writes) in
        [(WISHES_MAX - 1, WISHED), (WISHES_MAX, &["record password.forgotten"] as &[&str])]
    {
        Browser::new(1).wish(&mut world, ANN, of_network);
        expect("it asked before", &world, "", ("", writes));
    }
    assert_eq!(world.audit.last().unwrap().reason, "source_budget");
}

/// Whoever has the address and may use a link gets one, within what may be mailed.
#[test]
fn a_link_goes_to_who_may_use_it_and_within_the_budgets() {
    type Given = fn(&mut World);
    const NOTHING: Given = |_| {};
    let without_factor: Given = |world| {
        let now = world.now;
        world.user(ANN).operator_since = Some(now);
    };
    let operator: Given = |world| {
        let now = world.now;
        world.user(ANN).operator_since = Some(now);
        world.bind_app(ANN);
    };
    let disabled: Given = |world| {
        let now = world.now;
        world.user(ANN).disabled_at = Some(now);
    };
    let spent = MailedLinks { resets_in_an_hour: 5, ..MailedLinks::default() };
    let none = MailedLinks::default();
    let cases: [(&str, Given, (MailedLinks, u32), &str); 8] = [
        ("she has a password", NOTHING, (none, 0), ""),
        ("she was invited", |world| world.authenticators.clear(), (none, 0), ""),
        ("nobody proved her address", |world| world.user(ANN).email_verified_at = None, (none, 2), ""),
        ("she is an operator", operator, (none, 0), ""),
        ("she is one who was reset", without_factor, (none, 0), "operator_without_second_factor"),
        ("she was disabled", disabled, (none, 0), "user_disabled"),
        ("five were mailed within the hour", NOTHING, (spent, 0), "account_budget"),
        ("as many were mailed as may be", NOTHING, (none, 3), "everybody_budget"),
    ];
    for (case, given, (mailed, of_everybody), why) in cases {
        let mut world = World::new();
        given(&mut world);
        look(&mut world, mailed, of_everybody);
        if why == "everybody_budget" {
            let told = letters(&world).any(|(mail, letter)| {
                let is_alert =
                    matches!(letter, Letter::Alert(alert) if alert.kind == AlertKind::ResetLinksBudget);
                is_alert && mail.to == "operator@countersign.example"
            });
            assert!(told, "an operator hears of it");
            world.written.retain(|write| write != "send alert once");
        }
        expect(case, &world, "", ("", if why.is_empty() { MAILED } else { NOT_MAILED }));
        let event = world.audit.last().unwrap();
        assert_eq!(event.user, Some(user_id(ANN)), "{case}");
        assert_eq!(event.reason, if why.is_empty() { "reset_password" } else { why }, "{case}");
    }
}

/// A04: two nodes look at one wish; and there is nothing to look at for an address that nobody has.
#[test]
fn a_wish_leads_to_one_mail_or_none() {
    let mut world = World::new();
    Browser::new(1).forget_password(&mut world, NOBODY);
    Browser::look_at_wishes(&mut world);
    expect("nobody has the address", &world, "", ("", &["take wish"]));
    look(&mut world, MailedLinks::default(), 0);
    let account = world.account(&user_id(ANN), None).unwrap();
    moment_of(&mut world, |world, moment| {
        let wish = WishId::from_stored("wsh_gone".into());
        let found = Some(Found { account, mailed: MailedLinks::default(), of_everybody: 0 });
        world.commit(AwaitLook { wish, found }.look(&rules(), moment));
    });
    expect("another node was faster", &world, "", ("", &[]));
    assert_eq!(letters(&world).count(), 1);
}

/// O-06, CRT-15: thirty minutes, once, by the newest; every session ends, and nobody is signed in.
#[test]
fn a_link_for_a_forgotten_password_works_once_and_for_half_an_hour() {
    type Given = fn(&mut World, TokenHash);
    let again: Given = |world, _| {
        Browser::new(1).forget_password(world, ANN);
        Browser::look_at_wishes(world);
    };
    let cases: [(&str, Given, bool); 7] = [
        ("it is the newest", |_, _| {}, true),
        ("it is the last millisecond", |world, _| world.pass(Duration::from_millis(30 * 60_000 - 1)), true),
        ("half an hour went by", |world, _| world.pass(Duration::from_mins(30)), false),
        ("a newer one was mailed", again, false),
        ("an invitation was mailed", |world, _| Browser::invite(world, ANN), true),
        (
            "it was used",
            |world, token| assert_eq!(Browser::new(2).set_password_by(world, token, NEW), "done"),
            false,
        ),
        (
            "another link was used",
            |world, _| {
                Browser::invite(world, ANN);
                assert_eq!(Browser::new(2).set_password(world, ANN, NEW), "done");
            },
            false,
        ),
    ];
    for (case, given, is_good) in cases {
        let (mut world, token) = forgotten(World::new());
        given(&mut world, token);
        world.written.clear();
        let state = await_new_password(&world, token).unwrap();
        moment_of(&mut world, |_, moment| assert_eq!(state.is_open(moment), is_good, "{case}"));
        let told = Browser::new(1).set_password_by(&mut world, token, NEW);
        let expected = if is_good { ("done", USED) } else { ("link_over", &[] as &[&str]) };
        expect(case, &world, &told, expected);
    }
}

/// A65, N-17: the mailbox is one thing, the second factor is asked for all the same; the lock stays a lock.
#[test]
fn atk_65_a_reset_ends_in_a_sign_in_with_the_second_factor() {
    let mut world = World::new();
    world.bind_app(ANN);
    let (mut world, _) = forgotten(world);
    let mut reader = Browser::new(2);
    assert_eq!(reader.reset_password(&mut world, ANN, NEW), "done");
    assert!(!reader.is_signed_in(&mut world) && world.sessions.is_empty());
    assert_eq!(reader.type_password(&mut world, ANN, PASSWORD), "wrong_password, 4 left");
    assert_eq!(reader.type_password(&mut world, ANN, NEW), "code awaited");
    assert_eq!(world.notice_count(NoticeKind::PasswordReset), 1);
}

/// A62: anybody can have it mailed, so it throws out no second factor, and proves an address only where there is none.
#[test]
fn atk_62_a_reset_throws_out_no_second_factor() {
    for has_app in [true, false] {
        let mut world = World::new();
        world.user(ANN).email_verified_at = None;
        if has_app {
            world.bind_app(ANN);
        }
        let (mut world, _) = forgotten(world);
        assert_eq!(Browser::new(1).reset_password(&mut world, ANN, NEW), "done");
        assert_eq!(world.has_app(ANN), has_app);
        assert_eq!(world.user(ANN).email_verified_at.is_none(), has_app);
    }
}
