//! SQLite's own promises: one commit for a group, one fate for each job, one server for a file.

use std::fs;
use std::future::Future;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;

use countersign_store::{Database, DatabaseOptions, Dialect, Fault, Sql, params};
use futures_util::FutureExt;
use futures_util::future::join_all;
use rusqlite::Connection;

use crate::support::{Home, INSERT_ID, count, patient, run};

/// The write lock of another process, as an operator command would hold it. While it is held, jobs pile up.
struct Foreign(Connection);

impl Foreign {
    fn lock(home: &Home) -> Self {
        let connection = Connection::open(home.file()).unwrap();
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        Self(connection)
    }

    fn release(self) {
        self.0.execute_batch("ROLLBACK").unwrap();
    }
}

type Write = Pin<Box<dyn Future<Output = Result<u64, Fault>> + Send>>;

fn insert(database: &Database, id: u32) -> Write {
    let database = database.clone();
    Box::pin(async move {
        database.write(move |tx| Box::pin(async move { tx.execute(&INSERT_ID, &params![id]).await })).await
    })
}

/// Queues the writes in order behind a foreign lock, so that they run as one group.
async fn as_one_group(home: &Home, mut writes: Vec<Write>) -> Vec<Result<u64, Fault>> {
    let foreign = Foreign::lock(home);
    for write in &mut writes {
        assert!(write.now_or_never().is_none());
    }
    foreign.release();
    join_all(writes).await
}

/// Frames of the write-ahead log that end a transaction: their header says how large the database is then.
fn commits(file: &Path) -> usize {
    const LOG_HEADER: usize = 32;
    const FRAME_HEADER: usize = 24;
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    let log = fs::read(PathBuf::from(log)).unwrap();
    let page = usize::try_from(u32::from_be_bytes(log[8..12].try_into().unwrap())).unwrap();
    let frames = log[LOG_HEADER..].chunks_exact(FRAME_HEADER + page);
    frames.filter(|frame| frame[4..8] != [0; 4]).count()
}

#[tokio::test]
async fn a_hundred_waiting_writes_are_one_commit() {
    let home = Home::sqlite();
    let database = home.with_example_by(&patient()).await;
    let before = commits(&home.file());
    let answers = as_one_group(&home, (0..100).map(|id| insert(&database, id)).collect()).await;
    assert!(answers.iter().all(|answer| matches!(answer, Ok(1))));
    assert_eq!(count(&database).await, 100);
    assert_eq!(commits(&home.file()) - before, 1);
}

#[tokio::test]
async fn a_failed_job_and_a_panic_are_rolled_back_alone() {
    let home = Home::sqlite();
    let database = home.with_example_by(&patient()).await;
    let panicking: Write = {
        let database = database.clone();
        Box::pin(async move {
            let body = database.write(|tx| {
                Box::pin(async move {
                    tx.execute(&INSERT_ID, &params![50]).await?;
                    panic!("a mistake in a body");
                })
            });
            body.await
        })
    };
    let writes = vec![insert(&database, 1), insert(&database, 1), panicking, insert(&database, 2)];
    let answers = as_one_group(&home, writes).await;
    let [Ok(1), Err(Fault::UniqueViolation { .. }), Err(Fault::Panicked), Ok(1)] = answers.as_slice() else {
        panic!("{answers:?}")
    };
    assert_eq!(count(&database).await, 2);
}

#[tokio::test]
async fn a_failed_commit_reaches_everybody_in_the_group() {
    static CREATE: Sql = Sql::new(
        "CREATE TABLE child (id INTEGER PRIMARY KEY, \
         parent INTEGER REFERENCES example (id) DEFERRABLE INITIALLY DEFERRED) STRICT",
    );
    static ORPHAN: Sql = Sql::new("INSERT INTO child (id, parent) VALUES (1, 999)");
    let home = Home::sqlite();
    let database = home.with_example_by(&patient()).await;
    run(&database, &CREATE).await.unwrap();
    let orphan: Write = {
        let database = database.clone();
        Box::pin(async move { run(&database, &ORPHAN).await })
    };
    let answers = as_one_group(&home, vec![insert(&database, 1), orphan, insert(&database, 2)]).await;
    assert!(answers.iter().all(Result::is_err), "{answers:?}");
    assert_eq!(count(&database).await, 0);
    insert(&database, 3).await.unwrap();
}

#[tokio::test]
async fn on_a_full_disk_nobody_is_told_more_than_what_is_stored() {
    static NO_MORE_PAGES: Sql = Sql::new("PRAGMA max_page_count = 1");
    static LARGE: Sql = Sql::new("INSERT INTO example (id, blob) VALUES ($1, ZEROBLOB(1000000))");
    let home = Home::sqlite();
    let database = home.with_example_by(&patient()).await;
    database.write(|tx| Box::pin(tx.query(&NO_MORE_PAGES, &[]))).await.unwrap();
    let large: Write = {
        let database = database.clone();
        Box::pin(async move {
            database.write(|tx| Box::pin(async move { tx.execute(&LARGE, &params![50]).await })).await
        })
    };
    let writes = vec![insert(&database, 1), large, insert(&database, 2)];
    let answers = as_one_group(&home, writes).await;
    assert!(matches!(answers.get(1), Some(Err(Fault::Unavailable { .. }))), "{answers:?}");
    let successes = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(count(&database).await, i64::try_from(successes).unwrap());
}

