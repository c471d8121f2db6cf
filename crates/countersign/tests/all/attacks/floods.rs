//! Floods: many names from one network, one password against many names, names that nobody has, and many tries at
//! once. Who floods is slowed; who was there before gets in.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use countersign_core::policy::presets::Preset;
use countersign_store::{Sql, params};

use super::target::{Target, gives_a_session, post_code, post_password};
use crate::harness::{
    Browser, On, Setup, TestServer, is_soak, sign_in, stop_watch, type_code, type_password,
};

const WRONG: &str = "not the password of anybody";
const TEN_MINUTES: Duration = Duration::from_mins(10);

/// A browser in the network `127.0.N.0/24`.
fn browser_in(server: &TestServer, network: u8, host: u8) -> Browser {
    server.browser_from(IpAddr::V4(Ipv4Addr::new(127, 0, network, host)))
}

/// So many names that nobody has, each typed once in this network; what each was answered.
async fn spray(server: &TestServer, network: u8, names: std::ops::Range<u32>) -> Vec<u16> {
    let mut browser = browser_in(server, network, 1);
    browser.goto("/sign-in").await;
    let mut statuses = Vec::new();
    for name in names {
        statuses.push(post_password(&mut browser, &format!("nobody{name}@example.com"), WRONG).await.status);
    }
    statuses
}

