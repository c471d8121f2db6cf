//! The ladder (P1) and the caps (P2, P2b) as attackers meet them: through the doors, in virtual time.

use super::{
    browser::{Browser, right_code, wrong_code},
    sign_in::lock_by_stranger,
    world::{ANN, BEA, NOBODY, World, password_of},
};
use crate::{
    audit::event::AuditKind,
    authenticator::AuthenticatorKind,
    notice::NoticeKind,
    policy::{SecondFactorRule, presets::Preset},
};

const PASSWORD: &str = "wistful otter paints gravel ann";
const GUESS: &str = "a guess";
const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// A browser that got as far as the page for the code.
fn behind_the_password(world: &mut World, mark: u8) -> Browser {
    let mut browser = Browser::new(mark);
    assert_eq!(browser.type_password(world, ANN, PASSWORD), "code awaited");
    browser
}

fn type_wrong_code(world: &mut World, browser: &mut Browser) -> String {
    let code = wrong_code(world, ANN);
    browser.type_code(world, &code)
}

/// Somebody who has the password guesses codes until the ladder stops them; says how many were compared.
fn guess_codes_until_locked(world: &mut World, thief: &mut Browser) -> u32 {
    let mut compared = 0;
    if thief.type_password(world, ANN, PASSWORD) != "code awaited" {
        return compared;
    }
    loop {
        let told = type_wrong_code(world, thief);
        compared += u32::from(told.starts_with("wrong_code") || told.starts_with("locked"));
        if !told.starts_with("wrong_code") {
            return compared;
        }
    }
}

/// CR-5, CR-6, CR-7, P1: passwords and codes count together; the lock lifts by itself to the millisecond.
#[test]
fn five_wrong_entries_of_either_kind_lock_for_five_minutes_and_five_more_for_an_hour() {
    let mut world = World::with_app();
    let mut ann = Browser::new(1);
    for (minutes, wait) in [(5, 300), (60, 3600), (60, 3600)] {
        assert_eq!(ann.type_password(&mut world, ANN, GUESS), "wrong_password, 4 left");
        assert_eq!(ann.type_password(&mut world, ANN, GUESS), "wrong_password, 3 left");
        assert_eq!(ann.type_password(&mut world, ANN, PASSWORD), "code awaited");
        assert_eq!(type_wrong_code(&mut world, &mut ann), "wrong_code, 2 left");
        assert_eq!(type_wrong_code(&mut world, &mut ann), "wrong_code, 1 left");
        assert_eq!(type_wrong_code(&mut world, &mut ann), "locked until a time");
        let locked_at = world.now;
        world.now = locked_at.plus(std::time::Duration::from_millis(wait * 1000 - 1));
        assert_eq!(ann.type_password(&mut world, ANN, PASSWORD), "locked until a time", "{minutes} minutes");
        world.now = locked_at.plus(std::time::Duration::from_secs(wait));
    }
    assert_eq!(ann.sign_in(&mut world, ANN, PASSWORD), "signed in");
    assert_eq!(world.ladder(ANN).failures, 0);
    assert_eq!(world.audit_count(AuditKind::NameLocked), 3);
    assert_eq!(world.notice_count(NoticeKind::NameLocked), 3);
}

/// P1: after a day without a wrong entry the ladder begins anew, and so do its short locks.
#[test]
fn a_day_without_a_wrong_entry_begins_the_ladder_anew() {
    let mut world = World::new();
    let mut ann = Browser::new(1);
    for _ in 0..4 {
        ann.type_password(&mut world, ANN, GUESS);
    }
    world.pass_secs(24 * HOUR);
    assert_eq!(ann.type_password(&mut world, ANN, GUESS), "wrong_password, 4 left");
}

/// CR-6: the lock ends what was half made; after it a person starts again with name and password.
#[test]
fn a_lock_ends_the_sign_ins_that_await_their_code() {
    let mut world = World::with_app();
    let mut ann = behind_the_password(&mut world, 1);
    lock_by_stranger(&mut world, ANN);
    world.pass_secs(5 * MINUTE);
    let code = right_code(&world, ANN);
    assert_eq!(ann.type_code(&mut world, &code), "over");
    assert_eq!(ann.sign_in(&mut world, ANN, PASSWORD), "signed in");
}

