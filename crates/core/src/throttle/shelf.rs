//! Where the ladders of names stand that nobody has: on shelves with so many places each, so that however many
//! names are typed they never take more room than this (A39).
//!
//! ```text
//!   keyed digest of the name ──▶ one of 4,096 shelves ──▶ one of its 24 places
//!                                                         full: who was wrong least makes room, the locked last
//! ```
//!
//! The digest is keyed, so nobody can aim at a shelf: to push one locked name out, all shelves must be filled with
//! names that are locked themselves. Names that somebody has stand on no shelf and never make room.

use std::time::Duration;

use super::ladder::LadderRules;

/// A bound on rows: 98,304 ladders of some 200 bytes.
pub const SHELVES: u16 = 4096;
/// On one shelf.
pub const PLACES: u32 = 24;
/// What is older counts for nothing any more.
pub const KEPT: Duration = Duration::from_secs(LadderRules::STANDARD.forget_after_secs);

/// The number of the shelf of a name, by its keyed digest.
pub fn shelf_of(digest: &[u8; 32]) -> i64 {
    let [first, second, ..] = *digest;
    i64::from(u16::from_be_bytes([first, second]) % SHELVES)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{account::samples::keys, user::EmailAddress};

    #[test]
    fn names_spread_over_all_shelves_and_fill_none_of_them_first() {
        let mut shelves: BTreeMap<i64, u32> = BTreeMap::new();
        for number in 0..20_000 {
            let name = EmailAddress::parse(&format!("nobody{number}@example.com")).unwrap();
            *shelves.entry(shelf_of(&keys().name_digest(&name))).or_default() += 1;
        }
        assert!(shelves.keys().all(|shelf| (0..i64::from(SHELVES)).contains(shelf)));
        assert!(shelves.len() > 4000, "{} shelves are used", shelves.len());
        assert!(shelves.values().all(|taken| *taken <= PLACES), "no shelf is full at a fifth of all places");
    }
}
