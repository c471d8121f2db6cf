//! The ladders of names that nobody has: room for so many, and the locked stay longest (A36, A39).

use countersign_core::{
    account::Lane,
    ceremony::{Decision, Write, sign_in::Candidate},
    moment::BrowserMark,
    throttle::{
        ladder::{Ladder, LadderRules, LadderSubject},
        shelf::{KEPT, PLACES},
    },
    timestamp::Timestamp,
    user::EmailAddress,
};
use countersign_store::{Database, Fault, Sql, accounts, commit::commit, params};
use futures_util::future::join_all;

use crate::ann::{NOW, ann, with_ann};
use crate::support::Home;

on_both_databases!(
    a_shelf_holds_so_many_names_however_many_are_typed,
    a_locked_name_keeps_its_place_before_those_that_are_not,
    what_is_forgotten_leaves_its_shelf,
    five_thousand_names_take_no_more_room_than_there_is_on_their_shelves,
    parallel_names_on_one_shelf_all_get_a_place_and_leave_no_more_than_there_are,
);

/// The name with this number, on this shelf.
fn digest(shelf: u8, number: u32) -> [u8; 32] {
    let mut digest = [0; 32];
    digest[1] = shelf;
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

async fn five_thousand_names_take_no_more_room_than_there_is_on_their_shelves(home: Home) {
    let database = with_ann(&home).await;
    for first in (0..5_000).step_by(250) {
        let names = (first..first + 250)
            .map(|number| fail(&database, digest(u8::try_from(number % 10).unwrap(), number), NOW));
        assert!(join_all(names).await.iter().all(Result::is_ok));
    }
    for shelf in 0..10 {
        fail(&database, digest(shelf, 10_000), NOW).await.unwrap();
    }
    assert_eq!(rows(&database).await, 10 * i64::from(PLACES));
}

/// None waits for another so long that it fails; what was too much in one instant leaves with the next name.
async fn parallel_names_on_one_shelf_all_get_a_place_and_leave_no_more_than_there_are(home: Home) {
    let database = with_ann(&home).await;
    let names = (0..200).map(|number| fail(&database, digest(7, number), NOW));
    assert!(join_all(names).await.iter().all(|failures| matches!(failures, Ok(1))));
    fail(&database, digest(7, 200), NOW).await.unwrap();
    assert_eq!(rows(&database).await, i64::from(PLACES));
}
