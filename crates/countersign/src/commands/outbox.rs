//! `countersign outbox`: what waits to be sent, and what could not be.

use clap::Subcommand;
use countersign_core::{authenticator::phone::PhoneNumber, id::MessageId, message::Channel};
use countersign_service::{
    Service,
    outbox::{DeadLetter, OutboxState, RefusedCodes, Waiting},
};
use serde::Serialize;

use super::{
    ConfigFile, Failure,
    one_line::text,
    output::{answer, in_utc},
    with_service,
};

#[derive(Subcommand)]
pub(super) enum Verb {
    /// List what waits to be sent, and what could not be sent.
    List {
        #[command(flatten)]
        file: ConfigFile,
    },
    /// Have messages sent again that could not be, once what stood in their way is gone.
    Retry {
        /// One of them, as `outbox list` names it.
        #[arg(required_unless_present = "all")]
        id: Option<String>,
        /// All that `outbox list` shows.
        #[arg(long, conflicts_with = "id")]
        all: bool,
        #[command(flatten)]
        file: ConfigFile,
    },
}

#[derive(Serialize)]
struct Listed {
    waiting: Vec<WaitingInChannel>,
    dead: Vec<Dead>,
    /// Within the last day; they are of no use any more and cannot be sent again.
    refused_codes: Option<Refused>,
}

#[derive(Serialize)]
struct Refused {
    codes: u64,
    last_error: String,
}

/// What waits in one channel.
#[derive(Serialize)]
struct WaitingInChannel {
    channel: &'static str,
    messages: u64,
    oldest: String,
}

#[derive(Serialize)]
struct Dead {
    id: String,
    channel: &'static str,
    /// Masked: who reads this list need not know whom we write to (A38).
    to: String,
    kind: String,
    error: String,
    attempts: u32,
    created_at: String,
    given_up_at: String,
}

#[derive(Serialize)]
struct Retried {
    retried: usize,
}

pub(super) fn run(verb: &Verb, json: bool) -> Result<(), Failure> {
    match verb {
        Verb::List { file } => {
            let state = with_service(file, async |service| Ok(service.outbox().await?))?;
            let listed = Listed::from(state);
            answer(json, &listed.to_string(), &listed)
        }
        Verb::Retry { id, file, .. } => {
            let retrying = async |service: &Service| match id {
                Some(id) => retry(service, MessageId::from_stored(id.clone())).await,
                None => retry_all(service).await,
            };
            let retried = with_service(file, retrying)?;
            let sentence = format!("Messages that are sent again: {retried}.");
            answer(json, &sentence, &Retried { retried })
        }
    }
}

async fn retry(service: &Service, message: MessageId) -> Result<usize, Failure> {
    if service.retry_message(&message).await? {
        return Ok(1);
    }
    let sentence = format!("there is no message {message} that could not be sent");
    Err(Failure::new("no_such_message", sentence))
}

async fn retry_all(service: &Service) -> Result<usize, Failure> {
    let mut retried = 0;
    for letter in service.outbox().await?.dead {
        retried += usize::from(service.retry_message(&letter.id).await?);
    }
    Ok(retried)
}

impl From<OutboxState> for Listed {
    fn from(state: OutboxState) -> Self {
        let in_channel = |Waiting { channel, messages, oldest }| WaitingInChannel {
            channel: Channel::as_str(channel),
            messages,
            oldest: in_utc(oldest),
        };
        Self {
            waiting: state.waiting.into_iter().map(in_channel).collect(),
            dead: state.dead.into_iter().map(Dead::from).collect(),
            refused_codes: state
                .refused_codes
                .map(|RefusedCodes { codes, error }| Refused { codes, last_error: error }),
        }
    }
}

impl From<DeadLetter> for Dead {
    fn from(letter: DeadLetter) -> Self {
        Self {
            id: letter.id.to_string(),
            channel: letter.channel.as_str(),
            to: masked(letter.channel, &letter.to),
            kind: letter.kind,
            error: letter.error,
            attempts: letter.attempts,
            created_at: in_utc(letter.at),
            given_up_at: in_utc(letter.dead_at),
        }
    }
}

impl std::fmt::Display for Listed {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.waiting.as_slice() {
            [] => write!(out, "Nothing waits to be sent.")?,
            channels => {
                write!(out, "Waiting:")?;
                for WaitingInChannel { channel, messages, oldest } in channels {
                    write!(out, "\n  {channel:<6} {messages}, the oldest since {oldest}")?;
                }
            }
        }
        if let Some(Refused { codes, last_error }) = &self.refused_codes {
            write!(
                out,
                "\nCodes that the gateway refused within a day: {codes}, the last with: {}",
                text(last_error)
            )?;
        }
        if self.dead.is_empty() {
            return write!(out, "\nNo message failed for good.");
        }
        write!(
            out,
            "\nFailed for good; `countersign outbox retry` has them sent again, but for what is past its life:"
        )?;
        for Dead { id, channel, to, kind, error, given_up_at, .. } in &self.dead {
            write!(out, "\n  {id}  {channel:<6} {kind:<7} to {to}, given up {given_up_at}: {}", text(error))?;
        }
        Ok(())
    }
}

/// `•••• 34`, or `a••@example.com`.
fn masked(channel: Channel, to: &str) -> String {
    match channel {
        Channel::Sms => PhoneNumber::from_stored(to.to_owned()).masked(),
        Channel::Email => {
            let (name, domain) = to.rsplit_once('@').unwrap_or((to, ""));
            format!("{}••@{domain}", name.chars().take(1).collect::<String>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A38
    #[test]
    fn whom_a_message_was_to_is_masked() {
        assert_eq!(masked(Channel::Sms, "+15125550134"), "•••• 34");
        assert_eq!(masked(Channel::Email, "ann.ames@example.com"), "a••@example.com");
        assert_eq!(masked(Channel::Email, "no address"), "n••@");
    }
}
