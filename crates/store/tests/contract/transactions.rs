//! What one transaction promises, alone and against others.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use countersign_store::{Fault, STATEMENTS, Sql, Tx, params};
use futures_util::future::join_all;
use tokio::runtime::Handle;

use crate::support::{FIND, Home, INSERT_ID, count, patient, run};

on_both_databases!(
    a_fault_from_the_body_rolls_back,
    a_body_that_goes_on_after_a_failed_statement_is_rolled_back,
    a_second_row_with_the_same_key_is_told_apart,
    thirty_parallel_uses_of_one_code_give_one_winner,
    a_panic_rolls_back_and_the_next_write_succeeds,
    statements_sent_together_keep_their_order,
    one_failure_among_statements_sent_together_undoes_all,
    writes_that_nobody_counts_are_seen_by_what_comes_next,
    a_write_that_nobody_counts_is_committed_with_all_others_or_not_at_all,
    a_read_sees_one_state_though_others_write,
    a_read_cannot_write,
    a_read_for_one_row_refuses_a_second,
    every_statement_of_the_store_is_understood,
    a_statement_with_a_mistake_is_named,
    a_closed_database_is_unavailable,
    only_postgresql_has_a_clock,
);

static USE_ONCE: Sql = Sql::new("UPDATE example SET n = $2 WHERE id = $1 AND n IS NULL");
static NO_SUCH_TABLE: Sql = Sql::new("INSERT INTO no_such_table (id) VALUES ($1)");

async fn a_fault_from_the_body_rolls_back(home: Home) {
    let database = home.with_example().await;
    let refused = database
        .write(|tx| {
            Box::pin(async move {
                tx.execute(&INSERT_ID, &params![1]).await?;
                Err::<(), _>(Fault::broken("the body says no"))
            })
        })
        .await;
    assert_eq!(refused.unwrap_err().to_string(), "the body says no");
    assert_eq!(count(&database).await, 0);
}

async fn a_body_that_goes_on_after_a_failed_statement_is_rolled_back(home: Home) {
    let database = home.with_example().await;
    let outcome = database
        .write(|tx| {
            Box::pin(async move {
                tx.execute(&INSERT_ID, &params![1]).await?;
                let _ignored = tx.execute(&INSERT_ID, &params![1]).await;
                let again = tx.execute(&INSERT_ID, &params![2]).await;
                assert!(matches!(again, Err(Fault::UniqueViolation { .. })));
                Ok(())
            })
        })
        .await;
    assert!(matches!(outcome, Err(Fault::UniqueViolation { .. })), "{outcome:?}");
    assert_eq!(count(&database).await, 0);
}

async fn a_second_row_with_the_same_key_is_told_apart(home: Home) {
    static BY_KEY: Sql = Sql::new("INSERT INTO example (id, name) VALUES (1, 'other')");
    static BY_NAME: Sql = Sql::new("INSERT INTO example (id, name) VALUES (2, 'ann@example.com')");
    static FIRST: Sql = Sql::new("INSERT INTO example (id, name) VALUES (1, 'ann@example.com')");
    let database = home.with_example().await;
    run(&database, &FIRST).await.unwrap();
    for sql in [&BY_KEY, &BY_NAME] {
        let refused = run(&database, sql).await.unwrap_err();
        assert!(matches!(refused, Fault::UniqueViolation { .. }), "{refused:?}");
        assert_eq!(refused.code(), "database_unique_violation");
        assert!(!format!("{refused:?}").contains("ann@"), "the log would show the value");
    }
    let broken =
        database.write(|tx| Box::pin(async move { tx.execute(&NO_SUCH_TABLE, &params![1]).await })).await;
    assert!(matches!(broken, Err(Fault::Broken { .. })), "{broken:?}");
}

async fn thirty_parallel_uses_of_one_code_give_one_winner(home: Home) {
    let database = home.with_example_by(&patient()).await;
    database.write(|tx| Box::pin(async move { tx.execute(&INSERT_ID, &params![1]).await })).await.unwrap();
    let uses = (0..30_u32).map(|user| {
        let database = database.clone();
        tokio::spawn(async move {
            let body = database
                .write(move |tx| Box::pin(async move { tx.execute(&USE_ONCE, &params![1, user]).await }));
            body.await.unwrap()
        })
    });
    let changed: Vec<u64> = join_all(uses).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(changed.iter().filter(|&&rows| rows == 1).count(), 1);
    assert_eq!(changed.iter().filter(|&&rows| rows == 0).count(), 29);
}

