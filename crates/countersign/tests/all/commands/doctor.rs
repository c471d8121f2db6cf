//! `countersign doctor`: what it tries, what it says of it, and its exit code.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    path::Path,
    thread,
};

use countersign::config::DatabaseAddress;
use countersign_store::Sql;
use tokio::net::TcpSocket;

use super::{PASSWORD, add, change, open};
use crate::harness::{Installation, On, Ran};

on_both_databases! {
    async fn the_doctor_finds_a_migrated_installation_in_order_but_for_its_address_and_mail(on: On) {
        let here = Installation::migrated(on).await;
        here.run(&["org", "add", "Trackwell"]).must_succeed();
        let verdicts = |ran: &Ran| -> Vec<(String, String)> {
            let findings: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
            let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
            let found = findings.as_array().unwrap().iter();
            found.map(|one| (text(&one["check"]), text(&one["verdict"]))).collect()
        };
        let first = here.run(&["doctor", "--json"]).must_succeed();
        assert!(first.stdout.contains("Run `countersign operator invite`"), "{}", first.stdout);
        let not_ok: Vec<_> = verdicts(&first).into_iter().filter(|(_, verdict)| verdict != "ok").collect();
        assert_eq!(not_ok, [("public_url", "warn"), ("operators", "warn"), ("mail", "warn")].map(|(a, b)| (a.to_owned(), b.to_owned())));
        assert!(first.stdout.contains("the keys are those of this database"), "{}", first.stdout);
        assert!(first.stdout.contains("events that wait to be sealed: 1; "), "{}", first.stdout);
        // Now there is a secret that the keys are tried on.
        add(&here, "ann@trackwell.example", PASSWORD);
        let second = here.run(&["doctor"]).must_succeed().stdout;
        assert!(second.contains("ok    sealed secrets: the keys are those of this database"), "{second}");
        assert!(second.contains("→ Emails wait: nobody hears of changes to their account"), "{second}");
        assert!(second.lines().all(|line| ["ok   ", "warn "].iter().any(|verdict| line.starts_with(verdict))));
    }

    async fn the_doctor_says_when_nobody_seals_or_tidies(on: On) {
        let here = Installation::migrated(on).await;
        here.run(&["org", "add", "Trackwell"]).must_succeed();
        let told = here.run(&["doctor"]).must_succeed().stdout;
        assert!(told.contains("ok    audit: ") && told.contains("ok    janitor: it has not been"), "{told}");
        change(&here, &LONG_AGO).await;
        change(&here, &TIDIED_LONG_AGO).await;
        let told = here.run(&["doctor"]).must_succeed().stdout;
        assert!(told.contains("warn  audit: events that wait to be sealed: 1, the oldest for "), "{told}");
        assert!(told.contains("warn  janitor: it was last round at 1970-01-01T00:00:00Z"), "{told}");
    }

    async fn the_doctor_notices_keys_of_another_database(on: On) {
        let here = Installation::migrated(on).await;
        let keys = here.path().join("countersign.keys");
        let right = fs::read(&keys).unwrap();
        here.run(&["init", "other", "--without-database"]).must_succeed();
        let foreign = fs::read(here.path().join("other/countersign.keys")).unwrap();
        let put = |text: &[u8]| {
            fs::remove_file(&keys).unwrap();
            fs::write(&keys, text).unwrap();
            fs::set_permissions(&keys, fs::Permissions::from_mode(0o400)).unwrap();
        };
        put(&foreign);
        let told = diagnosis(&here);
        assert!(told.contains("fail  sealed secrets: the head of the audit chain was not stamped with them"), "{told}");
        put(&right);
        here.run(&["org", "add", "Trackwell"]).must_succeed();
        add(&here, "ann@trackwell.example", PASSWORD);
        put(&foreign);
        let told = diagnosis(&here);
        assert!(told.contains("fail  sealed secrets: a sealed secret does not open"), "{told}");
        assert!(told.contains("→ These are not the keys of this database"), "{told}");
    }

    async fn the_doctor_fails_a_record_that_somebody_else_wrote_to(on: On) {
        let here = Installation::migrated(on).await;
        here.run(&["org", "add", "Trackwell"]).must_succeed();
        change(&here, &WITHOUT_STAMPS).await;
        let told = diagnosis(&here);
        assert!(told.contains("fail  audit: events that Countersign did not write: 1 "), "{told}");
        change(&here, &WITHOUT_HEAD).await;
        let told = diagnosis(&here);
        assert!(told.contains("fail  audit: the head of the chain does not carry a stamp of these keys"), "{told}");
    }

    async fn the_doctor_says_that_the_first_operator_s_link_is_open(on: On) {
        let here = Installation::migrated(on).await;
        here.run(&["operator", "invite"]).must_succeed();
        let told = here.run(&["doctor"]).must_succeed().stdout;
        let open = "warn  operators: operators: 0, who can sign in: 0; a link that makes one is open until ";
        assert!(told.contains(open), "{told}");
        change(&here, &LINKS_LONG_AGO).await;
        let told = here.run(&["doctor"]).must_succeed().stdout;
        assert!(told.contains("operators: 0, who can sign in: 0 → Run `countersign operator invite`"), "{told}");
    }

    async fn the_doctor_asks_for_a_migration_where_one_is_missing(on: On) {
        let here = Installation::initialized(on).await;
        // It makes no database that is not there.
        open(&here).await.close().await;
        let said = here.run(&["doctor"]).must_succeed().stdout;
        assert!(said.contains("warn  database: ") && said.contains("run `countersign migrate`"), "{said}");
        assert_eq!(open(&here).await.schema_number().await.unwrap(), 0);
    }
}

