//! The lock ladder of a name (P1, CR-5 … CR-7): five wrong entries lock it for five minutes, every five more
//! for an hour.
//!
//! ```text
//!            wrong × 5              wrong × 5               wrong × 5
//!   open ───────────────▶ 5 min ───────────────▶ 60 min ───────────────▶ 60 min …
//!     ▲                                                                      │
//!     └────────── a complete sign-in, or a day without a wrong entry ────────┘
//! ```
//!
//! Wrong passwords and wrong codes count together. A password attempt is counted before it is hashed and
//! taken back if it was right, so that a crash between the two leaves it counted.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    id::{KnownBrowserId, UserId},
    moment::BrowserMark,
    timestamp::Timestamp,
};

/// How a policy shapes the ladder; an organization may only tighten it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LadderRules {
    /// Wrong entries until each lock.
    pub tries: u32,
    pub first_lock_secs: u64,
    pub later_lock_secs: u64,
    /// Without a wrong entry for so long, the count begins anew.
    pub forget_after_secs: u64,
}

impl LadderRules {
    /// P1, which is CallRail's (CR-5, CR-7).
    pub const STANDARD: Self =
        Self { tries: 5, first_lock_secs: 5 * 60, later_lock_secs: 60 * 60, forget_after_secs: 24 * 60 * 60 };

    /// The stricter of two in every respect.
    #[must_use]
    pub fn tightened_by(self, other: Self) -> Self {
        Self {
            tries: self.tries.min(other.tries).max(1),
            first_lock_secs: self.first_lock_secs.max(other.first_lock_secs),
            later_lock_secs: self.later_lock_secs.max(other.later_lock_secs),
            forget_after_secs: self.forget_after_secs.max(other.forget_after_secs),
        }
    }

    fn lock_after(self, failures: u32) -> Option<Duration> {
        let tries = self.tries.max(1);
        match failures {
            0 => None,
            first if first == tries => Some(Duration::from_secs(self.first_lock_secs)),
            later if later % tries == 0 => Some(Duration::from_secs(self.later_lock_secs)),
            _ => None,
        }
    }
}

/// Whose ladder it is: a name, known or not, or a name on a browser that it used before.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LadderSubject(String);

impl LadderSubject {
    pub fn user(user: &UserId) -> Self {
        Self(user.to_string())
    }

    /// The lane of a browser that completed a sign-in before: strangers cannot lock it (T-03).
    pub fn known_browser(user: &UserId, browser: &KnownBrowserId) -> Self {
        Self(format!("{user}/{browser}"))
    }

