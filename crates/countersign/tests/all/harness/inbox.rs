//! What people find on their phones and in their mailboxes, as the recorded channels keep it.

use countersign_core::{message::Channel, timestamp::Timestamp};
use countersign_delivery::recorded::Message;
use countersign_store::{Sql, params};

use super::{TestServer, until};

impl TestServer {
    /// Waits until nothing is left in the outbox that is due now: it was sent, given up or put off.
    pub(crate) async fn settle(&self) {
        self.wake().poke();
        until("every due message was sent", async || self.due_messages().await == 0).await;
    }

    /// The text messages to a number, newest first, once everything due is sent.
    pub(crate) async fn texts_to(&self, number: &str) -> Vec<Message> {
        self.messages_to(number, Channel::Sms).await
    }

    /// The same for the emails to an address.
    pub(crate) async fn mails_to(&self, email: &str) -> Vec<Message> {
        self.messages_to(email, Channel::Email).await
    }

    /// The code in the newest text to this number. Its last line is what phones fill it in by.
    pub(crate) async fn text_code(&self, number: &str) -> String {
        let texts = self.texts_to(number).await;
        let text = &texts.first().unwrap_or_else(|| panic!("no text to {number}")).rendered.text;
        let code: String = text.chars().take_while(char::is_ascii_digit).collect();
        assert_eq!(code.len(), 6, "{text}");
        assert_eq!(text.lines().last(), Some(format!("@localhost #{code}").as_str()), "{text}");
        code
    }

    /// The code in the newest email to this address that brings one, in a line of its own.
    pub(crate) async fn mail_code(&self, email: &str) -> String {
        let mails = self.mails_to(email).await;
        let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit());
        let code = mails.iter().find_map(|mail| mail.rendered.text.lines().find(is_code));
        code.unwrap_or_else(|| panic!("no email to {email} with a code")).to_owned()
    }

    /// Where the newest email to this address that holds a link to this page leads, as a path with its token.
    pub(crate) async fn link_in_mail(&self, email: &str, page: &str) -> String {
        let link = format!("{}{page}?token=", self.public_url());
        let mails = self.mails_to(email).await;
        let mut paths = mails.iter().filter_map(|mail| {
            let (_, rest) = mail.rendered.text.split_once(&link)?;
            let token = rest.split_whitespace().next()?;
            Some(format!("{page}?token={token}"))
        });
        paths.next().unwrap_or_else(|| panic!("no email to {email} with a link to {page}"))
    }

    async fn messages_to(&self, to: &str, channel: Channel) -> Vec<Message> {
        self.settle().await;
        let messages = self.recorded().messages(Some(to)).into_iter();
        messages.filter(|message| message.rendered.channel == channel).collect()
    }

    /// Those of channels that send, what is being sent right now included.
    async fn due_messages(&self) -> usize {
        let now = self.clock.now();
        let rows = self.rows(&DUE, params![Timestamp::as_millis(now)]).await;
        let sends = |channel: &str| self.sends(Channel::parse(channel).expect("a channel"));
        rows.iter().filter(|row| sends(row.text(0).unwrap())).count()
    }
}

static DUE: Sql = Sql::new(
    "SELECT channel FROM outbox WHERE sent_at IS NULL AND dead_at IS NULL AND dropped_at IS NULL \
         AND (due_at <= $1 OR leased_until IS NOT NULL)",
);

mod tests {
    use std::time::Duration;

    use countersign_core::policy::presets::Preset;

    use crate::harness::{On, Setup, TestServer, enroll_phone, sign_in, sign_in_with_text, type_password};
    const NUMBER: &str = "+15125550134";

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_is_sent_is_found_on_the_phone_and_in_the_mailbox() {
        let server = TestServer::start(On::Sqlite).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = sign_in(&server, &ann).await;
        enroll_phone(&server, &mut browser, &ann, NUMBER).await;
        sign_in_with_text(&server, &ann, NUMBER).await;
        assert_eq!(server.texts_to(NUMBER).await.len(), 2);
        assert_eq!(server.mails_to(&ann.email).await.len(), 1);
        let not_me = server.link_in_mail(&ann.email, "/not-me").await;
        assert_eq!(browser.goto(&not_me).await.status(), 200);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn time_that_passes_brings_new_codes() {
        let server = TestServer::start(On::Sqlite).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        enroll_phone(&server, &mut sign_in(&server, &ann).await, &ann, NUMBER).await;
        let mut browser = server.browser();
        type_password(&mut browser, &ann.email, &ann.password).await;
        let first = server.text_code(NUMBER).await;
        server.advance(Duration::from_secs(30));
        browser.goto("/sign-in/code").await.press("Send a new code").await;
        assert_ne!(server.text_code(NUMBER).await, first);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn people_begin_with_an_invitation_an_unproved_address_or_a_closed_gate() {
        let server = TestServer::start(On::Sqlite).await;
        let ann = server.invited_person("Ann Ames", Preset::Default).await;
        let link = server.link_in_mail(&ann.email, "/set-password").await;
        server.browser().goto(&link).await.fill("New password", &ann.password).press("Save password").await;
        sign_in(&server, &ann).await;

        let bea = server.person_with_unproved_address("Bea Brook", Preset::Default).await;
        sign_in(&server, &bea).await.goto("/profile/security").await.must_see("Send link");

        server.set_two_factor_gate(Preset::Default, false).await;
        sign_in(&server, &ann).await.goto("/profile/security").await.must_see("Not available");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_nobody_sends_waits() {
        let setup = Setup { records_mails: false, records_texts: false, ..Setup::default() };
        let server = setup.start(On::Sqlite).await;
        let ann = server.invited_person("Ann Ames", Preset::Default).await;
        assert!(server.mails_to(&ann.email).await.is_empty());
        assert!(!server.service.can_text());
    }
}
