//! Gives every request an id that the caller sees and every log line carries, and logs one line per answer.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request};
use axum::http::HeaderValue;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tracing::Instrument;

use crate::layers::Next;
use crate::metrics::{self, NO_ROUTE};
use crate::site::Site;

/// What a person can tell support, and support can find in the log.
#[derive(Clone, Default)]
pub(crate) struct RequestId(String);

impl RequestId {
    /// 96 bits: no two requests share an id, and it still can be read out on the phone.
    fn of(random: [u8; 32]) -> Self {
        let (bytes, _) = random.split_at(12);
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    #[cfg(test)]
    pub(crate) fn sample() -> Self {
        Self("Q2hQ0m6sZkWv3bXa".to_owned())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The stable code of what was refused, for the line of its answer.
#[derive(Clone, Copy)]
pub(crate) struct RefusalCode(pub(crate) &'static str);

/// An answer with its code.
pub(crate) fn refused(mut answer: Response, code: &'static str) -> Response {
    answer.extensions_mut().insert(RefusalCode(code));
    answer
}

/// The outermost layer. The line names the route, never the address as typed: addresses may carry secrets.
pub(crate) async fn log(site: Arc<Site>, mut request: Request, next: Next) -> Response {
    let id = (site.sources.random)().map(RequestId::of).unwrap_or_default();
    request.extensions_mut().insert(id.clone());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let span = tracing::info_span!(
        "request",
        id = id.as_str(),
        // The name by which collectors show it.
        otel.name =
            format_args!("{} {}", metrics::method_label(&method), route.as_deref().unwrap_or(NO_ROUTE)),
    );
    let started = (site.sources.now)();
    let mut response = next.run(request).instrument(span.clone()).await;

    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert("x-request-id", value);
    }
    let status = response.status();
    let took = (site.sources.now)().since(started);
    metrics::answered(&method, route.clone(), status, took);
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let refused = response.extensions().get().map(|RefusalCode(code)| *code);
    let _entered = span.enter();
    let route = route.as_deref().unwrap_or(NO_ROUTE);
    tracing::info!(%method, route, status = status.as_u16(), refused, millis, "answered");
    response
}
