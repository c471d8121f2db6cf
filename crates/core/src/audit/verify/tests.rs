use std::time::Duration;

use super::*;
use crate::{
    audit::chain::Link,
    keys::{AuditKey, RootKey},
    secret::Secret,
};

const NOW: Timestamp = Timestamp::from_millis(1_795_356_300_000);
/// Each is changed in turn, and the whole record is walked for each.
const ROWS: usize = 200;

/// A record as a database holds it, in the hands of somebody who can change every row and has no key.
#[derive(Clone)]
struct Database {
    rows: Vec<Row>,
    unsealed: Vec<Entry>,
    head: Option<Stamped<Head>>,
    tombstone: Option<Stamped<Tombstone>>,
}

#[derive(Clone)]
struct Row {
    entry: Entry,
    link: Link,
}

impl Database {
    fn of(events: usize) -> Self {
        Self::sealed_by(&keys(&[1]).audit_key(), events)
    }

    fn sealed_by(key: &AuditKey, events: usize) -> Self {
        let entries: Vec<Entry> = (1..=events).map(|number| entry(number, key)).collect();
        let stamps: Vec<Stamp> = entries.iter().filter_map(|entry| entry.stamp).collect();
        let (links, head) = Head::first(NOW).append(&stamps, key);
        let rows = entries.into_iter().zip(links).map(|(entry, link)| Row { entry, link }).collect();
        Self { rows, unsealed: Vec::new(), head: Some(head), tombstone: None }
    }

    fn verify(&self) -> Report {
        self.verify_with(&keys(&[1]))
    }

    fn verify_with(&self, keys: &KeyRing) -> Report {
        let mut verifier = Verifier::new(keys, NOW);
        self.tombstone.iter().for_each(|tombstone| verifier.removed(tombstone));
        let mut rows = self.rows.clone();
        rows.sort_by_key(|row| row.link.position);
        for Row { entry, link } in &rows {
            verifier.sealed(entry, link.position, Some(link.stamp));
        }
        verifier.head(self.head.as_ref());
        self.unsealed.iter().for_each(|entry| verifier.unsealed(entry));
        verifier.finish()
    }

    fn flaws(&self) -> Vec<(Flaw, Option<i64>)> {
        self.verify().findings.into_iter().map(|finding| (finding.what, finding.position)).collect()
    }
}

fn keys(numbers: &[u8]) -> KeyRing {
    let root = |number: &u8| RootKey { number: u32::from(*number), bytes: Secret::new([*number; 32]) };
    KeyRing::new(numbers.iter().map(root).collect()).unwrap()
}

fn entry(number: usize, key: &AuditKey) -> Entry {
    let record = Record {
        id: AuditEventId::from_stored(format!("evt_{number:04}")),
        at: NOW,
        kind: "sign_in.refused".into(),
        reason: format!("wrong_code failures={number}"),
        organization: None,
        user: None,
        session: None,
        source: "127.0.0.1".into(),
        user_agent: "Firefox".into(),
        actor: None,
    };
    let stamp = Some(record.stamp(key));
    Entry { record, stamp }
}

#[test]
fn an_untouched_record_has_no_findings() {
    for events in [0, 1, 2, 100] {
        let report = Database::of(events).verify();
        assert!(report.is_clean(), "{:?}", report.findings);
        assert_eq!(report.events, events as u64);
    }
}

/// A103
#[test]
fn atk_103_every_altered_row_is_found() {
    let whole = Database::of(ROWS);
    for number in 0..ROWS {
        let mut altered = whole.clone();
        altered.rows[number].entry.record.reason.push('0');
        let position = i64::try_from(number).unwrap() + 1;
        assert_eq!(altered.flaws(), [(Flaw::Altered, Some(position))]);
    }
}

/// A103
#[test]
fn atk_103_every_field_is_part_of_the_stamp() {
    let changes: [fn(&mut Record); 9] = [
        |record| record.id = AuditEventId::from_stored("evt_9999".into()),
        |record| record.at = record.at.plus(Duration::from_millis(1)),
        |record| record.kind = "sign_in.signed_in".into(),
        |record| record.reason.clear(),
        |record| record.organization = Some(crate::id::OrganizationId::from_stored(String::new())),
        |record| record.user = Some(crate::id::UserId::from_stored("usr_bob".into())),
        |record| record.session = Some(crate::id::SessionId::from_stored("ses_1".into())),
        |record| record.source = "127.0.0.2".into(),
        |record| record.user_agent = "Chromium".into(),
    ];
    for (field, change) in changes.iter().enumerate() {
        let mut altered = Database::of(3);
        change(&mut altered.rows[1].entry.record);
        assert_eq!(altered.flaws(), [(Flaw::Altered, Some(2))], "field {field}");
    }
}

/// A103
#[test]
fn atk_103_every_deleted_row_is_found() {
    let whole = Database::of(ROWS);
    for number in 0..ROWS {
        let mut shorter = whole.clone();
        shorter.rows.remove(number);
        let position = i64::try_from(number).unwrap() + 1;
        let expected = if number + 1 == ROWS {
            (Flaw::TailMissing { events: 1 }, Some(position))
        } else {
            (Flaw::Missing { events: 1 }, Some(position + 1))
        };
        assert_eq!(shorter.flaws(), [expected]);
    }
}

