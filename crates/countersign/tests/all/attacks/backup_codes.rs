//! What backup codes must not open: without the password, twice, by many at once, from a copy of the database, of a set
//! that is void.

use countersign_core::{authenticator::typed_code::TypedCode, policy::presets::Preset};
use countersign_store::{Sql, params};

use super::target::{
    A_STEP, app_failures, failures, gives_a_session, post, post_at_once, post_code, sessions,
};
use crate::harness::{
    Browser, On, Person, Phone, TestServer, behind_the_password, enroll_app, generate_backup_codes, sign_in,
    sign_in_with_app, type_code, type_password,
};

/// Somebody with an app and backup codes, and codes that are somebody else's.
struct Target {
    person: Person,
    phone: Phone,
    codes: Vec<String>,
    foreign: Vec<String>,
}

async fn target(server: &TestServer) -> Target {
    let [(person, phone, codes), (_, _, foreign)] =
        [somebody(server, "Ann Ames").await, somebody(server, "Ben Boyle").await];
    Target { person, phone, codes, foreign }
}

async fn somebody(server: &TestServer, name: &str) -> (Person, Phone, Vec<String>) {
    let person = server.person(name, Preset::Default).await;
    let mut browser = sign_in(server, &person).await;
    let phone = enroll_app(server, &mut browser, &person).await;
    let codes = generate_backup_codes(server, &mut browser, (&person, &phone)).await;
    (person, phone, codes)
}

