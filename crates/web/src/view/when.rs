//! A moment as people read it, in UTC and said so: the server does not know where a person is.

use std::fmt;
use std::time::Duration;

use askama::filters::HtmlSafe;
use countersign_core::timestamp::Timestamp;
use jiff::tz::TimeZone;

use crate::view::frame::Frame;

/// Shown as a `<time>` element, whose attribute programs can read.
pub(crate) struct When {
    words: String,
    machine: jiff::Timestamp,
}

/// The words come from our own texts, without a person's input.
impl HtmlSafe for When {}

impl When {
    pub(crate) fn at(frame: &Frame, moment: Timestamp) -> Self {
        let machine = calendar(moment);
        let utc = machine.to_zoned(TimeZone::UTC);
        let words = frame.text_with(
            "moment",
            &[
                ("month", utc.month().into()),
                ("day", utc.day().into()),
                ("year", utc.year().into()),
                ("time", utc.strftime("%H:%M").to_string().into()),
            ],
        );
        Self { words, machine }
    }
}

/// `14:05`, for sentences in which the day goes without saying.
pub(super) fn clock_time(moment: Timestamp) -> String {
    calendar(moment).strftime("%H:%M").to_string()
}

/// `14:05:30`: who comes back at that second does not come too early.
pub(super) fn clock_second(moment: Timestamp) -> String {
    calendar(moment.plus(Duration::from_millis(999))).strftime("%H:%M:%S").to_string()
}

/// Whole seconds until a moment, rounded up.
pub(super) fn seconds_until(moment: Timestamp, now: Timestamp) -> u64 {
    let left = moment.since(now);
    left.as_secs() + u64::from(left.subsec_nanos() > 0)
}

/// A moment outside the calendar, of which there is none in our records, reads as 1970.
pub(crate) fn calendar(moment: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(moment.as_millis()).unwrap_or_default()
}

impl fmt::Display for When {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "<time datetime=\"{:.0}\">{}</time>", self.machine, self.words)
    }
}
