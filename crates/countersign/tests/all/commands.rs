//! The program from the outside: what an operator types, what is answered, and what may go wrong.

mod doctor;
mod failures;
mod help;
mod refusals;

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};

use countersign::config::DatabaseAddress;
use countersign_service::clock::{Clock, VirtualClock};
use countersign_store::{Database, DatabaseOptions, Sql};
use serde_json::json;

use crate::harness::{Browser, Installation, On, Phone, Running, type_code, type_password};

const PASSWORD: &str = "copper lantern drifts north";
const SWITCH: &str = "Two-factor authentication";

#[tokio::test]
async fn init_writes_a_configuration_and_keys_for_the_owner_alone_and_never_twice() {
    let here = Installation::empty(On::Sqlite).await;
    let said = here.run(&["init", "site", "--without-database"]).must_succeed().stdout;
    assert!(said.contains("countersign serve --config site/countersign.toml"), "{said}");
    let keys = here.path().join("site/countersign.keys");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let config = here.path().join("site/countersign.toml");
    assert_eq!((mode(&keys), mode(&config)), (0o400, 0o600));
    let before = fs::read(&keys).unwrap();

    let again = here.run(&["init", "site", "--without-database"]);
    assert!(again.refusal().starts_with("site/countersign.toml is there already; nothing was changed."));
    assert!(again.refusal().contains("`countersign operator invite --config site/countersign.toml`"));
    fs::remove_file(&config).unwrap();
    assert!(
        here.run(&["init", "site", "--without-database"])
            .refusal()
            .contains("countersign.keys cannot be written")
    );
    assert_eq!(fs::read(&keys).unwrap(), before, "keys are never replaced");

    fs::remove_file(&keys).unwrap();
    symlink("elsewhere", &config).unwrap();
    assert!(!here.run(&["init", "site", "--without-database"]).succeeded);
    assert!(!here.path().join("site/elsewhere").exists(), "nothing is written through a link");
}

/// A database without its keys gets no others by somebody's running `init` again.
#[tokio::test]
async fn init_writes_no_new_keys_beside_a_database() {
    let here = Installation::migrated(On::Sqlite).await;
    fs::create_dir(here.path().join("site")).unwrap();
    fs::write(here.path().join("site/countersign.db"), "").unwrap();
    for arguments in [&["init", "site"][..], &["init", "site", "--without-database"]] {
        let ran = here.run(arguments);
        let refusal = ran.refusal();
        assert!(
            refusal
                .starts_with("site/countersign.db is there already, and its keys are not here; nothing was")
        );
        assert!(refusal.contains("Put its key file at site/countersign.keys"), "{refusal}");
    }
    assert_eq!(fs::read_dir(here.path().join("site")).unwrap().count(), 1);

    // Where only the environment names the database, it is found once the files are there.
    let said = here.run(&["init", "other", "--json"]).must_succeed().json();
    let why = "The database is there already and has other keys than these";
    assert_eq!((&said["operator_link"], &said["no_link_because"]), (&json!(null), &json!(why)));
    let refused = here.run(&["serve", "--config", "other/countersign.toml", "--json"]).stderr;
    assert!(refused.contains("wrong_keys"), "{refused}");
    assert!(
        here.run(&["init", "third"])
            .must_succeed()
            .stdout
            .contains("put its key file in the place of the new one")
    );
}

/// What `init` prints is what works: each line is run as it stands, the passwords given.
#[tokio::test]
async fn the_next_steps_that_init_prints_lead_to_a_server() {
    let here = Installation::empty(On::Sqlite).await;
    let said = here.run(&["init", "my-site"]).must_succeed().stdout;
    let steps = said.lines().filter_map(|line| line.strip_prefix("  ")).collect::<Vec<_>>();
    let (serve, before) = steps.split_last().unwrap();
    assert_eq!(before.len(), 2, "{said}");
    for step in before {
        here.run_line(step, PASSWORD);
    }
    assert!(serve.ends_with(" serve --config my-site/countersign.toml"), "{serve}");
    let server = here
        .start(&["serve", "--config", "my-site/countersign.toml"], &[("COUNTERSIGN_LISTEN", "127.0.0.1:0")]);
    let mut browser = server.browser();
    type_password(&mut browser, "ann@example.com", PASSWORD).await;
    browser.must_be_at("/profile");
    server.stop();
}

