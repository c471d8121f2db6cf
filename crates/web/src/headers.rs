//! The headers that every answer carries, and the refusal of requests for another host.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::response::{IntoResponse, Response};

use crate::error::PageError;
use crate::layers::Next;
use crate::site::Site;

/// Adds the security headers to every answer, errors and assets included.
pub(crate) async fn protect(site: Arc<Site>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if site.address.is_https() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    // Only assets say something else: their names change with their content.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Answers 421 where the caller meant another host: a name that an attacker points at us must not work.
pub(crate) async fn require_our_host(site: Arc<Site>, request: Request, next: Next) -> Response {
    let is_health_check = HEALTH_CHECKS.contains(&request.uri().path());
    if is_health_check || is_for(site.address.host(), request.headers(), request.uri()) {
        return next.run(request).await;
    }
    PageError::WrongHost.into_response()
}

pub(crate) fn is_for(host: &str, headers: &HeaderMap, uri: &Uri) -> bool {
    let mut named = headers.get_all(header::HOST).iter();
    let (Some(only), None) = (named.next(), named.next()) else {
        return false;
    };
    let same_authority = uri.authority().is_none_or(|a| a.as_str().eq_ignore_ascii_case(host));
    same_authority && only.as_bytes().eq_ignore_ascii_case(host.as_bytes())
}

/// Load balancers ask by address, before any name points here.
const HEALTH_CHECKS: [&str; 2] = ["/healthz", "/readyz"];

/// Two years, as browsers' preload lists ask for; without sub-domains, which are not ours to speak for.
const HSTS: &str = "max-age=63072000";

const ALWAYS: [(HeaderName, &str); 8] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Nothing leaves for other sites. Not `no-referrer`: with it browsers send `Origin: null` with our own
    // forms too (Fetch, "append a request Origin header"), and `origin` could not tell them from foreign ones.
    (header::REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), \
         microphone=(), midi=(), payment=(), usb=()",
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("x-permitted-cross-domain-policies"), "none"),
];

/// Nothing inline and nothing from elsewhere, so that injected markup can neither run nor send anything.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
    img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; \
    require-trusted-types-for 'script'";
