//! `/healthz`: the process answers. `/readyz`: it can decide about sign-ins.

use axum::extract::{Request, State};
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use countersign_service::Service;

use crate::web::Web;

pub(crate) async fn is_alive() -> &'static str {
    "ok"
}

pub(crate) async fn is_ready(State(web): State<Web>) -> Response {
    match web.service.is_ready().await {
        Ok(()) => "ready".into_response(),
        Err(unready) => {
            tracing::warn!(code = unready.code(), %unready, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, unready.code()).into_response()
        }
    }
}

/// A layer: once this node is about to stop, each answer is the last on its connection. The next request then
/// comes by way of the load balancer, which knows a node that stays.
pub(crate) async fn send_elsewhere(State(service): State<Service>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if service.is_stopping() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
