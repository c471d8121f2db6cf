//! By which way a message leaves.

use countersign_core::timestamp::Timestamp;

use crate::{
    Receipt, Rendered, SendError,
    email::Smtp,
    recorded::Recorded,
    sms::{kannel::Kannel, twilio::Twilio},
};

pub enum SmsRoute {
    Twilio(Box<Twilio>),
    Kannel(Box<Kannel>),
    Recorded(Recorded),
}

pub enum EmailRoute {
    Smtp(Box<Smtp>),
    Recorded(Recorded),
}

impl SmsRoute {
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Twilio(_) => "twilio",
            Self::Kannel(_) => "kannel",
            Self::Recorded(_) => "recorded",
        }
    }

    pub async fn send(&self, message: &Rendered, now: Timestamp) -> Result<Receipt, SendError> {
        match self {
            Self::Twilio(twilio) => twilio.send(message).await,
            Self::Kannel(kannel) => kannel.send(message).await,
            Self::Recorded(recorded) => Ok(record(recorded, message, now)),
        }
    }
}

impl EmailRoute {
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Smtp(_) => "smtp",
            Self::Recorded(_) => "recorded",
        }
    }

    pub async fn send(&self, message: &Rendered, now: Timestamp) -> Result<Receipt, SendError> {
        match self {
            Self::Smtp(smtp) => smtp.send(message, now).await,
            Self::Recorded(recorded) => Ok(record(recorded, message, now)),
        }
    }
}

fn record(recorded: &Recorded, message: &Rendered, now: Timestamp) -> Receipt {
    recorded.send(message.clone(), now);
    Receipt::default()
}
