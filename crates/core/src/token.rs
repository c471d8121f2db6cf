//! Bearer tokens: 256 random bits behind a prefix that names their kind, with a checksum.
//!
//! A session token (`cs_s1_…`) and a ceremony token (`cs_c1_…`) are different Rust types, stand in different
//! tables and hash differently, so that one can never stand in for the other (A49, A117). The checksum lets
//! a secret scanner tell a real token from a look-alike. Only the hash is stored.

use std::marker::PhantomData;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};

use crate::secret::Secret;

/// What a token is for; the prefix is part of what is hashed.
pub trait Purpose {
    const PREFIX: &'static str;
}

pub struct ForSession;
pub struct ForCeremony;
pub struct ForKnownBrowser;
pub struct ForSetPassword;
pub struct ForResetPassword;
pub struct ForVerifyEmail;
pub struct ForNotMe;
pub struct ForUnlock;
pub struct ForOperatorLink;
pub struct ForOperatorSetUp;

impl Purpose for ForSession {
    const PREFIX: &'static str = "cs_s1_";
}
impl Purpose for ForCeremony {
    const PREFIX: &'static str = "cs_c1_";
}
impl Purpose for ForKnownBrowser {
    const PREFIX: &'static str = "cs_k1_";
}

impl Purpose for ForSetPassword {
    const PREFIX: &'static str = "cs_i1_";
}
impl Purpose for ForResetPassword {
    const PREFIX: &'static str = "cs_r1_";
}
impl Purpose for ForVerifyEmail {
    const PREFIX: &'static str = "cs_v1_";
}
impl Purpose for ForNotMe {
    const PREFIX: &'static str = "cs_n1_";
}
impl Purpose for ForUnlock {
    const PREFIX: &'static str = "cs_u1_";
}
impl Purpose for ForOperatorLink {
    const PREFIX: &'static str = "cs_o1_";
}
impl Purpose for ForOperatorSetUp {
    const PREFIX: &'static str = "cs_p1_";
}

pub type SessionToken = Token<ForSession>;
pub type CeremonyToken = Token<ForCeremony>;
pub type KnownBrowserToken = Token<ForKnownBrowser>;
pub type SetPasswordToken = Token<ForSetPassword>;
pub type ResetPasswordToken = Token<ForResetPassword>;
pub type VerifyEmailToken = Token<ForVerifyEmail>;
pub type NotMeToken = Token<ForNotMe>;
pub type UnlockToken = Token<ForUnlock>;
pub type OperatorLinkToken = Token<ForOperatorLink>;
pub type OperatorSetUpToken = Token<ForOperatorSetUp>;

/// 32 random bytes; 256 bits leave nothing to guess, so one plain SHA-256 is enough to store them.
pub struct Token<P: Purpose> {
    bytes: Secret<[u8; TOKEN_BYTES]>,
    purpose: PhantomData<fn() -> P>,
}

/// SHA-256 of a token and its prefix: what the database holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenHash(pub [u8; 32]);

const TOKEN_BYTES: usize = 32;
const CHECKSUM_BYTES: usize = 3;

impl<P: Purpose> Token<P> {
    #[must_use]
    pub fn mint(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; TOKEN_BYTES];
        rng.fill_bytes(&mut bytes);
        Self { bytes: Secret::new(bytes), purpose: PhantomData }
    }

    /// Reads a token as a browser sent it; `None` for another kind, a wrong length or a wrong checksum.
    pub fn parse(text: &str) -> Option<Self> {
        let encoded = text.strip_prefix(P::PREFIX)?;
        let decoded = Secret::new(URL_SAFE_NO_PAD.decode(encoded).ok()?);
        let (bytes, checksum) = decoded.expose().split_at_checked(TOKEN_BYTES)?;
        let token = Self { bytes: Secret::new(bytes.try_into().ok()?), purpose: PhantomData };
        (checksum == token.checksum()).then_some(token)
    }

    /// The text that is handed to the browser, once.
    pub fn expose_text(&self) -> String {
        let mut whole = Vec::with_capacity(TOKEN_BYTES + CHECKSUM_BYTES);
        whole.extend_from_slice(self.bytes.expose());
        whole.extend_from_slice(&self.checksum());
        format!("{}{}", P::PREFIX, URL_SAFE_NO_PAD.encode(whole))
    }

    pub fn hash(&self) -> TokenHash {
        TokenHash(self.digest(b"stored"))
    }

    fn checksum(&self) -> [u8; CHECKSUM_BYTES] {
        let [first, second, third, ..] = self.digest(b"checksum");
        [first, second, third]
    }

    fn digest(&self, use_of_it: &[u8]) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(P::PREFIX);
        hasher.update(use_of_it);
        hasher.update([0]);
        hasher.update(self.bytes.expose());
        hasher.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

    use super::*;

    fn rng() -> ChaCha20Rng {
        ChaCha20Rng::from_seed([3; 32])
    }

    #[test]
    fn a_token_reads_back_and_hashes_the_same() {
        let token = SessionToken::mint(&mut rng());
        let read = SessionToken::parse(&token.expose_text()).unwrap();
        assert_eq!(token.hash(), read.hash());
    }

    #[test]
    fn a_token_of_one_kind_is_none_of_another_even_with_the_prefix_exchanged() {
        let ceremony = CeremonyToken::mint(&mut rng()).expose_text();
        assert!(SessionToken::parse(&ceremony).is_none());
        assert!(SessionToken::parse(&ceremony.replace("cs_c1_", "cs_s1_")).is_none());
    }

    #[test]
    fn a_damaged_token_is_refused() {
        let text = SessionToken::mint(&mut rng()).expose_text();
        for damaged in [&text[..text.len() - 1], &format!("{text}A"), "cs_s1_", "", "cs_s1_!!!!"] {
            assert!(SessionToken::parse(damaged).is_none(), "{damaged}");
        }
    }
}
