//! How long to wait before the next attempt.
//!
//! ```text
//!   codes        2   4   8  16  30  30 …   seconds: somebody waits, for ten minutes at most
//!   all others  10  30  90 270 810 900 …   seconds, for as long as it takes
//! ```
//!
//! ± a fifth, so that messages that failed together do not come back together. The fifth is taken from the
//! message's id and the number of the attempt: no randomness is drawn here.

use std::time::Duration;

use countersign_core::{id::MessageId, letter::Letter};
use sha2::{Digest, Sha256};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// Somebody sits in front of a page and waits.
    Urgent,
    Patient,
}

impl Pace {
    pub(super) fn of(letter: &Letter) -> Self {
        match letter {
            Letter::Code(_) => Self::Urgent,
            Letter::Notice(_) | Letter::Link(_) | Letter::Member(_) | Letter::Alert(_) => Self::Patient,
        }
    }
}

/// After so many attempts.
pub(super) fn after(pace: Pace, message: &MessageId, attempts: u32) -> Duration {
    let failures = attempts.saturating_sub(1);
    let wait = match pace {
        Pace::Urgent => {
            Duration::from_secs(2).saturating_mul(2u32.saturating_pow(failures)).min(Duration::from_secs(30))
        }
        Pace::Patient => {
            Duration::from_secs(10).saturating_mul(3u32.saturating_pow(failures)).min(Duration::from_mins(15))
        }
    };
    wait * permille(message, attempts) / 1000
}

/// From 800 to 1200.
fn permille(message: &MessageId, attempts: u32) -> u32 {
    let digest = Sha256::new().chain_update(message.as_str()).chain_update(attempts.to_be_bytes()).finalize();
    let drawn = digest.iter().take(2).fold(0, |drawn, byte| drawn << 8 | u32::from(*byte));
    800 + drawn * 400 / u32::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(pace: Pace, attempts: u32) -> impl Iterator<Item = Duration> {
        let message = |number| MessageId::from_stored(format!("msg_{number}"));
        (0..200).map(move |number| after(pace, &message(number), attempts))
    }

    #[test]
    fn waits_grow_to_their_limit_and_stay_within_a_fifth() {
        for (pace, expected) in
            [(Pace::Urgent, [2, 4, 8, 16, 30, 30, 30]), (Pace::Patient, [10, 30, 90, 270, 810, 900, 900])]
        {
            for (attempts, secs) in (1..).zip(expected) {
                let range = Duration::from_secs(secs * 4) / 5..=Duration::from_secs(secs * 6) / 5;
                assert!(waits(pace, attempts).all(|wait| range.contains(&wait)), "{pace:?} {attempts}");
            }
        }
        assert!(waits(Pace::Patient, u32::MAX).all(|wait| wait <= Duration::from_mins(18)));
    }

    #[test]
    fn messages_that_failed_together_come_back_apart_and_each_always_alike() {
        let mut all: Vec<_> = waits(Pace::Patient, 3).collect();
        assert!(waits(Pace::Patient, 3).eq(all.iter().copied()));
        all.sort_unstable();
        all.dedup();
        assert!(all.len() > 150, "{}", all.len());
    }
}
