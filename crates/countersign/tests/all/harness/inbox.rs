//! What people find on their phones and in their mailboxes, as the recorded channels keep it.

use std::time::Duration;

use countersign_core::{message::Channel, timestamp::Timestamp};
use countersign_delivery::recorded::Message;
use countersign_store::{Sql, params};

use super::TestServer;

/// Far longer than it takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(5);
const GLANCE: Duration = Duration::from_millis(2);

impl TestServer {
    /// Waits until nothing is left in the outbox that is due now: it was sent, given up or put off.
    pub(crate) async fn settle(&self) {
        self.wake().poke();
        let settling = async {
            while self.due_messages().await > 0 {
                tokio::time::sleep(GLANCE).await;
            }
        };
        let settled = tokio::time::timeout(PATIENCE, settling).await;
        settled.unwrap_or_else(|_| panic!("there are messages due that nobody sends"));
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
