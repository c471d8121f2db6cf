//! One code, used more than once: in turn, for other purposes, and by many at the same moment.

use countersign_core::policy::presets::Preset;

use super::target::{
    A_STEP, Target, app_failures, failures, gives_a_session, post_at_once, post_code, sessions,
};
use crate::harness::{
    Browser, On, Person, Phone, TestServer, enroll_app, has_postgres, sign_in, type_code, type_password,
};

on_both_databases! {
    /// A01: who saw a code over the shoulder cannot use it again, nor the one before it.
    async fn atk_01_a_code_signs_in_once(on: On) {
        let server = TestServer::start(on).await;
        let ann = Target::new(&server, "Ann Ames").await;
        let mut own = ann.half_signed_in(&server).await;
        let mut thief = ann.half_signed_in(&server).await;
        let code = ann.code(&server);
        type_code(&mut own, &code).await;
        own.must_be_at("/profile");
        let sessions_before = sessions(&server, &ann.person).await;

        type_code(&mut thief, &code).await;
        assert_eq!(thief.status(), 409);
        thief.must_see("That code was used already.");
        type_code(&mut thief, &ann.phone.code_at(&server.clock, -1)).await;
        assert_eq!(thief.status(), 409);

        thief.goto("/profile").await.must_be_at("/sign-in/code");
        assert_eq!(sessions(&server, &ann.person).await, sessions_before);
        assert_eq!(server.audit_events(&ann.person, "code.replayed").await, 1);
        assert_eq!(server.notices(&ann.person, "code_replayed").await, 1);
    }

    /// A04: of two hundred who send the same right code at once, one gets in, and the rest cost one try.
    async fn atk_04_two_hundred_parallel_uses_of_one_code_make_one_session(on: On) {
        let server = TestServer::start(on).await;
        let ann = Target::new(&server, "Ann Ames").await;
        assert_one_of_two_hundred_gets_in(&server, &[&server], &ann).await;
    }
}

/// A04: the same, with the requests spread over two server processes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn atk_04_two_nodes_make_one_session_of_one_code() {
    if !has_postgres() {
        return;
    }
    let server = TestServer::start(On::Postgres).await;
    let other = server.second_node().await;
    let ann = Target::new(&server, "Ann Ames").await;
    assert_one_of_two_hundred_gets_in(&server, &[&server, &other], &ann).await;
}

/// Five open sign-ins, the most there can be, and forty requests in each, in turn by way of each node.
async fn assert_one_of_two_hundred_gets_in(server: &TestServer, nodes: &[&TestServer], ann: &Target) {
    let mut half_signed_in = Vec::new();
    for _ in 0..5 {
        half_signed_in.push(ann.half_signed_in(server).await);
    }
    let ways = half_signed_in.iter().cycle().zip(nodes.iter().cycle());
    let crowd: Vec<Browser> = ways.take(200).map(|(browser, node)| browser.by_way_of(node)).collect();
    let sessions_before = sessions(server, &ann.person).await;

    let code = ann.code(server);
    let answers = post_at_once(crowd, "/sign-in/code", &[("code", &code)]).await;

    let mut admitted = Vec::new();
    for (browser, reply) in answers {
        if gives_a_session(&reply) {
            admitted.push(browser);
        } else {
            // Used, over, or too busy to look.
            assert!([409, 503].contains(&reply.status), "{}", reply.text());
        }
    }
    assert_eq!(admitted.len(), 1);
    admitted[0].goto("/profile").await.must_be_at("/profile");
    assert_eq!(sessions(server, &ann.person).await, sessions_before + 1);
    assert!(failures(server, &ann.person).await <= 1);
    assert_eq!(app_failures(server, &ann.person).await, 0);
}

