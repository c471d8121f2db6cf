//! The audit record: one chain however many seal it, and nothing that was done to it goes unseen.

use std::time::Duration;

use countersign_core::{
    audit::{
        event::{AuditEvent, AuditKind},
        retention,
        verify::{Flaw, Report, Verifier},
    },
    ceremony::{Decision, Write},
    timestamp::Timestamp,
};
use countersign_store::{
    Database, Fault, Sql,
    audit::{
        beginning, reading, retention as removing,
        sealing::{self, Sealed, Unsealed},
    },
    commit::commit,
    leases::LeaseAsked,
    params,
};
use futures_util::future::join_all;

use crate::{
    ann::{NOW, in_a_moment, keys, with_ann},
    support::Home,
};

on_both_databases!(
    events_are_sealed_in_one_chain_that_verifies,
    of_many_sealers_that_all_have_the_lease_none_forks_the_chain,
    a_sealer_that_dies_midway_leaves_nothing_and_another_goes_on,
    who_has_no_lease_seals_nothing,
    a_lease_of_a_clock_that_was_set_back_holds_nobody_up,
    a_chain_begins_only_where_nothing_happened_yet,
    atk_103_what_is_written_past_countersign_is_never_sealed_and_found,
    atk_103_edits_gaps_and_moves_in_the_tables_are_found,
    atk_103_what_retention_removed_leaves_a_record_that_verifies,
);

const SPAN: Duration = Duration::from_secs(5);
const BATCH: usize = 10;

async fn events_are_sealed_in_one_chain_that_verifies(home: Home) {
    let database = with_ann(&home).await;
    write_events(&database, 1, 25).await;
    let before = verify(&database).await;
    assert_eq!((before.events, before.unsealed.events), (0, 25));
    seal_all(&database, "a").await;
    let after = verify(&database).await;
    assert!(after.is_clean(), "{:?}", after.findings);
    assert_eq!((after.events, after.unsealed.events), (25, 0));
    assert_eq!(after.head.unwrap().last.unwrap().position, 25);
    assert_eq!(sealing::lag(&database).await.unwrap().oldest, None);
}

async fn of_many_sealers_that_all_have_the_lease_none_forks_the_chain(home: Home) {
    let database = with_ann(&home).await;
    let others = [home.open().await, home.open().await];
    let writing = async {
        for number in 0..10 {
            write_events(&database, 10 * number + 1, 10).await;
        }
    };
    // Each one's time is past the end of the others' leases, as after a pause of the whole process.
    let sealers =
        [&database, &others[0], &others[1]].into_iter().zip(["a", "b", "c"]).map(async |(one, node)| {
            for turn in 0..40 {
                let _lost_to_another = seal_once(one, node, NOW.plus(SPAN * 3 * turn)).await;
            }
        });
    tokio::join!(writing, join_all(sealers));
    seal_all(&database, "a").await;
    let report = verify(&database).await;
    assert!(report.is_clean(), "{:?}", report.findings);
    assert_eq!(report.events, 100);
}

async fn a_sealer_that_dies_midway_leaves_nothing_and_another_goes_on(home: Home) {
    let database = with_ann(&home).await;
    write_events(&database, 1, 5).await;
    let Unsealed { head, events, .. } = sealing::to_seal(&database, BATCH).await.unwrap();
    // One of the events is sealed by somebody else meanwhile: nothing of this batch stands.
    change(&database, &TAKE_PLACE, params![events[3].0.as_str()]).await;
    let dying =
        append(&database, "dies", NOW, Unsealed { head, events: events.clone(), has_unstamped: false }).await;
    assert!(matches!(dying, Err(Fault::Broken { .. })), "{dying:?}");
    assert_eq!(number(&database, &SEALED).await, 1);
    change(&database, &LEAVE_PLACE, params![events[3].0.as_str()]).await;
    // Its lease was rolled back as well, so that another one need not wait.
    assert_eq!(seal_once(&database, "lives", NOW).await.unwrap(), Sealed::All);
    let report = verify(&database).await;
    assert!(report.is_clean(), "{:?}", report.findings);
    assert_eq!(report.events, 5);
}

async fn who_has_no_lease_seals_nothing(home: Home) {
    let database = with_ann(&home).await;
    write_events(&database, 1, 3).await;
    assert_eq!(seal_once(&database, "a", NOW).await.unwrap(), Sealed::All);
    write_events(&database, 4, 1).await;
    let shortly_before = NOW.plus(SPAN).minus(Duration::from_millis(1));
    assert_eq!(seal_once(&database, "b", shortly_before).await.unwrap(), Sealed::NotOurs);
    assert_eq!(seal_once(&database, "b", NOW.plus(SPAN)).await.unwrap(), Sealed::All);
}

async fn a_lease_of_a_clock_that_was_set_back_holds_nobody_up(home: Home) {
    let database = with_ann(&home).await;
    write_events(&database, 1, 1).await;
    let an_hour_ahead = NOW.plus(Duration::from_hours(1));
    assert_eq!(seal_once(&database, "ahead", an_hour_ahead).await.unwrap(), Sealed::All);
    write_events(&database, 2, 1).await;
    assert_eq!(seal_once(&database, "right", NOW).await.unwrap(), Sealed::All);
}