/// Each of these keeps a server from doing its work; the doctor says so, and its exit code as well.
#[tokio::test]
async fn the_doctor_fails_what_does_not_work_and_says_what_to_do() {
    let here = Installation::migrated(On::Sqlite).await;
    // Bound, so that nobody else is there either; it never listens.
    let bound = TcpSocket::new_v4().unwrap();
    bound.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let nobody = bound.local_addr().unwrap().port();
    let smtp = format!(
        "smtp_host = \"127.0.0.1\"\nsmtp_port = {nobody}\nsmtp_security = \"none\"\nmail_from = \"a@b.example\"\n"
    );
    let plain_far_away =
        "smtp_host = \"mail.b.example\"\nsmtp_security = \"none\"\nmail_from = \"a@b.example\"\n";
    let kannel = format!(
        "sms_gateway = \"kannel\"\nsms_home_country = \"US\"\nkannel_url = \"http://127.0.0.1:{nobody}/cgi-bin/sendsms\"\n\
         kannel_username = \"cs\"\nkannel_password = \"canary\"\nkannel_from = \"12345\"\n"
    );
    let twilio = format!(
        "sms_gateway = \"twilio\"\nsms_home_country = \"US\"\ntwilio_url = \"http://127.0.0.1:{nobody}\"\n\
         twilio_account_sid = \"AC1\"\ntwilio_auth_token = \"canary\"\ntwilio_from = \"12345\"\n"
    );
    for (settings, told) in [
        (smtp.as_str(), "fail  mail: tried 127.0.0.1:"),
        (plain_far_away, "fail  mail: mail without TLS goes to this machine only"),
        (&kannel, "fail  texts: http_connect"),
        (&twilio, "fail  texts: http_connect"),
        ("location_file = \"nowhere.mmdb\"", "fail  places: the location file"),
        ("breached_passwords_file = \"nowhere.txt\"", "fail  service: the breach file cannot be read"),
        ("smtp_host = \"mail.b.example\"", "fail  configuration: mail_from is missing"),
        (
            "trusted_proxies = [\"0.0.0.0/0\"]",
            "fail  configuration: trusted_proxies holds 0.0.0.0/0, in which strangers are too",
        ),
        (
            "metrics_listen = \"127.0.0.1:8080\"",
            "fail  configuration: metrics_listen: found \"127.0.0.1:8080\"",
        ),
    ] {
        here.configure(settings);
        let said = diagnosis(&here);
        assert!(said.contains(told), "{settings}:\n{said}");
        assert!(!said.contains("canary"), "{said}");
    }
}

