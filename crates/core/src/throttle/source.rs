//! How many names may be wrong from one network, and from all together, before it is slowed (A32, A33).
//!
//! ```text
//!   one network            20 names in 10 minutes ─▶ its unknown browsers wait until fewer are
//!   all networks together  300 names in a minute  ─▶ for now, 2 names are enough; an operator hears of it
//! ```
//!
//! Only failures count, each name once, and only from browsers that are not known to that name; a name that signs
//! in after all counts no more. So an office behind one address is not punished for being many. A browser known to
//! the person whose name is typed is never slowed.

use std::time::Duration;

use crate::{
    ceremony::{Decision, Write},
    letter::AlertKind,
    message::Outgoing,
    moment::Moment,
    timestamp::Timestamp,
    user::EmailAddress,
};

/// What an operator decided about floods of wrong passwords.
#[derive(Clone, Debug)]
pub struct SourceRules {
    /// Names that may fail in a minute in the whole installation before networks are slowed sooner.
    pub minute_max: u32,
    /// Who hears of it.
    pub alerts_to: Option<EmailAddress>,
}

/// Names of one network that failed and did not get in since, before it is slowed.
pub const NAMES_MAX: u32 = 20;
/// The same while very many fail everywhere: a person who tries two names has mistyped one, somebody who sprays
/// needs thousands.
pub const NAMES_MAX_IN_A_FLOOD: u32 = 2;
/// How long a name counts against its network.
pub const NETWORK_WINDOW: Duration = Duration::from_mins(10);
/// How long it counts for all together.
pub const FLOOD_WINDOW: Duration = Duration::from_mins(1);

/// Until when unknown browsers of a network wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slowed {
    pub until: Option<Timestamp>,
    /// The same while there is a flood.
    pub in_a_flood_until: Option<Timestamp>,
}

impl Slowed {
    /// When the newest failures but `NAMES_MAX - 1`, and but `NAMES_MAX_IN_A_FLOOD - 1`, were: as soon as these
    /// are out of the window, fewer names are left in it.
    pub fn since(nth_newest: Option<Timestamp>, nth_newest_in_a_flood: Option<Timestamp>) -> Self {
        Self {
            until: nth_newest.map(|at| at.plus(NETWORK_WINDOW)),
            in_a_flood_until: nth_newest_in_a_flood.map(|at| at.plus(NETWORK_WINDOW)),
        }
    }

    /// Until when a browser must wait that comes now; `flood_until` is the end of the flood that there is.
    pub fn wait_at(&self, now: Timestamp, flood_until: Option<Timestamp>) -> Option<Timestamp> {
        let coming = |until: &Timestamp| now < *until;
        let flood = flood_until.filter(coming);
        let in_the_flood = self.in_a_flood_until.zip(flood).map(|(own, flood)| own.min(flood));
        self.until.filter(coming).max(in_the_flood.filter(coming))
    }

    /// Whether it says nothing about any time from `now` on.
    pub fn is_past(&self, now: Timestamp) -> bool {
        self.until.max(self.in_a_flood_until).is_none_or(|until| until <= now)
    }
}

/// Tells an operator of a flood, once a day.
pub fn tell_of_flood(rules: &SourceRules, moment: &mut Moment<'_>) -> Decision<()> {
    let Some(to) = &rules.alerts_to else { return Decision::without_writes(()) };
    let alert = (AlertKind::ManyFailures, moment.visitor.network());
    Decision::new((), vec![Write::SendOnce(Outgoing::alert_of_the_day(to, alert, "everybody", moment))])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_millis(0).plus(Duration::from_secs(secs))
    }

    #[test]
    fn a_network_waits_until_its_twentieth_newest_failure_is_out_of_the_window() {
        let slowed = Slowed::since(Some(at(0)), Some(at(100)));
        assert_eq!(slowed.wait_at(at(599), None), Some(at(600)));
        assert_eq!(slowed.wait_at(at(600), None), None);
    }

    #[test]
    fn two_names_slow_a_network_only_while_there_is_a_flood() {
        let slowed = Slowed::since(None, Some(at(100)));
        assert_eq!(slowed.wait_at(at(110), None), None);
        assert_eq!(slowed.wait_at(at(110), Some(at(170))), Some(at(170)));
        assert_eq!(slowed.wait_at(at(170), Some(at(170))), None);
        assert_eq!(slowed.wait_at(at(650), Some(at(900))), Some(at(700)), "its own window ends first");
    }

    #[test]
    fn the_longer_of_two_waits_is_told() {
        let slowed = Slowed::since(Some(at(0)), Some(at(50)));
        assert_eq!(slowed.wait_at(at(60), Some(at(120))), Some(at(600)));
        assert_eq!(slowed.wait_at(at(610), Some(at(640))), Some(at(640)));
        assert!(!slowed.is_past(at(649)) && slowed.is_past(at(650)));
    }

    #[test]
    fn a_network_without_failures_never_waits() {
        let slowed = Slowed::since(None, None);
        assert_eq!(slowed.wait_at(at(0), Some(at(1000))), None);
        assert!(slowed.is_past(at(0)));
    }
}
