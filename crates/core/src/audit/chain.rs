//! The audit chain: each event is stamped when it is written, and linked to the one before when it is sealed.
//!
//! ```text
//!   stamp(e)   keyed digest of every field of the event      written with the event, in its transaction
//!   link(n)    keyed digest of link(n-1), n and stamp(e_n)   by the sealer, within a second
//!   head       n and link(n), stamped                        moves with every batch
//!   tombstone  n and link(n), stamped                        stands for everything up to n, if retention removed it
//! ```
//!
//! Whoever can write to the database and has no key can remove what is not sealed yet, take the record back to an
//! older state of which they kept the head, and empty the whole database so that it begins anew. Everything else
//! shows ([`super::verify`]).

use std::fmt;

use crate::{
    id::{AuditEventId, OrganizationId, SessionId, UserId},
    keys::{AuditKey, KeyRing},
    timestamp::Timestamp,
};

/// A keyed digest, and the number of its key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    key: u32,
    mac: [u8; MAC_BYTES],
}

const MAC_BYTES: usize = 32;
const STAMP_BYTES: usize = 4 + MAC_BYTES;

/// Whether a stamp is that of what it stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    Yes,
    No,
    /// Its key is not in the key file, so that nobody can tell.
    UnknownKey,
}

/// An event as it is stored: what its kind is called may be unknown to this program, and is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub id: AuditEventId,
    pub at: Timestamp,
    pub kind: String,
    pub reason: String,
    pub organization: Option<OrganizationId>,
    pub user: Option<UserId>,
    pub session: Option<SessionId>,
    pub source: String,
    pub user_agent: String,
    /// As [`super::actor::Actor`] spells it.
    pub actor: Option<String>,
}

/// An event's place in the chain; the first is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    pub position: i64,
    pub stamp: Stamp,
}

/// Where the chain ends. It is there from the beginning of the database, before the first event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub begun_at: Timestamp,
    /// The last link; `None` while nothing was sealed.
    pub last: Option<Link>,
}

/// What retention left in the place of the events up to a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tombstone {
    pub last: Link,
    /// Every removed event happened before.
    pub until: Timestamp,
}

/// The two single rows of the chain, with the stamps on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamped<T> {
    pub row: T,
    pub stamp: Stamp,
}

impl Record {
    pub fn stamp(&self, key: &AuditKey) -> Stamp {
        key.stamp(&[b"event", &self.encode()])
    }

    pub fn fits(&self, stamp: &Stamp, keys: &KeyRing) -> Fit {
        stamp.fits(&[b"event", &self.encode()], keys)
    }

    /// Each field in its place behind its length, or a mark that it is empty: no two records read the same. Taken
    /// apart, so that the compiler finds a new field here.
    fn encode(&self) -> Vec<u8> {
        let Self { id, at, kind, reason, organization, user, session, source, user_agent, actor } = self;
        let mut encoded = Vec::with_capacity(512);
        put(&mut encoded, Some(id.as_str().as_bytes()));
        put(&mut encoded, Some(&at.as_millis().to_be_bytes()));
        put(&mut encoded, Some(kind.as_bytes()));
        put(&mut encoded, Some(reason.as_bytes()));
        put(&mut encoded, organization.as_ref().map(|id| id.as_str().as_bytes()));
        put(&mut encoded, user.as_ref().map(|id| id.as_str().as_bytes()));
        put(&mut encoded, session.as_ref().map(|id| id.as_str().as_bytes()));
        put(&mut encoded, Some(source.as_bytes()));
        put(&mut encoded, Some(user_agent.as_bytes()));
        put(&mut encoded, actor.as_ref().map(String::as_bytes));
        encoded
    }
}

impl Link {
    /// The link behind `before`; the first one has nothing before it.
    pub fn after(before: Option<&Self>, event: &Stamp, key: &AuditKey) -> Self {
        let position = before.map_or(0, |before| before.position).saturating_add(1);
        let stamp = with_parts(before.map(|before| &before.stamp), position, event, |parts| key.stamp(parts));
        Self { position, stamp }
    }

    pub(super) fn fits(&self, before: Option<&Stamp>, event: &Stamp, keys: &KeyRing) -> Fit {
        with_parts(before, self.position, event, |parts| self.stamp.fits(parts, keys))
    }
}

impl Head {
    /// Of a chain that begins.
    pub const fn first(begun_at: Timestamp) -> Self {
        Self { begun_at, last: None }
    }

    /// Appends events: a link for each, in their order, and the head behind them.
    pub fn append(&self, events: &[Stamp], key: &AuditKey) -> (Vec<Link>, Stamped<Self>) {
        let mut last = self.last;
        let links: Vec<Link> = events
            .iter()
            .map(|event| {
                let link = Link::after(last.as_ref(), event, key);
                last = Some(link);
                link
            })
            .collect();
        (links, Self { last, ..*self }.stamped(key))
    }

    pub fn stamped(self, key: &AuditKey) -> Stamped<Self> {
        Stamped { row: self, stamp: key.stamp(&[b"head", &self.encode()]) }
    }

    fn encode(&self) -> Vec<u8> {
        let mut encoded = Vec::new();
        put(&mut encoded, Some(&self.begun_at.as_millis().to_be_bytes()));
        put_link(&mut encoded, self.last.as_ref());
        encoded
    }
}

impl Stamped<Head> {
    pub fn fits(&self, keys: &KeyRing) -> Fit {
        self.stamp.fits(&[b"head", &self.row.encode()], keys)
    }
}

