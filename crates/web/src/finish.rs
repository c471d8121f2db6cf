//! Lets every request run to its end in a task of its own.
//!
//! A caller that hangs up cannot stop a sign-in between its two transactions, and a panic costs one answer only.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;

use crate::error::PageError;
use crate::server::InFlight;

pub(crate) async fn finish(request: Request, next: Next) -> Response {
    let in_flight = request.extensions().get::<InFlight>().cloned();
    let work = async move {
        let response = next.run(request).await;
        drop(in_flight);
        response
    };
    tokio::spawn(work.in_current_span()).await.unwrap_or_else(|cause| {
        // Without the panic's message: it may quote what a person typed.
        tracing::error!(panicked = cause.is_panic(), "a request did not run to its end");
        PageError::Fault.into_response()
    })
}
