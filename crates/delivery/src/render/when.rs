//! Moments and spans as people read them, in UTC and said so: we do not know where a person is.

use countersign_core::{texts::Texts, timestamp::Timestamp};
use jiff::tz::TimeZone;

/// `Sunday, November 22, 2026 at 14:05 UTC`
pub(super) fn moment(texts: &Texts, at: Timestamp) -> String {
    let utc = calendar(at).to_zoned(TimeZone::UTC);
    let values = [
        ("weekday", utc.weekday().to_monday_one_offset().into()),
        ("month", utc.month().into()),
        ("day", utc.day().into()),
        ("year", utc.year().into()),
        ("time", clock_time(at).into()),
    ];
    texts.with("moment", &values)
}

/// `14:05`
pub(super) fn clock_time(at: Timestamp) -> String {
    calendar(at).strftime("%H:%M").to_string()
}

/// `10 minutes`, `24 hours`, `3 days`: in the largest unit that leaves no rest, but one day stays 24 hours.
pub(super) fn span(texts: &Texts, from: Timestamp, until: Timestamp) -> String {
    let minutes = minutes(from, until);
    let (id, count) = match minutes {
        _ if minutes.is_multiple_of(DAY) && minutes >= 2 * DAY => ("days", minutes / DAY),
        _ if minutes.is_multiple_of(HOUR) && minutes > 0 => ("hours", minutes / HOUR),
        _ => ("minutes", minutes),
    };
    texts.with(id, &[("count", count.into())])
}

fn minutes(from: Timestamp, until: Timestamp) -> u64 {
    until.since(from).as_secs() / 60
}

const HOUR: u64 = 60;
const DAY: u64 = 24 * HOUR;

/// A moment outside the calendar, of which there is none in our records, reads as 1970.
fn calendar(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::render::texts::english;

    #[test]
    fn moments_and_spans_read_as_people_say_them() {
        let texts = english();
        let at = Timestamp::from_millis(1_795_356_345_000);
        assert_eq!(moment(&texts, at), "Sunday, November 22, 2026 at 14:05 UTC");
        let after = |minutes| span(&texts, at, at.plus(Duration::from_mins(minutes)));
        assert_eq!([1, 10, 60].map(after), ["1 minute", "10 minutes", "1 hour"]);
        assert_eq!([24 * 60, 72 * 60].map(after), ["24 hours", "3 days"]);
    }
}
