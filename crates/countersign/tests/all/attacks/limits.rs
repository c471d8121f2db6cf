//! What is too long or too much is refused before it costs anything, and nothing is cut off silently.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr},
};

use countersign_core::{
    authenticator::password::Password, organization::Role, policy::presets::Preset, user::EmailAddress,
};
use countersign_service::people::{FirstAccess, PersonToAdd};
use countersign_store::{Sql, params};

use super::web::{COUNT_EVENTS, FORM, Victim, must_be_refused, unsafe_doors};
use crate::harness::{Installation, On, Setup, TestServer, sign_in, type_password};

on_both_databases! {
    /// A88: what is too long is refused before anything is hashed, counted or written.
    async fn atk_88_what_is_too_long_costs_nothing(on: On) {
        let server = TestServer::start(on).await;
        let victim = Victim::of(&server).await;
        let before = (
            server.hash_runs(),
            server.number(&COUNT_EVENTS, params![]).await,
            server.number(&COUNT_LADDERS, params![]).await,
        );
        let long = "x".repeat(10_000_000);
        for door in unsafe_doors() {
            let (mut browser, token) = victim.at(&door);
            let mut body = victim.filled_form(&door, &token);
            body.extend(format!("&password={long}").as_bytes());
            let reply = browser.send("POST", door.path, &[("content-type", FORM)], body).await;
            must_be_refused(&reply, 413, door.path);
        }
        let after = (
            server.hash_runs(),
            server.number(&COUNT_EVENTS, params![]).await,
            server.number(&COUNT_LADDERS, params![]).await,
        );
        assert_eq!(after, before);
    }

    /// A88: a full queue turns people away at once, with nothing counted, while those inside go on.
    async fn atk_88_a_full_queue_turns_away_and_serves_those_inside(on: On) {
        let server = Setup { hash_threads: 1, hash_queue: 3, ..Setup::default() }.start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let mut inside = sign_in(&server, &ann).await;
        let hasher = server.service.hasher();
        let places: Vec<_> = std::iter::from_fn(|| hasher.admit().ok()).collect();
        assert_eq!(places.len(), 4, "one thread and three who wait");
        let hashed_before = server.hash_runs();
        let mut outside = server.browser();
        for _ in 0..10 {
            type_password(&mut outside, &ann.email, "wrong").await;
            assert_eq!((outside.status(), outside.page().header("retry-after")), (503, Some("5")));
            outside.must_see("We are very busy");
        }
        inside.goto("/profile/password").await.fill("Current password", "wrong").fill("New password", "violet kettle hums at dawn");
        assert_eq!(inside.press("Save password").await.status(), 503);
        inside.goto("/profile").await.must_be_at("/profile");
        assert_eq!(inside.send("GET", "/healthz", &[], Vec::new()).await.status, 200);
        assert_eq!(server.hash_runs(), hashed_before);
        assert_eq!(server.number(&COUNT_LADDERS, params![]).await, 0, "whoever was turned away lost no try");
        drop(places);
        type_password(&mut outside, &ann.email, &ann.password).await;
        outside.must_be_at("/profile");
    }

    /// A88: a flood of sign-ins is let in as far as there are places; all others are told to come back.
    async fn atk_88_a_flood_is_answered_and_nobody_waits_for_ever(on: On) {
        let server = Setup { hash_threads: 1, hash_queue: 2, ..Setup::default() }.start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let mut inside = sign_in(&server, &ann).await;
        let hashed_before = server.hash_runs();
        let flood = (0..60).map(|number| {
            // Each in another network, so that none is slowed for the names of others.
            let mut browser = server.browser_from(IpAddr::V4(Ipv4Addr::new(127, 0, number, 1)));
            tokio::spawn(async move {
                type_password(&mut browser, &format!("nobody{number}@example.com"), "wrong").await;
                browser.status()
            })
        });
        let flood: Vec<_> = flood.collect();
        inside.goto("/profile").await.must_be_at("/profile");
        let mut let_in = 0;
        for one in flood {
            match one.await.unwrap() {
                422 => let_in += 1,
                status => assert_eq!(status, 503),
            }
        }
        assert_eq!(server.hash_runs() - hashed_before, let_in, "who is turned away costs no hash");
        assert!(let_in > 0);
    }

    /// A90: addresses and passwords count to their last byte; one byte more is refused and not cut off.
    async fn atk_90_nothing_is_cut_off(on: On) {
        let server = TestServer::start(on).await;
        let organization = server.person("Ann Ames", Preset::Default).await;
        let address = |last: &str| format!("{}{last}@example.com", "a".repeat(241));
        let words = "copper lantern drifts north while seven plums roll on a tin roof ".repeat(16);
        let password = |length: usize, last: &str| format!("{}{last}", &words[..length - 1]);
        for (last, own) in [("x", password(1024, "x")), ("y", password(1024, "y"))] {
            assert_eq!((address(last).len(), own.len()), (254, 1024));
            let adding = server.service.add_user(PersonToAdd {
                email: EmailAddress::parse(&address(last)).unwrap(),
                name: format!("Long {last}"),
                organization: "Company default".to_owned(),
                role: Role::Member,
                access: FirstAccess::Password {
                    password: Password::new(own),
                    is_address_vouched_for: true,
                },
            });
            adding.await.unwrap();
        }
        let differs_at_1023 = format!("{}zx", &words[..1022]);
        for (email, typed, path) in [
            (address("x"), password(1024, "y"), "/sign-in"),
            (address("y"), password(1024, "x"), "/sign-in"),
            (address("x"), differs_at_1023, "/sign-in"),
            (address("x"), password(1023, "x"), "/sign-in"),
            (address("x"), words[..72].to_owned(), "/sign-in"),
            (address("z"), password(1024, "x"), "/sign-in"),
            (address("x"), password(1024, "x"), "/profile"),
            (address("y"), password(1024, "y"), "/profile"),
        ] {
            let mut browser = server.browser();
            type_password(&mut browser, &email, &typed).await;
            assert_eq!(browser.path(), path, "{} {}", &email[240..], &typed[typed.len().min(1020)..]);
        }
        let longer = format!("{}z", password(1024, "x"));
        let mut browser = server.browser();
        type_password(&mut browser, &address("x"), &longer).await;
        assert_eq!((browser.status(), browser.path()), (422, "/sign-in"));
        type_password(&mut browser, &address("xx"), &password(1024, "x")).await;
        assert_eq!(browser.error_summary(), ["Enter an email address like name@example.com."]);
        let mut own = sign_in(&server, &organization).await;
        own.goto("/profile/password").await;
        own.fill("Current password", &organization.password).fill("New password", &longer);
        own.press("Save password").await.must_see("Use at most 1024 letters");
    }
}

