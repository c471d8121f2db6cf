//! Points in time, as milliseconds since 1970 in UTC; the application's clock makes them, never this crate.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// How far the clocks of two nodes, or of a node and its database, may lie apart (C-09). What was made
/// further in the future than that belongs to a clock that was set back, and proves nothing (C-08).
pub const CLOCKS_APART_MAX: Duration = Duration::from_secs(1);

const MILLIS_PER_DAY: i64 = 86_400_000;

impl Timestamp {
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, as RFC 6238 counts them; times before 1970 count as zero.
    pub fn as_unix_secs(self) -> u64 {
        u64::try_from(self.0 / 1000).unwrap_or(0)
    }

    /// Days since 1970: the buckets of a rolling count.
    pub const fn day(self) -> i64 {
        self.0.div_euclid(MILLIS_PER_DAY)
    }

    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(millis(span)))
    }

    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(millis(span)))
    }

    /// How long ago `earlier` was; zero if it lies ahead (a clock that went back shortens no wait).
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
