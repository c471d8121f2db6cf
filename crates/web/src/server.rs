//! Serves the router over HTTP/1.1, with limits that the defaults lack, and stops without cutting anybody off.
//!
//! ```text
//! TcpListener ─ accept ─► one task per connection ─► hyper ─► router
//!                  ▲                                   │ Peer, InFlight
//!      stop ───────┘  then wait for connections and for requests whose caller hung up
//! ```

use std::net::IpAddr;
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tower::ServiceExt;

/// The address at the other end of the connection, as an extension of every request.
#[derive(Clone, Copy)]
pub struct Peer(pub IpAddr);

/// Held while a request is worked on, so that stopping waits for it even when its caller is gone.
#[derive(Clone)]
pub(crate) struct InFlight {
    _held: mpsc::Sender<()>,
}

/// Serves until `stop` completes, then lets running requests finish.
pub async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let connections = GracefulShutdown::new();
    let (held, mut all_released) = mpsc::channel(1);
    let in_flight = InFlight { _held: held };
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let peer = Peer(peer.ip().to_canonical());
                    serve_connection(stream, router.clone(), (peer, in_flight.clone()), &connections);
                }
                Err(cause) => {
                    tracing::warn!(%cause, "could not accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
    drop((listener, in_flight));
    let finished = async {
        connections.shutdown().await;
        let _all_senders_dropped = all_released.recv().await;
    };
    if tokio::time::timeout(STOP_PATIENCE, finished).await.is_err() {
        tracing::warn!("stopped while requests were still running");
    }
}

fn serve_connection(
    stream: TcpStream,
    router: Router,
    extensions: (Peer, InFlight),
    connections: &GracefulShutdown,
) {
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(extensions.0);
        request.extensions_mut().insert(extensions.1.clone());
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_PATIENCE)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEADER_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let connection = connections.watch(connection);
    tokio::spawn(async move {
        if let Err(cause) = connection.await {
            tracing::debug!(%cause, "a connection ended early");
        }
    });
}

/// A caller that needs longer for its headers holds a connection rather than asking for something.
const HEADER_PATIENCE: Duration = Duration::from_secs(10);
/// P12; browsers send about 20.
const HEADERS_MAX: usize = 100;
/// P12; also the read buffer of each connection, so it bounds memory.
const HEADER_BYTES_MAX: usize = 16 * 1024;
/// Accepting fails when file handles run out; a pause lets some come free instead of spinning.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// The slowest honest request is a password hash in a full queue; service managers kill after 30 s and more.
const STOP_PATIENCE: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests;
