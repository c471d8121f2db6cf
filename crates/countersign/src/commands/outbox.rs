//! `countersign outbox`: what waits to be sent, and what could not be.

use std::fmt::{self, Display, Formatter};

use clap::{ArgGroup, Subcommand};
use countersign_core::id::MessageId;
use countersign_service::{
    Service,
    authority::By,
    outbox::{DeadLetter, OutboxState, RefusedCodes, Sendings, Waiting},
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
    /// Say how sending goes: what waits since when, and what was sent and failed within an hour and a day.
    Health {
        #[command(flatten)]
        file: ConfigFile,
    },
    /// List what waits to be sent, and what could not be sent.
    List {
        #[command(flatten)]
        file: ConfigFile,
    },
    /// Have messages sent again that could not be, once what stood in their way is gone.
    #[command(group = ArgGroup::new("which").required(true))]
    Retry {
        /// One of them, as `outbox list` names it.
        #[arg(group = "which")]
        id: Option<String>,
        /// All that `outbox list` shows.
        #[arg(long, group = "which")]
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
struct Health {
    waiting: Vec<WaitingInChannel>,
    channels: Vec<Counts>,
    refused_codes: Option<Refused>,
    dead_letters: usize,
}

/// What one channel did.
#[derive(Serialize)]
struct Counts {
    channel: &'static str,
    sent_within_an_hour: u64,
    sent_within_a_day: u64,
    failed_within_an_hour: u64,
    failed_within_a_day: u64,
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
        Verb::Health { file } => {
            let state = with_service(file, async |service| Ok(service.outbox().await?))?;
            let health = Health::from(state);
            answer(json, &health.to_string(), &health)
        }
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
    let sentence = format!("there is no message {message} that could not be sent");
    let retried = service.retry_message(By::Console, message).await?;
    retried.map(|()| 1).map_err(|_| Failure::new("no_such_message", sentence))
}

async fn retry_all(service: &Service) -> Result<usize, Failure> {
    let mut retried = 0;
    for letter in service.outbox().await?.dead {
        retried += usize::from(service.retry_message(By::Console, letter.id).await?.is_ok());
    }
    Ok(retried)
}

impl From<OutboxState> for Listed {
    fn from(state: OutboxState) -> Self {
        Self {
            waiting: state.waiting.into_iter().map(WaitingInChannel::from).collect(),
            dead: state.dead.into_iter().map(Dead::from).collect(),
            refused_codes: state.refused_codes.map(Refused::from),
        }
    }
}

impl From<OutboxState> for Health {
    fn from(state: OutboxState) -> Self {
        Self {
            waiting: state.waiting.into_iter().map(WaitingInChannel::from).collect(),
            channels: state.sendings.into_iter().map(Counts::from).collect(),
            refused_codes: state.refused_codes.map(Refused::from),
            dead_letters: state.dead.len(),
        }
    }
}

impl From<Waiting> for WaitingInChannel {
    fn from(Waiting { channel, messages, oldest }: Waiting) -> Self {
        Self { channel: channel.as_str(), messages, oldest: in_utc(oldest) }
    }
}

impl From<Sendings> for Counts {
    fn from(sendings: Sendings) -> Self {
        Self {
            channel: sendings.channel.as_str(),
            sent_within_an_hour: sendings.sent_lately,
            sent_within_a_day: sendings.sent,
            failed_within_an_hour: sendings.failed_lately,
            failed_within_a_day: sendings.failed,
        }
    }
}

impl From<RefusedCodes> for Refused {
    fn from(RefusedCodes { codes, error }: RefusedCodes) -> Self {
        Self { codes, last_error: error }
    }
}

impl From<DeadLetter> for Dead {
    fn from(letter: DeadLetter) -> Self {
        Self {
            id: letter.id.to_string(),
            channel: letter.channel.as_str(),
            to: letter.channel.masked(&letter.to),
            kind: letter.kind,
            error: letter.error,
            attempts: letter.attempts,
            created_at: in_utc(letter.at),
            given_up_at: in_utc(letter.dead_at),
        }
    }
}

impl Display for Listed {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write_waiting(out, &self.waiting)?;
        write_refused(out, self.refused_codes.as_ref())?;
        if self.dead.is_empty() {
            return write!(out, "\nNo message failed for good.");
        }
        write!(
            out,
            "\nFailed for good; `countersign outbox retry --all` has them sent again, but for what is past its life:"
        )?;
        for Dead { id, channel, to, kind, error, given_up_at, .. } in &self.dead {
            write!(out, "\n  {id}  {channel:<6} {kind:<7} to {to}, given up {given_up_at}: {}", text(error))?;
        }
        Ok(())
    }
}

impl Display for Health {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write_waiting(out, &self.waiting)?;
        for counts in &self.channels {
            write!(
                out,
                "\n{:<6} sent {} within an hour, {} within a day; failed {} and {}",
                counts.channel,
                counts.sent_within_an_hour,
                counts.sent_within_a_day,
                counts.failed_within_an_hour,
                counts.failed_within_a_day
            )?;
        }
        write_refused(out, self.refused_codes.as_ref())?;
        match self.dead_letters {
            0 => write!(out, "\nNo message failed for good."),
            some => write!(out, "\nFailed for good: {some}; `countersign outbox list` shows them."),
        }
    }
}

fn write_waiting(out: &mut Formatter<'_>, waiting: &[WaitingInChannel]) -> fmt::Result {
    if waiting.is_empty() {
        return write!(out, "Nothing waits to be sent.");
    }
    write!(out, "Waiting:")?;
    for WaitingInChannel { channel, messages, oldest } in waiting {
        write!(out, "\n  {channel:<6} {messages}, the oldest since {oldest}")?;
    }
    Ok(())
}

fn write_refused(out: &mut Formatter<'_>, refused: Option<&Refused>) -> fmt::Result {
    let Some(Refused { codes, last_error }) = refused else { return Ok(()) };
    let last_error = text(last_error);
    write!(out, "\nCodes that the gateway refused within a day: {codes}, the last with: {last_error}")
}
