//! `/operator/delivery`: what waits, what went, what failed and why.

use askama::Template;
use countersign_core::message::Channel;
use countersign_service::outbox::{DeadLetter, OutboxState, RefusedCodes, Sendings, Waiting};

use crate::view::Page;
use crate::view::frame::{Frame, Place};
use crate::view::when::When;

#[derive(Template)]
#[template(path = "delivery.html")]
pub(crate) struct Delivery {
    frame: Frame,
    channels: [ChannelLine; 2],
    refused_codes: Option<RefusedCodes>,
    dead: Vec<Dead>,
    /// How many more there are than the page shows.
    more: usize,
}

/// One channel, whether or not anything happened in it.
struct ChannelLine {
    name: &'static str,
    waiting: u64,
    oldest: Option<When>,
    sendings: Option<Sendings>,
}

struct Dead {
    id: String,
    channel: &'static str,
    kind: &'static str,
    /// Masked: whoever looks after sending need not know whom we write to (A38).
    to: String,
    given_up: When,
    error: String,
}

/// What people read to the end; a command shows the others.
const DEAD_SHOWN: usize = 25;

impl Page for Delivery {}

impl Delivery {
    pub(crate) fn new(frame: Frame, state: OutboxState) -> Self {
        let frame = frame.titled("delivery-heading").placed(Place::Delivery).full_width();
        let channels = [Channel::Email, Channel::Sms].map(|channel| ChannelLine::of(&frame, &state, channel));
        Self {
            more: state.dead.len().saturating_sub(DEAD_SHOWN),
            dead: state.dead.into_iter().take(DEAD_SHOWN).map(|letter| Dead::of(&frame, letter)).collect(),
            refused_codes: state.refused_codes,
            channels,
            frame,
        }
    }

    fn has_more(&self) -> bool {
        self.more > 0
    }
}

impl ChannelLine {
    fn of(frame: &Frame, state: &OutboxState, channel: Channel) -> Self {
        let waiting: Option<&Waiting> = state.waiting.iter().find(|waiting| waiting.channel == channel);
        Self {
            name: name_of(channel),
            waiting: waiting.map_or(0, |waiting| waiting.messages),
            oldest: waiting.map(|waiting| When::at(frame, waiting.oldest)),
            sendings: state.sendings.iter().find(|sendings| sendings.channel == channel).copied(),
        }
    }

    fn sent(&self) -> (u64, u64) {
        self.sendings.map_or((0, 0), |sendings| (sendings.sent_lately, sendings.sent))
    }

    fn failed(&self) -> (u64, u64) {
        self.sendings.map_or((0, 0), |sendings| (sendings.failed_lately, sendings.failed))
    }
}

impl Dead {
    fn of(frame: &Frame, letter: DeadLetter) -> Self {
        Self {
            id: letter.id.to_string(),
            channel: name_of(letter.channel),
            kind: match letter.kind.as_str() {
                "notice" => "message-notice",
                "link" => "message-link",
                "alert" => "message-alert",
                _ => "message-code",
            },
            to: letter.channel.masked(&letter.to),
            given_up: When::at(frame, letter.dead_at),
            error: letter.error,
        }
    }
}

fn name_of(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "channel-email",
        Channel::Sms => "channel-sms",
    }
}