async fn a_panic_rolls_back_and_the_next_write_succeeds(home: Home) {
    let database = home.with_example().await;
    let outcome = database
        .write(|tx| {
            Box::pin(async move {
                tx.execute(&INSERT_ID, &params![1]).await?;
                panic!("a mistake in a body");
                #[expect(unreachable_code, reason = "gives the body its type")]
                Ok(())
            })
        })
        .await;
    assert!(matches!(outcome, Err(Fault::Panicked)), "{outcome:?}");
    database.write(|tx| Box::pin(async move { tx.execute(&INSERT_ID, &params![2]).await })).await.unwrap();
    assert_eq!(count(&database).await, 1);
}

async fn statements_sent_together_keep_their_order(home: Home) {
    let database = home.with_example().await;
    let (changed, found) = database
        .write(|tx| {
            Box::pin(async move {
                // Each of them depends on the one before it; forty, so that no small batch hides a disorder.
                let mut statements = vec![(&INSERT_ID, params![1])];
                for step in 0..40_u32 {
                    static STEP: Sql = Sql::new("UPDATE example SET id = id + 1 WHERE id = $1");
                    statements.push((&STEP, params![step + 1]));
                }
                statements.push((&USE_ONCE, params![41, 5]));
                statements.push((&USE_ONCE, params![41, 6]));
                let changed = tx.execute_all(statements).await?;
                let found = tx.query_all(vec![(&FIND, params![41]), (&FIND, params![1])]).await?;
                Ok((changed, found))
            })
        })
        .await
        .unwrap();
    assert_eq!(changed.get(..42).unwrap(), vec![1; 42]);
    assert_eq!(changed.get(42..).unwrap(), [0]);
    let [hit, miss] = found.as_slice() else { panic!("two answers for two statements") };
    assert_eq!(hit.first().unwrap().int(3).unwrap(), 5);
    assert!(miss.is_empty());
}

async fn one_failure_among_statements_sent_together_undoes_all(home: Home) {
    let database = home.with_example().await;
    let outcome = database
        .write(|tx| {
            Box::pin(async move {
                let ids = [1, 2, 1, 3];
                tx.execute_all(ids.iter().map(|id| (&INSERT_ID, params![*id])).collect()).await
            })
        })
        .await;
    assert!(matches!(outcome, Err(Fault::UniqueViolation { .. })), "{outcome:?}");
    assert_eq!(count(&database).await, 0);
}

async fn writes_that_nobody_counts_are_seen_by_what_comes_next(home: Home) {
    let database = home.with_example().await;
    let outcome = database.write(|tx| {
        Box::pin(async move {
            tx.write_all(vec![(&INSERT_ID, params![1])])?;
            let found = tx.query_optional(&FIND, &params![1]).await?;
            tx.write_all(vec![(&USE_ONCE, params![1, 17])])?;
            Ok((found.is_some(), tx.execute(&USE_ONCE, &params![1, 18]).await?))
        })
    });
    assert_eq!(outcome.await.unwrap(), (true, 0));
    let row = database.read_one(&FIND, &params![1]).await.unwrap().unwrap();
    assert_eq!(row.int(3).unwrap(), 17);
}

/// A commit that goes out with the writes must not outlive them: neither one that the server refuses nor one that
/// cannot even be sent.
async fn a_write_that_nobody_counts_is_committed_with_all_others_or_not_at_all(home: Home) {
    let database = home.with_example().await;
    let (twice, mistyped, short) = (params![1], params!["one"], params![]);
    for spoiled in [twice, mistyped, short] {
        let outcome = database.write(move |tx| {
            let spoiled = spoiled.clone();
            Box::pin(async move {
                let writes = [params![1], spoiled, params![2]];
                tx.write_all(writes.map(|values| (&INSERT_ID, values)).into())
            })
        });
        let outcome = outcome.await;
        assert!(matches!(outcome, Err(Fault::UniqueViolation { .. } | Fault::Broken { .. })), "{outcome:?}");
        assert_eq!(count(&database).await, 0);
    }
    let unhurt = |tx: &mut Tx<'_>| tx.write_all(vec![(&INSERT_ID, params![1])]);
    database.write(move |tx| Box::pin(async move { unhurt(tx) })).await.unwrap();
    assert_eq!(count(&database).await, 1);
}

