//! The values behind the question mark of an address.

use axum::http::Uri;
use url::form_urlencoded;

/// The first value of this name.
pub(crate) fn value_of(uri: &Uri, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    pairs.find(|(given, _)| given == name).map(|(_, value)| value.into_owned())
}
