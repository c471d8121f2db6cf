//! Lets every request that changes something run to its end, and makes a panic cost one answer only.
//!
//! ```text
//!   POST ─► a task of its own ─┐       a caller that hangs up cannot stop a sign-in between its two transactions
//!   GET  ─► here ──────────────┴─► answer, or the page of a fault
//! ```

use std::panic::AssertUnwindSafe;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tracing::Instrument;

use crate::error::PageError;
use crate::server::InFlight;

/// `run` is the rest of the request's way.
pub(crate) async fn finish<F>(request: Request, run: impl FnOnce(Request) -> F + Send + 'static) -> Response
where
    F: Future<Output = Response> + Send,
{
    // Nothing is lost with a page that nobody waits for, and most requests are those.
    if request.method().is_safe() {
        // What a panic leaves half done is dropped with the request.
        return AssertUnwindSafe(run(request)).catch_unwind().await.unwrap_or_else(|_| unfinished(true));
    }
    let in_flight = request.extensions().get::<InFlight>().cloned();
    let work = async move {
        let response = run(request).await;
        drop(in_flight);
        response
    };
    tokio::spawn(work.in_current_span()).await.unwrap_or_else(|cause| unfinished(cause.is_panic()))
}

fn unfinished(panicked: bool) -> Response {
    // Without the panic's message: it may quote what a person typed.
    tracing::error!(panicked, "a request did not run to its end");
    PageError::Fault.into_response()
}
