//! What a stranger sends through a proxy that keeps its connections to us, and what the next caller gets.

use std::net::{IpAddr, SocketAddr};

use countersign_core::policy::presets::Preset;
use countersign_store::{Sql, params};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::nginx::Nginx;
use crate::attacks::smuggling::SMUGGLED;
use crate::harness::{On, Setup, TestServer, type_password};

/// A89: through nginx, which reuses one connection to us for everybody, no payload reaches into the request behind it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn atk_89_behind_a_proxy_the_next_caller_gets_their_own_answer() {
    let server = behind_a_proxy().await;
    let host = server.public_url().trim_start_matches("http://").to_owned();
    for buffering in [true, false] {
        let nginx = Nginx::before(server.address().port(), buffering).await;
        for (name, request) in SMUGGLED {
            attack(nginx.port, &request.replace("{host}", &host)).await;
            for _ in 0..2 {
                let next = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
                let answer = ask(nginx.port, &next).await;
                assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "after {name}:\n{answer}");
                assert!(answer.ends_with("\r\n\r\nok"), "after {name}:\n{answer}");
            }
        }
    }
}

/// A27: nginx adds the address that it sees behind what a visitor made up, and that one counts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn atk_27_behind_nginx_a_visitor_cannot_make_up_where_they_are() {
    let server = behind_a_proxy().await;
    let ann = server.person("Ann Ames", Preset::Default).await;
    let nginx = Nginx::before(server.address().port(), true).await;
    let proxy = SocketAddr::from(([127, 0, 0, 1], nginx.port));
    let mut visitor = server.browser_through(proxy, IpAddr::from([127, 0, 0, 2]));
    visitor.forwarded_for = Some("203.0.113.7");
    type_password(&mut visitor, &ann.email, "wrong").await;
    visitor.must_be_at("/sign-in");
    let sources = server.rows(&SOURCES, params![]).await;
    assert_eq!(sources.iter().map(|row| row.text(0).unwrap()).collect::<Vec<_>>(), ["127.0.0.2"]);
}

async fn behind_a_proxy() -> TestServer {
    let mut setup = Setup::default();
    setup.settings.push(("trusted_proxies", "127.0.0.1".to_owned()));
    setup.start(On::Sqlite).await
}

/// Sends a request that asks for its connection to be closed, and gives the answer.
async fn ask(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// Sends what may be half a request, says that nothing more will come, and waits for nginx to be done with it.
async fn attack(port: u16, request: &str) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let _gone_already = stream.shutdown().await;
    let _reset = stream.read_to_end(&mut Vec::new()).await;
}

static SOURCES: Sql =
    Sql::new("SELECT DISTINCT source FROM audit_events WHERE kind = 'sign_in.refused' ORDER BY source");
