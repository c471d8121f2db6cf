//! The floor: what the web server alone does with a small JSON POST on this machine, in a process of its own.

use std::io::Write;

use axum::{
    Router,
    body::Bytes,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::Outcome;

/// Prints its address once it listens, then serves until it is killed.
pub(crate) async fn serve() -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    std::io::stdout().flush()?;
    axum::serve(listener, Router::new().route("/check", post(check))).await?;
    Ok(())
}

async fn check(body: Bytes) -> Response {
    let Ok(asked) = serde_json::from_slice::<Value>(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let answer = json!({ "right": asked.get("code").is_some() }).to_string();
    ([(header::CONTENT_TYPE, "application/json")], answer).into_response()
}