/// A29: no oracle: same words, nothing hashed, nothing written, whatever is typed.
#[test]
fn atk_29_while_locked_a_right_password_hears_what_a_wrong_one_hears_and_nothing_is_written() {
    for name in [ANN, NOBODY] {
        let mut world = World::with_app();
        lock_by_stranger(&mut world, name);
        let records = (world.audit.len(), world.notices.len());
        let ladder = world.ladder(name);
        for typed in [PASSWORD, GUESS] {
            let mut browser = Browser::new(1);
            assert!(browser.reserve_password(&mut world, name, typed).is_err());
            assert_eq!(browser.type_password(&mut world, name, typed), "locked");
            assert!(world.written.is_empty());
        }
        assert_eq!((world.audit.len(), world.notices.len()), records);
        assert_eq!(world.ladder(name), ladder);
        assert!(world.ceremonies.is_empty());
    }
}

/// A28: Bea signing in between her guesses at Ann's name clears Bea's ladder, not Ann's.
#[test]
fn atk_28_own_success_clears_only_the_own_ladder() {
    let mut world = World::new();
    let mut bea = Browser::new(2);
    for left in (1..=4).rev() {
        assert_eq!(bea.type_password(&mut world, ANN, GUESS), format!("wrong_password, {left} left"));
        assert_eq!(bea.sign_in(&mut world, BEA, &password_of(BEA)), "signed in");
    }
    assert_eq!(bea.type_password(&mut world, ANN, GUESS), "locked until a time");
    assert!(world.is_locked(ANN) && !world.is_locked(BEA));
}

/// T-16: only the browser that caused the lock is told until when.
#[test]
fn only_the_browser_that_caused_a_lock_is_told_until_when() {
    let mut world = World::new();
    let mut one = Browser::new(1);
    let mut last = Browser::new(2);
    for _ in 0..4 {
        one.type_password(&mut world, ANN, GUESS);
    }
    assert_eq!(last.type_password(&mut world, ANN, GUESS), "locked until a time");
    assert_eq!(last.type_password(&mut world, ANN, PASSWORD), "locked until a time");
    assert_eq!(one.type_password(&mut world, ANN, PASSWORD), "locked");
    assert_eq!(world.ladder(ANN).lock.unwrap().caused_by, last.mark());
}

/// A04: one replay is counted and told; the same again and again is neither.
#[test]
fn atk_04_a_code_replayed_two_hundred_times_counts_once() {
    let mut world = World::with_app();
    let mut thief = behind_the_password(&mut world, 2);
    let code = right_code(&world, ANN);
    assert_eq!(Browser::new(1).sign_in(&mut world, ANN, PASSWORD), "signed in");
    for _ in 0..200 {
        assert_eq!(thief.type_code(&mut world, &code), "code_already_used, 4 left");
    }
    assert_eq!(world.ladder(ANN).failures, 1);
    assert_eq!(world.app(ANN).failures.in_a_row, 0);
    assert_eq!(world.audit_count(AuditKind::CodeReplayed), 1);
    assert_eq!(world.notice_count(NoticeKind::CodeReplayed), 1);
    assert_eq!(world.audit_count(AuditKind::SignInRefused), 1);
}

/// A05, A06: however many sign-ins are opened, five guesses are compared until the lock.
#[test]
fn atk_05_guesses_over_many_sign_ins_share_one_ladder() {
    let mut world = World::with_app();
    let mut compared = 0;
    for mark in 0..100 {
        let mut thief = Browser::new(mark);
        if thief.type_password(&mut world, ANN, PASSWORD) == "code awaited" {
            let told = type_wrong_code(&mut world, &mut thief);
            compared += u32::from(told.starts_with("wrong_code") || told == "locked until a time");
        }
    }
    assert_eq!(compared, 5);
    assert_eq!(world.app(ANN).failures.in_a_row, 5);
}

