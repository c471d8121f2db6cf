//! The server over real connections.

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use super::*;
use crate::finish::finish;

#[tokio::test]
async fn a_request_is_answered_and_the_handler_knows_the_address_of_its_caller() {
    let router = Router::new().route("/", get(|axum::Extension(Peer(ip))| async move { format!("{ip}") }));
    let server = Running::start(router).await;
    let answer = server.ask("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("127.0.0.1"), "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn a_hundred_and_one_headers_and_headers_above_16_kib_are_refused() {
    let server = Running::start(Router::new()).await;
    let many: String = (0..101).map(|n| format!("x-{n}: 1\r\n")).collect::<Vec<_>>().concat();
    let long = format!("x: {}\r\n", "1".repeat(17 * 1024));
    for headers in [many, long] {
        let answer = server.ask(&format!("GET / HTTP/1.1\r\nhost: a\r\n{headers}\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_caller_who_hangs_up_stops_neither_the_work_nor_its_end_before_the_server_stops() {
    let (begun, go_on, done) = (Arc::new(Notify::new()), Arc::new(Notify::new()), Arc::new(Notify::new()));
    let handler = {
        let (begun, go_on, done) = (Arc::clone(&begun), Arc::clone(&go_on), Arc::clone(&done));
        || async move {
            begun.notify_one();
            go_on.notified().await;
            done.notify_one();
        }
    };
    let finishing = |request: Request, next: Next| finish(request, |request| next.run(request));
    let server = Running::start(Router::new().route("/", post(handler)).layer(from_fn(finishing))).await;
    let mut caller = server.connect().await;
    caller.write_all(b"POST / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    begun.notified().await;
    drop(caller);

    let mut stopping = tokio::spawn(server.stop());
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(!stopping.is_finished(), "stopped with a request under way");
    go_on.notify_one();
    done.notified().await;
    (&mut stopping).await.unwrap();
}

/// A89
#[tokio::test]
async fn a_connection_that_asks_for_nothing_more_is_closed() {
    let server = Running::start(Router::new().route("/", get(|| async { "answered" }))).await;
    let mut caller = server.connect().await;
    caller.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    caller.readable().await.unwrap();
    // From here on time passes as soon as nobody has anything to do.
    tokio::time::pause();
    let answer = rest_of(caller).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("answered"), "{answer}");
    assert_eq!(server.ask("GET / HTTP/1.1\r\nhost: ").await, "", "a head that never ends");
    server.stop().await;
}

#[tokio::test]
async fn a_caller_who_takes_no_answer_is_given_up() {
    let long = get(|| async { vec![b'a'; 64 * 1024 * 1024] });
    let server = Running::start_with_places(1, Router::new().route("/", long)).await;
    let mut caller = server.connect().await;
    caller.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    caller.readable().await.unwrap();
    tokio::time::pause();
    // Whoever comes next is let in when the place is free, and leaves at once.
    server.ask("").await;
    let mut taken = Vec::new();
    let _reset = caller.read_to_end(&mut taken).await;
    assert!(taken.len() < 64 * 1024 * 1024, "the whole answer was sent");
    server.stop().await;
}

#[tokio::test]
async fn who_finds_no_place_is_served_when_one_comes_free() {
    let server = Running::start_with_places(1, Router::new().route("/", get(|| async { "served" }))).await;
    let inside = server.connect().await;
    let mut waiting = server.connect().await;
    waiting.write_all(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(waiting.try_read(&mut [0]).is_err(), "two were served in one place");
    drop(inside);
    let mut answer = String::new();
    waiting.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("served"), "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn a_body_that_nobody_reads_closes_its_connection() {
    let server = Running::start(Router::new()).await;
    let answer = server.ask("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 20000000\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    server.stop().await;
}

struct Running {
    address: std::net::SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl Running {
    async fn start(router: Router) -> Self {
        Self::start_with_places(CONNECTIONS_MAX, router).await
    }

    async fn start_with_places(places: usize, router: Router) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let listener = Listener { tcp: listener, tls: None };
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async move {
            stopped.await.unwrap();
        };
        Self { address, stop, server: tokio::spawn(serve_at_most(places, listener, router, stopped)) }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn ask(&self, request: &str) -> String {
        let mut caller = self.connect().await;
        caller.write_all(request.as_bytes()).await.unwrap();
        rest_of(caller).await
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.server.await.unwrap();
    }
}

/// Everything that comes. Behind it a server that did not read all that was sent resets the connection.
async fn rest_of(mut caller: TcpStream) -> String {
    let mut answer = Vec::new();
    let _reset = caller.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}