on_both_databases! {
    async fn people_are_made_before_and_beside_a_running_server(on: On) {
        let here = Installation::migrated(on).await;
        here.run(&["org", "add", "Trackwell", "--preset", "per-user"]).must_succeed();
        let ann = add(&here, "ann@trackwell.example", PASSWORD);
        assert_eq!(ann["email"], "ann@trackwell.example");
        assert!(ann["user"].as_str().unwrap().starts_with("usr_"));

        let server = here.serve();
        let mut browser = server.browser();
        type_password(&mut browser, "ann@trackwell.example", PASSWORD).await;
        browser.must_be_at("/profile");
        add(&here, "ben@trackwell.example", "seven plums on a tin roof");
        let mut browser = server.browser();
        type_password(&mut browser, "ben@trackwell.example", "seven plums on a tin roof").await;
        browser.must_be_at("/profile");
        server.stop();
    }

    async fn migrate_brings_the_database_to_the_newest_schema_and_then_has_nothing_to_do(on: On) {
        let here = Installation::initialized(on).await;
        let first = here.run(&["migrate", "--json"]).must_succeed().json();
        let steps =
            ["first_sign_in", "messages", "operators", "actors", "floods", "audit_chain", "reset_wishes", "recovery_keys", "emailed_codes", "backup_codes"];
        assert_eq!(first, json!({ "applied": steps }));
        assert_eq!(here.run(&["migrate", "--json"]).must_succeed().json(), json!({ "applied": [] }));
    }

    async fn commands_beside_a_server_leave_an_older_schema_as_it_is(on: On) {
        let here = Installation::initialized(on).await;
        for command in [
            &["org", "add", "Trackwell", "--json"][..],
            &["user", "add", "ann@trackwell.example", "--name", "Ann Ames", "--organization", "Trackwell", "--json"],
            &["user", "set-password", "ann@trackwell.example", "--json"],
        ] {
            let refused = here.run_with_input(command, PASSWORD).json();
            assert_eq!(refused["error"], "database_schema_too_old", "{refused}");
            assert!(refused["message"].as_str().unwrap().ends_with("run `countersign migrate`"), "{refused}");
        }
        let database = open(&here).await;
        assert_eq!(database.schema_number().await.unwrap(), 0);
        database.close().await;
    }

    async fn a_database_of_a_newer_program_is_refused(on: On) {
        let here = Installation::initialized(on).await;
        here.run(&["migrate"]).must_succeed();
        change(&here, &FROM_THE_FUTURE).await;
        for command in ["migrate", "serve"] {
            let ran = here.run(&[command, "--json"]);
            assert_eq!(ran.json()["error"], "database_schema_too_new", "{ran:?}");
        }
    }

    async fn companies_are_listed_and_their_gate_is_set(on: On) {
        let here = Installation::migrated(on).await;
        here.run(&["org", "add", "Trackwell", "--preset", "per-user"]).must_succeed();
        here.run(&["org", "add", "Quietline"]).must_succeed();
        here.run(&["org", "add", "Harborline", "--two-factor", "off"]).must_succeed();
        add(&here, "ann@trackwell.example", PASSWORD);
        let gates = || {
            let list = here.run(&["org", "list", "--json"]).must_succeed().json();
            let line = |one: &serde_json::Value| json!([one["organization"], one["two_factor"], one["people"]]);
            list.as_array().unwrap().iter().map(line).collect::<Vec<_>>()
        };
        let before = [json!(["Harborline", "off", 0]), json!(["Quietline", "on", 0]), json!(["Trackwell", "off", 1])];
        assert_eq!(gates(), before);
        let opened = here.run(&["org", "two-factor", "Trackwell", "on", "--json"]).must_succeed().json();
        assert_eq!(opened, json!({ "organization": "Trackwell", "two_factor": "on" }));
        here.run(&["org", "two-factor", "Quietline", "off"]).must_succeed();
        let after = [json!(["Harborline", "off", 0]), json!(["Quietline", "off", 0]), json!(["Trackwell", "on", 1])];
        assert_eq!(gates(), after);
        let listed = here.run(&["org", "list"]).must_succeed().stdout;
        assert_eq!(listed.lines().count(), 3, "{listed}");
        let nowhere = here.run(&["org", "two-factor", "Nowhere", "on", "--json"]).json();
        assert_eq!(nowhere["error"], "no_such_organization");
    }

    async fn an_invitation_waits_in_the_outbox_until_there_is_a_mail_server(on: On) {
        let here = Installation::migrated(on).await;
        here.run(&["org", "add", "Trackwell"]).must_succeed();
        let said = here.run(&[
            "user", "add", "ann@trackwell.example", "--name", "Ann Ames", "--organization", "Trackwell", "--invite",
        ]);
        let said = said.must_succeed().stdout;
        assert!(said.contains("as soon as a mail server is configured"), "{said}");
        let again = here.run(&["user", "invite", "ann@trackwell.example", "--json"]).must_succeed().json();
        assert_eq!(again, json!({ "email": "ann@trackwell.example", "waits_for_mail_server": true }));
        let nobody = here.run(&["user", "invite", "bob@trackwell.example", "--json"]).json();
        assert_eq!(nobody["error"], "no_such_user");

        // The link before is good no more, so it is not sent either.
        let listed = here.run(&["outbox", "list", "--json"]).must_succeed().json();
        assert_eq!((&listed["waiting"][0]["channel"], &listed["waiting"][0]["messages"]), (&json!("email"), &json!(1)));
        assert_eq!(listed["dead"], json!([]));
    }

    async fn what_could_not_be_sent_is_listed_masked_and_sent_again_on_request(on: On) {
        let here = Installation::migrated(on).await;
        here.run(&["org", "add", "Trackwell"]).must_succeed();
        for email in ["ann@trackwell.example", "bob@trackwell.example"] {
            here.run(&["user", "add", email, "--name", "A", "--organization", "Trackwell", "--invite"]).must_succeed();
        }
        change(&here, &ALL_DEAD).await;
        let listed = here.run(&["outbox", "list", "--json"]).must_succeed().json();
        assert_eq!(listed["waiting"], json!([]));
        let dead = listed["dead"].as_array().unwrap();
        assert_eq!(dead.len(), 2);
        assert_eq!((&dead[0]["kind"], &dead[0]["error"]), (&json!("link"), &json!("smtp_550: no such mailbox")));
        let shown = here.run(&["outbox", "list"]).must_succeed().stdout;
        assert!(shown.contains("a••@trackwell.example") && !shown.contains("ann@"), "{shown}");

        let retry = |arguments: &[&str]| here.run(&[&["outbox", "retry", "--json"], arguments].concat()).json();
        assert_eq!(retry(&[dead[0]["id"].as_str().unwrap()]), json!({ "retried": 1 }));
        assert_eq!(retry(&[dead[0]["id"].as_str().unwrap()])["error"], "no_such_message");
        assert_eq!(retry(&["--all"]), json!({ "retried": 1 }));
        assert_eq!(retry(&["--all"]), json!({ "retried": 0 }));
        let listed = here.run(&["outbox", "list", "--json"]).must_succeed().json();
        assert_eq!((&listed["waiting"][0]["messages"], &listed["dead"]), (&json!(2), &json!([])));
    }
}

