//! `/healthz`: the process answers. `/readyz`: it can decide about sign-ins.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

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