#[tokio::test]
async fn when_sqlite_gives_up_the_whole_transaction_everybody_in_it_hears_a_fault() {
    static GIVE_UP: Sql = Sql::new("INSERT OR ROLLBACK INTO example (id) VALUES (1)");
    let home = Home::sqlite();
    let database = home.with_example_by(&patient()).await;
    let giving_up: Write = {
        let database = database.clone();
        Box::pin(async move { run(&database, &GIVE_UP).await })
    };
    let writes = vec![insert(&database, 1), giving_up, insert(&database, 2)];
    let answers = as_one_group(&home, writes).await;
    // The third came after the group had ended, so it is in the next one.
    let [Err(Fault::Unavailable { .. }), Err(Fault::UniqueViolation { .. }), Ok(1)] = answers.as_slice()
    else {
        panic!("{answers:?}")
    };
    assert_eq!(count(&database).await, 1);
}

#[tokio::test]
async fn a_body_that_awaits_something_else_is_refused_and_rolled_back() {
    let home = Home::sqlite();
    let database = home.with_example().await;
    let refused = database
        .write(|tx| {
            Box::pin(async move {
                tx.execute(&INSERT_ID, &params![1]).await?;
                tokio::task::yield_now().await;
                tx.execute(&INSERT_ID, &params![2]).await
            })
        })
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("awaited something other than its Tx"), "{refused}");
    assert_eq!(count(&database).await, 0);
}

#[tokio::test]
async fn a_full_queue_refuses_at_once() {
    let home = Home::sqlite();
    home.with_example().await;
    let options = DatabaseOptions { queue_length: 4, ..patient() };
    let database = home.open_with(&options).await.unwrap();
    let foreign = Foreign::lock(&home);
    let mut writes: Vec<Write> = (0..20).map(|id| insert(&database, id)).collect();
    let mut waiting = Vec::new();
    let mut refused = 0;
    for mut write in writes.drain(..) {
        match (&mut write).now_or_never() {
            None => waiting.push(write),
            Some(answer) => {
                assert!(matches!(answer, Err(Fault::TurnedAway { .. })), "{answer:?}");
                refused += 1;
            }
        }
    }
    // Four wait in the queue, and the writer may have taken one out of it.
    assert!(refused >= 15, "{refused} were refused");
    foreign.release();
    assert!(join_all(waiting).await.iter().all(Result::is_ok));
    assert_eq!(count(&database).await, 20 - refused);
}

#[tokio::test]
async fn a_lock_of_another_process_turns_writes_away() {
    let home = Home::sqlite();
    // Who closes last looks after the log, for which it locks the database as well.
    home.with_example().await.close().await;
    let options = DatabaseOptions { busy_wait: Duration::from_millis(1), ..DatabaseOptions::default() };
    let database = home.open_with(&options).await.unwrap();
    let foreign = Foreign::lock(&home);
    let refused = insert(&database, 1).await;
    assert!(matches!(refused, Err(Fault::TurnedAway { .. })), "{refused:?}");
    foreign.release();
    insert(&database, 1).await.unwrap();
}

#[tokio::test]
async fn a_write_whose_caller_left_the_queue_does_not_happen() {
    let home = Home::sqlite();
    let database = home.with_example_by(&patient()).await;
    let foreign = Foreign::lock(&home);
    let mut abandoned = insert(&database, 1);
    assert!((&mut abandoned).now_or_never().is_none());
    drop(abandoned);
    foreign.release();
    insert(&database, 2).await.unwrap();
    assert_eq!(count(&database).await, 1);
}

#[tokio::test]
async fn closing_answers_what_was_accepted() {
    let home = Home::sqlite();
    let database = home.with_example_by(&patient()).await;
    let foreign = Foreign::lock(&home);
    let mut writes: Vec<Write> = (0..10).map(|id| insert(&database, id)).collect();
    for write in &mut writes {
        assert!(write.now_or_never().is_none());
    }
    foreign.release();
    database.close().await;
    assert!(join_all(writes).await.iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_second_server_on_one_file_is_refused() {
    let home = Home::sqlite();
    let first = home.open().await;
    first.lock_for_serving().unwrap();
    first.lock_for_serving().unwrap();
    let second = home.open().await;
    let refused = second.lock_for_serving().unwrap_err();
    assert!(refused.to_string().contains("another countersign serves this database"), "{refused}");
    let link = home.file().with_file_name("link.db");
    std::os::unix::fs::symlink(home.file(), &link).unwrap();
    let linked = Database::open_sqlite(&link, &DatabaseOptions::default()).await.unwrap();
    assert!(matches!(linked.lock_for_serving(), Err(Fault::AlreadyServed { .. })));
    first.close().await;
    second.lock_for_serving().unwrap();
}

#[tokio::test]
async fn nobody_else_may_read_the_files() {
    let home = Home::sqlite();
    let database = home.with_example().await;
    database.lock_for_serving().unwrap();
    let folder = home.file().parent().unwrap().to_owned();
    let files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn commits_are_flushed_and_references_are_checked() {
    const FULL: i64 = 2;
    static SYNCHRONOUS: Sql = Sql::new("PRAGMA synchronous");
    static FOREIGN_KEYS: Sql = Sql::new("PRAGMA foreign_keys");
    static JOURNAL: Sql = Sql::new("PRAGMA journal_mode");
    let home = Home::sqlite();
    let database = home.open().await;
    assert_eq!(database.dialect(), Dialect::Sqlite);
    let settings = database
        .write(|tx| {
            Box::pin(async move {
                let synchronous = tx.query_one(&SYNCHRONOUS, &[]).await?.int(0)?;
                let foreign_keys = tx.query_one(&FOREIGN_KEYS, &[]).await?.int(0)?;
                Ok((synchronous, foreign_keys, tx.query_one(&JOURNAL, &[]).await?.text(0)?.to_owned()))
            })
        })
        .await
        .unwrap();
    assert_eq!(settings, (FULL, 1, "wal".to_owned()));
}