#[tokio::test]
async fn a_second_server_on_one_sqlite_file_is_refused_until_the_first_is_gone() {
    let here = Installation::initialized(On::Sqlite).await;
    let server = here.serve();
    let second = here.run(&["serve", "--json"]);
    assert_eq!(second.json()["error"], "database_already_served", "{second:?}");
    server.stop();
    here.serve().stop();
}

#[tokio::test]
async fn what_another_server_serves_is_not_migrated_by_a_second() {
    let here = Installation::initialized(On::Sqlite).await;
    let served = open(&here).await;
    served.lock_for_serving().unwrap();
    let second = here.run(&["serve", "--json"]);
    assert_eq!(second.json()["error"], "database_already_served", "{second:?}");
    assert_eq!(served.schema_number().await.unwrap(), 0);
    served.close().await;
}

/// Keys and passwords lie in memory; a crash must not put them on a disk.
#[tokio::test]
async fn a_server_leaves_no_core_dump() {
    let here = Installation::initialized(On::Sqlite).await;
    let server = here.serve();
    assert_eq!(server.limit("Max core file size"), "0 0");
    server.stop();
}

/// The line with the mistake may be the one with the password.
#[tokio::test]
async fn a_misspelled_configuration_is_told_by_its_line_and_never_repeated() {
    let here = Installation::initialized(On::Sqlite).await;
    here.configure("log = \"info\"\ndatabase = \"postgres://cs:canary@db.example/cs\n");
    for arguments in [&["serve"][..], &["serve", "--json"]] {
        let ran = here.run(arguments);
        assert!(ran.stderr.contains("countersign.toml is no TOML at line 2: "), "{}", ran.stderr);
        assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
    }
}