/// A103
#[test]
fn atk_103_rows_that_changed_places_are_found_whether_their_links_went_along_or_not() {
    let whole = Database::of(ROWS);
    for number in 0..ROWS - 1 {
        let mut swapped = whole.clone();
        swapped.rows.swap(number, number + 1);
        let positions = [number, number + 1].map(|number| whole.rows[number].link.position);
        for (place, position) in positions.into_iter().enumerate() {
            swapped.rows[number + place].link.position = position;
        }
        assert!(swapped.flaws().contains(&(Flaw::OutOfPlace, Some(positions[0]))));
        for place in 0..2 {
            swapped.rows[number + place].link = whole.rows[number + place].link;
        }
        assert!(swapped.flaws().contains(&(Flaw::OutOfPlace, Some(positions[0]))));
    }
}

/// A103
#[test]
fn atk_103_a_row_that_was_put_in_is_found() {
    let mut more = Database::of(3);
    let mut copy = more.rows[1].clone();
    copy.entry.record.id = AuditEventId::from_stored("evt_x".into());
    copy.entry.stamp = None;
    copy.link.position = 4;
    more.rows.push(copy);
    let flaws: Vec<Flaw> = more.flaws().into_iter().map(|(flaw, _)| flaw).collect();
    assert_eq!(flaws, [Flaw::Unstamped, Flaw::HeadAltered]);
    more.rows[3].entry.stamp = more.rows[2].entry.stamp;
    let flaws: Vec<Flaw> = more.flaws().into_iter().map(|(flaw, _)| flaw).collect();
    assert_eq!(flaws, [Flaw::Altered, Flaw::OutOfPlace, Flaw::HeadAltered]);
}

/// A103
#[test]
fn atk_103_a_tail_cut_off_is_found_if_its_head_is_not_an_old_one() {
    let whole = Database::of(10);
    let mut shorter = whole.clone();
    shorter.rows.truncate(7);
    assert_eq!(shorter.flaws(), [(Flaw::TailMissing { events: 3 }, Some(10))]);
    // A head that fits the shorter record, but for the stamp that needs the key.
    let last = Some(whole.rows[6].link);
    shorter.head = whole.head.map(|head| Stamped { row: Head { last, ..head.row }, ..head });
    assert_eq!(shorter.flaws(), [(Flaw::HeadAltered, None)]);
    shorter.head = None;
    assert_eq!(shorter.flaws(), [(Flaw::HeadAltered, Some(0))]);
    shorter.rows.clear();
    assert_eq!(shorter.flaws(), [(Flaw::HeadAltered, Some(0))]);
}

/// A103
#[test]
fn atk_103_retention_leaves_what_the_rest_is_checked_against() {
    let whole = Database::of(10);
    let mut rest = whole.clone();
    rest.rows.drain(..4);
    assert_eq!(rest.flaws(), [(Flaw::Missing { events: 4 }, Some(5))]);
    let tombstone = Tombstone { last: whole.rows[3].link, until: NOW };
    rest.tombstone = Some(tombstone.stamped(&keys(&[1]).audit_key()));
    assert_eq!(rest.flaws(), []);
    assert_eq!(rest.verify().removed, Some(tombstone));

    // Somebody without the key moves it over two more events.
    let mut hidden = rest.clone();
    hidden.rows.drain(..2);
    let moved = Tombstone { last: whole.rows[5].link, until: NOW };
    hidden.tombstone = rest.tombstone.map(|tombstone| Stamped { row: moved, ..tombstone });
    assert_eq!(hidden.flaws(), [(Flaw::TombstoneAltered, Some(6))]);
    let mut back = rest.clone();
    back.rows.insert(0, whole.rows[2].clone());
    assert_eq!(back.flaws(), [(Flaw::OutOfPlace, Some(3))]);
}

#[test]
fn a_record_that_older_and_newer_keys_stamped_verifies_with_all_of_them_only() {
    let older = Database::sealed_by(&keys(&[1]).audit_key(), 5);
    let newer = keys(&[1, 2]).audit_key();
    let mut both = older;
    let event = entry(6, &newer);
    let (links, head) = both.head.unwrap().row.append(&[event.stamp.unwrap()], &newer);
    both.rows.push(Row { entry: event, link: links[0] });
    both.head = Some(head);
    assert!(both.verify_with(&keys(&[1, 2])).is_clean());
    let unknown = Flaw::UnknownKey { number: 2 };
    let report = both.verify_with(&keys(&[1]));
    assert!(report.findings.iter().all(|finding| finding.what == unknown), "{:?}", report.findings);
    // The event, its link and the head.
    assert_eq!(report.findings_in_all, 3);
}

#[test]
fn what_waits_for_the_sealer_is_checked_and_may_not_wait_for_long() {
    let mut waiting = Database::of(2);
    waiting.unsealed.push(entry(3, &keys(&[1]).audit_key()));
    assert!(waiting.verify().is_clean());
    assert_eq!(waiting.verify().unsealed, Unsealed { events: 1, oldest: Some(NOW) });
    waiting.unsealed[0].record.at = NOW.minus(UNSEALED_MAX).minus(Duration::from_millis(1));
    let flaws: Vec<Flaw> = waiting.flaws().into_iter().map(|(flaw, _)| flaw).collect();
    assert_eq!(flaws, [Flaw::Altered, Flaw::NotSealed]);
    waiting.unsealed[0].stamp = None;
    let flaws: Vec<Flaw> = waiting.flaws().into_iter().map(|(flaw, _)| flaw).collect();
    assert_eq!(flaws, [Flaw::Unstamped, Flaw::NotSealed]);
}

#[test]
fn a_record_of_foreign_rows_is_counted_and_listed_in_part() {
    let mut foreign = Database::of(FINDINGS_KEPT + 5);
    for row in &mut foreign.rows {
        row.entry.record.reason.clear();
    }
    let report = foreign.verify();
    assert_eq!(report.findings.len(), FINDINGS_KEPT);
    assert_eq!(report.findings_in_all, FINDINGS_KEPT as u64 + 5);
}
