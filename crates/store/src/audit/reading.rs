//! Reads the audit record page by page, so that one of any length takes the same memory.

use countersign_core::{
    audit::{
        chain::{Head, Link, Record, Stamp, Stamped, Tombstone},
        verify::Entry,
    },
    id::{AuditEventId, OrganizationId, SessionId, UserId},
    timestamp::Timestamp,
};

use crate::{Fault, Row, Tx, Value, params, rows};

/// A stretch of the chain, with the head and the tombstone of the same moment.
#[derive(Debug)]
pub struct Page {
    pub entries: Vec<SealedEntry>,
    pub head: Option<Stamped<Head>>,
    pub tombstone: Option<Stamped<Tombstone>>,
}

#[derive(Debug)]
pub struct SealedEntry {
    pub entry: Entry,
    pub position: i64,
    /// `None` if what is there is no stamp.
    pub link: Option<Stamp>,
}

/// Which events are wanted; by itself, all of them.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub since: Option<Timestamp>,
    /// Events of this moment are left out.
    pub until: Option<Timestamp>,
    pub user: Option<UserId>,
    pub kind: Option<String>,
}

/// The sealed events behind a position.
pub async fn page(tx: &mut Tx<'_>, after: i64, limit: usize) -> Result<Page, Fault> {
    let head = head(tx).await?;
    let tombstone = tombstone(tx).await?;
    let rows = tx.query(&PAGE, &params![after, rows::limit(limit)]).await?;
    let entry = |row: &Row| {
        Ok(SealedEntry { entry: entry(row)?, position: row.int(11)?, link: stamp(row.optional_bytes(12)?) })
    };
    Ok(Page { entries: rows.iter().map(entry).collect::<Result<_, Fault>>()?, head, tombstone })
}

/// The events behind an id that wait for the sealer.
pub async fn waiting_page(tx: &mut Tx<'_>, after: &str, limit: usize) -> Result<Vec<Entry>, Fault> {
    let rows = tx.query(&WAITING_PAGE, &params![after, rows::limit(limit)]).await?;
    rows.iter().map(entry).collect()
}

/// The newest events that the filter wants. Ids sort by birth.
pub async fn newest(tx: &mut Tx<'_>, filter: &Filter, limit: usize) -> Result<Vec<Record>, Fault> {
    tx.query(&NEWEST, &wanted(filter, limit)).await?.iter().map(record).collect()
}

/// The oldest ones behind an id, which is empty at the beginning.
pub async fn oldest(
    tx: &mut Tx<'_>,
    filter: &Filter,
    after: &str,
    limit: usize,
) -> Result<Vec<Record>, Fault> {
    let mut values = wanted(filter, limit);
    values.push(Value::from(after));
    tx.query(&OLDEST, &values).await?.iter().map(record).collect()
}

fn wanted(filter: &Filter, limit: usize) -> Vec<Value> {
    params![
        rows::limit(limit),
        filter.since.map_or(i64::MIN, Timestamp::as_millis),
        filter.until.map_or(i64::MAX, Timestamp::as_millis),
        filter.user.as_ref().map_or("", UserId::as_str),
        filter.kind.as_deref().unwrap_or_default(),
    ]
}

/// `None` if there is none that carries a stamp.
pub(super) async fn head(tx: &mut Tx<'_>) -> Result<Option<Stamped<Head>>, Fault> {
    let Some(row) = tx.query_optional(&HEAD, &params![]).await? else { return Ok(None) };
    let (Some(begun_at), Some(stamp)) = (rows::time(row.optional_int(0)?), stamp_at(&row, 3)?) else {
        return Ok(None);
    };
    let last = stamp_at(&row, 2)?.map(|stamp| Ok::<_, Fault>(Link { position: row.int(1)?, stamp }));
    Ok(Some(Stamped { row: Head { begun_at, last: last.transpose()? }, stamp }))
}

/// What stands for the events that retention removed.
pub async fn tombstone(tx: &mut Tx<'_>) -> Result<Option<Stamped<Tombstone>>, Fault> {
    let Some(row) = tx.query_optional(&TOMBSTONE, &params![]).await? else { return Ok(None) };
    let no_stamp = || Fault::broken("the tombstone of the audit record holds no stamp");
    let last = Link { position: row.int(0)?, stamp: stamp_at(&row, 1)?.ok_or_else(no_stamp)? };
    let stamp = stamp_at(&row, 3)?.ok_or_else(no_stamp)?;
    Ok(Some(Stamped { row: Tombstone { last, until: Timestamp::from_millis(row.int(2)?) }, stamp }))
}

pub(super) fn stamp_at(row: &Row, column: usize) -> Result<Option<Stamp>, Fault> {
    Ok(stamp(row.optional_bytes(column)?))
}

fn entry(row: &Row) -> Result<Entry, Fault> {
    Ok(Entry { record: record(row)?, stamp: stamp_at(row, 9)? })
}

fn stamp(stored: Option<&[u8]>) -> Option<Stamp> {
    stored.and_then(Stamp::from_stored)
}

fn record(row: &Row) -> Result<Record, Fault> {
    let optional = |column| Ok::<_, Fault>(row.optional_text(column)?.map(str::to_owned));
    Ok(Record {
        id: AuditEventId::from_stored(row.text(0)?.to_owned()),
        at: Timestamp::from_millis(row.int(1)?),
        kind: row.text(2)?.to_owned(),
        reason: row.text(3)?.to_owned(),
        organization: optional(4)?.map(OrganizationId::from_stored),
        user: optional(5)?.map(UserId::from_stored),
        session: optional(6)?.map(SessionId::from_stored),
        source: row.text(7)?.to_owned(),
        user_agent: row.text(8)?.to_owned(),
        actor: optional(10)?,
    })
}

macro_rules! event_columns {
    () => {
        "id, at, kind, reason, organization_id, user_id, session_id, source, user_agent, stamp, \
         actor_id"
    };
}

macro_rules! wanted {
    () => {
        " FROM audit_events WHERE at >= $2 AND at < $3 AND ($4 = '' OR user_id = $4) AND ($5 = '' OR kind = $5) "
    };
}

crate::statements! {
    HEAD: new("SELECT begun_at, position, link, stamp FROM audit_head WHERE id = 1");
    TOMBSTONE: new("SELECT position, link, until, stamp FROM audit_tombstone WHERE id = 1");
    PAGE: new(concat!(
        "SELECT ", event_columns!(), ", position, link FROM audit_events \
         WHERE position > $1 ORDER BY position LIMIT $2"
    ));
    WAITING_PAGE: new(concat!(
        "SELECT ", event_columns!(), " FROM audit_events WHERE position IS NULL AND id > $1 ORDER BY id LIMIT $2"
    ));
    NEWEST: new(concat!("SELECT ", event_columns!(), wanted!(), "ORDER BY id DESC LIMIT $1"));
    OLDEST: new(concat!("SELECT ", event_columns!(), wanted!(), "AND id > $6 ORDER BY id LIMIT $1"));
}