#[tokio::test]
async fn who_cannot_be_made_is_refused_with_the_reason() {
    let here = Installation::migrated(On::Sqlite).await;
    here.run(&["org", "add", "Trackwell"]).must_succeed();
    add(&here, "ann@trackwell.example", PASSWORD);
    let code = |email: &str, organization: &str, password: &str| {
        let arguments =
            ["user", "add", email, "--name", "Ann Ames", "--organization", organization, "--json"];
        here.run_with_input(&arguments, password).json()["error"].as_str().unwrap().to_owned()
    };
    assert_eq!(code("Ann@Trackwell.example", "Trackwell", PASSWORD), "user_exists");
    assert_eq!(code("no address", "Trackwell", PASSWORD), "email_address");
    assert_eq!(code("bob@trackwell.example", "Nowhere", PASSWORD), "no_such_organization");
    assert_eq!(code("bob@trackwell.example", "Trackwell", "short"), "password_too_short");
    let taken = here.run(&["org", "add", "Trackwell"]);
    assert_eq!(
        taken.refusal(),
        "an organization named Trackwell exists already; `countersign org show \"Trackwell\"` shows it"
    );
    let preset = here.run(&["org", "add", "Other", "--preset", "best"]);
    assert!(preset.refusal().starts_with("there is no preset \"best\"; there are: default, per-user"));
}

#[tokio::test]
async fn a_wrong_setting_is_refused_at_the_start_with_its_name_what_was_found_and_what_is_allowed() {
    let here = Installation::initialized(On::Sqlite).await;
    for (setting, refused, allowed) in [
        ("listen = \"8080\"", "listen: found \"8080\"", "an address and a port"),
        ("public_url = \"example.com\"", "public_url: found \"example.com\"", "an https address"),
        ("hash_threads = 1000", "hash_threads: found", "a number from 0 to 256"),
        ("log = \"==\"", "log: ", ""),
        (
            "lisen = 1",
            "countersign.toml: there is no setting \"lisen\"",
            "listen, drain_secs, tls_certificate",
        ),
        ("listen", "countersign.toml is no TOML", ""),
    ] {
        here.configure(setting);
        let ran = here.run(&["serve"]);
        let refusal = ran.refusal();
        assert!(refusal.starts_with(refused) && refusal.contains(allowed), "{setting}: {refusal}");
    }
    here.configure("");
    fs::remove_file(here.path().join("countersign.keys")).unwrap();
    let ran = here.run(&["serve", "--json"]).json();
    assert_eq!(ran["error"], "keys_file");
    assert!(!here.path().join("countersign.keys").exists(), "lost keys are never made anew in silence");
}

