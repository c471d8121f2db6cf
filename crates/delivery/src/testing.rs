//! A gateway for tests: answers what it was told to, in turn, and keeps what it was asked.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use url::Url;

pub(crate) struct Responder {
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
    /// One permit lets one answer go.
    gate: Arc<Semaphore>,
}

impl Responder {
    pub(crate) async fn start(answers: &[String]) -> Self {
        Self::start_with(answers, Semaphore::MAX_PERMITS).await
    }

    /// Answers only after [`Responder::let_go`].
    pub(crate) async fn held(answers: &[String]) -> Self {
        Self::start_with(answers, 0).await
    }

    async fn start_with(answers: &[String], permits: usize) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let gate = Arc::new(Semaphore::new(permits));
        tokio::spawn(serve(listener, answers.to_vec(), Arc::clone(&requests), Arc::clone(&gate)));
        Self { port, requests, gate }
    }

    pub(crate) fn answer(status: u16, body: &str) -> String {
        let length = body.len();
        format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
    }

    pub(crate) fn url(&self, path: &str) -> Url {
        format!("http://127.0.0.1:{}{path}", self.port).parse().unwrap()
    }

    /// Heads with bodies, in the order in which they came.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) fn let_go(&self) {
        self.gate.add_permits(1);
    }
}

async fn serve(
    listener: TcpListener,
    answers: Vec<String>,
    requests: Arc<Mutex<Vec<String>>>,
    gate: Arc<Semaphore>,
) {
    for answer in answers {
        let (mut connection, _) = listener.accept().await.unwrap();
        let request = read(&mut connection).await;
        requests.lock().unwrap().push(request);
        gate.acquire().await.unwrap().forget();
        // Whoever hung up wants no answer.
        let _ = connection.write_all(answer.as_bytes()).await;
    }
}

/// Up to the end of the body that the head announces.
async fn read(connection: &mut TcpStream) -> String {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_lowercase();
            let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
            let length: usize = length.map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                return text;
            }
        }
        let mut chunk = [0; 4096];
        match connection.read(&mut chunk).await.unwrap() {
            0 => return text,
            count => request.extend_from_slice(&chunk[..count]),
        }
    }
}
