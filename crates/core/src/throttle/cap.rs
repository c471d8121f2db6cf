//! How often one authenticator may be wrong before it is taken out of use (P2, P2b; 63B-4 §3.2.2).
//!
//! A lock that lifts by itself is no limit to a patient guesser. So failures are also counted per
//! authenticator: in a row, which success with that same authenticator ends, and over thirty days, which
//! nothing ends.

use crate::{authenticator::AuthenticatorKind, timestamp::Timestamp};

/// Failures of one authenticator: in a row, and per day for the last thirty-one days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailureRecord {
    pub in_a_row: u32,
    /// Day number and count, oldest first.
    days: Vec<(i64, u32)>,
}

/// What a further failure means for an authenticator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CapReached {
    /// Nothing yet.
    No,
    /// P2b: so many wrong codes behind a right password mean that somebody else has the password.
    SomebodyHasThePassword,
    /// P2, P2b: taken out of use until it is bound anew.
    Disable,
}

const DAYS_KEPT: i64 = 31;
/// 63B-4 §3.2.2 allows 100; a password can be tried by strangers, who must not disable it too easily (T-03).
const IN_A_ROW_MAX_PASSWORD: u32 = 100;
const IN_A_ROW_MAX: u32 = 50;
/// P2b says 20; whoever changed the password and is still guessed at is told again.
const MONTH_WARNS_EVERY: u32 = 20;
const MONTH_MAX: u32 = 100;

impl FailureRecord {
    #[must_use]
    pub fn counted(mut self, now: Timestamp) -> Self {
        self.in_a_row = self.in_a_row.saturating_add(1);
        let today = now.day();
        self.days.retain(|(day, _)| *day > today - DAYS_KEPT);
        match self.days.iter_mut().find(|(day, _)| *day == today) {
            Some((_, count)) => *count = count.saturating_add(1),
            None => self.days.push((today, 1)),
        }
        self
    }

    /// A failure that was counted in advance turned out to be a success, which ends the row.
    #[must_use]
    pub fn taken_back(mut self) -> Self {
        if let Some((_, count)) = self.days.last_mut() {
            *count = count.saturating_sub(1);
        }
        self.succeeded()
    }

    #[must_use]
    pub fn succeeded(mut self) -> Self {
        self.in_a_row = 0;
        self
    }

    /// Failures in the thirty days before `now` (by whole days, rather one too many than one too few).
    pub fn in_a_month(&self, now: Timestamp) -> u32 {
        let oldest = now.day() - DAYS_KEPT + 1;
        self.days
            .iter()
            .filter(|(day, _)| *day >= oldest)
            .fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// Whether one more failure may mean something; rather too early than too late.
    pub fn is_near_cap(&self, kind: AuthenticatorKind) -> bool {
        let is_behind_password = kind != AuthenticatorKind::Password;
        let in_a_row_max = if is_behind_password { IN_A_ROW_MAX } else { IN_A_ROW_MAX_PASSWORD };
        let kept: u32 = self.days.iter().map(|(_, count)| *count).sum();
        self.in_a_row.saturating_add(1) >= in_a_row_max
            || (is_behind_password && kept.saturating_add(1) >= MONTH_WARNS_EVERY)
    }

    /// What the failure that was just counted means.
    pub fn cap_reached(&self, kind: AuthenticatorKind, now: Timestamp) -> CapReached {
        let is_behind_password = kind != AuthenticatorKind::Password;
        let in_a_row_max = if is_behind_password { IN_A_ROW_MAX } else { IN_A_ROW_MAX_PASSWORD };
        let month = self.in_a_month(now);
        if self.in_a_row >= in_a_row_max || (is_behind_password && month >= MONTH_MAX) {
            CapReached::Disable
        } else if is_behind_password && month > 0 && month.is_multiple_of(MONTH_WARNS_EVERY) {
            CapReached::SomebodyHasThePassword
        } else {
            CapReached::No
        }
    }

    /// `day:count` pairs, as stored.
    pub fn days_to_stored(&self) -> String {
        self.days.iter().map(|(day, count)| format!("{day}:{count}")).collect::<Vec<_>>().join(" ")
    }

    /// Reads what [`Self::days_to_stored`] wrote; `None` if it did not write it.
    pub fn from_stored(in_a_row: u32, days: &str) -> Option<Self> {
        let pair = |text: &str| {
            let (day, count) = text.split_once(':')?;
            Some((day.parse().ok()?, count.parse().ok()?))
        };
        Some(Self { in_a_row, days: days.split_whitespace().map(pair).collect::<Option<_>>()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_day(day: i64) -> Timestamp {
        Timestamp::from_millis(day * 86_400_000 + 5)
    }

    fn failed(times: u32, day: i64) -> FailureRecord {
        (0..times).fold(FailureRecord::default(), |record, _| record.counted(on_day(day)))
    }

    #[test]
    fn fifty_wrong_codes_in_a_row_disable_an_app_and_a_hundred_wrong_passwords_a_password() {
        assert_eq!(failed(49, 0).cap_reached(AuthenticatorKind::App, on_day(0)), CapReached::No);
        assert_eq!(failed(50, 0).cap_reached(AuthenticatorKind::App, on_day(0)), CapReached::Disable);
        assert_eq!(failed(99, 0).cap_reached(AuthenticatorKind::Password, on_day(0)), CapReached::No);
        assert_eq!(failed(100, 0).cap_reached(AuthenticatorKind::Password, on_day(0)), CapReached::Disable);
    }

    #[test]
    fn every_twentieth_wrong_code_in_a_month_says_that_somebody_has_the_password() {
        let told: Vec<u32> = (1..=49)
            .filter(|count| {
                let reached = failed(*count, 0).cap_reached(AuthenticatorKind::App, on_day(0));
                reached == CapReached::SomebodyHasThePassword
            })
            .collect();
        assert_eq!(told, [20, 40]);
    }

    #[test]
    fn every_failure_that_means_something_was_near_the_cap_before() {
        for kind in [AuthenticatorKind::Password, AuthenticatorKind::App] {
            for count in 1..=120 {
                let (before, after) = (failed(count - 1, 0), failed(count, 0));
                let means = after.cap_reached(kind, on_day(0)) != CapReached::No;
                assert!(!means || before.is_near_cap(kind), "{kind:?}, {count}");
            }
            assert!(!failed(3, 0).is_near_cap(kind));
        }
    }

    #[test]
    fn success_ends_the_row_but_not_the_month() {
        let record = failed(19, 0).succeeded().counted(on_day(1));
        assert_eq!(record.in_a_row, 1);
        assert_eq!(record.cap_reached(AuthenticatorKind::App, on_day(1)), CapReached::SomebodyHasThePassword);
    }

    #[test]
    fn what_is_older_than_a_month_no_longer_counts() {
        let record = failed(99, 0).succeeded().counted(on_day(31));
        assert_eq!(record.in_a_month(on_day(31)), 1);
        let record = failed(99, 1).succeeded().counted(on_day(31));
        assert_eq!(record.in_a_month(on_day(31)), 100);
    }

    #[test]
    fn a_record_reads_back_as_it_was_stored() {
        let record = failed(3, 20_000).counted(on_day(20_001));
        assert_eq!(FailureRecord::from_stored(4, &record.days_to_stored()), Some(record));
        assert_eq!(FailureRecord::from_stored(0, ""), Some(FailureRecord::default()));
        assert_eq!(FailureRecord::from_stored(0, "nonsense"), None);
    }
}
