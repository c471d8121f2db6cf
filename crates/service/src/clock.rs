//! The one clock: the system's, or one that tests move by hand.
//!
//! ```text
//!   system's clock ─▶ jumped by more than 30 s, measured against the monotonic clock? ─▶ alarm
//!        │
//!        └─▶ ahead of the latest time told? ── yes ─▶ it is told
//!                                          └─ no ──▶ the latest time is told again, until the clock has caught up
//!                                                    or, after a jump, until all that was over then is ended
//! ```

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use countersign_core::timestamp::Timestamp;

/// A step of the system's clock that no drift explains (C-08). Smaller ones, as of a leap second or of a first
/// look at a time server, are waited out.
const JUMP_MIN: Duration = Duration::from_secs(30);

/// How long a jump is told to whoever asks whether this node is ready: several of their usual rounds.
const ALARM_LIFE: Duration = Duration::from_mins(1);

#[derive(Clone)]
pub enum Clock {
    System(SystemClock),
    /// Stands still until moved.
    Virtual(VirtualClock),
}

/// The system's clock, told so that time never goes back by itself.
#[derive(Clone)]
pub struct SystemClock(Arc<Mutex<Told>>);

#[derive(Clone)]
pub struct VirtualClock(Arc<AtomicI64>);

/// That the system's clock was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jump {
    /// Forward; backward if negative.
    pub by_millis: i64,
}

/// What both clocks of the machine said when the time was last told.
struct Told {
    system: Timestamp,
    monotonic: Duration,
    /// The latest time that was ever told: what was over then stays over.
    latest: Timestamp,
    last_jump: Option<(Jump, Duration)>,
}

impl Clock {
    pub fn system() -> Self {
        Self::System(SystemClock(Arc::new(Mutex::new(Told::first(system_now(), monotonic_now())))))
    }

    pub fn now(&self) -> Timestamp {
        match self {
            Self::System(clock) => clock.told().tell(system_now(), monotonic_now()),
            Self::Virtual(clock) => clock.now(),
        }
    }

    /// A jump within the last minute.
    pub fn recent_jump(&self) -> Option<Jump> {
        match self {
            Self::System(clock) => clock.told().recent_jump(monotonic_now()),
            Self::Virtual(_) => None,
        }
    }

    /// Until when everything has to be ended before the clock may go back: it was set back by a jump.
    pub(crate) fn waits_to_go_back(&self) -> Option<Timestamp> {
        match self {
            Self::System(clock) => clock.told().waits_to_go_back(),
            Self::Virtual(_) => None,
        }
    }

    pub(crate) fn go_back(&self) {
        if let Self::System(clock) = self {
            clock.told().go_back();
        }
    }

    /// Goes on from a time that was told before this process began.
    pub(crate) fn recall(&self, earlier: Timestamp) {
        if let Self::System(clock) = self {
            clock.told().recall(earlier);
        }
    }
}

impl SystemClock {
    fn told(&self) -> std::sync::MutexGuard<'_, Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Told {
    fn first(system: Timestamp, monotonic: Duration) -> Self {
        Self { system, monotonic, latest: system, last_jump: None }
    }

    fn tell(&mut self, system: Timestamp, monotonic: Duration) -> Timestamp {
        let expected = self.system.plus(monotonic.saturating_sub(self.monotonic));
        let by_millis = system.as_millis().saturating_sub(expected.as_millis());
        if Duration::from_millis(by_millis.unsigned_abs()) > JUMP_MIN {
            self.note_jump(by_millis, monotonic);
        }
        (self.system, self.monotonic) = (system, monotonic);
        self.latest = self.latest.max(system);
        self.latest
    }

    fn recent_jump(&self, monotonic: Duration) -> Option<Jump> {
        let (jump, seen_at) = self.last_jump?;
        (monotonic.saturating_sub(seen_at) < ALARM_LIFE).then_some(jump)
    }

    fn waits_to_go_back(&self) -> Option<Timestamp> {
        (self.latest.since(self.system) > JUMP_MIN).then_some(self.latest)
    }

    fn go_back(&mut self) {
        self.latest = self.system;
    }

    /// What was noted a moment ago may lie a little ahead of a clock that is being put right.
    fn recall(&mut self, earlier: Timestamp) {
        if earlier.since(self.system) > JUMP_MIN {
            self.latest = earlier;
            self.note_jump(self.system.as_millis().saturating_sub(earlier.as_millis()), self.monotonic);
        }
    }

    fn note_jump(&mut self, by_millis: i64, seen_at: Duration) {
        tracing::error!(code = "clock_jumped", by_millis, "the clock of this machine was set");
        self.last_jump = Some((Jump { by_millis }, seen_at));
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

#[expect(clippy::disallowed_methods, reason = "the one place where the time since some moment is read")]
fn monotonic_now() -> Duration {
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    START.elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_millis(secs * 1000)
    }

    fn told() -> Told {
        Told::first(at(10_000), Duration::ZERO)
    }

    #[test]
    fn a_clock_that_runs_as_it_should_is_told_as_it_is() {
        let mut told = told();
        assert_eq!(told.tell(at(10_100), Duration::from_secs(99)), at(10_100), "one second fast");
        assert_eq!(told.recent_jump(Duration::from_secs(99)), None);
        assert_eq!(told.waits_to_go_back(), None);
    }

    /// C-08.
    #[test]
    fn a_jump_ahead_is_told_at_once_and_alarms_for_a_minute() {
        let mut told = told();
        assert_eq!(told.tell(at(13_600), Duration::from_secs(1)), at(13_600));
        assert_eq!(told.recent_jump(Duration::from_mins(1)), Some(Jump { by_millis: 3_599_000 }));
        assert_eq!(told.recent_jump(Duration::from_secs(61)), None);
        assert_eq!(told.waits_to_go_back(), None);
    }

    /// C-08.
    #[test]
    fn a_jump_back_is_told_only_when_all_that_was_over_is_ended() {
        let mut told = told();
        assert_eq!(told.tell(at(6_401), Duration::from_secs(1)), at(10_000), "time stands still");
        assert_eq!(told.recent_jump(Duration::from_secs(1)), Some(Jump { by_millis: -3_600_000 }));
        assert_eq!(told.waits_to_go_back(), Some(at(10_000)));
        told.go_back();
        assert_eq!(told.tell(at(6_402), Duration::from_secs(2)), at(6_402));
        assert_eq!(told.waits_to_go_back(), None);
    }

    /// C-08.
    #[test]
    fn a_clock_that_was_set_back_while_nobody_looked_is_one_that_jumped() {
        let mut told = told();
        told.recall(at(10_030));
        assert_eq!(told.waits_to_go_back(), None, "a small step");
        told.recall(at(13_600));
        assert_eq!(told.tell(at(10_001), Duration::from_secs(1)), at(13_600), "time stands still");
        assert_eq!(told.recent_jump(Duration::from_secs(1)), Some(Jump { by_millis: -3_600_000 }));
        assert_eq!(told.waits_to_go_back(), Some(at(13_600)));
    }

    #[test]
    fn a_small_step_back_is_waited_out() {
        let mut told = told();
        assert_eq!(told.tell(at(9_981), Duration::from_secs(1)), at(10_000));
        assert_eq!((told.recent_jump(Duration::from_secs(1)), told.waits_to_go_back()), (None, None));
        assert_eq!(told.tell(at(10_001), Duration::from_secs(21)), at(10_001));
    }
}