/// An API key sends texts and looks at them; at the account it may not look.
#[tokio::test]
async fn the_doctor_tries_an_api_key_by_what_a_key_may_do_and_the_token_beside_it() {
    let here = Installation::migrated(On::Sqlite).await;
    let key = "Authorization: Basic U0sxOnNlY3JldA==";
    for (token, told) in [
        ("token", "warn  texts: Twilio knows the account, the API key and the token; nothing was sent"),
        ("other", "fail  texts: Twilio refuses twilio_account_sid or twilio_auth_token"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let serving = thread::spawn(move || {
            listener.incoming().take(2).for_each(|connection| {
                let mut connection = connection.unwrap();
                let asked = asked(&connection).to_lowercase();
                let is_known = asked.starts_with("get /2010-04-01/accounts/ac1/messages.json?pagesize=1 ")
                    && asked.contains(&key.to_lowercase())
                    || asked.starts_with("get /2010-04-01/accounts/ac1.json ")
                        && asked.contains("authorization: basic qumxonrva2vu");
                let status = if is_known { 200 } else { 401 };
                let answer =
                    format!("HTTP/1.1 {status} X\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}");
                connection.write_all(answer.as_bytes()).unwrap();
            });
        });
        here.configure(&format!(
            "sms_gateway = \"twilio\"\nsms_home_country = \"US\"\ntwilio_url = \"http://127.0.0.1:{port}\"\n\
             twilio_account_sid = \"AC1\"\ntwilio_auth_token = \"{token}\"\ntwilio_from = \"12345\"\n\
             twilio_api_key = \"SK1\"\ntwilio_api_secret = \"secret\"\n"
        ));
        let said = here.run(&["doctor"]).stdout;
        assert!(said.contains(told), "{said}");
        serving.join().unwrap();
    }
}

/// The head of a request.
fn asked(connection: &TcpStream) -> String {
    let lines = BufReader::new(connection).lines().map(Result::unwrap);
    lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn the_doctor_fails_files_that_others_can_read() {
    let here = Installation::migrated(On::Sqlite).await;
    let DatabaseAddress::Sqlite(database) = here.database() else { unreachable!() };
    let keys = here.path().join("countersign.keys");
    let set = |path: &Path, mode: u32| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    for (path, open, closed, told) in [
        (keys.as_path(), 0o644, 0o400, "fail  keys: the keys file"),
        (&database, 0o640, 0o600, "fail  data: "),
        (database.parent().unwrap(), 0o777, 0o700, "fail  data: others can write into"),
    ] {
        set(path, open);
        let said = diagnosis(&here);
        assert!(said.contains(told) && said.contains("chmod"), "{said}");
        set(path, closed);
        here.run(&["doctor"]).must_succeed();
    }
}

#[tokio::test]
async fn the_doctor_reports_as_json_on_both_outputs() {
    let here = Installation::empty(On::Sqlite).await;
    let ran = here.run(&["doctor", "--json"]);
    let findings: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let keys = findings.as_array().unwrap().iter().find(|finding| finding["check"] == "keys").unwrap();
    assert_eq!(keys["verdict"], "fail");
    assert_eq!(ran.json()["error"], "unhealthy");
}

/// What the doctor says of an installation that is not in order.
#[track_caller]
fn diagnosis(here: &Installation) -> String {
    let ran = here.run(&["doctor"]);
    assert!(!ran.succeeded, "{}", ran.stdout);
    ran.stdout
}

static WITHOUT_STAMPS: Sql = Sql::new("UPDATE audit_events SET stamp = NULL");
static WITHOUT_HEAD: Sql = Sql::new("UPDATE audit_head SET begun_at = NULL, stamp = NULL");
static LINKS_LONG_AGO: Sql = Sql::new("UPDATE operator_links SET created_at = 0, expires_at = 1");
static LONG_AGO: Sql = Sql::new("UPDATE audit_events SET at = 0");
static TIDIED_LONG_AGO: Sql =
    Sql::new("INSERT INTO leases (name, holder, until, ran_at) VALUES ('janitor', 'gone', 0, 0)");
