//! PostgreSQL's own promises: bodies that run again, poolers, and connections that come back clean.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use countersign_store::{
    Database, DatabaseOptions, Fault, Sql, Value, database::Migration, migrations::MIGRATIONS, params,
};
use futures_util::FutureExt;
use tokio::sync::{Barrier, Notify};
use tokio_postgres::SimpleQueryMessage;

use crate::support::{FIND, Home, INSERT, INSERT_ID, administer, count, on_postgres, patient, run};

fn one_connection() -> DatabaseOptions {
    DatabaseOptions { pool_size: 1, busy_wait: Duration::from_millis(50), ..DatabaseOptions::default() }
}

fn url(home: &Home) -> &str {
    match home {
        Home::Postgres(url) => url,
        Home::Sqlite(_) => panic!("this test is for PostgreSQL"),
    }
}

async fn insert(database: &Database, id: i64) -> Result<u64, Fault> {
    database.write(move |tx| Box::pin(async move { tx.execute(&INSERT_ID, &params![id]).await })).await
}

/// What the server says to the victim of a serialization failure.
static LOSE: Sql = Sql::new("DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '40001'; END $$");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_victim_of_a_deadlock_is_run_again() {
    static TWO: Sql = Sql::new("INSERT INTO example (id, n) VALUES (1, 0), (2, 0)");
    static SOON: Sql = Sql::new("SET LOCAL deadlock_timeout = '10ms'");
    static ADD: Sql = Sql::new("UPDATE example SET n = n + 1 WHERE id = $1");
    static SUM: Sql = Sql::new("SELECT CAST(SUM(n) AS BIGINT) FROM example");
    on_postgres(|home| async move {
        let database = home.with_example_by(&patient()).await;
        run(&database, &TWO).await.unwrap();
        let runs = Arc::new(AtomicU32::new(0));
        let both_hold_one = Arc::new(Barrier::new(2));
        let add = |first: i64, second: i64| {
            let (database, runs, barrier) = (database.clone(), runs.clone(), both_hold_one.clone());
            tokio::spawn(async move {
                let body = database.write(move |tx| {
                    let (runs, barrier) = (runs.clone(), barrier.clone());
                    Box::pin(async move {
                        tx.execute(&SOON, &[]).await?;
                        tx.execute(&ADD, &params![first]).await?;
                        // Only the first two runs meet: the third would wait for ever.
                        if runs.fetch_add(1, Ordering::SeqCst) < 2 {
                            barrier.wait().await;
                        }
                        tx.execute(&ADD, &params![second]).await
                    })
                });
                body.await
            })
        };
        let (one, other) = (add(1, 2), add(2, 1));
        assert_eq!((one.await.unwrap().unwrap(), other.await.unwrap().unwrap()), (1, 1));
        assert!(runs.load(Ordering::SeqCst) >= 3, "one of the two was run again");
        assert_eq!(database.read_one(&SUM, &[]).await.unwrap().unwrap().int(0).unwrap(), 4);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_always_loses_is_given_up() {
    on_postgres(|home| async move {
        let database = home.open().await;
        let runs = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&runs);
        let outcome = database
            .write(move |tx| {
                counter.fetch_add(1, Ordering::SeqCst);
                Box::pin(tx.execute(&LOSE, &[]))
            })
            .await;
        assert!(matches!(outcome, Err(Fault::Conflict { .. })), "{outcome:?}");
        assert_eq!(runs.load(Ordering::SeqCst), 4);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_ran_once_was_not_turned_away() {
    on_postgres(|home| async move {
        let options = DatabaseOptions { busy_wait: Duration::from_secs(5), ..one_connection() };
        let database = home.open_with(&options).await.unwrap();
        let outcome = loop {
            if let Some(outcome) = lose_the_connection(&database).await {
                break outcome;
            }
        };
        assert!(matches!(outcome, Err(Fault::Busy { .. })), "{outcome:?}");
    })
    .await;
}

/// What becomes of a body whose only connection somebody else has when it is to run again; nothing where that one was
/// turned away first, since the server took so long over the one statement of the loser.
async fn lose_the_connection(database: &Database) -> Option<Result<u64, Fault>> {
    let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let signals = (Arc::clone(&begun), Arc::clone(&go));
    let mut loser = Box::pin(database.write(move |tx| {
        let (begun, go) = signals.clone();
        Box::pin(async move {
            begun.notify_one();
            go.notified().await;
            tx.execute(&LOSE, &[]).await
        })
    }));
    let mut holder = Box::pin(database.write(|_tx| Box::pin(std::future::pending::<Result<(), Fault>>())));
    tokio::select! {
        _ = &mut loser => panic!("it waits for the signal"),
        () = begun.notified() => {}
    }
    assert!((&mut holder).now_or_never().is_none());
    go.notify_one();
    tokio::select! {
        outcome = loser => Some(outcome),
        _ = holder => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_stays_locked_ends_in_a_fault() {
    static ADD: Sql = Sql::new("UPDATE example SET n = 1 WHERE id = $1");
    on_postgres(|home| async move {
        let holding = home.with_example_by(&patient()).await;
        insert(&holding, 1).await.unwrap();
        let add = |database: Database| async move {
            database.write(|tx| Box::pin(async move { tx.execute(&ADD, &params![1]).await })).await
        };
        let locked = Arc::new(Notify::new());
        let notify = Arc::clone(&locked);
        let mut holder = Box::pin(holding.write(move |tx| {
            let notify = Arc::clone(&notify);
            Box::pin(async move {
                tx.execute(&ADD, &params![1]).await?;
                notify.notify_one();
                std::future::pending::<Result<(), Fault>>().await
            })
        }));
        tokio::select! {
            _ = &mut holder => panic!("the body never ends"),
            () = locked.notified() => {}
        }
        for statement_cache in [true, false] {
            let options = DatabaseOptions { statement_cache, ..one_connection() };
            let waiting = home.open_with(&options).await.unwrap();
            let outcome = add(waiting).await;
            assert!(matches!(outcome, Err(Fault::Busy { .. })), "{outcome:?}");
        }
        drop(holder);
        assert_eq!(add(holding).await.unwrap(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_transaction_has_limits_and_those_of_the_address_win() {
    static LIMITS: Sql = Sql::new(
        "SELECT current_setting('statement_timeout'), current_setting('lock_timeout'), \
             current_setting('idle_in_transaction_session_timeout')",
    );
    on_postgres(|home| async move {
        let limits = |url: String, options: DatabaseOptions| async move {
            let database = Database::open_postgres(&url, &options).await.unwrap();
            let row = database.write(|tx| Box::pin(tx.query_one(&LIMITS, &[]))).await.unwrap();
            [0, 1, 2].map(|column| row.text(column).unwrap().to_owned())
        };
        let (plain, cached) = (url(&home).to_owned(), DatabaseOptions::default());
        let pooled = DatabaseOptions { statement_cache: false, ..cached.clone() };
        assert_eq!(limits(plain.clone(), cached.clone()).await, ["10s", "5s", "10s"]);
        assert_eq!(limits(plain.clone(), pooled).await, ["10s", "5s", "10s"]);
        let own = format!("{plain}?options=-c%20lock_timeout%3D7s");
        assert_eq!(limits(own, cached).await, ["10s", "7s", "10s"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_of_the_schema_may_take_long_but_not_wait_long_for_a_table() {
    static STEPS: &[Migration] = &[Migration {
        number: 1,
        name: "limits",
        text: "CREATE TABLE limits AS \
               SELECT current_setting('statement_timeout') AS a, current_setting('lock_timeout') AS b",
    }];
    static LIMITS: Sql = Sql::new("SELECT a, b FROM limits");
    on_postgres(|home| async move {
        let database = home.open().await;
        database.migrate(STEPS, 100).await.unwrap();
        let row = database.read_one(&LIMITS, &[]).await.unwrap().unwrap();
        assert_eq!((row.text(0).unwrap(), row.text(1).unwrap()), ("0", "5s"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_the_newest_schema_a_start_writes_nothing() {
    on_postgres(|home| async move {
        home.open().await.migrate(MIGRATIONS, 100).await.unwrap();
        let (_, name) = url(&home).rsplit_once('/').unwrap();
        administer(url(&home), &format!("ALTER DATABASE {name} SET default_transaction_read_only = on"))
            .await;
        let database = home.open().await;
        assert!(insert(&database, 1).await.is_err(), "nothing can be written");
        assert!(database.migrate(MIGRATIONS, 200).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_who_leaves_takes_the_transaction_along() {
    on_postgres(|home| async move {
        home.with_example().await;
        let database = home.open_with(&one_connection()).await.unwrap();
        let reached = Arc::new(Notify::new());
        let notify = Arc::clone(&reached);
        let mut abandoned = Box::pin(database.write(move |tx| {
            let notify = Arc::clone(&notify);
            Box::pin(async move {
                tx.execute(&INSERT_ID, &params![1]).await?;
                notify.notify_one();
                std::future::pending::<Result<(), Fault>>().await
            })
        }));
        tokio::select! {
            _ = &mut abandoned => panic!("the body never ends"),
            () = reached.notified() => {}
        }
        assert!(matches!(database.read_one(&FIND, &params![1]).await, Err(Fault::TurnedAway { .. })));
        drop(abandoned);
        // The one connection is back, outside of any transaction, and row 1 is neither there nor locked.
        database
            .write(|tx| Box::pin(async move { tx.execute(&INSERT_ID, &params![1]).await }))
            .await
            .unwrap();
        assert_eq!(count(&database).await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaving_at_any_moment_leaves_nothing_half() {
    static PAIR: Sql = Sql::new("SELECT COUNT(*) FROM example WHERE id % 2 = 0");
    on_postgres(|home| async move {
        home.with_example().await;
        let options = DatabaseOptions { busy_wait: Duration::from_secs(5), ..one_connection() };
        let database = home.open_with(&options).await.unwrap();
        for step in 0..60_u32 {
            let mut write = Box::pin(database.write(move |tx| {
                Box::pin(async move {
                    tx.execute(&INSERT_ID, &params![step * 2]).await?;
                    tx.execute(&INSERT_ID, &params![step * 2 + 1]).await
                })
            }));
            // Each turn leaves a little later than the one before.
            for _ in 0..step {
                if (&mut write).now_or_never().is_some() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        let even = database.read_one(&PAIR, &[]).await.unwrap().unwrap().int(0).unwrap();
        assert_eq!(count(&database).await, even * 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_statement_cache_nothing_stays_prepared() {
    static PREPARED: Sql = Sql::new("SELECT COUNT(*) FROM pg_prepared_statements");
    on_postgres(|home| async move {
        let prepared = |database: Database| async move {
            let rows = vec![
                params![1, "one", b"\x00\xff", i64::MAX],
                vec![Value::Int(2), Value::Null, Value::Null, Value::Null],
            ];
            for row in rows {
                database
                    .write(move |tx| {
                        let row = row.clone();
                        Box::pin(async move { tx.execute_all(vec![(&INSERT, row)]).await })
                    })
                    .await
                    .unwrap();
            }
            let full = database.read_one(&FIND, &params![1]).await.unwrap().unwrap();
            assert_eq!(full.bytes(2).unwrap(), b"\x00\xff");
            assert_eq!(full.int(3).unwrap(), i64::MAX);
            let empty = database.read_one(&FIND, &params![2]).await.unwrap().unwrap();
            assert_eq!(empty.optional_int(3).unwrap(), None);
            database.read_one(&PREPARED, &[]).await.unwrap().unwrap().int(0).unwrap()
        };
        home.with_example().await;
        let without = DatabaseOptions { statement_cache: false, ..one_connection() };
        assert_eq!(prepared(home.open_with(&without).await.unwrap()).await, 0);
        administer(url(&home), "TRUNCATE example").await;
        assert!(prepared(home.open_with(&one_connection()).await.unwrap()).await > 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_forgets_commits_is_overruled() {
    static SETTING: Sql = Sql::new("SELECT current_setting('synchronous_commit')");
    on_postgres(|home| async move {
        let (_, name) = url(&home).rsplit_once('/').unwrap();
        administer(url(&home), &format!("ALTER DATABASE {name} SET synchronous_commit = off")).await;
        let database = home.open().await;
        let setting = database.write(|tx| Box::pin(tx.query_one(&SETTING, &[]))).await.unwrap();
        assert_eq!(setting.text(0).unwrap(), "on");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_the_server_ends_is_replaced() {
    static END: Sql = Sql::new("SELECT pg_terminate_backend(pg_backend_pid())");
    on_postgres(|home| async move {
        home.with_example().await;
        let database = home.open_with(&one_connection()).await.unwrap();
        let lost = database
            .write(|tx| {
                Box::pin(async move {
                    tx.execute(&INSERT_ID, &params![1]).await?;
                    tx.execute(&END, &[]).await
                })
            })
            .await;
        assert!(matches!(lost, Err(Fault::Unavailable { .. })), "{lost:?}");
        database
            .write(|tx| Box::pin(async move { tx.execute(&INSERT_ID, &params![2]).await }))
            .await
            .unwrap();
        assert_eq!(count(&database).await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_transaction_stays_open_after_faults_and_panics() {
    on_postgres(|home| async move {
        let database = home.with_example().await;
        for panicking in [true, false] {
            let outcome = database
                .write(move |tx| {
                    Box::pin(async move {
                        tx.execute(&INSERT_ID, &params![1]).await?;
                        assert!(!panicking, "a mistake in a body");
                        Err::<(), _>(Fault::broken("the body says no"))
                    })
                })
                .await;
            assert!(outcome.is_err());
        }
        let idle = "SELECT COUNT(*) FROM pg_stat_activity \
                    WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
        let answer = administer(url(&home), idle).await;
        let open = answer.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(ToOwned::to_owned),
            _ => None,
        });
        assert_eq!(open.as_deref(), Some("0"));
    })
    .await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable_and_its_password_unsaid() {
    let options = DatabaseOptions::default();
    // Port 1 is the multiplexer of RFC 1078, which nobody runs.
    let refused =
        Database::open_postgres("postgres://ann:hunter2@127.0.0.1:1/x", &options).await.err().unwrap();
    assert!(matches!(refused, Fault::Unavailable { .. }), "{refused:?}");
    assert!(!format!("{refused:?}").contains("hunter2"));
    let invalid = Database::open_postgres("postgres://ann:hunter2@[", &options).await.err().unwrap();
    assert!(!format!("{invalid:?}").contains("hunter2"), "{invalid:?}");
}