async fn a_chain_begins_only_where_nothing_happened_yet(home: Home) {
    let database = with_ann(&home).await;
    let begin = async || {
        let an_hour_later = NOW.plus(Duration::from_hours(1));
        beginning::begin(&database, &keys().audit_key(), an_hour_later).await.unwrap();
        verify(&database).await.head.map(|head| head.begun_at)
    };
    assert_eq!(begin().await, Some(NOW), "it begins once");
    write_events(&database, 1, 3).await;
    seal_all(&database, "a").await;
    // Without a head it looks like a record of before the chain; there is none.
    change(&database, &WITHOUT_STAMPS, params![]).await;
    change(&database, &WITHOUT_HEAD, params![]).await;
    assert_eq!(begin().await, None);
    assert!(flaws(&verify(&database).await).contains(&(Flaw::HeadAltered, Some(0))));
    change(&database, &WITHOUT_EVENTS, params![]).await;
    assert_eq!(begin().await, None, "there is Ann, of whom no event tells");
    assert_eq!(flaws(&verify(&database).await), [(Flaw::HeadAltered, Some(0))]);
    for sql in &EMPTY {
        change(&database, sql, params![]).await;
    }
    assert_eq!(begin().await, Some(NOW.plus(Duration::from_hours(1))));
    assert!(verify(&database).await.is_clean());
    change(&database, &NO_HEAD_AT_ALL, params![]).await;
    assert_eq!(begin().await, None);
    assert_eq!(flaws(&verify(&database).await), [(Flaw::HeadAltered, Some(0))]);
}

/// A103
async fn atk_103_what_is_written_past_countersign_is_never_sealed_and_found(home: Home) {
    let database = with_ann(&home).await;
    write_events(&database, 1, 3).await;
    change(&database, &FORGE, params![NOW.as_millis()]).await;
    assert!(sealing::to_seal(&database, BATCH).await.unwrap().has_unstamped);
    seal_all(&database, "a").await;
    let report = verify(&database).await;
    assert_eq!(flaws(&report), [(Flaw::Unstamped, None)]);
    assert_eq!((report.events, report.unsealed.events), (3, 1));
}

/// A103
async fn atk_103_edits_gaps_and_moves_in_the_tables_are_found(home: Home) {
    let database = with_ann(&home).await;
    write_events(&database, 1, 20).await;
    seal_all(&database, "a").await;
    change(&database, &EDIT, params![]).await;
    assert_eq!(flaws(&verify(&database).await), [(Flaw::Altered, Some(4))]);
    change(&database, &UNDO, params![]).await;
    assert!(verify(&database).await.is_clean());

    for sql in [&AWAY, &THERE, &BACK] {
        change(&database, sql, params![]).await;
    }
    let moved = [6, 7, 8, 9].map(|position| (Flaw::OutOfPlace, Some(position)));
    assert_eq!(flaws(&verify(&database).await), moved);
    for sql in [&AWAY, &THERE, &BACK] {
        change(&database, sql, params![]).await;
    }

    change(&database, &DELETE, params![]).await;
    change(&database, &UNSEAL, params![]).await;
    let missing = |events, position| (Flaw::Missing { events }, Some(position));
    let expected = [missing(2, 4), missing(1, 13), (Flaw::TailMissing { events: 1 }, Some(20))];
    assert_eq!(flaws(&verify(&database).await), expected);
}

/// A103
async fn atk_103_what_retention_removed_leaves_a_record_that_verifies(home: Home) {
    let database = with_ann(&home).await;
    write_events(&database, 1, 20).await;
    seal_all(&database, "a").await;
    for (until, left) in [(NOW, 20), (NOW.plus(Duration::from_millis(1)), 10), (NOW.plus(SPAN), 0)] {
        let removing = database.write(move |tx| {
            Box::pin(async move {
                let oldest = removing::oldest(tx, BATCH).await?;
                let beginning = oldest.iter().map(|oldest| (oldest.link, oldest.at));
                let before = reading::tombstone(tx).await?;
                match retention::tombstone(before.as_ref(), beginning, until, &keys()) {
                    Some(tombstone) => removing::remove(tx, &tombstone.stamped(&keys().audit_key())).await,
                    None => Ok(0),
                }
            })
        });
        removing.await.unwrap();
        let report = verify(&database).await;
        assert!(report.is_clean(), "{:?}", report.findings);
        assert_eq!(report.events, left);
        assert_eq!(
            report.removed.map_or(0, |removed| removed.last.position),
            20 - i64::try_from(left).unwrap()
        );
    }
    write_events(&database, 21, 3).await;
    seal_all(&database, "a").await;
    assert!(verify(&database).await.is_clean());
}