/// A06: five attempts under way at once fill the ladder; a sixth is not even hashed.
#[test]
fn atk_06_a_burst_of_passwords_is_hashed_five_times() {
    let mut world = World::new();
    let burst: Vec<_> =
        (0..20).filter_map(|mark| Browser::new(mark).reserve_password(&mut world, ANN, GUESS).ok()).collect();
    assert_eq!(burst.len(), 5);
    for in_flight in &burst {
        Browser::new(1).settle_password(&mut world, in_flight);
    }
    assert_eq!(world.ladder(ANN).failures, 5);
    assert_eq!(world.audit_count(AuditKind::NameLocked), 1);
}

/// A07: what is reserved and never settled stays counted, for the ladder and for the authenticator.
#[test]
fn atk_07_a_crash_between_reserve_and_settle_leaves_the_count() {
    let mut world = World::with_app();
    let mut ann = behind_the_password(&mut world, 1);
    for crashed in 1..=4 {
        assert!(ann.reserve_password(&mut world, ANN, PASSWORD).is_ok());
        assert_eq!(world.ladder(ANN).failures, crashed);
        let password = world.authenticator(ANN, AuthenticatorKind::Password);
        assert_eq!(password.failures.in_a_row, crashed);
    }
    ann.spend_code(&mut world);
    assert_eq!(world.app(ANN).failures.in_a_row, 1);
    assert!(world.is_locked(ANN));
    let code = right_code(&world, ANN);
    assert_eq!(ann.type_code(&mut world, &code), "over");
}

/// A07: an attempt that ended in a fault behind a lock does not lift the lock.
#[test]
fn atk_07_a_spent_attempt_lifts_no_lock() {
    let mut world = World::with_app();
    world.policy = Preset::PerUser.policy();
    let mut ann = behind_the_password(&mut world, 1);
    lock_by_stranger(&mut world, ANN);
    let locked = world.ladder(ANN).lock;
    ann.spend_code(&mut world);
    assert_eq!(world.ladder(ANN).lock, locked);
    ann.spend_confirmation(&mut world);
    assert_eq!(world.ladder(ANN).lock, locked);
}

/// A08, P2: fifty wrong codes in a row take the app out of use; the fifty-first is right and helps nobody.
#[test]
fn atk_08a_the_fifty_first_guess_fails_even_with_the_right_code() {
    let mut world = World::with_app();
    let mut thief = Browser::new(2);
    let mut compared = 0;
    while world.app(ANN).disabled_at.is_none() {
        compared += guess_codes_until_locked(&mut world, &mut thief);
        assert!(compared <= 50, "{compared} guesses were compared");
        world.pass_secs(HOUR);
    }
    assert_eq!(compared, 50);
    assert_eq!(thief.sign_in(&mut world, ANN, PASSWORD), "second_factor_disabled");
    world.pass_secs(30 * 24 * HOUR);
    assert_eq!(Browser::new(1).sign_in(&mut world, ANN, PASSWORD), "second_factor_disabled");
    assert_eq!(world.audit_count(AuditKind::AuthenticatorDisabled), 1);
    assert_eq!(world.notice_count(NoticeKind::AuthenticatorDisabled), 1);
    assert_eq!(world.sessions.len(), 0);
}

/// A08, P2: and a code that was awaited when the app fell out of use is not taken any more.
#[test]
fn atk_08a_a_sign_in_that_was_open_takes_no_code_of_an_app_out_of_use() {
    let mut world = World::with_app();
    let mut ann = Browser::new(1);
    assert_eq!(ann.sign_in(&mut world, ANN, PASSWORD), "signed in");
    assert_eq!(ann.type_password(&mut world, ANN, PASSWORD), "code awaited");
    let now = world.now;
    world.app(ANN).disabled_at = Some(now);
    world.pass_secs(30);
    let code = right_code(&world, ANN);
    assert_eq!(ann.type_code(&mut world, &code), "second_factor_disabled");
    assert_eq!(ann.turn_off(&mut world, PASSWORD, &code), "second_factor_disabled");
}

