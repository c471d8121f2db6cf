//! The one place that asks what time it is: measuring is about time.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use countersign_core::timestamp::Timestamp;

#[expect(
    clippy::disallowed_methods,
    reason = "rows and codes are made for the present, from outside of the service"
)]
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[expect(clippy::disallowed_methods, reason = "this is a stopwatch")]
pub(crate) fn stopwatch() -> Instant {
    Instant::now()
}
