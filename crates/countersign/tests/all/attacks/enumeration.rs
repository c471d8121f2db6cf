//! Finding out who has an account: by words, by work, by locks, by the page after the password.
//!
//! Each attack does the same to a known and to an unknown name of the same length and compares everything
//! that comes back, but for the values that are drawn at random.

use std::{collections::BTreeMap, fs, path::PathBuf, time::Duration};

use countersign_core::policy::presets::Preset;
use countersign_store::{Sql, params};
use countersign_web::router::{Access, doors};

use crate::harness::{Browser, On, Person, Reply, Setup, TestServer, enroll_app, sign_in, type_password};

/// An answer without what is random in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Seen {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

/// What is seen of an answer in which `chosen` values of our own may come back, such as the typed name.
pub(super) fn seen(reply: &Reply, chosen: &[&str]) -> Seen {
    let random = reply.header("x-request-id").expect("a request id").to_owned();
    let mut body = mask_form_token(&reply.text()).replace(&random, "RANDOM");
    for value in chosen {
        body = body.replace(value, "CHOSEN");
    }
    let headers = reply.headers.iter().map(|(name, value)| {
        let value = value.to_str().unwrap().to_owned();
        let value = match name.as_str() {
            "set-cookie" => {
                let (cookie, rest) = value.split_once('=').unwrap();
                format!("{cookie}=RANDOM{}", rest.find(';').map_or("", |end| &rest[end..]))
            }
            "date" | "x-request-id" => "RANDOM".to_owned(),
            _ => value,
        };
        (name.to_string(), value)
    });
    Seen { status: reply.status, headers: headers.collect(), body }
}

fn mask_form_token(html: &str) -> String {
    const BEFORE: &str = "name=\"form_token\" value=\"";
    let mut parts = html.split(BEFORE);
    let mut masked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        masked += BEFORE;
        masked += part.find('"').map_or("", |end| &part[end..]);
    }
    masked
}

/// A name that nobody has, as long as this one, so that the lengths of answers can be compared too.
pub(super) fn stranger_to(email: &str) -> String {
    format!("q{}", &email[1..])
}

/// Posts a sign-in from the sign-in page.
async fn try_password(browser: &mut Browser, email: &str, password: &str) -> Reply {
    browser.goto("/sign-in").await;
    let token = browser.form_token();
    let fields = [("form_token", token.as_str()), ("email", email), ("password", password)];
    browser.post_form("/sign-in", &fields).await
}

/// The people whose names must look like nobody's, each in another state.
pub(super) async fn known_people(server: &TestServer) -> Vec<Person> {
    let ann = server.person("Ann Ames", Preset::Default).await;
    let ben = server.person("Ben Boyle", Preset::PerUser).await;
    let with_app = server.person("Cyd Cole", Preset::Default).await;
    enroll_app(server, &mut sign_in(server, &with_app).await, &with_app).await;
    let disabled = server.person("Dan Dorn", Preset::Default).await;
    server.change(&DISABLE_USER, params![disabled.id.as_str()]).await;
    let capped = server.person("Eve Ende", Preset::Default).await;
    server.change(&DISABLE_PASSWORD, params![capped.id.as_str()]).await;
    vec![ann, ben, with_app, disabled, capped]
}

