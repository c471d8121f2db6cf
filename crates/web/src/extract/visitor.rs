//! Who is calling, as far as a request can tell: network address, browser program, browser digest.
//!
//! The address is that of the peer, or of whom a trusted proxy names. Nothing else that a proxy can say is read:
//! the host is `public_url`'s, and whether the way was encrypted is as well.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use countersign_core::moment::{BrowserMark, Visitor};

use crate::error::PageError;
use crate::extract::browser::Browser;
use crate::server::Peer;
use crate::site::Site;

/// Extracts core's [`Visitor`], whose browser name has at most 200 bytes and is empty where none was sent.
pub(crate) struct Caller(pub(crate) Visitor);

impl<S> FromRequestParts<S> for Caller
where
    S: Send + Sync,
    Arc<Site>: FromRef<S>,
{
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        let Peer(peer) = *parts.extensions.get::<Peer>().ok_or(PageError::Fault)?;
        let source = Arc::<Site>::from_ref(state).trusted_proxies.visitor(peer, &parts.headers);
        let browser = Browser::from_request_parts(parts, state).await?.digest();
        let user_agent = user_agent(&parts.headers);
        Ok(Self(Visitor { source, user_agent, browser: BrowserMark(browser) }))
    }
}

pub(crate) fn user_agent(headers: &HeaderMap) -> String {
    let sent = headers.get(USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let mut text: String = sent.unwrap_or_default().chars().filter(|c| !c.is_control()).collect();
    text.truncate(text.floor_char_boundary(USER_AGENT_BYTES_MAX));
    text
}

/// Enough to tell browser and system; the rest of a long one is noise in every record.
const USER_AGENT_BYTES_MAX: usize = 200;

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_long_user_agent_is_cut_between_characters() {
        let mut headers = HeaderMap::new();
        let long = format!("a{}", "é".repeat(200));
        headers.insert(USER_AGENT, HeaderValue::from_bytes(long.as_bytes()).unwrap());
        assert_eq!(user_agent(&headers), format!("a{}", "é".repeat(99)));
    }

    #[test]
    fn control_characters_are_dropped() {
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_bytes("Fire\tfox\u{85}1".as_bytes()).unwrap());
        assert_eq!(user_agent(&headers), "Firefox1");
    }
}
