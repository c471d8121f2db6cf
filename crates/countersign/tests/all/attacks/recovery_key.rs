//! What a recovery key must not open: without the password, twice, by many at once, from a copy of the database.

use std::time::Duration;

use countersign_core::policy::presets::Preset;
use countersign_store::{Sql, params};

use super::target::{
    A_STEP, app_failures, failures, gives_a_session, open_sign_ins, post, post_at_once, post_code, sessions,
};
use crate::harness::{
    Browser, On, Person, Phone, TestServer, behind_the_password, enroll_app_with_key, sign_in, type_code,
    type_password,
};

/// Somebody with an app and a recovery key, and a key that is nobody's.
struct Target {
    person: Person,
    phone: Phone,
    key: String,
    foreign: String,
}

async fn target(server: &TestServer) -> Target {
    let person = server.person("Ann Ames", Preset::Authenticator).await;
    let (phone, key) = enroll_app_with_key(server, &mut sign_in(server, &person).await).await;
    let other = server.person("Ben Boyle", Preset::Authenticator).await;
    let (_, foreign) = enroll_app_with_key(server, &mut sign_in(server, &other).await).await;
    server.clock.advance(A_STEP);
    Target { person, phone, key, foreign }
}

on_both_databases! {
    /// A04: of many who use the key at once, one gets the next key, and one session is made.
    async fn atk_04_parallel_uses_of_a_recovery_key_make_one_new_key_and_one_session(on: On) {
        let server = TestServer::start(on).await;
        let ann = target(&server).await;
        let mut browsers = Vec::new();
        for _ in 0..4 {
            browsers.push(behind_the_password(&server, &ann.person).await);
        }
        let sessions_before = sessions(&server, &ann.person).await;
        let crowd: Vec<Browser> = browsers.iter().cycle().take(24).map(Browser::copy_of).collect();
        let answers = post_at_once(crowd, "/sign-in/code", &[("code", &ann.key)]).await;
        assert!(answers.iter().all(|(_, reply)| !gives_a_session(reply)));
        assert_eq!(server.audit_events(&ann.person, "recovery_key.used").await, 1);
        assert_eq!(server.number(&KEYS_IN_FORCE, params![ann.person.id.as_str()]).await, 1);

        let mut ways = Vec::new();
        for mut browser in browsers {
            if browser.goto("/sign-in/recovered").await.path() == "/sign-in/recovered" {
                ways.push(browser);
            }
        }
        assert_eq!(ways.len(), 1, "the new key is shown to one sign-in only");
        let crowd: Vec<Browser> = ways.iter().cycle().take(12).map(Browser::copy_of).collect();
        let answers = post_at_once(crowd, "/sign-in/recovered", &[]).await;
        assert_eq!(answers.iter().filter(|(_, reply)| gives_a_session(reply)).count(), 1);
        assert_eq!(sessions(&server, &ann.person).await, sessions_before + 1);
        server.must_keep_its_promises().await;
    }

    /// A72: a key alone opens nothing; the new one is for whoever used the old one; and a lost answer loses nobody.
    async fn atk_72_a_key_needs_the_password_and_its_replacement_survives_a_lost_answer(on: On) {
        let server = TestServer::start(on).await;
        let ann = target(&server).await;
        let mut nobody = server.browser();
        nobody.goto("/sign-in").await;
        let reply = post(&mut nobody, "/sign-in/code", &[("code", &ann.key)]).await;
        assert!(!gives_a_session(&reply));
        assert_eq!(server.audit_events(&ann.person, "recovery_key.used").await, 0);

        let mut thief = behind_the_password(&server, &ann.person).await;
        let mut own = behind_the_password(&server, &ann.person).await;
        // The answer is lost: the browser has nothing but what it had before.
        let before = own.copy_of();
        assert_eq!(post_code(&mut own, &ann.key).await.location(), Some("/sign-in/recovered"));
        let mut own = before;
        thief.goto("/sign-in/recovered").await.must_be_at("/sign-in/code");
        own.goto("/profile").await.must_be_at("/sign-in/recovered");
        let new = own.page().text_named("Your recovery key");
        assert_eq!(post_code(&mut own, &ann.key).await.location(), Some("/sign-in/recovered"));
        // Neither does the form of another tab throw away what shows it.
        let again = [("email", ann.person.email.as_str()), ("password", ann.person.password.as_str())];
        assert_eq!(post(&mut own, "/sign-in", &again).await.location(), Some("/sign-in/recovered"));

        // Wrong codes of the thief lock the name, and new sign-ins push the oldest out: not this one.
        for _ in 0..5 {
            post_code(&mut thief, &ann.foreign).await;
        }
        let locked_out = post_code(&mut thief, &new).await;
        assert_eq!(locked_out.location(), Some("/sign-in"), "the lock ended that sign-in");
        own.goto("/sign-in/recovered").await;
        assert_eq!(own.page().text_named("Your recovery key"), new);
        server.advance(Duration::from_mins(10));
        own.goto("/sign-in/recovered").await.must_see("is not shown any more");
        own.press("Continue").await.must_be_at("/profile/security");
        assert_eq!(open_sign_ins(&server, &ann.person).await, 0);
    }

    /// A72: the new key is wiped when its time is over, and nobody sees it in a later session.
    async fn atk_72_a_key_that_nobody_saved_leaves_the_database(on: On) {
        let server = TestServer::start(on).await;
        let ann = target(&server).await;
        let mut own = behind_the_password(&server, &ann.person).await;
        type_code(&mut own, &ann.key).await;
        assert_eq!(server.number(&SEALED_KEYS, Vec::new()).await, 1);
        server.advance(Duration::from_mins(10));
        server.tidy().await;
        assert_eq!(server.number(&SEALED_KEYS, Vec::new()).await, 0);
        own.goto("/sign-in/recovered").await.press("Continue").await.must_be_at("/profile/security");
        own.goto("/profile/security/recovery-key").await.must_be_at("/profile/security");
    }

    /// A73: one field for both; shape decides what is compared, and both count on one ladder and on their own cap.
    async fn atk_73_codes_and_keys_count_on_one_ladder(on: On) {
        let server = TestServer::start(on).await;
        let ann = target(&server).await;
        let mut browser = behind_the_password(&server, &ann.person).await;
        for count in 1..=4 {
            let typed = if count % 2 == 0 { ann.phone.wrong_code(&server.clock) } else { ann.foreign.clone() };
            type_code(&mut browser, &typed).await;
            assert_eq!(browser.status(), 422, "{count}");
        }
        assert_eq!(server.number(&KEY_FAILURES, params![ann.person.id.as_str()]).await, 2);
        assert_eq!(app_failures(&server, &ann.person).await, 2);
        assert_eq!(failures(&server, &ann.person).await, 4);
        type_code(&mut browser, &ann.foreign).await;
        browser.must_see("Too many wrong tries.");
        assert_eq!(server.audit_events(&ann.person, "name.locked").await, 1);
        let mut late = server.browser();
        type_password(&mut late, &ann.person.email, &ann.person.password).await;
        late.must_see("Too many wrong tries.");
    }

    /// A03: a key proves no act, but for the minutes in which it stands in for the phone that was lost.
    async fn atk_03_a_recovery_key_admits_and_proves_nothing_else(on: On) {
        let server = TestServer::start(on).await;
        let ann = target(&server).await;
        let mut own = behind_the_password(&server, &ann.person).await;
        type_code(&mut own, &ann.key).await;
        let new = own.page().text_named("Your recovery key");
        own.press("Continue").await;
        // By then it no longer stands in for a lost phone.
        server.clock.advance(Duration::from_mins(5));
        for (page, button) in [
            ("/profile/security/change", "Submit"),
            ("/profile/security/recovery-key/create", "Create new recovery key"),
        ] {
            own.goto(page).await.fill("Password", &ann.person.password);
            own.fill("Authentication code", &new).press(button).await;
            assert_eq!(own.status(), 422, "{page}");
        }
        let mut next = behind_the_password(&server, &ann.person).await;
        type_code(&mut next, &new).await;
        next.must_be_at("/sign-in/recovered");
    }
}

static KEYS_IN_FORCE: Sql = Sql::new(
    "SELECT COUNT(*) FROM authenticators WHERE user_id = $1 AND kind = 'recovery_key' AND revoked_at IS NULL",
);
static KEY_FAILURES: Sql = Sql::new(
    "SELECT failures_in_a_row FROM authenticators \
     WHERE user_id = $1 AND kind = 'recovery_key' AND revoked_at IS NULL",
);
static SEALED_KEYS: Sql = Sql::new("SELECT COUNT(*) FROM ceremonies WHERE new_key IS NOT NULL");
