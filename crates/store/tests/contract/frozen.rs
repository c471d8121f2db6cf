//! C-04: a server that freezes keeps its connections open and says nothing on them. Nobody waits for it twice.
//!
//! ```text
//!   Database ──▶ Pipe ──▶ PostgreSQL
//!                 └── freeze: what is connected stays so, and nothing goes through; who connects anew gets through
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use countersign_store::{Database, DatabaseOptions, Fault};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Barrier, watch};
use tokio::task::JoinSet;

use crate::support::{Home, count, on_postgres, until};

struct Pipe {
    /// Of the database, by way of the pipe.
    url: String,
    freeze: watch::Sender<u32>,
    /// What goes through ends with it.
    _serving: JoinSet<()>,
}

impl Pipe {
    /// Before the server of this database.
    async fn before(home: &Home) -> Self {
        let Home::Postgres(url) = home else { panic!("this test is for PostgreSQL") };
        let (user, rest) = url.rsplit_once('@').unwrap();
        let (server, name) = rest.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("{user}@{}/{name}", listener.local_addr().unwrap());
        let (freeze, freezes) = watch::channel(0);
        let mut serving = JoinSet::new();
        serving.spawn(serve(listener, server.to_owned(), freezes));
        Self { url, freeze, _serving: serving }
    }

    async fn open(&self) -> Database {
        // It limits new connections as well, which must come about on a busy machine.
        let options = DatabaseOptions { answer_limit: Duration::from_secs(5), ..DatabaseOptions::default() };
        Database::open_postgres(&self.url, &options).await.unwrap()
    }

    fn freeze(&self) {
        self.freeze.send_modify(|times| *times += 1);
    }
}

async fn serve(listener: TcpListener, server: String, freezes: watch::Receiver<u32>) {
    let mut connections = JoinSet::new();
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let mut freezes = freezes.clone();
        // What it was told before it was made does not concern it.
        freezes.mark_unchanged();
        connections.spawn(connect(client, server.clone(), freezes));
    }
}

async fn connect(mut client: TcpStream, server: String, mut freezes: watch::Receiver<u32>) {
    let mut server = TcpStream::connect(server).await.unwrap();
    tokio::select! {
        biased;
        Ok(()) = freezes.changed() => std::future::pending().await,
        _ended = copy_bidirectional(&mut client, &mut server) => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_caller_finds_out_that_a_server_is_silent_for_all() {
    const AT_ONCE: usize = 4;
    on_postgres(|home| async move {
        home.with_example().await;
        let pipe = Pipe::before(&home).await;
        let database = pipe.open().await;
        let all_are_in = Arc::new(Barrier::new(AT_ONCE));
        let mut reading = JoinSet::new();
        for _ in 0..AT_ONCE {
            let (database, all_are_in) = (database.clone(), Arc::clone(&all_are_in));
            reading.spawn(async move {
                let body = database.read(move |_tx| {
                    let all_are_in = Arc::clone(&all_are_in);
                    Box::pin(async move {
                        all_are_in.wait().await;
                        Ok::<(), Fault>(())
                    })
                });
                body.await.unwrap();
            });
        }
        reading.join_all().await;
        pipe.freeze();
        let silent = database.schema_number().await;
        assert!(matches!(silent, Err(Fault::Unavailable { .. })), "{silent:?}");
        for _ in 0..AT_ONCE {
            assert_eq!(count(&database).await, 0);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notifications_are_heard_again_after_their_server_fell_silent() {
    on_postgres(|home| async move {
        let pipe = Pipe::before(&home).await;
        let database = pipe.open().await;
        let wakes = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&wakes);
        let mut listening = JoinSet::new();
        listening.spawn(async move {
            let count = move || {
                counter.fetch_add(1, Ordering::SeqCst);
            };
            database.listen(count).await;
        });
        until(|| async { wakes.load(Ordering::SeqCst) > 0 }).await;
        let before = wakes.load(Ordering::SeqCst);
        pipe.freeze();
        // Who listens anew looks what was sent meanwhile.
        until(|| async { wakes.load(Ordering::SeqCst) > before }).await;
    })
    .await;
}
