//! What a browser, or whoever says to be one, sends.

use std::net::{IpAddr, Ipv4Addr};

use countersign_core::{
    browser_name::BrowserName,
    token::{
        CeremonyToken, KnownBrowserToken, NotMeToken, Purpose, ResetPasswordToken, SessionToken,
        SetPasswordToken, Token, VerifyEmailToken,
    },
};
use countersign_web::fuzzing;

use crate::{text, two_parts};

/// Of two cookies of one name neither counts.
pub fn cookies(data: &[u8]) {
    for value in fuzzing::cookies(data).into_iter().flatten() {
        assert!(!value.is_empty() && !value.contains(';'));
    }
}

/// Every field once, and as it was sent.
pub fn form(data: &[u8]) {
    let Some(fields) = fuzzing::form(data) else { return };
    for (place, (name, _)) in fields.iter().enumerate() {
        assert!(fields.iter().skip(place + 1).all(|(other, _)| other != name));
    }
    let sent: Vec<String> =
        fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    assert_eq!(fuzzing::form(sent.join("&").as_bytes()), Some(fields));
}

/// A visitor is never our own proxy's neighbor of nobody, and without trust nothing is believed (A27).
pub fn forwarded(data: &[u8]) {
    let (trusted, lines) = two_parts(data);
    let Some(trusted) = text(trusted) else { return };
    let stranger = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));
    assert_eq!(fuzzing::visitor("", stranger, lines), Some(stranger));
    let proxy = IpAddr::V4(Ipv4Addr::LOCALHOST);
    if let Some(visitor) = fuzzing::visitor(&format!("127.0.0.1 {trusted}"), proxy, lines) {
        assert!(!visitor.is_unspecified(), "{visitor}");
    }
}

/// Only our own host is ours.
pub fn host(data: &[u8]) {
    let (host, address) = two_parts(data);
    if fuzzing::is_our_host(host, address) {
        assert!(host.eq_ignore_ascii_case(fuzzing::OUR_HOST.as_bytes()));
    }
}

/// A link's token leads to its own page or nowhere.
pub fn link(data: &[u8]) {
    let Some(address) = text(data) else { return };
    if let Some(token) = fuzzing::token_of(address) {
        reads_back::<countersign_core::token::ForNotMe>(&token);
    }
}

/// A token is one kind only, and has one spelling.
pub fn token(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let kinds = [
        SessionToken::parse(text).is_some(),
        CeremonyToken::parse(text).is_some(),
        KnownBrowserToken::parse(text).is_some(),
        SetPasswordToken::parse(text).is_some(),
        ResetPasswordToken::parse(text).is_some(),
        VerifyEmailToken::parse(text).is_some(),
        NotMeToken::parse(text).is_some(),
    ];
    assert!(kinds.into_iter().filter(|is_one| *is_one).count() <= 1);
    reads_back::<countersign_core::token::ForSession>(text);
}

/// A browser's own words are cut, cleaned, and shown to nobody.
pub fn browser_name(data: &[u8]) {
    let Some(named) = fuzzing::user_agent(data) else { return };
    assert!(named.len() <= 200 && !named.chars().any(char::is_control));
    if let Some(browser) = BrowserName::parse(&named) {
        assert!(!browser.name.is_empty());
    }
}

fn reads_back<P: Purpose>(text: &str) {
    if let Some(token) = Token::<P>::parse(text) {
        assert_eq!(token.expose_text(), text);
    }
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |encoded, byte| encoded + &format!("%{byte:02x}"))
}
