//! Serves the router over HTTP/1.1, with limits that the defaults lack, and stops without cutting anybody off.
//!
//! ```text
//! TcpListener ─ accept ─► one task per connection ─► (TLS) ─► hyper ─► router
//!                  ▲                                            │ Peer, InFlight
//!      stop ───────┘  then wait for connections and for requests whose caller hung up
//! ```

mod patient;
pub mod tls;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::{CONNECTION, TRANSFER_ENCODING};
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use self::patient::Patient;
use self::tls::{Certificates, TlsError};

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
    serve_at_most(CONNECTIONS_MAX, Listener { tcp: listener, tls: None }, router, stop).await;
}

/// The same over TLS, with the certificate that is shown at the time.
pub async fn serve_tls(
    listener: TcpListener,
    certificates: Arc<Certificates>,
    router: Router,
    stop: impl Future<Output = ()>,
) -> Result<(), TlsError> {
    let listener = Listener { tcp: listener, tls: Some(certificates.acceptor()?) };
    serve_at_most(CONNECTIONS_MAX, listener, router, stop).await;
    Ok(())
}

struct Listener {
    tcp: TcpListener,
    tls: Option<TlsAcceptor>,
}

async fn serve_at_most(
    connections_max: usize,
    Listener { tcp, tls }: Listener,
    router: Router,
    stop: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(connections_max));
    let connections = GracefulShutdown::new();
    let (held, mut all_released) = mpsc::channel(1);
    let in_flight = InFlight { _held: held };
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = accept(&tcp, &places) => match accepted {
                Ok((place, stream, peer)) => {
                    let connection = Connection {
                        peer: Peer(peer.ip().to_canonical()),
                        in_flight: in_flight.clone(),
                        router: router.clone(),
                        watcher: connections.watcher(),
                    };
                    let serving = connection.serve(Patient::new(stream), tls.clone());
                    tokio::spawn(async move {
                        serving.await;
                        drop(place);
                    });
                }
                Err(cause) => {
                    tracing::warn!(%cause, "could not accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
    drop((tcp, in_flight));
    let finished = async {
        connections.shutdown().await;
        let _all_senders_dropped = all_released.recv().await;
    };
    if tokio::time::timeout(STOP_PATIENCE, finished).await.is_err() {
        tracing::warn!("stopped while requests were still running");
    }
}

/// The next caller, once there is a place for them; until then they wait in the system's queue.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(OwnedSemaphorePermit, TcpStream, SocketAddr)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((place, stream, peer))
}

/// One caller, and what their requests are answered by.
struct Connection {
    peer: Peer,
    in_flight: InFlight,
    router: Router,
    watcher: Watcher,
}

impl Connection {
    async fn serve(self, stream: Patient, tls: Option<TlsAcceptor>) {
        let Some(tls) = tls else {
            return self.answer(stream).await;
        };
        match tokio::time::timeout(HANDSHAKE_PATIENCE, tls.accept(stream)).await {
            Ok(Ok(stream)) => self.answer(stream).await,
            // Somebody who speaks plain HTTP has been told by an alert, as far as they understand it.
            Ok(Err(cause)) => tracing::debug!(%cause, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }

    async fn answer(self, stream: impl AsyncRead + AsyncWrite + Unpin + 'static) {
        let Self { peer, in_flight, router, watcher } = self;
        let service = service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(peer);
            request.extensions_mut().insert(in_flight.clone());
            let router = router.clone();
            async move {
                if request.headers().contains_key(TRANSFER_ENCODING) {
                    return Ok(length_required());
                }
                router.oneshot(request).await
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_PATIENCE)
            .max_headers(HEADERS_MAX)
            .max_buf_size(HEADER_BYTES_MAX)
            .serve_connection(TokioIo::new(stream), service);
        if let Err(cause) = watcher.watch(connection).await {
            tracing::debug!(%cause, "a connection ended early");
        }
    }
}

/// A body has a length that is said before it. No browser sends a form otherwise, and where a proxy and a server
/// can end one request at two places, the rest of it becomes somebody else's (A89).
fn length_required() -> Response {
    (StatusCode::LENGTH_REQUIRED, [(CONNECTION, "close")], "a body needs a Content-Length").into_response()
}

/// About 100 KiB each at the most (headers and a form), so 200 MB when all are full. Where the system allows
/// fewer open files, `ACCEPT_PAUSE` holds instead.
const CONNECTIONS_MAX: usize = 2000;
/// A caller that needs longer for its headers holds a connection rather than asking for something. hyper
/// counts from the end of the answer before, so this closes idle connections too.
const HEADER_PATIENCE: Duration = Duration::from_secs(10);
/// A handshake is two round trips and some milliseconds of arithmetic; it holds a place like a head does.
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(10);
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