/// A02: the code that confirmed the app was seen by whoever watched; it signs nobody in.
#[tokio::test]
async fn atk_02_the_code_that_confirmed_the_app_does_not_sign_in() {
    let server = TestServer::start(On::Sqlite).await;
    let ann = server.person("Ann Ames", Preset::Default).await;
    let mut own = sign_in(&server, &ann).await;
    let phone = enroll_app(&server, &mut own, &ann).await;

    let mut browser = server.browser();
    type_password(&mut browser, &ann.email, &ann.password).await;
    type_code(&mut browser, &phone.code(&server.clock)).await;
    assert_eq!(browser.status(), 409);
    browser.must_see("That code was used already.");
    browser.goto("/profile").await.must_be_at("/sign-in/code");

    server.clock.advance(A_STEP);
    type_code(&mut browser, &phone.code(&server.clock)).await;
    browser.must_be_at("/profile");
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    SignIn,
    Enrollment,
    ChangingPassword,
    TurningOff,
}

/// A03: a code that served one purpose serves no other, nor the same again; the next one does.
#[tokio::test]
async fn atk_03_a_code_serves_one_purpose() {
    use Purpose::{ChangingPassword, Enrollment, SignIn, TurningOff};
    let server = TestServer::start(On::Sqlite).await;
    let mut number = 0;
    for served in [SignIn, Enrollment, ChangingPassword] {
        for tried in [SignIn, ChangingPassword, TurningOff] {
            number += 1;
            let mut ann = server.person(&format!("Ann {number}"), Preset::Default).await;
            let mut own = sign_in(&server, &ann).await;
            let phone = enroll_app(&server, &mut own, &ann).await;
            if served != Enrollment {
                server.clock.advance(A_STEP);
                let code = phone.code(&server.clock);
                assert!(is_accepted(&server, &mut ann, &mut own, served, &code).await, "{served:?}");
            }
            let code = phone.code(&server.clock);
            let again = is_accepted(&server, &mut ann, &mut own, tried, &code).await;
            assert!(!again, "{served:?}, then {tried:?}");
            server.clock.advance(A_STEP);
            let fresh = phone.code(&server.clock);
            assert!(is_accepted(&server, &mut ann, &mut own, tried, &fresh).await, "{tried:?}");
        }
    }
}

/// A03: what the old app showed when it was turned off confirms no new one.
#[tokio::test]
async fn atk_03_the_code_that_turned_off_enrolls_nothing() {
    let server = TestServer::start(On::Sqlite).await;
    let mut ann = Target::new(&server, "Ann Ames").await;
    let code = ann.code(&server);
    let purpose = Purpose::TurningOff;
    assert!(is_accepted(&server, &mut ann.person, &mut ann.browser, purpose, &code).await);

    ann.browser.goto("/profile/security").await.press("Two-factor authentication").await;
    ann.browser.fill("Password", &ann.person.password).press("Submit").await;
    ann.browser.choose("In an authenticator app").press("Next").await;
    assert_ne!(Phone::scan(&ann.browser).code(&server.clock), code);
    ann.browser.press("Next: confirm access").await;
    ann.browser.fill("Authentication code", &code).press("Next: complete setup").await;
    assert_eq!(ann.browser.status(), 422);
    ann.browser.goto("/profile/security").await.must_see("Off");
}

/// Gives a code for a purpose, with the right password wherever one is asked for.
async fn is_accepted(
    server: &TestServer,
    person: &mut Person,
    own: &mut Browser,
    purpose: Purpose,
    code: &str,
) -> bool {
    match purpose {
        Purpose::SignIn => {
            let mut browser = server.browser();
            type_password(&mut browser, &person.email, &person.password).await;
            let reply = post_code(&mut browser, code).await;
            gives_a_session(&reply)
        }
        Purpose::ChangingPassword => {
            let new = format!("{} again", person.password);
            own.goto("/profile/password").await;
            own.fill("Current password", &person.password).fill("Authentication code", code);
            own.fill("New password", &new).press("Save password").await;
            let is_changed = own.path() == "/profile";
            if is_changed {
                person.password = new;
            }
            is_changed
        }
        Purpose::TurningOff => {
            own.goto("/profile/security/turn-off").await;
            own.fill("Password", &person.password).fill("Authentication code", code);
            own.press("Disable").await;
            own.path() == "/profile/security"
        }
        Purpose::Enrollment => unreachable!("a set-up has its own pages and its own secret"),
    }
}
