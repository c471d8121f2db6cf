//! Walks the audit chain from its beginning to its head and names everything that does not fit.
//!
//! ```text
//!   tombstone? ─▶ 1 ─▶ 2 ─▶ 3 ─▶ … ─▶ head          not sealed yet
//!                 │    └ link(2) of link(1), 2, stamp(2)?     │
//!                 └ stamp of what the row says?               └ stamp of what the row says?
//! ```
//!
//! What does not fit is a finding, and the walk goes on from what the row says, so that one change makes one
//! finding and not one for each later event. It keeps only the last link: a record of any length takes the same
//! memory.

use std::{fmt, time::Duration};

use crate::{
    audit::chain::{Fit, Head, Link, Record, Stamp, Stamped, Tombstone},
    id::AuditEventId,
    keys::KeyRing,
    timestamp::Timestamp,
};

/// An event of the record, as far as it is stamped and sealed.
#[derive(Clone, Debug)]
pub struct Entry {
    pub record: Record,
    /// `None` if there is none, or what is there is no stamp.
    pub stamp: Option<Stamp>,
}

pub struct Verifier<'k> {
    keys: &'k KeyRing,
    now: Timestamp,
    /// The position that comes next.
    next: i64,
    /// What the next link has to build on; `None` at the beginning and behind a gap.
    before: Option<Stamp>,
    report: Report,
}

/// What a walk found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Sealed events that are there.
    pub events: u64,
    pub first_at: Option<Timestamp>,
    pub last_at: Option<Timestamp>,
    /// `None` if there is none that carries a stamp.
    pub head: Option<Head>,
    pub removed: Option<Tombstone>,
    pub unsealed: Unsealed,
    /// The first ones; of a record that somebody else wrote there are as many as events.
    pub findings: Vec<Finding>,
    pub findings_in_all: u64,
}

/// What waits for the sealer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unsealed {
    pub events: u64,
    pub oldest: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub what: Flaw,
    pub event: Option<AuditEventId>,
    pub position: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The row does not say what was stamped.
    Altered,
    /// The row has no stamp: nobody with the key wrote it.
    Unstamped,
    /// So many positions before this one are empty.
    Missing { events: i64 },
    /// The event was sealed in another place, or behind another event.
    OutOfPlace,
    /// Stamped with a key that is not in the key file.
    UnknownKey { number: u32 },
    /// The events from here to the head are gone.
    TailMissing { events: i64 },
    /// The head is not one that was written with our keys, or there is none.
    HeadAltered,
    /// What stands for removed events was not written by retention.
    TombstoneAltered,
    /// The oldest event waits for longer than any sealer takes.
    NotSealed,
}

/// More than anybody reads; all of them are counted.
const FINDINGS_KEPT: usize = 1000;
/// Ten minutes without a sealer is no restart any more.
pub const UNSEALED_MAX: Duration = Duration::from_mins(10);

impl<'k> Verifier<'k> {
    pub fn new(keys: &'k KeyRing, now: Timestamp) -> Self {
        Self { keys, now, next: 1, before: None, report: Report::default() }
    }

    /// What retention removed, as it stands when the events after it are read: it may move during the walk.
    pub fn removed(&mut self, tombstone: &Stamped<Tombstone>) {
        if self.report.removed == Some(tombstone.row) {
            return;
        }
        if tombstone.fits(self.keys) != Fit::Yes {
            self.find(Flaw::TombstoneAltered, None, Some(tombstone.row.last.position));
        }
        self.report.removed = Some(tombstone.row);
        if tombstone.row.last.position >= self.next {
            self.next = tombstone.row.last.position.saturating_add(1);
            self.before = Some(tombstone.row.last.stamp);
        }
    }

    /// The next sealed event, in the order of their positions.
    pub fn sealed(&mut self, entry: &Entry, position: i64, link: Option<Stamp>) {
        self.report.events += 1;
        self.report.first_at = Some(earlier(self.report.first_at, entry.record.at));
        self.report.last_at = self.report.last_at.max(Some(entry.record.at));
        let event = &entry.record.id;
        let stamp = self.stamp_of(entry, Some(position));
        if position < self.next {
            self.find(Flaw::OutOfPlace, Some(event), Some(position));
            return;
        }
        let gap = position.saturating_sub(self.next);
        if gap > 0 {
            self.find(Flaw::Missing { events: gap }, Some(event), Some(position));
        }
        let is_anchored = gap == 0 && (self.before.is_some() || position == 1);
        match (stamp, link) {
            (Some(stamp), Some(link)) if is_anchored => {
                let fit = Link { position, stamp: link }.fits(self.before.as_ref(), &stamp, self.keys);
                self.judge(fit, &link, Flaw::OutOfPlace, Some((event, position)));
            }
            (Some(_), None) => self.find(Flaw::OutOfPlace, Some(event), Some(position)),
            // What stands behind a gap shows by the next link whether it belongs there.
            _ => {}
        }
        self.next = position.saturating_add(1);
        self.before = link;
    }

