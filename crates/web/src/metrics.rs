//! What web counts, and the page on which a Prometheus server reads all numbers of this process.
//!
//! The page is a router of its own, to be served on an address of its own: numbers tell a stranger how many
//! people there are, and when a guess was refused.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{Method, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use metrics::histogram;

/// How long requests took by method, route and class of status; with it, how many there were.
pub const REQUEST_SECONDS: &str = "countersign_request_seconds";

/// Everything else that may stand where a method stands, which is any word, is `other`.
pub const METHODS: &[&str] = &["GET", "HEAD", "POST", "other"];
pub const STATUS_CLASSES: &[&str] = &["1xx", "2xx", "3xx", "4xx", "5xx"];
/// The route of what no route matches.
pub const NO_ROUTE: &str = "none";

/// Gives all numbers as text.
pub type Render = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = String> + Send>> + Send + Sync>;

/// `GET /metrics`, and nothing else.
pub fn router(render: Render) -> Router {
    let page = get(async move || ([(header::CONTENT_TYPE, TEXT_FORMAT)], render().await).into_response());
    Router::new().route("/metrics", page)
}

/// `route` is a template such as `/assets/{file}`: an address as typed may hold a secret, and has no end.
pub(crate) fn answered(method: &Method, route: Option<String>, status: StatusCode, took: Duration) {
    let route = route.unwrap_or_else(|| NO_ROUTE.to_owned());
    let (method, status) = (method_label(method), status_class(status));
    histogram!(REQUEST_SECONDS, "method" => method, "route" => route, "status" => status).record(took);
}

/// A method as a word of a list that has an end.
pub(crate) fn method_label(method: &Method) -> &'static str {
    METHODS.iter().find(|known| **known == method.as_str()).copied().unwrap_or("other")
}

fn status_class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        100..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}

/// Version 0.0.4 of the text format, which every Prometheus server reads.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";