/// A08, P2b: her own successes do not feed the guesser: at twenty she must change her password, at a hundred
/// it is over.
#[test]
fn atk_08b_a_guesser_beside_daily_sign_ins_gets_a_hundred_guesses_at_most() {
    for hours_between_sign_ins in [8, 24] {
        let mut world = World::with_app();
        let (mut ann, mut thief) = (Browser::new(1), Browser::new(2));
        assert_eq!(ann.sign_in(&mut world, ANN, PASSWORD), "signed in");
        let mut compared = 0;
        for hour in 1..30 * 24 {
            world.pass_secs(HOUR);
            compared += guess_codes_until_locked(&mut world, &mut thief);
            let is_due = world.user(ANN).password_change.is_some();
            assert_eq!(is_due, compared >= 20, "after {compared} guesses");
            if world.app(ANN).disabled_at.is_some() {
                break;
            }
            if hour % hours_between_sign_ins == 0 {
                // Her browser is known by now, so the locks of the guesser do not keep her out.
                assert_eq!(ann.sign_in(&mut world, ANN, PASSWORD), "signed in");
            }
        }
        assert_eq!(compared, if hours_between_sign_ins == 8 { 100 } else { 50 });
        assert!(world.app(ANN).disabled_at.is_some());
        // Told at twenty, and again for every twenty more that are not the last.
        assert_eq!(
            world.notice_count(NoticeKind::SomebodyHasThePassword),
            if hours_between_sign_ins == 8 { 4 } else { 2 }
        );
        assert_eq!(thief.session, None);
    }
}

/// A08, P2b: the change that is due shuts the guesser out, and it stays due until it is made.
#[test]
fn the_password_change_that_is_due_shuts_out_who_had_the_password() {
    let mut world = World::with_app();
    let (mut ann, mut thief) = (Browser::new(1), Browser::new(2));
    assert_eq!(ann.sign_in(&mut world, ANN, PASSWORD), "signed in");
    let mut compared = 0;
    while compared < 20 {
        compared += guess_codes_until_locked(&mut world, &mut thief);
        world.pass_secs(HOUR);
    }
    assert_eq!(ann.sign_in(&mut world, ANN, PASSWORD), "signed in");
    assert!(world.user(ANN).password_change.is_some());
    world.pass_secs(30);
    let code = right_code(&world, ANN);
    assert_eq!(ann.change_password(&mut world, (PASSWORD, &code), "a newer and longer password"), "done");
    assert!(world.user(ANN).password_change.is_none());
    assert_eq!(thief.type_password(&mut world, ANN, PASSWORD), "wrong_password, 4 left");
    assert_eq!(world.app(ANN).failures.in_a_row, 0);
}

/// P2: strangers who type passwords for a day take the password out of use, and a right one opens no more.
#[test]
fn a_hundred_wrong_passwords_in_a_row_take_the_password_out_of_use() {
    let mut world = World::new();
    let mut stranger = Browser::new(2);
    let mut compared = 0;
    while world.authenticator(ANN, AuthenticatorKind::Password).disabled_at.is_none() {
        compared += u32::from(stranger.reserve_password(&mut world, ANN, GUESS).is_ok_and(|in_flight| {
            stranger.settle_password(&mut world, &in_flight);
            true
        }));
        assert!(compared <= 100);
        if world.is_locked(ANN) {
            world.pass_secs(HOUR);
        }
    }
    assert_eq!(compared, 100);
    assert_eq!(Browser::new(1).type_password(&mut world, ANN, PASSWORD), "wrong_password, 4 left");
    assert_eq!(world.notice_count(NoticeKind::AuthenticatorDisabled), 1);
}

/// T-03: under the default policy a stranger locks the name, not the browser that Ann uses every day; where
/// a document locks the name itself, every browser is locked with it.
#[test]
fn a_stranger_locks_the_known_browser_only_where_policy_locks_the_name() {
    for (preset, told) in [(Preset::Default, "signed in"), (Preset::PerUser, "locked")] {
        let mut world = World::with_app();
        let mut ann = Browser::new(1);
        assert_eq!(ann.sign_in(&mut world, ANN, PASSWORD), "signed in");
        world.pass_secs(30);
        world.policy = preset.policy();
        lock_by_stranger(&mut world, ANN);
        assert_eq!(ann.sign_in(&mut world, ANN, PASSWORD), told, "{preset:?}");
        assert_eq!(Browser::new(3).type_password(&mut world, ANN, PASSWORD), "locked", "{preset:?}");
    }
}

