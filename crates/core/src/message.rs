//! Messages as they wait to be sent: to whom, by what, until when; what they say is sealed.

use rand_core::Rng;
use serde::{Deserialize, Serialize};

use crate::{
    authenticator::phone::PhoneNumber,
    id::{MessageId, UserId},
    keys::{KeyRing, NONCE_BYTES, Place, SealFault},
    letter::{AlertKind, AlertLetter, Letter},
    moment::Moment,
    secret::Sealed,
    timestamp::Timestamp,
    user::EmailAddress,
};

words! {
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Channel {
        Sms = "sms",
        Email = "email",
    }
}

/// A message for the outbox.
#[derive(Clone, Debug)]
pub struct Outgoing {
    pub id: MessageId,
    pub channel: Channel,
    /// A phone number or an email address.
    pub to: String,
    /// Whom it is about; one to an operator is about nobody.
    pub user: Option<UserId>,
    /// What kind of letter it is, for lists and figures.
    pub kind: &'static str,
    /// A letter that could not be sealed ends the transaction that would have sent it.
    pub body: Result<Sealed, SealFault>,
    pub at: Timestamp,
    /// From then on it is dropped rather than delivered: a code or a link whose life is over. A notice has
    /// no such time.
    pub expires_at: Option<Timestamp>,
}

/// Whom a message goes to.
pub struct Recipient {
    pub channel: Channel,
    pub to: String,
    pub user: Option<UserId>,
}

impl Channel {
    /// Whom a message goes to, for those who need not know: `•••• 34`, or `a••@example.com` (A38).
    pub fn masked(self, to: &str) -> String {
        match self {
            Self::Sms => PhoneNumber::from_stored(to.to_owned()).masked(),
            Self::Email => {
                let (name, domain) = to.rsplit_once('@').unwrap_or((to, ""));
                format!("{}••@{domain}", name.chars().take(1).collect::<String>())
            }
        }
    }
}

impl Outgoing {
    /// Seals a letter for its row in the outbox.
    pub fn seal(recipient: Recipient, letter: &Letter, moment: &mut Moment<'_>) -> Self {
        Self::seal_as(MessageId::mint(moment.now, &mut moment.rng), recipient, letter, moment)
    }

    /// What an operator must know, once a day for each thing that it is `once_for`.
    pub fn alert_of_the_day(
        to: &EmailAddress,
        (kind, about): (AlertKind, String),
        once_for: &str,
        moment: &mut Moment<'_>,
    ) -> Self {
        let id = MessageId::naming(&["alert", kind.as_str(), once_for, &moment.now.day().to_string()]);
        let recipient = Recipient { channel: Channel::Email, to: to.to_string(), user: None };
        let letter = Letter::Alert(AlertLetter { kind, about, at: moment.now });
        Self::seal_as(id, recipient, &letter, moment)
    }

    /// Under a name of its own, for what must not be sent twice.
    fn seal_as(id: MessageId, recipient: Recipient, letter: &Letter, moment: &mut Moment<'_>) -> Self {
        let mut nonce = [0; NONCE_BYTES];
        moment.rng.fill_bytes(&mut nonce);
        let place = Place::of_message(recipient.user.as_ref(), &id);
        let body = letter.to_bytes().and_then(|bytes| moment.keys.seal(&place, nonce, bytes.expose()));
        let Recipient { channel, to, user } = recipient;
        let (kind, expires_at) = (letter.kind(), letter.expires_at());
        Self { id, channel, to, user, kind, body, at: moment.now, expires_at }
    }
}

/// Opens the body of a message of the outbox.
pub fn open(
    keys: &KeyRing,
    id: &MessageId,
    user: Option<&UserId>,
    body: &Sealed,
) -> Result<Letter, SealFault> {
    Letter::from_bytes(&keys.open(&Place::of_message(user, id), body)?)
}

#[cfg(test)]
mod tests {
    use super::Channel;

    /// A38
    #[test]
    fn whom_a_message_was_to_is_masked() {
        assert_eq!(Channel::Sms.masked("+15125550134"), "•••• 34");
        assert_eq!(Channel::Email.masked("ann.ames@example.com"), "a••@example.com");
        assert_eq!(Channel::Email.masked("no address"), "n••@");
    }
}
