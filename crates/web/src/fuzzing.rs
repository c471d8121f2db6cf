//! The parsers of requests that nobody else may call, for the fuzz targets.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderValue, Uri, header};
use countersign_core::{link::LinkPurpose, timestamp::Timestamp, token::NotMeToken};

use crate::extract::{cookies::Cookie, form::Fields, query::value_of, visitor};
use crate::headers;
use crate::server::tls::expiry;
use crate::site::PublicAddress;
use crate::trusted_proxies::TrustedProxies;

/// What [`is_our_host`] is asked about.
pub const OUR_HOST: &str = "signin.example";

/// Until when a certificate is good, if it says so.
pub fn certificate_end(certificate: &[u8]) -> Option<Timestamp> {
    expiry::of(certificate)
}

/// The value of each of our cookies in the lines of a `Cookie` header.
pub fn cookies(lines: &[u8]) -> Vec<Option<String>> {
    let Ok(address) = PublicAddress::parse("https://signin.example") else { return Vec::new() };
    let headers = lines_of(&header::COOKIE, lines);
    let ours = [Cookie::Session, Cookie::Ceremony, Cookie::Form, Cookie::KnownBrowser, Cookie::Said];
    let all = ours.into_iter().chain(LinkPurpose::ALL.map(Cookie::Link));
    all.map(|cookie| cookie.read(&address, &headers).map(str::to_owned)).collect()
}

/// The fields of a form's body, where it is one.
pub fn form(body: &[u8]) -> Option<Vec<(String, String)>> {
    Fields::decode(body).ok().map(Fields::into_plain)
}

/// Whom a request comes from, by the lines of `X-Forwarded-For`; `None` if these are no trusted proxies.
pub fn visitor(trusted: &str, peer: IpAddr, lines: &[u8]) -> Option<IpAddr> {
    let proxies = TrustedProxies::parse(trusted).ok()?;
    Some(proxies.visitor(peer, &lines_of(&header::HeaderName::from_static("x-forwarded-for"), lines)))
}

/// Whether a request means us, by its `Host` and the address that it asks for.
pub fn is_our_host(host: &[u8], address: &[u8]) -> bool {
    let uri = std::str::from_utf8(address).ok().and_then(|text| text.parse::<Uri>().ok());
    headers::is_for(OUR_HOST, &lines_of(&header::HOST, host), &uri.unwrap_or_default())
}

/// The token in the address of a mailed link, if it is one.
pub fn token_of(address: &str) -> Option<String> {
    let text = value_of(&address.parse().ok()?, "token")?;
    NotMeToken::parse(&text).map(|token| token.expose_text())
}

/// What is kept of a browser's own words.
pub fn user_agent(sent: &[u8]) -> Option<String> {
    let value = HeaderValue::from_bytes(sent).ok()?;
    Some(visitor::user_agent(&HeaderMap::from_iter([(header::USER_AGENT, value)])))
}

fn lines_of(name: &header::HeaderName, lines: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines.split(|byte| *byte == b'\n').filter_map(|line| HeaderValue::from_bytes(line).ok()) {
        headers.append(name, line);
    }
    headers
}
