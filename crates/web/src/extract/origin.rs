//! Refuses requests that change something and come from another site.
//!
//! Browsers tell by `Sec-Fetch-Site`, older ones by `Origin`. Where neither is sent the form token alone decides.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use crate::error::PageError;
use crate::layers::Next;
use crate::site::Site;

pub(crate) async fn require_same_origin(site: Arc<Site>, request: Request, next: Next) -> Response {
    if request.method().is_safe() || is_same_origin(site.address.origin(), request.headers()) {
        return next.run(request).await;
    }
    PageError::ForeignForm.into_response()
}

fn is_same_origin(ours: &str, headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        // "none": typed by the person or opened from a bookmark.
        return site == "same-origin" || site == "none";
    }
    // `Origin: null` comes from sandboxed frames and equals no origin of ours. Our own pages never send it,
    // since their `Referrer-Policy` is `same-origin`.
    headers.get(header::ORIGIN).is_none_or(|origin| origin == ours)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn our_own_pages_and_callers_without_either_header_pass() {
        assert!(passes(&[("sec-fetch-site", "same-origin")]));
        assert!(passes(&[("sec-fetch-site", "none")]));
        assert!(passes(&[("origin", "https://signin.example")]));
        assert!(passes(&[]));
    }

    #[test]
    fn other_sites_sub_domains_and_sandboxes_are_refused() {
        assert!(!passes(&[("sec-fetch-site", "cross-site")]));
        assert!(!passes(&[("sec-fetch-site", "same-site")]));
        assert!(!passes(&[("origin", "https://evil.example")]));
        assert!(!passes(&[("origin", "http://signin.example")]));
        assert!(!passes(&[("origin", "null")]));
        assert!(!passes(&[("sec-fetch-site", "cross-site"), ("origin", "https://signin.example")]));
    }

    fn passes(given: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in given {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        is_same_origin("https://signin.example", &headers)
    }
}
