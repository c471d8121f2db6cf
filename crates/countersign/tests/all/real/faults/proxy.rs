//! Stands between the program and its database, and cuts or freezes what goes through.
//!
//! ```text
//!   serve ──▶ Proxy ──▶ PostgreSQL
//!               └── Pass · Refuse · Freeze · LoseCommit · LoseAnswerToCommit
//! ```

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::{JoinHandle, JoinSet},
};

/// What becomes of what goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Pass,
    /// All connections end, and new ones end at once.
    Refuse,
    /// All connections stay, and nothing goes through.
    Freeze,
    /// The commit of the next session never arrives: its connection ends before. Then everything passes.
    LoseCommit,
    /// The commit of the next session is carried out, and its connection ends in place of the answer. Then everything
    /// passes.
    LoseAnswerToCommit,
}

pub(super) struct Proxy {
    pub(super) port: u16,
    way: Ways,
    serving: JoinHandle<()>,
}

#[derive(Clone)]
struct Ways {
    changes: watch::Receiver<Way>,
    change: Arc<Mutex<watch::Sender<Way>>>,
}

impl Proxy {
    pub(super) async fn before(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap().port();
        let (change, changes) = watch::channel(Way::Pass);
        let way = Ways { changes, change: Arc::new(Mutex::new(change)) };
        let ways = way.clone();
        let serving = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (client, _) = listener.accept().await.unwrap();
                connections.spawn(connect(client, port, ways.clone()));
            }
        });
        Self { port: own, way, serving }
    }

    pub(super) fn let_it(&self, way: Way) {
        self.way.set(way);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Ways {
    fn now(&self) -> Way {
        *self.changes.borrow()
    }

    fn set(&self, way: Way) {
        self.change.lock().unwrap().send_replace(way);
    }

    async fn until(&mut self, wanted: impl Fn(Way) -> bool) {
        let _sender_lives = self.changes.wait_for(|way| wanted(*way)).await;
    }

    /// Takes a way that is for one commit only.
    fn take(&self, wanted: Way) -> bool {
        self.change.lock().unwrap().send_if_modified(|way| {
            let is_it = *way == wanted;
            if is_it {
                *way = Way::Pass;
            }
            is_it
        })
    }
}

async fn connect(client: TcpStream, port: u16, mut ways: Ways) {
    if ways.now() == Way::Refuse {
        return;
    }
    let server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let (asking, answering) = (ways.clone(), ways.clone());
    let loses_answer = AtomicBool::new(false);
    tokio::select! {
        () = ways.until(|way| way == Way::Refuse) => {}
        () = ask(from_client, to_server, asking, &loses_answer) => {}
        () = answer(from_server, to_client, answering, &loses_answer) => {}
    }
}

async fn ask(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut ways: Ways, loses_answer: &AtomicBool) {
    let mut buffer = vec![0; 64 * 1024];
    let mut has_session = false;
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        ways.until(|way| way != Way::Freeze).await;
        let part = &buffer[..length];
        let has = |text: &[u8]| part.windows(text.len()).any(|window| window == text);
        has_session = (has_session && !has(BEGIN)) || has(SESSION);
        let commits = has_session && has(COMMIT);
        if commits && ways.take(Way::LoseCommit) {
            return;
        }
        if commits && ways.take(Way::LoseAnswerToCommit) {
            loses_answer.store(true, Ordering::SeqCst);
        }
        if to.write_all(part).await.is_err() {
            return;
        }
    }
}

async fn answer(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut ways: Ways, loses_answer: &AtomicBool) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        ways.until(|way| way != Way::Freeze).await;
        // A server that cannot answer what was sent before the commit would not come to it.
        if loses_answer.load(Ordering::SeqCst) {
            if buffer[..length].windows(COMMIT.len()).any(|window| window == COMMIT) {
                return;
            }
            continue;
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}

/// Where statements are sent as text.
const SESSION: &[u8] = b"INSERT INTO sessions";
const BEGIN: &[u8] = b"START TRANSACTION";
/// As the driver sends it, and the server answers, with the zero at its end.
const COMMIT: &[u8] = b"COMMIT\0";