async fn a_read_sees_one_state_though_others_write(home: Home) {
    static COUNT: Sql = Sql::new("SELECT COUNT(*) FROM example");
    static ONE: Sql = Sql::new("INSERT INTO example (id) VALUES (1)");
    let database = home.with_example().await;
    let (writer, runtime) = (database.clone(), Handle::current());
    let (before, after) = database
        .read(move |tx| {
            let (writer, runtime) = (writer.clone(), runtime.clone());
            Box::pin(async move {
                let before = tx.query_one(&COUNT, &[]).await?.int(0)?;
                let other = std::thread::spawn(move || runtime.block_on(run(&writer, &ONE)));
                // The runtime lends this thread's other tasks to another one meanwhile.
                let written = tokio::task::block_in_place(|| other.join());
                assert_eq!(written.unwrap().unwrap(), 1);
                Ok((before, tx.query_one(&COUNT, &[]).await?.int(0)?))
            })
        })
        .await
        .unwrap();
    assert_eq!((before, after), (0, 0));
    assert_eq!(count(&database).await, 1);
}

async fn a_read_cannot_write(home: Home) {
    let database = home.with_example().await;
    let refused =
        database.read(|tx| Box::pin(async move { tx.execute(&INSERT_ID, &params![1]).await })).await;
    assert!(matches!(refused, Err(Fault::Unavailable { .. })), "{refused:?}");
    assert_eq!(count(&database).await, 0);
}

async fn a_read_for_one_row_refuses_a_second(home: Home) {
    static TWO: Sql = Sql::new("INSERT INTO example (id) VALUES (1), (2)");
    static ALL: Sql = Sql::new("SELECT id FROM example");
    let database = home.with_example().await;
    assert!(database.read_one(&ALL, &[]).await.unwrap().is_none());
    run(&database, &TWO).await.unwrap();
    assert!(matches!(database.read_one(&ALL, &[]).await, Err(Fault::Broken { .. })));
    let none = database.read(|tx| Box::pin(async move { tx.query_one(&FIND, &params![3]).await })).await;
    assert!(matches!(none, Err(Fault::Broken { .. })));
}

async fn every_statement_of_the_store_is_understood(home: Home) {
    let database = home.open().await;
    database.migrate(countersign_store::migrations::MIGRATIONS, 0).await.unwrap();
    for statements in STATEMENTS {
        database.prepare_all(statements).await.unwrap();
    }
}

async fn a_statement_with_a_mistake_is_named(home: Home) {
    let database = home.open().await;
    let refused = database.prepare_all(&[&NO_SUCH_TABLE]).await.unwrap_err();
    assert!(refused.to_string().contains("INSERT INTO no_such_table"), "{refused}");
}

async fn a_closed_database_is_unavailable(home: Home) {
    let database = home.with_example().await;
    let ran = Arc::new(AtomicU32::new(0));
    database.close().await;
    let counter = Arc::clone(&ran);
    let refused = database
        .write(move |tx| {
            counter.fetch_add(1, Ordering::Relaxed);
            Box::pin(async move { tx.execute(&INSERT_ID, &params![1]).await })
        })
        .await;
    assert!(matches!(refused, Err(Fault::Unavailable { .. })), "{refused:?}");
    assert!(matches!(database.read_one(&FIND, &params![1]).await, Err(Fault::Unavailable { .. })));
    assert_eq!(ran.load(Ordering::Relaxed), 0);
    assert_eq!(count(&home.open().await).await, 0);
}

async fn only_postgresql_has_a_clock(home: Home) {
    let database = home.open().await;
    let clock = database.clock_ms().await.unwrap();
    // Any time after 2020 shows that the unit is right.
    assert!(clock.is_none_or(|ms| ms > 1_577_836_800_000 && ms < 10_000_000_000_000));
    assert_eq!(clock.is_some(), matches!(home, Home::Postgres(_)));
}
