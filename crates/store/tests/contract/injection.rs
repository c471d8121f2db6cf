//! The faults that attack tests ask for strike where they were ordered, and only there.

use countersign_store::database::Injection;
use countersign_store::{Database, Fault, params};

use crate::support::{Home, INSERT_ID, count};

on_both_databases!(faults_strike_the_ordered_statement_and_the_commit);

async fn faults_strike_the_ordered_statement_and_the_commit(home: Home) {
    let database = home.with_example().await;
    for injection in [Injection::FailStatement(2), Injection::PanicAtStatement(2), Injection::FailCommit] {
        database.inject(injection, 1);
        let struck = insert_two(&database).await;
        let panicked = injection == Injection::PanicAtStatement(2);
        assert_eq!(matches!(struck, Err(Fault::Panicked)), panicked, "{struck:?}");
        assert_eq!(matches!(struck, Err(Fault::Unavailable { .. })), !panicked, "{struck:?}");
        assert_eq!(count(&database).await, 0);
    }
    assert_eq!(insert_two(&database).await.unwrap(), [1, 1]);
}

async fn insert_two(database: &Database) -> Result<Vec<u64>, Fault> {
    database
        .write(|tx| {
            Box::pin(
                async move { tx.execute_all(vec![(&INSERT_ID, params![1]), (&INSERT_ID, params![2])]).await },
            )
        })
        .await
}