impl Tombstone {
    pub fn stamped(self, key: &AuditKey) -> Stamped<Self> {
        Stamped { row: self, stamp: key.stamp(&[b"tombstone", &self.encode()]) }
    }

    fn encode(&self) -> Vec<u8> {
        let mut encoded = Vec::new();
        put_link(&mut encoded, Some(&self.last));
        put(&mut encoded, Some(&self.until.as_millis().to_be_bytes()));
        encoded
    }
}

impl Stamped<Tombstone> {
    pub fn fits(&self, keys: &KeyRing) -> Fit {
        self.stamp.fits(&[b"tombstone", &self.row.encode()], keys)
    }
}

impl AuditKey {
    fn stamp(&self, parts: &[&[u8]]) -> Stamp {
        Stamp { key: self.number, mac: self.keyed.digest(parts) }
    }
}

impl Stamp {
    /// The key's number, then the digest.
    pub fn to_stored(&self) -> [u8; STAMP_BYTES] {
        let mut stored = [0; STAMP_BYTES];
        let (number, mac) = stored.split_at_mut(4);
        number.copy_from_slice(&self.key.to_be_bytes());
        mac.copy_from_slice(&self.mac);
        stored
    }

    /// `None` for what is no stamp.
    pub fn from_stored(stored: &[u8]) -> Option<Self> {
        let (number, mac) = stored.split_first_chunk::<4>()?;
        Some(Self { key: u32::from_be_bytes(*number), mac: mac.try_into().ok()? })
    }

    pub fn key_number(&self) -> u32 {
        self.key
    }

    fn fits(&self, parts: &[&[u8]], keys: &KeyRing) -> Fit {
        match keys.audit_key_of(self.key) {
            Some(key) if key.keyed.fits(parts, &self.mac) => Fit::Yes,
            Some(_) => Fit::No,
            None => Fit::UnknownKey,
        }
    }
}

/// The digest in hexadecimal digits: what an operator may write down and compare.
impl fmt::Display for Stamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.mac.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Stamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self} by key {}", self.key)
    }
}

fn with_parts<T>(
    before: Option<&Stamp>,
    position: i64,
    event: &Stamp,
    digest: impl FnOnce(&[&[u8]]) -> T,
) -> T {
    let before = before.map(Stamp::to_stored);
    let before: &[u8] = before.as_ref().map_or(&[], |stored| stored);
    digest(&[b"link", before, &position.to_be_bytes(), &event.to_stored()])
}

fn put(encoded: &mut Vec<u8>, field: Option<&[u8]>) {
    let Some(field) = field else {
        encoded.push(0);
        return;
    };
    encoded.push(1);
    encoded.extend_from_slice(&(field.len() as u64).to_be_bytes());
    encoded.extend_from_slice(field);
}

fn put_link(encoded: &mut Vec<u8>, link: Option<&Link>) {
    put(encoded, link.map(|link| link.position.to_be_bytes()).as_ref().map(<[u8; 8]>::as_slice));
    put(encoded, link.map(|link| link.stamp.to_stored()).as_ref().map(<[u8; STAMP_BYTES]>::as_slice));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{keys::RootKey, secret::Secret};

    fn key() -> AuditKey {
        let root = RootKey { number: 1, bytes: Secret::new([7; 32]) };
        KeyRing::new(vec![root]).unwrap().audit_key()
    }

    fn record(fields: &[String; 4], user: Option<String>) -> Record {
        let [kind, reason, source, user_agent] = fields.clone();
        Record {
            id: AuditEventId::from_stored("evt_1".into()),
            at: Timestamp::from_millis(7),
            kind,
            reason,
            organization: None,
            user: user.map(UserId::from_stored),
            session: None,
            source,
            user_agent,
            actor: None,
        }
    }

    proptest! {
        /// A103: no two different records have one encoding, wherever their texts are cut.
        #[test]
        fn different_records_have_different_stamps(
            one in any::<[String; 4]>(), other in any::<[String; 4]>(),
            user in any::<Option<String>>(), nobody in any::<Option<String>>(),
        ) {
            let (one, other) = (record(&one, user), record(&other, nobody));
            prop_assert_eq!(one == other, one.stamp(&key()) == other.stamp(&key()));
        }

        #[test]
        fn text_that_moves_from_one_field_to_the_next_changes_the_stamp(text in "[a-c]{1,8}", at in 0usize..8) {
            let (head, tail) = text.split_at(at.min(text.len()));
            let whole = record(&[text.clone(), String::new(), String::new(), String::new()], None);
            let split = record(&[head.into(), tail.into(), String::new(), String::new()], None);
            prop_assert_eq!(whole == split, whole.stamp(&key()) == split.stamp(&key()));
        }
    }

    #[test]
    fn a_stamp_is_stored_with_the_number_of_its_key() {
        let stamp = record(&Default::default(), None).stamp(&key());
        assert_eq!(Stamp::from_stored(&stamp.to_stored()), Some(stamp));
        assert_eq!(stamp.key_number(), 1);
        for length in 0..STAMP_BYTES {
            assert_eq!(Stamp::from_stored(&stamp.to_stored()[..length]), None);
        }
    }

    #[test]
    fn an_empty_user_is_not_no_user() {
        let nobody = record(&Default::default(), None);
        let empty = record(&Default::default(), Some(String::new()));
        assert_ne!(nobody.stamp(&key()), empty.stamp(&key()));
    }
}
