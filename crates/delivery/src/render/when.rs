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

/// `10 minutes`, without the seconds beyond.
pub(super) fn minutes(texts: &Texts, from: Timestamp, until: Timestamp) -> String {
    texts.with("minutes", &[("count", (until.since(from).as_secs() / 60).into())])
}

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
        let after = |seconds| minutes(&texts, at, at.plus(Duration::from_secs(seconds)));
        assert_eq!([60, 599, 600].map(after), ["1 minute", "9 minutes", "10 minutes"]);
    }
}