on_both_databases! {
    /// A34: every answer to a known name is, byte for byte, the one to an unknown name.
    async fn atk_34_known_and_unknown_names_get_the_same_bytes(on: On) {
        let server = TestServer::start(on).await;
        for person in known_people(&server).await {
            let stranger = stranger_to(&person.email);
            let (mut at_known, mut at_unknown) = (server.browser(), server.browser());
            // The sixth meets the lock that the fifth caused.
            for password in ["", "wrong", "wrong", &"x".repeat(1025), "wrong", "wrong", "wrong"] {
                let known = try_password(&mut at_known, &person.email, password).await;
                let unknown = try_password(&mut at_unknown, &stranger, password).await;
                assert_eq!(seen(&known, &[&person.email]), seen(&unknown, &[&stranger]));
            }
            let (mut elsewhere, mut also_elsewhere) = (server.browser(), server.browser());
            let known = try_password(&mut elsewhere, &person.email, &person.password).await;
            let unknown = try_password(&mut also_elsewhere, &stranger, &person.password).await;
            assert_eq!(known.status, 429);
            assert_eq!(seen(&known, &[&person.email]), seen(&unknown, &[&stranger]));
        }
    }

    /// A34: no other door tells names apart either, however the name gets there.
    async fn atk_34_no_door_that_is_open_to_all_tells_a_name(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let (known, stranger) = (ann.email.as_str(), stranger_to(&ann.email));
        for door in doors().into_iter().filter(|door| door.access != Access::Session) {
            let path = door.path.replace("{file}", "none.css");
            for parameter in ["email", "login_hint", "user", "username"] {
                let mut answers = Vec::new();
                for name in [known, &stranger] {
                    let (mut browser, asked) = (server.browser(), format!("{path}?{parameter}={name}"));
                    let reply = if door.method == "GET" {
                        browser.send("GET", &asked, &[], Vec::new()).await
                    } else {
                        let token = browser.goto("/sign-in").await.form_token();
                        let fields = [("form_token", token.as_str()), ("email", name), ("password", "wrong")];
                        browser.post_form(&asked, &fields).await
                    };
                    answers.push(seen(&reply, &[name]));
                }
                assert_eq!(answers[0], answers[1], "{} {path} {parameter}", door.method);
            }
            server.clock.advance(Duration::from_hours(25));
        }
    }

    /// A35: the same number of password hashes and of transactions. Times are for the soak run.
    async fn atk_35_unknown_names_cost_the_same_work(on: On) {
        // Without a worker, whose transactions would be counted as well.
        let server = Setup { records_mails: false, records_texts: false, ..Setup::default() }.start(on).await;
        let people = known_people(&server).await;
        let counter = TransactionCounter::start(&server).await;
        for person in people {
            let stranger = stranger_to(&person.email);
            let mut costs = Vec::new();
            for name in [person.email.as_str(), &stranger] {
                let mut browser = server.browser();
                let mut cost_of_each = Vec::new();
                for password in ["wrong", "wrong", &"x".repeat(1025), "wrong", "wrong", "wrong"] {
                    let before = (server.hash_runs(), counter.count(&server).await);
                    try_password(&mut browser, name, password).await;
                    let after = (server.hash_runs(), counter.count(&server).await);
                    cost_of_each.push((after.0 - before.0, after.1 - before.1));
                }
                costs.push(cost_of_each);
            }
            assert_eq!(costs[0], costs[1], "{}", person.name);
            // Counted before the hash and settled after it; what is locked costs neither.
            assert_eq!(costs[0], [(1, 2), (1, 2), (1, 2), (1, 2), (1, 2), (0, 0)], "{}", person.name);
        }
    }

    /// A36: a name that nobody has locks at the fifth wrong try, as long, in the same words, and opens again.
    async fn atk_36_unknown_names_lock_like_known_ones(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let stranger = stranger_to(&ann.email);
        let other_spelling = format!(" {} ", stranger.to_uppercase());
        for (round, minutes) in [(1, 5), (2, 60), (3, 60)] {
            let (mut at_known, mut at_unknown) = (server.browser(), server.browser());
            for number in 1..=5 {
                let spelled = if number % 2 == 0 { &other_spelling } else { &stranger };
                let known = try_password(&mut at_known, &ann.email, "wrong").await;
                let unknown = try_password(&mut at_unknown, spelled, "wrong").await;
                let expected = if number == 5 { 429 } else { 422 };
                assert_eq!((known.status, unknown.status), (expected, expected), "{round}.{number}");
                assert_eq!(seen(&known, &[&ann.email]).body, seen(&unknown, &[spelled]).body);
            }
            let almost = Duration::from_millis(minutes * 60_000 - 1);
            server.clock.advance(almost);
            assert_eq!(try_password(&mut at_known, &ann.email, "wrong").await.status, 429);
            assert_eq!(try_password(&mut at_unknown, &stranger, "wrong").await.status, 429);
            server.clock.advance(Duration::from_millis(1));
        }
        assert_eq!(try_password(&mut server.browser(), &stranger, "wrong").await.status, 422);
    }

    /// A36: many at once count on one ladder, whether the name exists or not.
    async fn atk_36_a_burst_on_an_unknown_name_is_counted_one_by_one(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let mut outcomes = Vec::new();
        for name in [ann.email.clone(), stranger_to(&ann.email)] {
            let hashed_before = server.hash_runs();
            let tries = (0..12).map(|_| {
                let (mut browser, name) = (server.browser(), name.clone());
                tokio::spawn(async move { try_password(&mut browser, &name, "wrong").await.status })
            });
            let mut statuses = BTreeMap::new();
            for one in tries.collect::<Vec<_>>() {
                *statuses.entry(one.await.unwrap()).or_insert(0) += 1;
            }
            assert_eq!(statuses.values().sum::<i32>(), 12);
            // Or the server was too busy to look.
            assert!(statuses.keys().all(|status| [422, 429, 503].contains(status)), "{statuses:?}");
            outcomes.push(server.hash_runs() - hashed_before);
        }
        assert_eq!(outcomes, [5, 5], "five passwords are compared and no more");
    }

    /// A37: only a right password leads to the page for the code, and only there a method is named.
    async fn atk_37_a_wrong_password_never_leads_to_the_code(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        enroll_app(&server, &mut sign_in(&server, &ann).await, &ann).await;
        for name in [ann.email.clone(), stranger_to(&ann.email)] {
            let mut browser = server.browser();
            let reply = try_password(&mut browser, &name, "wrong").await;
            assert_eq!((reply.status, reply.location()), (422, None));
            assert!(!reply.text().to_lowercase().contains("authenticat"), "{}", reply.text());
            assert_eq!((browser.cookie("cs-flow"), browser.cookie("cs")), (None, None));
            browser.goto("/sign-in/code").await.must_be_at("/sign-in");
            let token = browser.form_token();
            let code = [("form_token", token.as_str()), ("code", "123456")];
            assert_eq!(browser.post_form("/sign-in/code", &code).await.location(), Some("/sign-in"));
        }
        let mut owner = server.browser();
        type_password(&mut owner, &ann.email, &ann.password).await;
        owner.must_be_at("/sign-in/code");
    }
}