    /// An event that has no place yet.
    pub fn unsealed(&mut self, entry: &Entry) {
        self.report.unsealed.events += 1;
        self.report.unsealed.oldest = Some(earlier(self.report.unsealed.oldest, entry.record.at));
        self.stamp_of(entry, None);
    }

    /// The head, as it stands when the last sealed event is read.
    pub fn head(&mut self, head: Option<&Stamped<Head>>) {
        self.report.head = head.map(|head| head.row);
        let last = head.and_then(|head| head.row.last);
        let (end, link) = last.map_or((0, None), |last| (last.position, Some(last.stamp)));
        let sealed = self.next.saturating_sub(1);
        if end > sealed {
            let events = end.saturating_sub(sealed);
            return self.find(Flaw::TailMissing { events }, None, Some(end));
        }
        match head {
            Some(head) if end == sealed && link == self.before => {
                self.judge(head.fits(self.keys), &head.stamp, Flaw::HeadAltered, None);
            }
            _ => self.find(Flaw::HeadAltered, None, Some(end)),
        }
    }

    pub fn finish(mut self) -> Report {
        if let Some(oldest) = self.report.unsealed.oldest
            && self.now.since(oldest) > UNSEALED_MAX
        {
            self.find(Flaw::NotSealed, None, None);
        }
        self.report
    }

    /// The stamp that the row carries, whether or not it fits.
    fn stamp_of(&mut self, entry: &Entry, position: Option<i64>) -> Option<Stamp> {
        let event = &entry.record.id;
        let Some(stamp) = entry.stamp else {
            self.find(Flaw::Unstamped, Some(event), position);
            return None;
        };
        match entry.record.fits(&stamp, self.keys) {
            Fit::Yes => {}
            Fit::No => self.find(Flaw::Altered, Some(event), position),
            Fit::UnknownKey => {
                self.find(Flaw::UnknownKey { number: stamp.key_number() }, Some(event), position);
            }
        }
        Some(stamp)
    }

    fn judge(&mut self, fit: Fit, stamp: &Stamp, flaw: Flaw, at: Option<(&AuditEventId, i64)>) {
        let what = match fit {
            Fit::Yes => return,
            Fit::No => flaw,
            Fit::UnknownKey => Flaw::UnknownKey { number: stamp.key_number() },
        };
        self.find(what, at.map(|(event, _)| event), at.map(|(_, position)| position));
    }

    fn find(&mut self, what: Flaw, event: Option<&AuditEventId>, position: Option<i64>) {
        self.report.findings_in_all += 1;
        if self.report.findings.len() < FINDINGS_KEPT {
            self.report.findings.push(Finding { what, event: event.cloned(), position });
        }
    }
}

impl Report {
    pub fn is_clean(&self) -> bool {
        self.findings_in_all == 0
    }
}

impl Flaw {
    /// For programs; never changes its meaning.
    pub fn code(self) -> &'static str {
        match self {
            Self::Altered => "altered",
            Self::Unstamped => "unstamped",
            Self::Missing { .. } => "missing",
            Self::OutOfPlace => "out_of_place",
            Self::UnknownKey { .. } => "unknown_key",
            Self::TailMissing { .. } => "tail_missing",
            Self::HeadAltered => "head_altered",
            Self::TombstoneAltered => "tombstone_altered",
            Self::NotSealed => "not_sealed",
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Altered => write!(out, "altered after it was written"),
            Self::Unstamped => write!(out, "not written by Countersign"),
            Self::Missing { events } => write!(out, "events missing before it: {events}"),
            Self::OutOfPlace => write!(out, "not in the place where it was sealed"),
            Self::UnknownKey { number } => {
                write!(out, "stamped with key {number}, which is not in the key file")
            }
            Self::TailMissing { events } => write!(out, "events missing at the end: {events}"),
            Self::HeadAltered => write!(out, "the head of the chain is not the one that Countersign wrote"),
            Self::TombstoneAltered => {
                write!(out, "what stands for removed events was not written by retention")
            }
            Self::NotSealed => write!(out, "events wait for too long to be sealed; is a server running?"),
        }
    }
}

fn earlier(known: Option<Timestamp>, at: Timestamp) -> Timestamp {
    known.map_or(at, |known| known.min(at))
}

#[cfg(test)]
mod tests;
