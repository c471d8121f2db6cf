//! The hidden field by which a form proves that we showed it to this browser, in its present sign-in.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// What a token is bound to: a form from before a sign-in or of another browser fits nothing.
#[derive(Clone, Copy)]
pub(crate) struct Bound<'a> {
    pub(crate) nonce: &'a str,
    /// Empty where there is none; so is `ceremony`.
    pub(crate) session: &'a str,
    pub(crate) ceremony: &'a str,
}

/// Makes and checks form tokens with the key that serves no other purpose.
pub(crate) struct FormTokens {
    keyed: Hmac<Sha256>,
}

impl FormTokens {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        // HMAC fills a short key up with zeros (RFC 2104 §2); doing so here leaves no length to be wrong.
        let mut block = Zeroizing::new([0; 64]);
        for (place, byte) in block.iter_mut().zip(key) {
            *place = *byte;
        }
        Self { keyed: Hmac::new((&*block).into()) }
    }

    pub(crate) fn token(&self, bound: Bound<'_>) -> String {
        URL_SAFE_NO_PAD.encode(self.mac(bound).finalize().into_bytes())
    }

    /// Compares in constant time.
    pub(crate) fn fits(&self, token: &str, bound: Bound<'_>) -> bool {
        URL_SAFE_NO_PAD.decode(token).is_ok_and(|given| self.mac(bound).verify_slice(&given).is_ok())
    }

    fn mac(&self, bound: Bound<'_>) -> Hmac<Sha256> {
        let mut mac = self.keyed.clone();
        for part in [bound.nonce, bound.session, bound.ceremony] {
            // The length in front keeps ("ab", "c") and ("a", "bc") apart.
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_fits_only_what_it_was_made_for() {
        let tokens = FormTokens::new(&[7; 32]);
        let bound = Bound { nonce: "ab", session: "c", ceremony: "" };
        let token = tokens.token(bound);
        assert!(tokens.fits(&token, bound));
        for other in [
            Bound { nonce: "a", session: "bc", ceremony: "" },
            Bound { nonce: "ab", session: "", ceremony: "c" },
            Bound { nonce: "ab", session: "", ceremony: "" },
        ] {
            assert!(!tokens.fits(&token, other));
        }
    }

    #[test]
    fn another_key_a_shortened_token_and_no_token_do_not_fit() {
        let bound = Bound { nonce: "ab", session: "", ceremony: "" };
        let token = FormTokens::new(&[1; 32]).token(bound);
        let ours = FormTokens::new(&[2; 32]);
        assert!(!ours.fits(&token, bound));
        let own = ours.token(bound);
        assert!(!ours.fits(&own[..40], bound));
        assert!(!ours.fits("", bound));
    }
}