/// Counts the transactions that changed something, from outside of the product.
///
/// The one database ends each with a marked frame in its write-ahead log, on the other triggers note them.
pub(super) enum TransactionCounter {
    WriteAheadLog(PathBuf),
    Triggers,
}

impl TransactionCounter {
    pub(super) async fn start(server: &TestServer) -> Self {
        if let countersign_store::Dialect::Sqlite = server.database.dialect() {
            let files = server.rows(&DATABASE_LIST, params![]).await;
            return Self::WriteAheadLog(PathBuf::from(format!("{}-wal", files[0].text(2).unwrap())));
        }
        for statement in
            [&NOTE_TABLE, &NOTE_FUNCTION, &NOTE_LADDERS, &NOTE_AUTHENTICATORS, &NOTE_AUDIT_EVENTS]
        {
            server.change(statement, params![]).await;
        }
        Self::Triggers
    }

    pub(super) async fn count(&self, server: &TestServer) -> i64 {
        match self {
            Self::WriteAheadLog(path) => commits_in(&fs::read(path).unwrap()),
            Self::Triggers => server.number(&COUNT_NOTED, params![]).await,
        }
    }
}

/// The frames of a write-ahead log that end a transaction (<https://www.sqlite.org/fileformat2.html#walformat>).
fn commits_in(log: &[u8]) -> i64 {
    let number = |at: &[u8]| u32::from_be_bytes(at[..4].try_into().unwrap());
    let page_size = usize::try_from(number(&log[8..])).unwrap();
    let salt = &log[16..24];
    let frames = log[32..].chunks_exact(24 + page_size);
    let commits = frames.take_while(|frame| frame[8..16] == *salt).filter(|frame| number(&frame[4..]) > 0);
    i64::try_from(commits.count()).unwrap()
}

static DISABLE_USER: Sql = Sql::new("UPDATE users SET disabled_at = 1 WHERE id = $1");
static DISABLE_PASSWORD: Sql =
    Sql::new("UPDATE authenticators SET disabled_at = 1 WHERE user_id = $1 AND kind = 'password'");
static DATABASE_LIST: Sql = Sql::new("PRAGMA database_list");
static NOTE_TABLE: Sql = Sql::new("CREATE TABLE noted (id BIGINT PRIMARY KEY)");
static NOTE_FUNCTION: Sql = Sql::new(
    "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS \
     'BEGIN INSERT INTO noted VALUES (txid_current()) ON CONFLICT DO NOTHING; RETURN NULL; END'",
);
static NOTE_LADDERS: Sql = Sql::new(
    "CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON ladders \
     FOR EACH ROW EXECUTE FUNCTION note()",
);
static NOTE_AUTHENTICATORS: Sql = Sql::new(
    "CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON authenticators \
     FOR EACH ROW EXECUTE FUNCTION note()",
);
static NOTE_AUDIT_EVENTS: Sql = Sql::new(
    "CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON audit_events \
     FOR EACH ROW EXECUTE FUNCTION note()",
);
static COUNT_NOTED: Sql = Sql::new("SELECT COUNT(*) FROM noted");