#[tokio::test]
async fn the_demo_says_in_one_line_who_may_sign_in_and_forgets_everything() {
    let here = Installation::empty(On::Sqlite).await;
    let temporary = here.path().join("temporary");
    fs::create_dir(&temporary).unwrap();
    let demo = here.start(&["demo", "--listen", "127.0.0.1:0"], &[("TMPDIR", temporary.to_str().unwrap())]);
    let url = demo.ready["url"].as_str().unwrap().to_owned();
    let port: u16 = url.strip_prefix("http://localhost:").unwrap().parse().unwrap();
    assert_eq!(demo.ready["inbox_url"], format!("{url}/demo/inbox"));
    for user in demo.ready["users"].as_array().unwrap() {
        let text = |key: &str| user[key].as_str().unwrap();
        let mut browser = Browser::new(([127, 0, 0, 1], port).into(), url.clone());
        type_password(&mut browser, text("email"), text("password")).await;
        browser.must_be_at("/profile");
        browser.must_see(text("organization"));
        assert!(["default", "per-user", "authenticator", "email-key"].contains(&text("preset")));
        let inbox = browser.send("GET", "/demo/inbox.json", &[], Vec::new()).await;
        assert_eq!((inbox.status, inbox.text().as_str()), (200, "[]"));
        browser.goto("/demo/inbox").await.must_see("No messages yet.");
    }
    demo.stop();
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0);
}

#[tokio::test]
async fn a_real_server_has_no_inbox_and_tells_load_balancers_how_it_is() {
    let here = Installation::initialized(On::Sqlite).await;
    let server = here.serve();
    let mut browser = server.browser();
    for (path, status) in
        [("/healthz", 200), ("/readyz", 200), ("/demo/inbox.json", 404), ("/demo/inbox", 404)]
    {
        assert_eq!(browser.send("GET", path, &[], Vec::new()).await.status, status, "{path}");
    }
    server.stop();
}

/// A request that has begun is answered although the server was asked to stop; a new one is not accepted.
#[tokio::test]
async fn asked_to_stop_it_finishes_what_it_has_begun() {
    let here = Installation::initialized(On::Sqlite).await;
    let server = here.serve();
    let mut caller = BufReader::new(TcpStream::connect(server.address()).unwrap());
    let head = "POST /sign-in HTTP/1.1\r\nHost: localhost:8080\r\nContent-Length: 9\r\nConnection: close\r\n\
                Content-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\n\r\n";
    caller.get_mut().write_all(head.as_bytes()).unwrap();
    let mut interim = String::new();
    caller.read_line(&mut interim).unwrap();
    assert_eq!(interim, "HTTP/1.1 100 Continue\r\n", "the server reads the form now");

    server.ask_to_stop();
    while TcpStream::connect(server.address()).is_ok() {}
    caller.get_mut().write_all(b"email=ann").unwrap();
    let mut answer = String::new();
    caller.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("HTTP/1.1 400 Bad Request"), "{answer}");
    assert!(answer.trim_end().ends_with("</html>"), "the whole page arrived: {answer}");
    let (status, log) = server.wait();
    assert!(status.success(), "{log}");
}

