//! The one clock: the system's, or one that tests move by hand.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use countersign_core::timestamp::Timestamp;

#[derive(Clone)]
pub enum Clock {
    System,
    /// Stands still until moved.
    Virtual(VirtualClock),
}

#[derive(Clone)]
pub struct VirtualClock(Arc<AtomicI64>);

impl Clock {
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => system_now(),
            Self::Virtual(clock) => Timestamp::from_millis(clock.0.load(Ordering::SeqCst)),
        }
    }
}

impl VirtualClock {
    pub fn starting_at(start: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(start.as_millis())))
    }

    pub fn advance(&self, span: Duration) {
        let millis = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        self.0.fetch_add(millis, Ordering::SeqCst);
    }

    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_millis(), Ordering::SeqCst);
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where the system's clock is read")]
fn system_now() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Timestamp::from_millis(0).plus(since_1970)
}
