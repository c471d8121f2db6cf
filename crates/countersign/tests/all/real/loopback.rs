//! HTTP between real parts and tests: a client that goes through no proxy, and a server that records its requests.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::to_bytes,
    extract::Request,
    http::{StatusCode, header::CONTENT_TYPE},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use tokio::{net::TcpListener, task::JoinHandle};
use url::form_urlencoded;

use super::background::until_there_are;

/// Answers everybody the same, until it is told otherwise.
pub(super) struct Recorder {
    url: String,
    answer: Arc<Mutex<Answer>>,
    requests: Arc<Mutex<Vec<Recorded>>>,
    serving: JoinHandle<()>,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(super) struct Recorded {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    /// In their order, with names in small letters.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// What a recorder says: a status and JSON.
#[derive(Clone, Copy)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) json: &'static str,
}

/// A client for 127.0.0.1: a proxy of the environment is not for loopback.
#[expect(clippy::disallowed_methods, reason = "a test talks to what it started on this machine")]
pub(super) fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// The same, for whoever wants to see where an answer leads.
#[expect(clippy::disallowed_methods, reason = "a test talks to what it started on this machine")]
pub(super) fn client_without_redirects() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

impl Recorder {
    pub(super) async fn start() -> Self {
        Self::answering(Answer { status: 200, json: "{}" }).await
    }

    pub(super) async fn answering(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests: Arc<Mutex<Vec<Recorded>>> = Arc::default();
        let answer = Arc::new(Mutex::new(answer));
        let (seen, said) = (Arc::clone(&requests), Arc::clone(&answer));
        let record = async move |request: Request| {
            let recorded = Recorded::read(request).await;
            seen.lock().unwrap().push(recorded);
            let answer = *said.lock().unwrap();
            (StatusCode::from_u16(answer.status).unwrap(), [(CONTENT_TYPE, "application/json")], answer.json)
        };
        let router = Router::new().fallback(record);
        let serving = tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        Self { url, answer, requests, serving }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// From the next request on.
    pub(super) fn answer(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    pub(super) fn requests(&self) -> Vec<Recorded> {
        self.requests.lock().unwrap().clone()
    }

    /// Waits for so many requests.
    pub(super) async fn until_there_are(&self, count: usize) -> Vec<Recorded> {
        until_there_are(count, async || self.requests()).await
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Recorded {
    async fn read(request: Request) -> Self {
        let (head, body) = request.into_parts();
        let header = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
            (name.to_string(), value.to_str().unwrap().to_owned())
        };
        Self {
            method: head.method.to_string(),
            path: head.uri.path().to_owned(),
            query: pairs(head.uri.query().unwrap_or_default().as_bytes()),
            headers: head.headers.iter().map(header).collect(),
            body: to_bytes(body, usize::MAX).await.unwrap().to_vec(),
        }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The fields of a form, in their order.
    pub(super) fn form(&self) -> Vec<(String, String)> {
        assert_eq!(self.header("content-type"), Some("application/x-www-form-urlencoded"));
        pairs(&self.body)
    }

    /// Name and password of HTTP's basic authentication.
    pub(super) fn basic_authentication(&self) -> Option<(String, String)> {
        let encoded = self.header("authorization")?.strip_prefix("Basic ")?;
        let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded).ok()?).ok()?;
        let (name, password) = decoded.split_once(':')?;
        Some((name.to_owned(), password.to_owned()))
    }
}

fn pairs(encoded: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(encoded).into_owned().collect()
}