on_both_databases! {
    /// A04: of two hundred uses at once, one makes a session; those who come too late count once at most.
    async fn atk_04_parallel_uses_of_a_backup_code_make_one_session(on: On) {
        let server = TestServer::start(on).await;
        let ann = target(&server).await;
        let mut browsers = Vec::new();
        for _ in 0..4 {
            browsers.push(behind_the_password(&server, &ann.person).await);
        }
        let sessions_before = sessions(&server, &ann.person).await;
        let crowd: Vec<Browser> = browsers.iter().cycle().take(200).map(Browser::copy_of).collect();
        let answers = post_at_once(crowd, "/sign-in/code", &[("code", &ann.codes[3])]).await;
        assert_eq!(answers.iter().filter(|(_, reply)| gives_a_session(reply)).count(), 1);
        assert_eq!(sessions(&server, &ann.person).await, sessions_before + 1);
        assert_eq!(server.audit_events(&ann.person, "backup_codes.used").await, 1);
        assert!(failures(&server, &ann.person).await <= 1);
        assert_eq!(server.number(&USED, params![ann.person.id.as_str()]).await, 1);
        server.must_keep_its_promises().await;
    }

    /// A72's rule for these: a code without the password opens nothing, and is not used up by that.
    async fn atk_72_a_backup_code_needs_the_password(on: On) {
        let server = TestServer::start(on).await;
        let ann = target(&server).await;
        let mut nobody = server.browser();
        nobody.goto("/sign-in").await;
        let reply = post(&mut nobody, "/sign-in/code", &[("code", &ann.codes[0])]).await;
        assert!(!gives_a_session(&reply));
        let mut own = behind_the_password(&server, &ann.person).await;
        assert!(gives_a_session(&post_code(&mut own, &ann.codes[0]).await));
    }

    /// A70: a copy of the database holds no code, neither as it is typed nor as its bits, and none once it was saved.
    async fn atk_70_a_dump_of_the_database_holds_no_backup_code(on: On) {
        let server = TestServer::start(on).await;
        let ann = target(&server).await;
        let mut own = sign_in_with_app(&server, &ann.person, &ann.phone).await;
        own.goto("/profile/security/backup-codes/create").await.fill("Password", &ann.person.password);
        server.clock.advance(A_STEP);
        own.fill("Authentication code", &ann.phone.code(&server.clock)).press("Generate backup codes").await;
        let shown = crate::harness::shown_codes(&own);
        assert_eq!(server.number(&SEALED, Vec::new()).await, 1);
        let kept = kept(&server).await;
        for code in ann.codes.iter().chain(&ann.foreign).chain(&shown) {
            let TypedCode::BackupCode(read) = TypedCode::parse(code) else { panic!("{code} is no code") };
            let [typed, bare] = [code.clone(), code.replace('-', "")];
            for needle in [typed.as_bytes(), bare.as_bytes(), &bare.as_bytes()[1..17], read.expose_bytes()] {
                let holds = |row: &Vec<u8>| row.windows(needle.len()).any(|window| window == needle);
                assert!(!kept.iter().any(holds), "a row holds {code}");
            }
        }
        own.press("Continue").await.must_be_at("/profile/security");
        assert_eq!(server.number(&SEALED, Vec::new()).await, 0);
    }

    /// A71: whoever wins a race of an old code and a new set, nothing of the old set opens anything afterwards.
    async fn atk_71_a_new_set_voids_the_old_one_also_in_a_race(on: On) {
        let server = TestServer::start(on).await;
        let ann = target(&server).await;
        let mut old = ann.codes.clone();
        for _ in 0..4 {
            let mut own = sign_in_with_app(&server, &ann.person, &ann.phone).await;
            server.clock.advance(A_STEP);
            own.goto("/profile/security/backup-codes/create").await;
            let mut thief = behind_the_password(&server, &ann.person).await;
            let (own_code, stolen) = (ann.phone.code(&server.clock), old.remove(0));
            let fields = [("password", ann.person.password.as_str()), ("code", own_code.as_str())];
            let making = post(&mut own, "/profile/security/backup-codes/create", &fields);
            let (made, _) = tokio::join!(making, post_code(&mut thief, &stolen));
            assert_eq!(made.location(), Some("/profile/security/backup-codes"));
            thief.goto("/profile").await.must_be_at("/sign-in");

            let new = crate::harness::shown_codes(own.goto("/profile/security/backup-codes").await);
            own.press("Continue").await;
            let mut late = behind_the_password(&server, &ann.person).await;
            assert!(!gives_a_session(&post_code(&mut late, &old[0]).await));
            assert!(gives_a_session(&post_code(&mut late, &new[0]).await));
            old = new.into_iter().skip(1).collect();
            server.clock.advance(A_STEP);
        }
        assert_eq!(server.number(&SETS_IN_FORCE, params![ann.person.id.as_str()]).await, 1);
        server.must_keep_its_promises().await;
    }

    /// A73: one field; shape decides what is compared, and all count on one ladder and on their own cap.
    async fn atk_73_codes_and_backup_codes_count_on_one_ladder(on: On) {
        let server = TestServer::start(on).await;
        let ann = target(&server).await;
        let mut browser = behind_the_password(&server, &ann.person).await;
        for count in 1..=4 {
            let typed =
                if count % 2 == 0 { ann.phone.wrong_code(&server.clock) } else { ann.foreign[count].clone() };
            type_code(&mut browser, &typed).await;
            assert_eq!(browser.status(), 422, "{count}");
        }
        assert_eq!(server.number(&SET_FAILURES, params![ann.person.id.as_str()]).await, 2);
        assert_eq!(app_failures(&server, &ann.person).await, 2);
        assert_eq!(failures(&server, &ann.person).await, 4);
        type_code(&mut browser, &ann.foreign[0]).await;
        browser.must_see("Too many wrong tries.");
        let mut late = server.browser();
        type_password(&mut late, &ann.person.email, &ann.person.password).await;
        late.must_see("Too many wrong tries.");
    }

    /// A03: a code proves no act, but for the minutes in which it stands in for the phone that was lost; and A48: who
    /// took over the number gets no codes beside an app.
    async fn atk_03_a_backup_code_admits_and_proves_nothing_else(on: On) {
        let server = TestServer::start(on).await;
        let ann = target(&server).await;
        let mut own = behind_the_password(&server, &ann.person).await;
        type_code(&mut own, &ann.codes[0]).await;
        for page in ["/profile/security/backup-codes/create", "/profile/password"] {
            own.goto(page).await;
            let fields = [
                ("password", ann.person.password.as_str()),
                ("code", ann.codes[1].as_str()),
                ("new_password", "violet kettle hums at dawn"),
            ];
            let fields = if page == "/profile/password" { &fields[..] } else { &fields[..2] };
            assert_eq!(post(&mut own, page, fields).await.status, 422, "{page}");
        }
        let mut next = behind_the_password(&server, &ann.person).await;
        assert!(gives_a_session(&post_code(&mut next, &ann.codes[1]).await), "it was not used up by that");
    }
}

/// Everything that is kept of authenticators and ceremonies.
async fn kept(server: &TestServer) -> Vec<Vec<u8>> {
    let rows = server.rows(&KEPT, Vec::new()).await;
    rows.iter().map(|row| row.bytes(0).unwrap().to_vec()).collect()
}

static KEPT: Sql = Sql::new(
    "SELECT secret FROM authenticators \
     UNION ALL SELECT new_key FROM ceremonies WHERE new_key IS NOT NULL \
     UNION ALL SELECT body FROM outbox WHERE body IS NOT NULL",
);
static SEALED: Sql = Sql::new("SELECT COUNT(*) FROM ceremonies WHERE new_key IS NOT NULL");
static USED: Sql = Sql::new(
    "SELECT COUNT(*) FROM used_backup_codes JOIN authenticators ON authenticators.id = authenticator_id \
     WHERE user_id = $1",
);
static SETS_IN_FORCE: Sql = Sql::new(
    "SELECT COUNT(*) FROM authenticators WHERE user_id = $1 AND kind = 'backup_codes' AND revoked_at IS NULL",
);
static SET_FAILURES: Sql = Sql::new(
    "SELECT failures_in_a_row FROM authenticators \
     WHERE user_id = $1 AND kind = 'backup_codes' AND revoked_at IS NULL",
);
