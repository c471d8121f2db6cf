//! The ladders of names that nobody has: room for so many, and the locked stay longest (A36, A39).

use std::{fs, ops::Range};

use countersign_core::{
    account::Lane,
    ceremony::{Decision, Write, sign_in::Candidate},
    moment::BrowserMark,
    throttle::{
        ladder::{Ladder, LadderRules, LadderSubject},
        shelf::{KEPT, PLACES, SHELVES},
    },
    timestamp::Timestamp,
    user::EmailAddress,
};
use countersign_store::{Database, Fault, Sql, accounts, commit::commit, params};
use futures_util::future::join_all;

use crate::ann::{NOW, ann, with_ann};
use crate::support::{Home, is_soak, patient};

/// The digests alone of ten million names would be five times as much.
const GROWN_MAX_KIB: u64 = 64 * 1024;

on_both_databases!(
    a_shelf_holds_so_many_names_however_many_are_typed,
    a_locked_name_keeps_its_place_before_those_that_are_not,
    what_is_forgotten_leaves_its_shelf,
    soak_however_many_names_are_typed_they_take_no_more_room_than_there_is,
    parallel_names_on_one_shelf_all_get_a_place_and_leave_no_more_than_there_are,
);

/// The name with this number, on this shelf.
fn digest(shelf: u16, number: u32) -> [u8; 32] {
    let mut digest = [0; 32];
    digest[..2].copy_from_slice(&shelf.to_be_bytes());
    digest[2..6].copy_from_slice(&number.to_be_bytes());
    digest
}

/// A wrong password for a name that nobody has; how many there were now.
async fn fail(database: &Database, digest: [u8; 32], at: Timestamp) -> Result<u32, Fault> {
    let failing = database.write(move |tx| {
        Box::pin(async move {
            let email = EmailAddress::parse("nobody@trackwell.example").unwrap();
            let Candidate::Unknown(lane) = accounts::candidate(tx, &email, &digest, None, at).await? else {
                panic!("nobody has this name");
            };
            let ladder = lane.ladder.counted(LadderRules::STANDARD, at, BrowserMark([0; 32]));
            let lane = Lane { subject: lane.subject, ladder };
            commit(tx, Decision::new(ladder.failures, vec![Write::PutLane(lane)])).await
        })
    });
    failing.await
}

async fn rows(database: &Database) -> i64 {
    static COUNT: Sql = Sql::new("SELECT COUNT(*) FROM ladders WHERE shelf IS NOT NULL");
    database.read_one(&COUNT, &params![]).await.unwrap().unwrap().int(0).unwrap()
}

/// A39
async fn a_shelf_holds_so_many_names_however_many_are_typed(home: Home) {
    let database = with_ann(&home).await;
    let subject = LadderSubject::user(&ann(&database).await.user.id);
    let known =
        Lane { subject, ladder: Ladder::default().counted(LadderRules::STANDARD, NOW, BrowserMark([0; 32])) };
    database
        .write(move |tx| Box::pin(commit(tx, Decision::new((), vec![Write::PutLane(known.clone())]))))
        .await
        .unwrap();
    for number in 0..100 {
        assert_eq!(fail(&database, digest(7, number), NOW).await.unwrap(), 1);
    }
    assert_eq!(rows(&database).await, i64::from(PLACES));
    assert_eq!(ann(&database).await.lane.ladder.failures, 1, "who has a name never makes room");
}

/// Else a flood would open the locks of names that nobody has, and of no others.
async fn a_locked_name_keeps_its_place_before_those_that_are_not(home: Home) {
    let database = with_ann(&home).await;
    let locked = digest(7, 1_000_000);
    for _ in 0..5 {
        fail(&database, locked, NOW).await.unwrap();
    }
    for number in 0..60 {
        for _ in 0..4 {
            fail(&database, digest(7, number), NOW.plus(std::time::Duration::from_secs(1))).await.unwrap();
        }
    }
    assert_eq!(fail(&database, locked, NOW).await.unwrap(), 6);
    assert_eq!(rows(&database).await, i64::from(PLACES));
}

async fn what_is_forgotten_leaves_its_shelf(home: Home) {
    let database = with_ann(&home).await;
    for number in 0..10 {
        fail(&database, digest(7, number), NOW).await.unwrap();
    }
    fail(&database, digest(7, 10), NOW.plus(KEPT)).await.unwrap();
    assert_eq!(rows(&database).await, 1);
}

/// A39: nor more memory. `COUNTERSIGN_TEST_SOAK=1` makes it ten million names on all shelves.
async fn soak_however_many_names_are_typed_they_take_no_more_room_than_there_is(home: Home) {
    let (names, shelves) = if is_soak() { (10_000_000, SHELVES) } else { (5_000, 10) };
    with_ann(&home).await;
    let database = home.open_with(&patient()).await.unwrap();
    let type_names = async |numbers: Range<u32>| {
        for first in numbers.step_by(250) {
            let typed = (first..first + 250).map(|number| {
                let shelf = u16::try_from(number % u32::from(shelves)).unwrap();
                fail(&database, digest(shelf, number), NOW)
            });
            assert!(join_all(typed).await.iter().all(Result::is_ok));
        }
    };
    // By then every shelf is full.
    type_names(0..names / 4).await;
    let before = memory_kib();
    type_names(names / 4..names).await;
    let grown = memory_kib().saturating_sub(before);
    assert!(grown < GROWN_MAX_KIB, "{grown} KiB more, {before} KiB before");
    println!("{names} names: {before} KiB of memory when the shelves were full, {grown} KiB more at the end");
    // What was too much in one instant leaves with the next name.
    for shelf in 0..shelves {
        fail(&database, digest(shelf, names), NOW).await.unwrap();
    }
    assert_eq!(rows(&database).await, i64::from(shelves) * i64::from(PLACES));
}

/// How much of this process is in memory.
fn memory_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
}

/// A39: each waits for those before it; what was too much in one instant leaves with the next name.
async fn parallel_names_on_one_shelf_all_get_a_place_and_leave_no_more_than_there_are(home: Home) {
    with_ann(&home).await;
    let database = home.open_with(&patient()).await.unwrap();
    let names = (0..200).map(|number| fail(&database, digest(7, number), NOW));
    assert!(join_all(names).await.iter().all(|failures| matches!(failures, Ok(1))));
    fail(&database, digest(7, 200), NOW).await.unwrap();
    assert_eq!(rows(&database).await, i64::from(PLACES));
}
