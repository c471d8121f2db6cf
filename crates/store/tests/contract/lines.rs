//! A flood of passwords delays nothing else: they wait in a line of their own.

use std::sync::{Arc, Mutex};

use countersign_store::{Database, DatabaseOptions, Fault, PasswordPlace, Sql, params};
use futures_util::FutureExt;
use futures_util::future::join_all;
use rusqlite::Connection;

use crate::support::{Home, INSERT_ID, administer, count, patient, run, until};

on_both_databases!(passwords_beyond_their_places_are_turned_away_at_once,);

/// Who was run, in the order in which they were.
type Order = Arc<Mutex<Vec<&'static str>>>;

/// As many password entries as find a place, of five hundred.
fn places(database: &Database) -> Vec<PasswordPlace> {
    (0..500).filter_map(|_| database.password_place().ok()).collect()
}

async fn passwords_beyond_their_places_are_turned_away_at_once(home: Home) {
    let options = DatabaseOptions { queue_length: 40, ..DatabaseOptions::default() };
    let database = home.open_with(&options).await.unwrap();
    let taken = places(&database);
    assert_eq!(taken.len(), 10);
    assert!(matches!(database.password_place(), Err(Fault::TurnedAway { .. })));
    drop(taken);
    assert!(database.password_place().is_ok());
}

#[tokio::test]
async fn the_writer_does_everything_else_before_passwords_that_came_earlier() {
    let home = Home::sqlite();
    let database = home.with_example_by(&patient()).await;
    let foreign = Connection::open(home.file()).unwrap();
    foreign.execute_batch("BEGIN IMMEDIATE").unwrap();
    let order = Order::default();
    let places = places(&database);
    assert_eq!(places.len(), 256);
    let mut waiting: Vec<_> =
        places.iter().map(|place| note_password(&database, place, &order).boxed()).collect();
    waiting.extend((0..5).map(|_| note(&database, &order).boxed()));
    for write in &mut waiting {
        assert!(write.now_or_never().is_none());
    }
    foreign.execute_batch("ROLLBACK").unwrap();
    assert!(join_all(waiting).await.iter().all(Result::is_ok));
    let order = order.lock().unwrap();
    // The writer may have had the first of them in hand when the others came.
    assert_eq!(order[..6].iter().filter(|kind| **kind == "code").count(), 5, "{:?}", &order[..10]);
    assert_eq!(order.len(), 256 + 5);
}

async fn note_password(database: &Database, place: &PasswordPlace, order: &Order) -> Result<(), Fault> {
    let order = Arc::clone(order);
    database
        .write_password(place, move |_| {
            order.lock().unwrap().push("password");
            Box::pin(async { Ok(()) })
        })
        .await
}

async fn note(database: &Database, order: &Order) -> Result<(), Fault> {
    let order = Arc::clone(order);
    database
        .write(move |_| {
            order.lock().unwrap().push("code");
            Box::pin(async { Ok(()) })
        })
        .await
}

mod postgres_alone {
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn five_hundred_stuck_passwords_leave_connections_for_everything_else() {
        crate::support::on_postgres(super::stuck).await;
    }
}

/// All passwords wait for a row that somebody else holds; a code that wants another row is checked meanwhile.
async fn stuck(home: Home) {
    static TAKE: Sql = Sql::new("UPDATE example SET n = n + 1 WHERE id = $1");
    static HELD: Sql = Sql::new("INSERT INTO example (id, n) VALUES (1, 0), (2, 0)");
    let database = home.with_example_by(&patient()).await;
    run(&database, &HELD).await.unwrap();
    let Home::Postgres(url) = &home else { panic!("on PostgreSQL") };
    let (holder, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    holder.batch_execute("BEGIN; SELECT 1 FROM example WHERE id = 1 FOR UPDATE").await.unwrap();

    let passwords: Vec<_> = places(&database)
        .into_iter()
        .map(|place| {
            let database = database.clone();
            tokio::spawn(async move {
                let writing = database.write_password(&place, |tx| {
                    Box::pin(async move { tx.execute(&TAKE, &params![1]).await })
                });
                writing.await
            })
        })
        .collect();
    // Until they hold every connection that they may have.
    until(|| async { administer(url, STUCK).await.len() >= 2 + 8 }).await;
    for id in [3, 4, 5] {
        let code = database.write(move |tx| {
            Box::pin(async move {
                tx.execute(&TAKE, &params![2]).await?;
                tx.execute(&INSERT_ID, &params![id]).await
            })
        });
        assert_eq!(code.await.unwrap(), 1);
    }
    assert_eq!(count(&database).await, 5);
    assert!(passwords.iter().all(|password| !password.is_finished()), "not one was done before the codes");
    holder.batch_execute("ROLLBACK").await.unwrap();
    for password in passwords {
        assert_eq!(password.await.unwrap().unwrap(), 1);
    }
}

/// A row for each; the answer holds a description and an end beside them.
const STUCK: &str =
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
