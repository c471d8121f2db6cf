//! `countersign serve` with a configuration file as an operator writes it, at a port that stays the same.

use std::net::SocketAddr;

use countersign::config::DatabaseAddress;
use countersign_store::{Database, DatabaseOptions, Row, Sql, Value};

use super::background::{free_port, until_there_are};
use crate::harness::{Browser, Installation, On, Running, home::Home, type_password};

pub(super) struct Serving {
    pub(super) here: Installation,
    port: u16,
}

/// What came of a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fate {
    pub(super) is_sent: bool,
    /// If it is not sent either, it will be tried again.
    pub(super) is_given_up: bool,
    pub(super) error: Option<String>,
}

pub(super) const PASSWORD: &str = "copper lantern drifts north";

impl Serving {
    /// With these settings, and a company whose people use a second factor if they like.
    pub(super) async fn prepare(on: On, settings: &str) -> Self {
        Self::prepare_in(Home::make(on).await, settings)
    }

    /// The same, with a database of the test's own.
    pub(super) fn prepare_in(home: Home, settings: &str) -> Self {
        let here = Installation::migrated_in(home);
        let serving = Self { here, port: free_port() };
        serving.configure(settings);
        let add = ["org", "add", "Example", "--preset", "per-user", "--two-factor", "on"];
        serving.here.run(&add).must_succeed();
        serving
    }

    /// From the next start on.
    pub(super) fn configure(&self, settings: &str) {
        let listen = format!("listen = \"{}\"\npublic_url = \"{}\"\n", self.address(), self.url());
        self.here.configure(&format!("{listen}{settings}"));
    }

    /// Somebody who can sign in by [`PASSWORD`], at an address that somebody vouched for.
    pub(super) fn add(&self, email: &str, name: &str) {
        self.add_to("Example", email, name);
    }

    /// The same, in another company.
    pub(super) fn add_to(&self, organization: &str, email: &str, name: &str) {
        let add = ["user", "add", email, "--name", name, "--organization", organization, "--verified-email"];
        self.here.run_with_input(&add, PASSWORD).must_succeed();
    }

    /// Dropping it is `kill -9`.
    pub(super) fn start(&self) -> Running {
        self.here.start(&["serve"], &[])
    }

    pub(super) fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    pub(super) fn url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    pub(super) fn browser(&self) -> Browser {
        Browser::new(self.address(), self.url())
    }

    /// What `countersign outbox list` says.
    pub(super) fn outbox(&self) -> serde_json::Value {
        self.here.run(&["outbox", "list", "--json"]).must_succeed().json()
    }

    /// Waits for so many dead letters: messages that failed for good, as the operator sees them.
    pub(super) async fn until_there_are_dead_letters(&self, count: usize) -> Vec<serde_json::Value> {
        until_there_are(count, async || self.outbox()["dead"].as_array().unwrap().clone()).await
    }

    /// The database, past the program: whoever opens it closes it.
    pub(super) async fn open(&self) -> Database {
        let options = DatabaseOptions::default();
        match self.here.database() {
            DatabaseAddress::Sqlite(path) => Database::open_sqlite(&path, &options).await.unwrap(),
            DatabaseAddress::Postgres(url) => Database::open_postgres(&url, &options).await.unwrap(),
        }
    }

    /// Has everything that waits tried at once, as if the time between two attempts were over.
    pub(super) async fn hurry(&self) {
        let database = self.open().await;
        change(&database, &HURRY).await;
        database.close().await;
    }

    /// Waits until the newest message was tried, and gives what came of it.
    pub(super) async fn fate_of_newest(&self) -> Fate {
        let tried = until_there_are(1, async || self.rows(&NEWEST_TRIED).await).await;
        let is_set = |column| tried[0].optional_int(column).unwrap().is_some();
        Fate {
            is_sent: is_set(0),
            is_given_up: is_set(1) || is_set(2),
            error: tried[0].optional_text(3).unwrap().map(str::to_owned),
        }
    }

    /// What a statement finds.
    pub(super) async fn rows(&self, sql: &'static Sql) -> Vec<Row> {
        let database = self.open().await;
        let found = rows(&database, sql, Vec::new()).await;
        database.close().await;
        found
    }
}

/// Signs in and sets a phone up until its code is awaited.
pub(super) async fn set_up_phone(browser: &mut Browser, email: &str, number: &str) {
    type_password(browser, email, PASSWORD).await;
    browser.must_be_at("/profile");
    browser.goto("/profile/security/turn-on").await;
    browser.fill("Password", PASSWORD).press("Submit").await;
    browser.choose("In a text message").press("Next").await;
    browser.fill("Mobile number", number).press("Next: confirm access").await;
    browser.must_be_at("/profile/security/phone/confirm");
}

/// Signs in and changes the password, of which a notice is mailed.
pub(super) async fn change_password(browser: &mut Browser, email: &str, password: &str, new: &str) {
    type_password(browser, email, password).await;
    browser.goto("/profile/password").await;
    browser.fill("Current password", password).fill("New password", new);
    browser.press("Save password").await;
    browser.must_see("Your password is changed.");
}

pub(super) async fn rows(database: &Database, sql: &'static Sql, values: Vec<Value>) -> Vec<Row> {
    let reading = database.read(move |tx| {
        let values = values.clone();
        Box::pin(async move { tx.query(sql, &values).await })
    });
    reading.await.unwrap()
}

/// Writes past the program, to bring about what takes longer otherwise.
pub(super) async fn change(database: &Database, sql: &'static Sql) {
    let writing = database.write(move |tx| Box::pin(async move { tx.execute(sql, &[]).await }));
    writing.await.unwrap();
}

static HURRY: Sql =
    Sql::new("UPDATE outbox SET due_at = 0 WHERE sent_at IS NULL AND dead_at IS NULL AND dropped_at IS NULL");
static NEWEST_TRIED: Sql = Sql::new(
    "SELECT sent_at, dead_at, dropped_at, last_error FROM outbox \
     WHERE id = (SELECT MAX(id) FROM outbox) AND (sent_at IS NOT NULL OR last_error IS NOT NULL)",
);