/// T-03: the known browser's own ladder is as short as any, and it is no key to another person's name.
#[test]
fn a_known_browser_has_a_ladder_of_its_own_and_for_its_own_person_only() {
    let mut world = World::new();
    let mut ann = Browser::new(1);
    assert_eq!(ann.sign_in(&mut world, ANN, PASSWORD), "signed in");
    for _ in 0..5 {
        ann.type_password(&mut world, ANN, GUESS);
    }
    assert_eq!(ann.type_password(&mut world, ANN, PASSWORD), "locked until a time");
    assert!(!world.is_locked(ANN));
    lock_by_stranger(&mut world, BEA);
    assert_eq!(ann.type_password(&mut world, BEA, &password_of(BEA)), "locked");
}

/// T-03: a stranger who locks the name ends nothing that the known browser has half done.
#[test]
fn a_strangers_lock_ends_no_sign_in_and_no_set_up_on_another_ladder() {
    let mut world = World::with_app();
    let mut ann = Browser::new(1);
    assert_eq!(ann.sign_in(&mut world, ANN, PASSWORD), "signed in");
    assert_eq!(ann.type_password(&mut world, ANN, PASSWORD), "code awaited");
    lock_by_stranger(&mut world, ANN);
    world.pass_secs(30);
    let code = right_code(&world, ANN);
    assert_eq!(ann.type_code(&mut world, &code), "signed in");
}

/// A29: an attempt whose password is still being hashed may turn out right; the lock that it causes in advance
/// must not end what is half done.
#[test]
fn a_lock_in_advance_ends_no_sign_in() {
    let mut world = World::with_app();
    let mut ann = behind_the_password(&mut world, 1);
    for _ in 0..4 {
        Browser::new(2).type_password(&mut world, ANN, GUESS);
    }
    let mut elsewhere = Browser::new(3);
    let hashing = elsewhere.reserve_password(&mut world, ANN, PASSWORD).ok().unwrap();
    let code = right_code(&world, ANN);
    assert_eq!(ann.type_code(&mut world, &code), "locked");
    assert_eq!(elsewhere.settle_password(&mut world, &hashing), "code awaited");
    assert_eq!(ann.type_code(&mut world, &code), "signed in");
}

/// A07: an attempt that ended in a fault behind a lock was refused uncompared: it records and tells nothing.
#[test]
fn a_spent_attempt_behind_a_lock_tells_nobody_again() {
    let mut world = World::with_app();
    world.policy = Preset::PerUser.policy();
    let ann = behind_the_password(&mut world, 1);
    lock_by_stranger(&mut world, ANN);
    ann.spend_code(&mut world);
    assert_eq!(world.ladder(ANN).failures, 5);
    assert_eq!(world.notice_count(NoticeKind::NameLocked), 1);
}

/// P2: the fiftieth wrong code takes the app out of use even if its transaction ended in a fault.
#[test]
fn a_spent_attempt_reaches_the_cap() {
    let mut world = World::with_app();
    let mut thief = Browser::new(2);
    let mut compared = 0;
    while compared < 45 {
        compared += guess_codes_until_locked(&mut world, &mut thief);
        world.pass_secs(HOUR);
    }
    thief.type_password(&mut world, ANN, PASSWORD);
    for _ in 0..4 {
        type_wrong_code(&mut world, &mut thief);
    }
    thief.spend_code(&mut world);
    assert!(world.app(ANN).disabled_at.is_some());
}

/// Policy `Off`: "it cannot be set up".
#[test]
fn a_set_up_under_way_ends_where_policy_switches_it_off() {
    let mut world = World::new();
    let mut ann = Browser::new(1);
    assert_eq!(ann.sign_in(&mut world, ANN, PASSWORD), "signed in");
    assert_eq!(ann.begin_enrollment(&mut world, PASSWORD, ""), "done");
    assert_eq!(ann.choose_app(&mut world), "onward");
    world.rule(SecondFactorRule::Off);
    let code = right_code(&world, ANN);
    assert_eq!(ann.confirm(&mut world, &code), "not_allowed");
}
