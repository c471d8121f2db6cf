//! The hidden field by which a form proves that we showed it to this browser, in its present sign-in.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_core::keys::Keyed;

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
    key: Keyed,
}

impl FormTokens {
    pub(crate) fn new(key: Keyed) -> Self {
        Self { key }
    }

    pub(crate) fn token(&self, bound: Bound<'_>) -> String {
        URL_SAFE_NO_PAD.encode(self.key.digest(&bound.parts()))
    }

    /// Compares in constant time.
    pub(crate) fn fits(&self, token: &str, bound: Bound<'_>) -> bool {
        URL_SAFE_NO_PAD.decode(token).is_ok_and(|given| self.key.fits(&bound.parts(), &given))
    }
}

impl<'a> Bound<'a> {
    fn parts(&self) -> [&'a [u8]; 3] {
        [self.nonce.as_bytes(), self.session.as_bytes(), self.ceremony.as_bytes()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_fits_only_what_it_was_made_for() {
        let tokens = FormTokens::new(Keyed::new(&[7; 32]));
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
        let token = FormTokens::new(Keyed::new(&[1; 32])).token(bound);
        let ours = FormTokens::new(Keyed::new(&[2; 32]));
        assert!(!ours.fits(&token, bound));
        let own = ours.token(bound);
        assert!(!ours.fits(&own[..40], bound));
        assert!(!ours.fits("", bound));
    }
}
