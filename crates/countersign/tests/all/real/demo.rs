//! `countersign demo`, as a newcomer starts it.

use std::net::SocketAddr;

use countersign_store::{Database, DatabaseOptions, Sql};
use url::Url;

use super::serving::change;
use crate::harness::{Browser, Installation, On, Running};

pub(super) struct Demo {
    pub(super) url: String,
    running: Running,
    /// After the program that runs in it: fields are dropped in this order.
    installation: Installation,
}

/// Somebody who can sign in.
pub(super) struct SignIn {
    pub(super) email: String,
    pub(super) password: String,
}

impl Demo {
    /// On a free port.
    pub(super) async fn start() -> Self {
        let installation = Installation::empty(On::Sqlite).await;
        let running = installation.start(&["demo", "--listen", "127.0.0.1:0", "--data", "."], &[]);
        let url = running.ready["url"].as_str().unwrap().to_owned();
        Self { url, running, installation }
    }

    /// Where whoever comes first becomes the operator.
    pub(super) fn operator_link(&self) -> String {
        self.running.ready["operator_url"].as_str().unwrap().to_owned()
    }

    /// The person of this email address.
    pub(super) fn person(&self, email: &str) -> SignIn {
        let users = self.running.ready["users"].as_array().unwrap();
        let user = users.iter().find(|user| user["email"] == email).expect("somebody of the demo");
        SignIn { email: email.to_owned(), password: user["password"].as_str().unwrap().to_owned() }
    }

    /// Writes past the program, to bring about what takes longer otherwise.
    pub(super) async fn change(&self, sql: &'static Sql) {
        let path = self.installation.path().join("countersign.db");
        let database = Database::open_sqlite(&path, &DatabaseOptions::default()).await.unwrap();
        change(&database, sql).await;
        database.close().await;
    }

    /// A browser without a screen, where Chromium would prove nothing more.
    pub(super) fn browser(&self) -> Browser {
        let port = Url::parse(&self.url).unwrap().port().unwrap();
        Browser::new(SocketAddr::from(([127, 0, 0, 1], port)), self.url.clone())
    }
}
