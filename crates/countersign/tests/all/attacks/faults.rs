//! Guessing past a fault: what fails on the way is neither a free guess nor a way in.

use countersign_core::policy::presets::Preset;
use countersign_store::database::Injection;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::target::{
    A_STEP, Target, app_failures, failures, gives_a_session, post_code, post_password, sessions,
    wrong_codes_judged,
};
use crate::harness::{Browser, On, Person, TestServer, type_code, type_password, until};

on_both_databases! {
    /// A07: whatever fails while a wrong code is judged, nobody learns that it was wrong for free.
    async fn atk_07_a_fault_is_no_free_guess(on: On) {
        let server = TestServer::start(on).await;
        let ann = Target::new(&server, "Ann Ames").await;
        for injection in [Injection::FailStatement, Injection::PanicAtStatement] {
            let struck = wrong_codes_until_unhurt(&server, &ann, injection).await;
            assert!(struck > 6, "only {struck} statements were hit");
        }
        let mut browser = ann.half_signed_in(&server).await;
        let wrong = ann.wrong_code(&server);
        server.database.inject(Injection::FailCommit, 1);
        assert!(post_code(&mut browser, &wrong).await.status >= 500);
        assert_eq!(failures(&server, &ann.person).await, 1);
        server.must_keep_its_promises().await;
    }

    /// A07: if even the count cannot be written, no verdict is told.
    async fn atk_07_what_cannot_be_counted_is_not_told(on: On) {
        let server = TestServer::start(on).await;
        let ann = Target::new(&server, "Ann Ames").await;
        let mut browser = ann.half_signed_in(&server).await;
        let wrong = ann.wrong_code(&server);
        let faults = [Injection::FailStatement(1), Injection::PanicAtStatement(7), Injection::FailCommit];
        for injection in faults {
            server.database.inject(injection, 2);
            let right = post_code(&mut browser, &ann.code(&server)).await;
            server.database.inject(injection, 2);
            let wrong = post_code(&mut browser, &wrong).await;
            assert!(right.status >= 500 && !gives_a_session(&right), "{injection:?}");
            assert_eq!(wrong.status, right.status, "{injection:?}");
        }
        assert_eq!(failures(&server, &ann.person).await, 0);
        assert_eq!(wrong_codes_judged(&server, &ann.person).await, 0);
    }

    /// A07: a right code admits nobody past a fault, is not used up by it, and works afterwards.
    async fn atk_07_a_fault_admits_nobody_and_uses_up_no_code(on: On) {
        let server = TestServer::start(on).await;
        let ann = Target::new(&server, "Ann Ames").await;
        let mut statement = 0;
        loop {
            statement += 1;
            let mut browser = ann.half_signed_in(&server).await;
            let sessions_before = sessions(&server, &ann.person).await;
            let code = ann.code(&server);
            server.database.inject(Injection::FailStatement(statement), 1);
            let reply = post_code(&mut browser, &code).await;
            server.database.inject(Injection::FailStatement(statement), 0);
            if gives_a_session(&reply) {
                break;
            }
            assert!(reply.status >= 500, "{}", reply.status);
            assert_eq!(sessions(&server, &ann.person).await, sessions_before);
            assert_eq!(failures(&server, &ann.person).await, 1);
            type_code(&mut browser, &code).await;
            browser.must_be_at("/profile");
            assert_eq!(failures(&server, &ann.person).await, 0);
            server.clock.advance(A_STEP);
        }
        assert!(statement > 10, "only {statement} statements were hit");
        server.must_keep_its_promises().await;
    }

    /// A07: the same for passwords: what was hashed was counted, and past a fault nobody is let in.
    async fn atk_07_a_fault_is_no_free_password(on: On) {
        let server = TestServer::start(on).await;
        let bea = server.person("Bea Birch", Preset::Default).await;
        let mut stranger = server.browser();
        stranger.goto("/sign-in").await;
        for statement in 1.. {
            let mut unhurt = 0;
            for (password, is_right) in [("not the password of Bea", false), (&bea.password, true)] {
                let sessions_before = sessions(&server, &bea).await;
                let failures_before = failures(&server, &bea).await;
                let hashed_before = server.hash_runs();
                server.database.inject(Injection::FailStatement(statement), 1);
                let reply = post_password(&mut stranger.copy_of(), &bea.email, password).await;
                server.database.inject(Injection::FailStatement(statement), 0);
                if reply.status < 500 {
                    assert_eq!(gives_a_session(&reply), is_right);
                    unhurt += 1;
                    continue;
                }
                assert_eq!(sessions(&server, &bea).await, sessions_before);
                let counted = failures(&server, &bea).await - failures_before;
                let hashed = i64::try_from(server.hash_runs() - hashed_before).unwrap();
                assert_eq!(counted, hashed, "at statement {statement}, right: {is_right}");
            }
            // A complete sign-in clears the count.
            let reply = post_password(&mut stranger.copy_of(), &bea.email, &bea.password).await;
            assert!(gives_a_session(&reply));
            if unhurt == 2 {
                assert!(statement > 8, "only {statement} statements were hit");
                break;
            }
        }
        server.must_keep_its_promises().await;
    }

    /// A07: who hangs up as soon as the try is counted takes it back by that no more than by waiting.
    async fn atk_07_hanging_up_does_not_save_the_count(on: On) {
        let server = TestServer::start(on).await;
        let bea = server.person("Bea Birch", Preset::Default).await;
        let mut browser = server.browser();
        browser.goto("/sign-in").await;
        for sent in 1..=4 {
            let connection = send_password(&server, &browser, &bea.email).await;
            wait_for_failures(&server, &bea, sent).await;
            drop(connection);
        }
        type_password(&mut browser, &bea.email, "not the password of Bea").await;
        assert_eq!(browser.status(), 429, "the fifth locks");
        assert_eq!(failures(&server, &bea).await, 5);
        type_password(&mut browser, &bea.email, &bea.password).await;
        assert_eq!(browser.status(), 429);
    }

    /// A07: a fault while the name is locked does not lift the lock.
    async fn atk_07_a_fault_lifts_no_lock(on: On) {
        let server = TestServer::start(on).await;
        let ann = Target::new(&server, "Ann Ames").await;
        let mut browser = ann.half_signed_in(&server).await;
        let wrong = ann.wrong_code(&server);
        for _ in 0..5 {
            post_code(&mut browser.copy_of(), &wrong).await;
        }
        let mut stranger = server.browser();
        type_password(&mut stranger, &ann.person.email, &ann.person.password).await;
        assert_eq!(stranger.status(), 429);

        server.database.inject(Injection::FailStatement(2), 1);
        assert!(post_code(&mut browser, &wrong).await.status >= 500);
        type_password(&mut stranger, &ann.person.email, &ann.person.password).await;
        assert_eq!(stranger.status(), 429);
    }
}

