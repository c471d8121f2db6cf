//! Somebody whose codes come by text message or email, and how far their codes and links went.

use std::time::Duration;

use countersign_core::{message::Channel, policy::presets::Preset};
use countersign_store::{Sql, params};

use super::target::post;
use crate::harness::{
    Browser, Person, Reply, TestServer, enroll_mailbox, enroll_phone, sign_in, type_password,
};

/// Somebody who set up a phone or their mailbox, and nothing else.
pub(super) struct Texted {
    pub(super) person: Person,
    by: Channel,
    /// A number, or the address.
    pub(super) to: String,
    /// Their own: signed in, and known from its first sign-in.
    pub(super) browser: Browser,
}

pub(super) const SEND_AGAIN: &str = "/sign-in/code/send";
pub(super) const BY_TEXT: [(&str, &str); 1] = [("by", "sms")];

impl Texted {
    pub(super) async fn new(server: &TestServer, name: &str, number: &str) -> Self {
        Self::under(server, Preset::Default, (name, number)).await
    }

    pub(super) async fn under(server: &TestServer, preset: Preset, (name, number): (&str, &str)) -> Self {
        let person = server.person(name, preset).await;
        let mut browser = sign_in(server, &person).await;
        enroll_phone(server, &mut browser, &person, number).await;
        Self { person, by: Channel::Sms, to: number.to_owned(), browser }
    }

    /// Under the preset that has codes by email.
    pub(super) async fn by_mail(server: &TestServer, name: &str) -> Self {
        let person = server.person(name, Preset::EmailKey).await;
        let mut browser = sign_in(server, &person).await;
        enroll_mailbox(server, &mut browser, &person).await;
        Self { by: Channel::Email, to: person.email.clone(), person, browser }
    }

    /// One of each.
    pub(super) async fn by_either(server: &TestServer) -> [Self; 2] {
        [Self::new(server, "Ann Ames", "+15125550134").await, Self::by_mail(server, "Mia Moss").await]
    }

    /// The code that was sent last.
    pub(super) async fn code(&self, server: &TestServer) -> String {
        match self.by {
            Channel::Sms => server.text_code(&self.to).await,
            Channel::Email => server.mail_code(&self.to).await,
        }
    }

    /// Asks for one more code, after the longest wait between two.
    pub(super) async fn send_again(&self, server: &TestServer, browser: &mut Browser) -> Reply {
        server.advance(Duration::from_mins(2));
        post(browser, SEND_AGAIN, &[("by", self.by.as_str())]).await
    }

    /// A browser that nobody knows, past the right password, and the code that was texted for it.
    pub(super) async fn half_signed_in(&self, server: &TestServer) -> (Browser, String) {
        let mut browser = server.browser();
        type_password(&mut browser, &self.person.email, &self.person.password).await;
        browser.must_be_at("/sign-in/code");
        (browser, self.code(server).await)
    }

    /// Has a code texted that is good for one act within the session of `browser`.
    pub(super) async fn code_for(&self, server: &TestServer, browser: &mut Browser, act: &str) -> String {
        browser.goto("/profile").await;
        let reply =
            post(browser, "/profile/security/send-code", &[("act", act), ("by", self.by.as_str())]).await;
        assert_eq!(reply.status, 303, "{act}: {}", reply.text());
        self.code(server).await
    }

    /// How many messages went there.
    pub(super) async fn sent(&self, server: &TestServer) -> usize {
        match self.by {
            Channel::Sms => server.texts_to(&self.to).await.len(),
            Channel::Email => server.mails_to(&self.to).await.len(),
        }
    }
}

/// Walks a set-up up to the code that was texted to `number`.
pub(super) async fn begin_phone(browser: &mut Browser, person: &Person, number: &str) {
    browser.goto("/profile/security").await.press("Two-factor authentication").await;
    browser.fill("Password", &person.password).press("Submit").await;
    browser.choose("In a text message").press("Next").await;
    browser.fill("Mobile number", number).press("Next: confirm access").await;
}

/// A code that was never sent: the next one after `code`.
pub(super) fn wrong(code: &str) -> String {
    let next = (code.parse::<u32>().unwrap() + 1) % 1_000_000;
    format!("{next:06}")
}

/// As if the name had never been mistyped.
pub(super) async fn forget_failures(server: &TestServer) {
    for sql in [&FORGET_LADDERS, &FORGET_STEP_UPS, &FORGET_GUESSES] {
        server.change(sql, params![]).await;
    }
}

/// How many links of a purpose were used by the person.
pub(super) async fn links_used(server: &TestServer, person: &Person, purpose: &str) -> i64 {
    server.number(&LINKS_USED, params![person.id.as_str(), purpose]).await
}

static FORGET_LADDERS: Sql = Sql::new("DELETE FROM ladders");
static FORGET_STEP_UPS: Sql = Sql::new("UPDATE sessions SET step_up_failures = 0");
static FORGET_GUESSES: Sql = Sql::new("UPDATE sent_codes SET guesses = 0");
static LINKS_USED: Sql =
    Sql::new("SELECT COUNT(*) FROM links WHERE user_id = $1 AND purpose = $2 AND used_at IS NOT NULL");