/// A88: in the program itself, a flood finds as many hashing threads as are configured and not one more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn atk_88_a_flood_starts_no_more_hashing_threads() {
    let installation = Installation::initialized(On::Sqlite).await;
    let environment = [
        ("COUNTERSIGN_LISTEN", "127.0.0.1:0"),
        ("COUNTERSIGN_HASH_THREADS", "2"),
        ("COUNTERSIGN_HASH_QUEUE", "4"),
    ];
    let running = installation.start(&["serve"], &environment);
    let flood: Vec<_> = (0..40)
        .map(|number| {
            let mut browser = running.browser();
            tokio::spawn(async move {
                type_password(&mut browser, &format!("nobody{number}@example.com"), "wrong").await;
                browser.status()
            })
        })
        .collect();
    let mut statuses = BTreeSet::new();
    for one in flood {
        assert!(running.threads_named("hasher-") <= 2);
        statuses.insert(one.await.unwrap());
    }
    // 429: by then twenty names have failed in this network.
    assert!(statuses.is_subset(&BTreeSet::from([422, 429, 503])), "{statuses:?}");
    assert!(statuses.contains(&422));
    assert_eq!(running.threads_named("hasher-"), 2);
    running.stop();
}

static COUNT_LADDERS: Sql = Sql::new("SELECT COUNT(*) FROM ladders WHERE failures > 0");
