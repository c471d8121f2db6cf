//! Where codes are sent: a phone, or the mailbox behind the address that a person signs in with.

use super::phone::{Country, PhoneNumber};
use crate::{message::Channel, user::EmailAddress};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    Phone(PhoneNumber),
    Mailbox(EmailAddress),
}

impl Destination {
    pub fn channel(&self) -> Channel {
        match self {
            Self::Phone(_) => Channel::Sms,
            Self::Mailbox(_) => Channel::Email,
        }
    }

    pub fn as_str(&self) -> &str {
        match self {
            Self::Phone(number) => number.as_str(),
            Self::Mailbox(address) => address.as_str(),
        }
    }

    /// The country that a number belongs to.
    pub fn country(&self) -> Option<Country> {
        match self {
            Self::Phone(number) => number.country(),
            Self::Mailbox(_) => None,
        }
    }

    /// What is sold, and pumped, together (A41): a block of numbers. A mailbox stands for itself.
    pub fn block(&self) -> &str {
        match self {
            Self::Phone(number) => number.block(),
            Self::Mailbox(address) => address.as_str(),
        }
    }

    /// As its owner reads it.
    pub fn formatted(&self) -> String {
        match self {
            Self::Phone(number) => number.formatted(),
            Self::Mailbox(address) => address.to_string(),
        }
    }

    /// As others read it (A38).
    pub fn masked(&self) -> String {
        self.channel().masked(self.as_str())
    }
}