    /// A name that no user has, by its keyed digest, so that unknown names lock like known ones (A36).
    pub fn unknown_name(digest: &[u8; 32]) -> Self {
        use fmt::Write;
        let mut text = String::with_capacity(68);
        text.push_str("unk_");
        for byte in digest {
            let _ = write!(text, "{byte:02x}");
        }
        Self(text)
    }

    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// Whether it is the lane of one browser, and not the ladder of the name.
    pub fn is_of_known_browser(&self) -> bool {
        self.0.contains('/')
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The state of one ladder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ladder {
    pub failures: u32,
    pub last_failure_at: Option<Timestamp>,
    pub lock: Option<Lock>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lock {
    pub until: Timestamp,
    /// The browser whose entry was one too many: only there the page says until when (T-16).
    pub caused_by: BrowserMark,
    /// The one browser that it does not bind: its person opened it there, by a link from their mailbox (A31).
    pub opened_for: Option<BrowserMark>,
}

/// What is left before the next lock, for the sentence that a person reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    pub tries: u32,
    pub next_lock: Duration,
}

impl Ladder {
    /// The lock in force at `now`. It ends at `until`, not a moment later.
    pub fn lock_at(&self, now: Timestamp) -> Option<Lock> {
        self.lock.filter(|lock| now < lock.until)
    }

    /// The lock that binds this browser at `now`.
    pub fn lock_for(&self, now: Timestamp, browser: BrowserMark) -> Option<Lock> {
        self.lock_at(now).filter(|lock| lock.opened_for != Some(browser))
    }

    /// The ladder after its lock was opened for one browser. Nothing is forgotten: all others stay locked out, and
    /// five more wrong entries of this one lock it as well.
    #[must_use]
    pub fn opened_for(self, browser: BrowserMark) -> Self {
        Self { lock: self.lock.map(|lock| Lock { opened_for: Some(browser), ..lock }), ..self }
    }

    /// The ladder after one more wrong entry.
    #[must_use]
    pub fn counted(self, rules: LadderRules, now: Timestamp, browser: BrowserMark) -> Self {
        let remembered = self
            .last_failure_at
            .is_some_and(|last| now.since(last) < Duration::from_secs(rules.forget_after_secs));
        let failures = if remembered { self.failures } else { 0 }.saturating_add(1);
        let lock_for = |span| Lock { until: now.plus(span), caused_by: browser, opened_for: None };
        let lock = rules.lock_after(failures).map(lock_for);
        // A count that reached its end still locks: an hour for every further entry.
        let saturated = failures == u32::MAX;
        let lock = lock.or_else(|| saturated.then(|| lock_for(Duration::from_secs(rules.later_lock_secs))));
        // An attempt that ended in a fault may be counted while a lock holds: it lifts no lock.
        Self { failures, last_failure_at: Some(now), lock: lock.or(self.lock_at(now)) }
    }

    /// The ladder after an entry that was counted in advance turned out right.
    ///
    /// Nobody is let in while a lock holds that is not opened for them, so a lock that is opened for nobody came
    /// from the counts of attempts that were under way together, this one among them: without it the lock was
    /// not due.
    #[must_use]
    pub fn taken_back(self) -> Self {
        match self.failures.saturating_sub(1) {
            0 => Self::default(),
            failures => Self { failures, lock: self.lock.filter(|lock| lock.opened_for.is_some()), ..self },
        }
    }

    /// The ladder after a complete sign-in: empty (P1). Only a lock that its mail opened for one browser goes on
    /// binding all others until its end (A31): who was locked out does not get in by it.
    #[must_use]
    pub fn signed_in(self, now: Timestamp) -> Self {
        let holds_for_others = self.lock_at(now).is_some_and(|lock| lock.opened_for.is_some());
        if holds_for_others { self } else { Self::default() }
    }

    pub fn left(&self, rules: LadderRules) -> Left {
        let tries = rules.tries.max(1);
        let used = self.failures % tries;
        let next = self.failures.saturating_sub(used).saturating_add(tries);
        Left {
            tries: tries - used,
            next_lock: rules.lock_after(next).unwrap_or(Duration::from_secs(rules.later_lock_secs)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RULES: LadderRules = LadderRules::STANDARD;
    const BROWSER: BrowserMark = BrowserMark([1; 32]);

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_millis(0).plus(Duration::from_secs(secs))
    }

    fn wrong(mut ladder: Ladder, times: u32, now: Timestamp) -> Ladder {
        for _ in 0..times {
            ladder = ladder.counted(RULES, now, BROWSER);
        }
        ladder
    }

    /// CR-5, CR-7.
    #[test]
    fn the_fifth_wrong_entry_locks_for_five_minutes_the_tenth_for_an_hour_and_so_on() {
        let four = wrong(Ladder::default(), 4, at(0));
        assert_eq!(four.lock_at(at(0)), None);
        let five = wrong(four, 1, at(0));
        assert_eq!(five.lock.map(|lock| lock.until), Some(at(300)));
        let ten = wrong(five, 5, at(400));
        assert_eq!(ten.lock.map(|lock| lock.until), Some(at(400 + 3600)));
        let fifteen = wrong(ten, 5, at(5000));
        assert_eq!(fifteen.lock.map(|lock| lock.until), Some(at(5000 + 3600)));
    }

    /// CR-6.
    #[test]
    fn a_lock_holds_until_its_last_millisecond_and_not_a_moment_longer() {
        let locked = wrong(Ladder::default(), 5, at(0));
        assert!(locked.lock_at(Timestamp::from_millis(299_999)).is_some());
        assert!(locked.lock_at(at(300)).is_none());
    }

    #[test]
    fn a_day_without_a_wrong_entry_clears_the_count() {
        let four = wrong(Ladder::default(), 4, at(0));
        assert_eq!(wrong(four, 1, at(86_399)).failures, 5);
        assert_eq!(wrong(four, 1, at(86_400)).failures, 1);
    }

    #[test]
    fn what_is_left_is_told_with_the_length_of_the_next_lock() {
        let two = wrong(Ladder::default(), 2, at(0));
        assert_eq!(two.left(RULES), Left { tries: 3, next_lock: Duration::from_mins(5) });
        let six = wrong(two, 4, at(0));
        assert_eq!(six.left(RULES), Left { tries: 4, next_lock: Duration::from_hours(1) });
    }

    #[test]
    fn an_attempt_taken_back_leaves_the_others_counted_and_lifts_the_lock_it_caused() {
        let five = wrong(Ladder::default(), 5, at(0));
        let four = five.taken_back();
        assert_eq!((four.failures, four.lock), (4, None));
    }

    /// A31.
    #[test]
    fn a_lock_opened_for_one_browser_binds_all_others_and_forgets_nothing() {
        let (own, other) = (BrowserMark([7; 32]), BROWSER);
        let opened = wrong(Ladder::default(), 5, at(0)).opened_for(own);
        assert_eq!(opened.lock_for(at(1), own), None);
        assert!(opened.lock_for(at(1), other).is_some());
        assert_eq!(opened.failures, 5);
        let nine = (0..4).fold(opened, |ladder, _| ladder.counted(RULES, at(2), own));
        assert!(nine.lock_for(at(2), own).is_none() && nine.lock_for(at(2), other).is_some());
        let ten = nine.counted(RULES, at(2), own);
        assert_eq!(
            ten.lock_for(at(3), own).map(|lock| lock.until),
            Some(at(2 + 3600)),
            "the next step of all"
        );
    }

    #[test]
    fn a_right_entry_of_the_browser_that_a_lock_was_opened_for_leaves_the_others_locked() {
        let own = BrowserMark([7; 32]);
        let tried = wrong(Ladder::default(), 5, at(0)).opened_for(own).counted(RULES, at(1), own);
        assert!(tried.taken_back().lock_for(at(2), BROWSER).is_some());
    }

    #[test]
    fn a_saturated_count_still_locks() {
        let full = Ladder { failures: u32::MAX, last_failure_at: Some(at(0)), lock: None };
        assert!(full.counted(RULES, at(1), BROWSER).lock_at(at(2)).is_some());
    }

    proptest! {
        /// Over any sequence of waits and wrong entries let in only while open, no hour sees more than ten
        /// and no day more than five for each hour and one lot more.
        #[test]
        fn no_day_sees_more_wrong_entries_than_the_ladder_allows(waits in prop::collection::vec(0u64..4000, 1..400)) {
            let mut ladder = Ladder::default();
            let mut now = at(0);
            let mut accepted = 0u32;
            for wait in waits {
                now = now.plus(Duration::from_secs(wait));
                if now >= at(86_400) { break; }
                if ladder.lock_at(now).is_none() {
                    ladder = ladder.counted(RULES, now, BROWSER);
                    accepted += 1;
                }
            }
            prop_assert!(accepted <= 5 + 5 * 25, "{accepted} entries in a day");
        }
    }
}