async fn write_events(database: &Database, first: u8, count: u8) {
    let events: Vec<AuditEvent> = (first..first + count)
        .map(|number| in_a_moment(number, |moment| AuditEvent::new(AuditKind::SignedIn, "", moment)))
        .collect();
    let writing = database.write(move |tx| {
        let writes = events.iter().cloned().map(Write::Audit).collect();
        Box::pin(commit(tx, Decision::new((), writes)))
    });
    writing.await.unwrap();
}

async fn seal_all(database: &Database, node: &str) {
    let late = NOW.plus(Duration::from_hours(1));
    while !sealing::to_seal(database, BATCH).await.unwrap().events.is_empty() {
        assert_eq!(seal_once(database, node, late).await.unwrap(), Sealed::All);
    }
}

async fn seal_once(database: &Database, node: &str, now: Timestamp) -> Result<Sealed, Fault> {
    let unsealed = sealing::to_seal(database, BATCH).await?;
    if unsealed.events.is_empty() {
        return Ok(Sealed::All);
    }
    append(database, node, now, unsealed).await
}

async fn append(
    database: &Database,
    node: &str,
    now: Timestamp,
    unsealed: Unsealed,
) -> Result<Sealed, Fault> {
    let before = unsealed.head.unwrap().row;
    let (ids, stamps): (Vec<_>, Vec<_>) = unsealed.events.into_iter().unzip();
    let (links, head) = before.append(&stamps, &keys().audit_key());
    let lease = LeaseAsked { name: "audit_sealer", holder: node.to_owned(), now, span: SPAN };
    sealing::seal(database, lease, before, ids.into_iter().zip(links).collect(), head).await
}

async fn verify(database: &Database) -> Report {
    let keys = keys();
    let mut verifier = Verifier::new(&keys, NOW);
    let page = database.read(|tx| Box::pin(reading::page(tx, 0, 1000))).await.unwrap();
    page.tombstone.iter().for_each(|tombstone| verifier.removed(tombstone));
    for sealed in &page.entries {
        verifier.sealed(&sealed.entry, sealed.position, sealed.link);
    }
    verifier.head(page.head.as_ref());
    let waiting = database.read(|tx| Box::pin(reading::waiting_page(tx, "", 1000))).await.unwrap();
    for entry in &waiting {
        verifier.unsealed(entry);
    }
    verifier.finish()
}

fn flaws(report: &Report) -> Vec<(Flaw, Option<i64>)> {
    report.findings.iter().map(|finding| (finding.what, finding.position)).collect()
}

async fn change(database: &Database, sql: &'static Sql, values: Vec<countersign_store::Value>) {
    let changing = database.write(move |tx| {
        let values = values.clone();
        Box::pin(async move { tx.execute(sql, &values).await })
    });
    changing.await.unwrap();
}

async fn number(database: &Database, sql: &Sql) -> i64 {
    database.read_one(sql, &[]).await.unwrap().unwrap().int(0).unwrap()
}

static TAKE_PLACE: Sql = Sql::new("UPDATE audit_events SET position = 99, link = stamp WHERE id = $1");
static SEALED: Sql = Sql::new("SELECT COUNT(*) FROM audit_events WHERE position IS NOT NULL");
static LEAVE_PLACE: Sql = Sql::new("UPDATE audit_events SET position = NULL, link = NULL WHERE id = $1");
static WITHOUT_STAMPS: Sql =
    Sql::new("UPDATE audit_events SET position = NULL, link = NULL, stamp = NULL, sealed_at = NULL");
static WITHOUT_HEAD: Sql =
    Sql::new("UPDATE audit_head SET begun_at = NULL, position = 0, link = NULL, stamp = NULL");
static WITHOUT_EVENTS: Sql = Sql::new("DELETE FROM audit_events");
static EMPTY: [Sql; 4] = [
    Sql::new("DELETE FROM authenticators"),
    Sql::new("DELETE FROM memberships"),
    Sql::new("DELETE FROM users"),
    Sql::new("DELETE FROM organizations"),
];
static NO_HEAD_AT_ALL: Sql = Sql::new("DELETE FROM audit_head");
static FORGE: Sql = Sql::new(
    "INSERT INTO audit_events (id, at, kind, reason, source, user_agent) \
     VALUES ('evt_0', $1, 'sign_in.signed_in', '', '127.0.0.1', '')",
);
static EDIT: Sql = Sql::new("UPDATE audit_events SET user_agent = 'Opera' WHERE position = 4");
static UNDO: Sql = Sql::new("UPDATE audit_events SET user_agent = 'Firefox' WHERE position = 4");
static AWAY: Sql = Sql::new("UPDATE audit_events SET position = 1000 WHERE position = 6");
static THERE: Sql = Sql::new("UPDATE audit_events SET position = 6 WHERE position = 8");
static BACK: Sql = Sql::new("UPDATE audit_events SET position = 8 WHERE position = 1000");
static DELETE: Sql = Sql::new("DELETE FROM audit_events WHERE position IN (2, 3, 20)");
static UNSEAL: Sql = Sql::new("UPDATE audit_events SET position = NULL, link = NULL WHERE position = 12");
