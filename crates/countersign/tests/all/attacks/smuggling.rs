//! Requests that two servers would end at different places, and what is no request at all.
//!
//! Each of them is followed at once by a request of somebody else, as a proxy would send it on the same connection.
//! It must not be answered as a part of the first, and after a parse error not at all: where one request ended is
//! not known any more, so the connection is closed.

use crate::harness::{On, TestServer};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};

/// What is refused, each with why it is dangerous. `{host}` is our own host.
pub(crate) const SMUGGLED: &[(&str, &str)] = &[
    (
        "CL.TE",
        "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX",
    ),
    (
        "TE.CL",
        "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\nGPOST / HTTP/1.1\r\n\r\n0\r\n\r\n",
    ),
    ("TE alone", "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    (
        "TE twice",
        "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n",
    ),
    (
        "TE of another name",
        "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "TE behind a tab",
        "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "TE before a colon's space",
        "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "TE in HTTP/1.0",
        "POST /sign-in HTTP/1.0\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "two lengths",
        "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nContent-Length: 40\r\n\r\n",
    ),
    ("two lengths in a line", "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0, 40\r\n\r\n"),
    ("a length with a sign", "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nContent-Length: +40\r\n\r\n"),
    ("a negative length", "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nContent-Length: -1\r\n\r\n"),
    ("a hexadecimal length", "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0x28\r\n\r\n"),
    (
        "an endless length",
        "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nContent-Length: 99999999999999999999\r\n\r\n",
    ),
    (
        "a length before a colon's space",
        "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nContent-Length : 40\r\n\r\n",
    ),
    ("a folded header", "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nX: a\r\n Content-Length: 40\r\n\r\n"),
    (
        "a folded encoding",
        "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    ),
    ("a header without a colon", "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nContent-Length\r\n\r\n"),
    ("a zero byte", "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nX: a\0b\r\n\r\n"),
    ("a lone carriage return", "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nX: a\rContent-Length: 40\r\n\r\n"),
    (
        "bare line feeds around an encoding",
        "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nX: a\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "bare line feeds around a length",
        "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nX: a\nContent-Length: 40\r\n\r\n",
    ),
    (
        "two hosts",
        "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nHost: elsewhere.example\r\nContent-Length: 9000\r\n\r\n",
    ),
    ("HTTP/2 said outright", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ("HTTP/3.0 in a line", "GET /healthz HTTP/3.0\r\nHost: {host}\r\n\r\n"),
    ("no HTTP", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}"),
];

/// Somebody else's request behind it.
const NEXT: &str = "GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n";

on_both_databases! {
    /// A89: whatever can be cut in two ways is refused, and nothing behind it on that connection is answered.
    async fn atk_89_what_can_be_cut_in_two_ways_is_refused_and_its_connection_closed(on: On) {
        let server = TestServer::start(on).await;
        let host = server.public_url().trim_start_matches("http://").to_owned();
        for (name, request) in SMUGGLED {
            let stream = TcpStream::connect(server.address()).await.unwrap();
            must_be_refused_alone(stream, &host, name, request).await;
        }
        server.browser().goto("/sign-in").await.must_see("Sign in");
    }

    /// A89: requests that are well formed and sent at once are answered each, in their order.
    async fn atk_89_a_pipeline_of_good_requests_is_answered_in_order(on: On) {
        let server = TestServer::start(on).await;
        let host = server.public_url().trim_start_matches("http://");
        let post = "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n\r\nGET /";
        let requests = [post, NEXT].concat().replace("{host}", host);
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        stream.write_all(requests.as_bytes()).await.unwrap();
        let mut answers = String::new();
        stream.read_to_string(&mut answers).await.unwrap();
        assert_eq!(statuses(&answers), ["415", "200"], "{answers}");
        assert!(answers.ends_with("ok"), "{answers}");
    }
}

/// Sends a request and another one behind it: there must be one refusal, or none where nobody could read it, and
/// then the end.
pub(crate) async fn must_be_refused_alone(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    host: &str,
    name: &str,
    request: &str,
) {
    let sent = [request, NEXT].concat().replace("{host}", host);
    // It may be closed before everything was taken.
    let _taken = stream.write_all(sent.as_bytes()).await;
    let mut answer = Vec::new();
    let _reset = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer);
    let statuses = statuses(&answer);
    assert!(statuses.len() <= 1, "{name}: more than one answer:\n{answer}");
    assert!(statuses.iter().all(|status| status.starts_with('4')), "{name}:\n{answer}");
    assert!(!answer.ends_with("ok"), "{name}: the next request was answered:\n{answer}");
}

fn statuses(answers: &str) -> Vec<&str> {
    answers.split("HTTP/1.1 ").skip(1).filter_map(|answer| answer.get(..3)).collect()
}
