//! How much of the beginning of the record goes when events are kept for a limited time only.

use crate::{
    audit::chain::{Fit, Link, Stamped, Tombstone},
    keys::KeyRing,
    timestamp::Timestamp,
};

/// The tombstone for the events at the beginning that happened before `until`; `None` if nothing may go. An older
/// event behind a younger one stays with it: what is removed is one stretch.
///
/// It goes on from `before` without a gap: a new tombstone would hide that something is missing.
pub fn tombstone(
    before: Option<&Stamped<Tombstone>>,
    beginning: impl IntoIterator<Item = (Link, Timestamp)>,
    until: Timestamp,
    keys: &KeyRing,
) -> Option<Tombstone> {
    if before.is_some_and(|before| before.fits(keys) != Fit::Yes) {
        return None;
    }
    let first = before.map_or(0, |before| before.row.last.position).saturating_add(1);
    let in_turn = (first..).zip(beginning).map_while(|(position, (link, at))| {
        let is_over = link.position == position && at < until;
        is_over.then_some(link)
    });
    in_turn.last().map(|last| Tombstone { last, until })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        audit::chain::{Record, Stamp},
        id::AuditEventId,
        keys::RootKey,
        secret::Secret,
    };

    const fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn keys(byte: u8) -> KeyRing {
        KeyRing::new(vec![RootKey { number: 1, bytes: Secret::new([byte; 32]) }]).unwrap()
    }

    fn stamp() -> Stamp {
        let record = Record {
            id: AuditEventId::from_stored("evt_1".into()),
            at: at(0),
            kind: String::new(),
            reason: String::new(),
            organization: None,
            user: None,
            session: None,
            source: String::new(),
            user_agent: String::new(),
            actor: None,
        };
        record.stamp(&keys(1).audit_key())
    }

    fn events(positions: &[(i64, i64)]) -> Vec<(Link, Timestamp)> {
        positions
            .iter()
            .map(|(position, millis)| (Link { position: *position, stamp: stamp() }, at(*millis)))
            .collect()
    }

    fn removed(before: Option<&Stamped<Tombstone>>, beginning: &[(i64, i64)]) -> Option<i64> {
        tombstone(before, events(beginning), at(100), &keys(1)).map(|tombstone| tombstone.last.position)
    }

    #[test]
    fn the_first_event_that_is_young_enough_ends_what_goes() {
        assert_eq!(removed(None, &[(1, 10), (2, 99), (3, 100), (4, 20)]), Some(2));
        assert_eq!(removed(None, &[(1, 100)]), None);
        assert_eq!(removed(None, &[]), None);
    }

    /// A103
    #[test]
    fn atk_103_retention_hides_no_gap_and_builds_on_no_forged_tombstone() {
        assert_eq!(removed(None, &[(2, 10), (3, 10)]), None);
        assert_eq!(removed(None, &[(1, 10), (3, 10)]), Some(1));
        let [(last, _)] = events(&[(1, 0)])[..] else { unreachable!() };
        let before = Tombstone { last, until: at(5) };
        let (ours, forged) = (before.stamped(&keys(1).audit_key()), before.stamped(&keys(2).audit_key()));
        assert_eq!(removed(Some(&ours), &[(2, 10), (3, 10)]), Some(3));
        assert_eq!(removed(Some(&ours), &[(3, 10)]), None);
        assert_eq!(removed(Some(&forged), &[(2, 10), (3, 10)]), None);
    }
}
