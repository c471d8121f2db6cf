//! `countersign demo`, as a newcomer starts it.

use std::net::SocketAddr;

use url::Url;

use crate::harness::{Browser, Installation, On, Running};

pub(super) struct Demo {
    pub(super) url: String,
    running: Running,
    /// After the program that runs in it: fields are dropped in this order.
    _installation: Installation,
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
        let running = installation.start(&["demo", "--listen", "127.0.0.1:0"], &[]);
        let url = running.ready["url"].as_str().unwrap().to_owned();
        Self { url, running, _installation: installation }
    }

    /// The person of this email address.
    pub(super) fn person(&self, email: &str) -> SignIn {
        let users = self.running.ready["users"].as_array().unwrap();
        let user = users.iter().find(|user| user["email"] == email).expect("somebody of the demo");
        SignIn { email: email.to_owned(), password: user["password"].as_str().unwrap().to_owned() }
    }

    /// A browser without a screen, where Chromium would prove nothing more.
    pub(super) fn browser(&self) -> Browser {
        let port = Url::parse(&self.url).unwrap().port().unwrap();
        Browser::new(SocketAddr::from(([127, 0, 0, 1], port)), self.url.clone())
    }
}
