//! The address that a QR code carries: `otpauth://totp/Issuer:account?…`.
//!
//! Issuer, algorithm, digits and period are always stated, so that no app has to assume one (A21).

use std::fmt::Write;

use countersign_core::{
    authenticator::{totp::STEP_SECS, typed_code::DIGITS},
    secret::Secret,
};

/// `issuer` loses its colons, which part it from the account in the label.
pub fn uri(issuer: &str, account: &str, manual_key: &Secret<String>) -> Secret<String> {
    let issuer = percent_encoded(&issuer.replace(':', " "));
    let account = percent_encoded(account);
    Secret::new(format!(
        "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={STEP_SECS}",
        manual_key.expose(),
    ))
}

/// Everything but the unreserved characters of RFC 3986 §2.3.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(byte.into());
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_stated_and_encoded() {
        let uri = uri("Track:well & Söhne", "ann+1@trackwell.example", &Secret::new("GEZDGNBV".into()));
        assert_eq!(
            uri.expose(),
            "otpauth://totp/Track%20well%20%26%20S%C3%B6hne:ann%2B1%40trackwell.example?secret=GEZDGNBV\
             &issuer=Track%20well%20%26%20S%C3%B6hne&algorithm=SHA1&digits=6&period=30"
        );
    }
}