on_both_databases! {
    /// A32: the twenty-first name that fails in one network is not looked at, whether anybody has it or not.
    async fn atk_32_twenty_names_that_fail_slow_their_network(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        assert_eq!(spray(&server, 1, 0..20).await, [422; 20]);
        let before = (server.hash_runs(), server.number(&LADDERS, params![]).await);
        let mut told = Vec::new();
        for (email, password) in [(ann.email.as_str(), ann.password.as_str()), ("new@example.com", WRONG), ("nobody3@example.com", WRONG)] {
            let mut browser = browser_in(&server, 1, 2);
            type_password(&mut browser, email, password).await;
            assert_eq!((browser.status(), browser.page().header("retry-after")), (429, Some("600")));
            told.push(browser.error_summary());
        }
        told.dedup();
        assert_eq!(told, [["Too many people could not sign in from your network lately. Try again at 14:15 UTC (in 10 minutes), or use a browser in which you signed in before."]]);
        assert_eq!((server.hash_runs(), server.number(&LADDERS, params![]).await), before);

        let mut elsewhere = browser_in(&server, 2, 2);
        type_password(&mut elsewhere, &ann.email, &ann.password).await;
        elsewhere.must_be_at("/profile");
        server.advance(TEN_MINUTES);
        let mut later = browser_in(&server, 1, 2);
        type_password(&mut later, &ann.email, &ann.password).await;
        later.must_be_at("/profile");
    }

    /// A32: a browser that its person used before is never slowed, nor does its person's slip slow others; one that
    /// somebody else used is no way around.
    async fn atk_32_a_slowed_network_lets_known_browsers_of_that_very_person_in(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let eve = server.person("Eve Elder", Preset::Default).await;
        let mut anns = browser_in(&server, 1, 7);
        type_password(&mut anns, &ann.email, &ann.password).await;
        let mut eves = browser_in(&server, 1, 8);
        type_password(&mut eves, &eve.email, &eve.password).await;
        assert_eq!(spray(&server, 1, 0..21).await[20], 429);
        for browser in [&mut anns, &mut eves] {
            browser.forget_cookie("cs");
        }
        type_password(&mut eves, &ann.email, &ann.password).await;
        assert_eq!(eves.status(), 429);
        let failures = server.number(&SOURCE_FAILURES, params![]).await;
        type_password(&mut anns, &ann.email, WRONG).await;
        assert_eq!(anns.status(), 422);
        assert_eq!(server.number(&SOURCE_FAILURES, params![]).await, failures);
        type_password(&mut anns, &ann.email, &ann.password).await;
        anns.must_be_at("/profile");
    }

    /// A32: an office behind one address, where many mistype and then get in, is not punished for being many.
    async fn atk_32_an_office_behind_one_address_is_not_slowed(on: On) {
        let server = TestServer::start(on).await;
        for number in 0..24 {
            let person = server.person(&format!("Colleague Number {number}"), Preset::Default).await;
            let mut browser = browser_in(&server, 1, 10);
            type_password(&mut browser, &person.email, WRONG).await;
            assert_eq!(browser.status(), 422, "{number}");
            type_password(&mut browser, &person.email, &person.password).await;
            browser.must_be_at("/profile");
        }
        assert_eq!(server.number(&SOURCE_FAILURES, params![]).await, 0);
    }

    /// A32: two nodes count one network together; a node that was not told learns it by one more failure, and so
    /// does one that was started anew.
    async fn atk_32_two_nodes_count_a_network_together(on: On) {
        let server = TestServer::start(on).await;
        let other = server.second_node().await;
        assert_eq!(spray(&server, 1, 0..19).await, [422; 19]);
        assert_eq!(spray(&other, 1, 19..21).await, [422, 429]);
        assert_eq!(spray(&server, 1, 21..23).await, [422, 429]);
        let restarted = server.second_node().await;
        assert_eq!(spray(&restarted, 1, 23..25).await, [422, 429]);
    }

    /// A33: one password against many names from many networks: while very many fail, two names are enough to slow
    /// a network, an operator hears of it once, and whoever is at home, or at a browser of theirs, gets in.
    async fn atk_33_a_spray_from_many_networks_slows_each_of_them(on: On) {
        let settings = [("failures_minute_max", "12".to_owned()), ("operator_email", "operator@example.com".to_owned())];
        let mut setup = Setup::default();
        setup.settings.extend(settings);
        let server = setup.start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let mut anns = browser_in(&server, 1, 7);
        type_password(&mut anns, &ann.email, &ann.password).await;
        anns.forget_cookie("cs");
        for network in 1..=6 {
            let names = u32::from(network) * 10;
            assert_eq!(spray(&server, network, names..names + 2).await, [422; 2]);
        }
        for network in 1..=6 {
            assert_eq!(spray(&server, network, 100..101).await, [429]);
        }
        type_password(&mut anns, &ann.email, &ann.password).await;
        anns.must_be_at("/profile");
        let mut at_home = browser_in(&server, 9, 1);
        type_password(&mut at_home, &ann.email, WRONG).await;
        assert_eq!(at_home.status(), 422);
        type_password(&mut at_home, &ann.email, &ann.password).await;
        at_home.must_be_at("/profile");
        let alerts = server.mails_to("operator@example.com").await;
        assert_eq!(alerts.len(), 1);
        assert_eq!(alerts[0].rendered.subject.as_deref(), Some("Very many sign-ins fail"));
        server.advance(Duration::from_mins(1));
        assert_eq!(spray(&server, 1, 200..201).await, [422], "the flood is over");
    }

    /// A36: the lock of a name that nobody has outlives the process that made it.
    async fn atk_36_an_unknown_name_stays_locked_over_a_restart(on: On) {
        let server = TestServer::start(on).await;
        let mut browser = server.browser();
        for _ in 0..5 {
            type_password(&mut browser, "nobody@example.com", WRONG).await;
        }
        assert_eq!(browser.status(), 429);
        let restarted = server.restarted().await;
        let mut browser = browser.by_way_of(&restarted);
        type_password(&mut browser, "nobody@example.com", WRONG).await;
        assert_eq!(browser.status(), 429);
        browser.must_see("This name is locked until 14:10 UTC");
    }

    /// A39: one network leaves as many rows as it may have names fail, however many it types; see also
    /// `soak_however_many_names_are_typed_they_take_no_more_room_than_there_is`.
    async fn atk_39_one_network_fills_no_table(on: On) {
        let server = TestServer::start(on).await;
        let answers = spray(&server, 1, 0..300).await;
        assert_eq!(answers.iter().filter(|status| **status == 422).count(), 20);
        let rows = (server.number(&LADDERS, params![]).await, server.number(&SOURCE_FAILURES, params![]).await);
        assert_eq!(rows, (20, 20));
        server.advance(TEN_MINUTES);
        for network in 2..7 {
            spray(&server, network, 400 + u32::from(network)..401 + u32::from(network)).await;
        }
        assert_eq!(server.number(&SOURCE_FAILURES, params![]).await, 5, "what is over is cleared by what follows");
    }

    /// A88: when all places for passwords are taken, whoever is half or wholly signed in notices nothing, and whoever
    /// is turned away lost no try.
    async fn atk_88_codes_and_sessions_go_on_while_passwords_find_no_place(on: On) {
        let server = TestServer::start(on).await;
        let ann = Target::new(&server, "Ann Ames").await;
        let mut awaiting_code = ann.half_signed_in(&server).await;
        let mut signed_in = ann.browser.copy_of();
        let places: Vec<_> = std::iter::from_fn(|| server.database.password_place().ok()).collect();
        assert!(!places.is_empty());
        let before = (server.hash_runs(), server.number(&LADDERS, params![]).await);
        let mut outside = server.browser();
        type_password(&mut outside, &ann.person.email, WRONG).await;
        assert_eq!((outside.status(), outside.page().header("retry-after")), (503, Some("5")));
        outside.must_see("We are very busy");
        assert_eq!((server.hash_runs(), server.number(&LADDERS, params![]).await), before);
        let code = ann.code(&server);
        assert!(gives_a_session(&post_code(&mut awaiting_code, &code).await));
        signed_in.goto("/profile").await.must_be_at("/profile");
        drop(places);
        type_password(&mut outside, &ann.person.email, &ann.person.password).await;
        outside.must_be_at("/sign-in/code");
    }

    /// A05, A06: however many sign-ins are tried at once against one name, five are judged; meanwhile the pages and
    /// the code of others are answered at once. `COUNTERSIGN_TEST_SOAK=1` makes it 10,000 and prints how long others took.
    async fn soak_parallel_sign_ins_against_one_name_get_five_verdicts(on: On) {
        const CLIENTS: usize = 50;
        let tries = if is_soak() { 10_000 } else { 300 };
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let bea = Target::new(&server, "Bea Birch").await;
        let mut awaiting_code = bea.half_signed_in(&server).await;
        let flood = (0..CLIENTS).map(|_| {
            let (mut browser, email) = (server.browser(), ann.email.clone());
            tokio::spawn(async move {
                browser.goto("/sign-in").await;
                let mut judged = 0;
                for _ in 0..tries / CLIENTS {
                    match post_password(&mut browser, &email, WRONG).await.status {
                        422 => judged += 1,
                        status => assert!([429, 503].contains(&status), "{status}"),
                    }
                }
                judged
            })
        });
        let flood: Vec<_> = flood.collect();
        let (mut inside, mut took) = (bea.browser.copy_of(), Vec::new());
        while flood.iter().any(|client| !client.is_finished()) {
            let since = stop_watch();
            inside.goto("/profile").await.must_be_at("/profile");
            took.push(since.elapsed());
        }
        let code = bea.code(&server);
        type_code(&mut awaiting_code, &code).await;
        awaiting_code.must_be_at("/profile");
        let mut judged = 0;
        for client in flood {
            judged += client.await.unwrap();
        }
        assert_eq!(server.audit_events(&ann, "sign_in.refused").await, 5, "five verdicts");
        assert!(judged <= 4, "the fifth locks");
        let mut late = server.browser();
        type_password(&mut late, &ann.email, &ann.password).await;
        assert_eq!(late.status(), 429);
        took.sort_unstable();
        let at = |share: usize| took.get(took.len() * share / 100).copied().unwrap_or_default();
        println!("{tries} tries on {on:?}: a page of somebody else took {:?} (median), {:?} (99 %)", at(50), at(99));
    }
}

/// A31: strangers type five wrong passwords whenever they can, for a day. On a browser that its owner used before
/// they never keep her out.
#[tokio::test]
async fn atk_31_a_day_of_locks_keeps_nobody_from_their_own_browser() {
    let server = TestServer::start(On::Sqlite).await;
    let ann = server.person("Ann Ames", Preset::Default).await;
    let mut own = sign_in(&server, &ann).await;
    let mut stranger = browser_in(&server, 5, 1);
    let mut locks = 0;
    for _ in 0..24 * 12 {
        stranger.goto("/sign-in").await;
        for _ in 0..5 {
            if post_password(&mut stranger, &ann.email, WRONG).await.status == 429 {
                locks += 1;
                break;
            }
        }
        own.forget_cookie("cs");
        type_password(&mut own, &ann.email, &ann.password).await;
        own.must_be_at("/profile");
        server.clock.advance(Duration::from_mins(5));
    }
    assert_eq!(locks, 24 * 12, "the name was locked all day");
}

static LADDERS: Sql = Sql::new("SELECT COUNT(*) FROM ladders WHERE failures > 0");
static SOURCE_FAILURES: Sql = Sql::new("SELECT COUNT(*) FROM source_failures");
