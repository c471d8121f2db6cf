//! A finished sign-in: the only thing that grants access, and only for so long (P8).

use std::time::Duration;

use crate::{
    assurance::{Acr, Evidence},
    id::{SessionId, UserId},
    timestamp::{CLOCKS_APART_MAX, Timestamp},
    user::User,
};

/// Unused for so long, a session is over (63B-4 §2.2.3).
pub const SESSION_IDLE: Duration = Duration::from_hours(1);
/// However much it is used, after so long the person signs in again (63B-4 §2.2.3).
pub const SESSION_LIFE: Duration = Duration::from_hours(24);
/// How often at most the last use of a session is written down.
pub const LAST_SEEN_EVERY: Duration = Duration::from_mins(1);
/// So many wrong entries where a session is asked to prove itself again end it (A55).
pub const STEP_UP_FAILURES_MAX: u32 = 5;

#[derive(Clone, Debug)]
pub struct Session {
    pub id: SessionId,
    pub user: UserId,
    /// The user's epoch when the session was made or last confirmed; void under any other.
    pub user_epoch: i64,
    pub evidence: Evidence,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub step_up_failures: u32,
}

/// Why a session ended, in the words of the glossary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionEnd {
    SignedOut,
    /// Its browser signed in anew.
    Replaced,
    StepUpFailures,
    /// The person ended it from another one.
    Revoked,
}

impl SessionEnd {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Replaced => "replaced",
            Self::StepUpFailures => "step_up_failures",
            Self::Revoked => "revoked",
        }
    }
}

impl Session {
    /// Whether the session grants access at `now` to its user.
    pub fn is_live(&self, user: &User, now: Timestamp) -> bool {
        self.ended_at.is_none()
            && user.honors(self.user_epoch)
            && now >= self.created_at.minus(CLOCKS_APART_MAX)
            && now < self.created_at.plus(SESSION_LIFE)
            && now < self.last_seen_at.plus(SESSION_IDLE)
    }

    /// Whether it opens what operators do. Theirs always have a second factor; if one had none, it would not.
    pub fn is_of_operator(&self, user: &User) -> bool {
        user.is_operator() && self.evidence.acr() == Acr::TwoFactor
    }

    pub fn wants_last_seen(&self, now: Timestamp) -> bool {
        now.since(self.last_seen_at) >= LAST_SEEN_EVERY
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::samples;

    fn user_of_epoch(epoch: i64) -> User {
        User { epoch, ..samples::account().user }
    }

    fn session() -> Session {
        Session {
            id: SessionId::from_stored("ses_1".into()),
            user: UserId::from_stored("usr_1".into()),
            user_epoch: 3,
            evidence: Evidence::default(),
            created_at: Timestamp::from_millis(1_000_000),
            last_seen_at: Timestamp::from_millis(1_000_000),
            ended_at: None,
            step_up_failures: 0,
        }
    }

    #[test]
    fn a_session_lives_an_hour_unused_and_a_day_at_most() {
        let start = session().created_at;
        let idle = |after: u64| session().is_live(&user_of_epoch(3), start.plus(Duration::from_secs(after)));
        assert!(idle(3599));
        assert!(!idle(3600));
        let mut busy = session();
        busy.last_seen_at = start.plus(Duration::from_secs(86_390));
        assert!(busy.is_live(&user_of_epoch(3), start.plus(Duration::from_secs(86_399))));
        assert!(!busy.is_live(&user_of_epoch(3), start.plus(Duration::from_hours(24))));
    }

    #[test]
    fn a_session_of_another_epoch_an_ended_one_and_one_from_the_future_are_void() {
        let now = session().created_at;
        let disabled = User { disabled_at: Some(now), ..user_of_epoch(3) };
        assert!(!session().is_live(&disabled, now));
        assert!(session().is_live(&user_of_epoch(3), now));
        assert!(!session().is_live(&user_of_epoch(4), now));
        assert!(!Session { ended_at: Some(now), ..session() }.is_live(&user_of_epoch(3), now));
        assert!(!session().is_live(&user_of_epoch(3), now.minus(Duration::from_hours(1))));
    }
}
