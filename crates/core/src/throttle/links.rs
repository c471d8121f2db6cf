//! How many links may be mailed, and how many may be asked for by whoever types an address (P4).
//!
//! ```text
//!   one person     10 links in an hour, 20 in a day; of these, 5 and 10 that anybody can ask for
//!   one network    20 wishes in an hour
//!   everybody      as many links for forgotten passwords in an hour as the operator lets be mailed
//! ```
//!
//! Who forgot a password has proved nothing, so strangers can use up that part. The other half is left to whoever
//! has a session; and strangers keep nobody out, since the newest of the links that they ask for lies in the mailbox.

use std::time::Duration;

use crate::user::EmailAddress;

/// What an operator decided about links for forgotten passwords.
#[derive(Clone, Debug)]
pub struct ResetRules {
    /// So many may be mailed in an hour in the whole installation.
    pub hour_max: u32,
    /// Who hears of it.
    pub alerts_to: Option<EmailAddress>,
}

/// Links that were mailed to a person lately because somebody asked for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MailedLinks {
    pub in_an_hour: u32,
    pub in_a_day: u32,
    /// Of these, links for a forgotten password.
    pub resets_in_an_hour: u32,
    pub resets_in_a_day: u32,
}

/// Wishes of one network in the window: as many texts may it have sent.
pub const WISHES_MAX: u32 = 20;
pub const WISHES_WINDOW: Duration = Duration::from_hours(1);
const LINKS_HOUR_MAX: u32 = 10;
const LINKS_DAY_MAX: u32 = 20;
const RESETS_HOUR_MAX: u32 = 5;
const RESETS_DAY_MAX: u32 = 10;

impl MailedLinks {
    /// How long to wait at least until another may be mailed.
    pub(crate) fn wait(self) -> Option<Duration> {
        if self.in_a_day >= LINKS_DAY_MAX {
            Some(Duration::from_hours(24))
        } else {
            (self.in_an_hour >= LINKS_HOUR_MAX).then_some(Duration::from_hours(1))
        }
    }

    /// Whether one more may be mailed to somebody who proved nothing.
    pub(crate) fn leave_a_reset(self) -> bool {
        let is_spent = self.resets_in_an_hour >= RESETS_HOUR_MAX || self.resets_in_a_day >= RESETS_DAY_MAX;
        !is_spent && self.wait().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_can_use_up_half_of_what_a_person_may_be_mailed() {
        let mailed = |in_an_hour, in_a_day, resets_in_an_hour, resets_in_a_day| MailedLinks {
            in_an_hour,
            in_a_day,
            resets_in_an_hour,
            resets_in_a_day,
        };
        for (mailed, is_left, may_prove) in [
            (mailed(0, 0, 0, 0), true, true),
            (mailed(9, 19, 4, 9), true, true),
            (mailed(5, 5, 5, 5), false, true),
            (mailed(0, 10, 0, 10), false, true),
            (mailed(10, 10, 0, 0), false, false),
            (mailed(0, 20, 0, 0), false, false),
        ] {
            assert_eq!(mailed.leave_a_reset(), is_left, "{mailed:?}");
            assert_eq!(mailed.wait().is_none(), may_prove, "{mailed:?}");
        }
    }
}