/// One wrong code for each statement of its transaction, which fails there; each costs exactly one try.
/// Answers at which statement there was none left to hit.
async fn wrong_codes_until_unhurt(server: &TestServer, ann: &Target, injection: fn(u32) -> Injection) -> u32 {
    for statement in 1.. {
        let mut browser = ann.half_signed_in(server).await;
        let wrong = ann.wrong_code(server);
        server.database.inject(injection(statement), 1);
        let reply = post_code(&mut browser, &wrong).await;
        server.database.inject(injection(statement), 0);
        assert!(reply.status == 422 || reply.status >= 500, "{}", reply.status);
        assert_eq!(failures(server, &ann.person).await, 1, "at statement {statement}");
        assert_eq!(app_failures(server, &ann.person).await, 1, "at statement {statement}");
        // A complete sign-in ends both rows.
        let right = post_code(&mut browser, &ann.code(server)).await;
        assert!(gives_a_session(&right), "at statement {statement}");
        server.clock.advance(A_STEP);
        if reply.status == 422 {
            return statement;
        }
    }
    unreachable!("a transaction has an end")
}

/// Sends a wrong password on a connection of its own, whose answer nobody reads.
async fn send_password(server: &TestServer, browser: &Browser, email: &str) -> TcpStream {
    let nonce = browser.cookie("cs-form").unwrap();
    let body = format!("form_token={}&email={email}&password=wrong", browser.form_token());
    let host = server.public_url().trim_start_matches("http://");
    let request = format!(
        "POST /sign-in HTTP/1.1\r\nhost: {host}\r\ncookie: cs-form={nonce}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        body.len(),
    );
    let mut connection = TcpStream::connect(server.address()).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    connection
}

async fn wait_for_failures(server: &TestServer, person: &Person, expected: i64) {
    until("the try is counted", async || failures(server, person).await >= expected).await;
    assert_eq!(failures(server, person).await, expected);
}