/// With everything logged that can be, no line holds what a person typed or what would let one in.
#[tokio::test]
async fn logs_are_json_and_hold_no_secret() {
    let here = Installation::migrated(On::Sqlite).await;
    here.run(&["org", "add", "Trackwell"]).must_succeed();
    add(&here, "ann@trackwell.example", PASSWORD);
    let server =
        here.start(&["serve"], &[("COUNTERSIGN_LISTEN", "127.0.0.1:0"), ("COUNTERSIGN_LOG", "trace")]);
    let secrets = everything_that_must_stay_secret(&server).await;
    let log = server.stop();

    assert!(log.lines().any(|line| line.contains("\"route\":\"/sign-in/code\"")), "requests are logged");
    for line in log.lines() {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line}");
    }
    for (name, secret) in secrets {
        let found = log.lines().find(|line| line.contains(&secret));
        assert_eq!(found, None, "the log holds the {name}");
    }
}

/// Walks through every page that takes or shows a secret, and names what it used.
async fn everything_that_must_stay_secret(server: &Running) -> Vec<(&'static str, String)> {
    let mut browser = server.browser();
    type_password(&mut browser, "ann@trackwell.example", "WrongPassword17").await;
    type_password(&mut browser, "ann@trackwell.example", PASSWORD).await;
    let first_session = browser.cookie("cs").unwrap().to_owned();
    browser.goto("/profile/security").await.press(SWITCH).await;
    browser.fill("Password", PASSWORD).press("Submit").await;
    let phone = Phone::scan(&browser);
    let manual_key = browser.page().text_named("Manual key");
    let clock = VirtualClock::starting_at(Clock::system().now());
    browser.press("Next: confirm access").await;
    let form_token = browser.form_token();
    browser.fill("Authentication code", &phone.code(&clock)).press("Next: complete setup").await;
    browser.must_see("Two-factor authentication is on");
    let session = browser.cookie("cs").unwrap().to_owned();

    browser.press("Sign out").await;
    type_password(&mut browser, "ann@trackwell.example", PASSWORD).await;
    let ceremony = browser.cookie("cs-flow").unwrap().to_owned();
    let wrong_code = phone.wrong_code(&clock);
    type_code(&mut browser, &wrong_code).await;
    vec![
        ("address", "ann@trackwell".to_owned()),
        ("password", "copper lantern".to_owned()),
        ("password as it was sent", "copper+lantern".to_owned()),
        ("wrong password", "WrongPassword17".to_owned()),
        ("manual key", manual_key.replace(' ', "")),
        ("manual key in groups", manual_key),
        ("form token", form_token),
        ("first session", first_session),
        ("session", session),
        ("ceremony", ceremony),
        ("form nonce", browser.cookie("cs-form").unwrap().to_owned()),
        ("known browser", browser.cookie("cs-known").unwrap().to_owned()),
    ]
}

/// Writes past the program.
async fn change(here: &Installation, sql: &'static Sql) {
    let database = open(here).await;
    let changing = database.write(move |tx| Box::pin(tx.execute(sql, &[])));
    changing.await.unwrap();
    database.close().await;
}

/// The database past the program.
pub(crate) async fn open(here: &Installation) -> Database {
    let options = DatabaseOptions::default();
    let opened = match here.database() {
        DatabaseAddress::Sqlite(path) => Database::open_sqlite(&path, &options).await,
        DatabaseAddress::Postgres(url) => Database::open_postgres(&url, &options).await,
    };
    opened.unwrap()
}

/// Makes a person of Trackwell, the password coming from standard input as from a script.
fn add(here: &Installation, email: &str, password: &str) -> serde_json::Value {
    let arguments = [
        "user",
        "add",
        email,
        "--name",
        "Ann Ames",
        "--organization",
        "Trackwell",
        "--role",
        "owner",
        "--verified-email",
        "--json",
    ];
    here.run_with_input(&arguments, &format!("{password}\n")).must_succeed().json()
}

static ALL_DEAD: Sql =
    Sql::new("UPDATE outbox SET dead_at = created_at, last_error = 'smtp_550: no such mailbox'");
static FROM_THE_FUTURE: Sql = Sql::new(
    "INSERT INTO schema_migrations (number, name, checksum, applied_at) VALUES (999, 'later', '', 0)",
);
