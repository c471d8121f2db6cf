//! What a stranger sends through a proxy that keeps its connections to us, and what the next caller gets.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::nginx::Nginx;
use crate::attacks::smuggling::SMUGGLED;
use crate::harness::{On, Setup};

/// A89: through nginx, which reuses one connection to us for everybody, no payload reaches into the request behind it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn atk_89_behind_a_proxy_the_next_caller_gets_their_own_answer() {
    let mut setup = Setup::default();
    setup.settings.push(("trusted_proxies", "127.0.0.1".to_owned()));
    let server = setup.start(On::Sqlite).await;
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
