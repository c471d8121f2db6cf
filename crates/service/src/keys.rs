//! Keys that are not in the database, and what is made with them: sealed secrets and keyed digests.
//!
//! ```text
//!   root key (32 bytes, by number, from the key file)
//!     ├─ HKDF "seal"   AES-256-GCM-SIV: passwords' hashes, app secrets
//!     ├─ HKDF "name"   digests of names that nobody has
//!     └─ HKDF "form"   form tokens
//! ```
//!
//! A sealed secret names its key and is bound to its table, column, owner and row: it opens nowhere else.

use aes_gcm_siv::{
    Aes256GcmSiv, Nonce,
    aead::{Aead, KeyInit, Payload},
};
use countersign_core::{
    id::{AuthenticatorId, UserId},
    secret::{Sealed, Secret},
    user::EmailAddress,
};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::Fault;

/// A root key under the number by which sealed secrets name it.
pub struct RootKey {
    pub number: u32,
    pub bytes: Secret<[u8; ROOT_KEY_BYTES]>,
}

pub const ROOT_KEY_BYTES: usize = 32;

/// All root keys: the newest seals, each opens what it sealed.
pub struct KeyRing {
    current: Derived,
    older: Vec<Derived>,
}

/// The row that a secret belongs to.
pub struct Place<'a> {
    pub user: &'a UserId,
    pub authenticator: &'a AuthenticatorId,
}

struct Derived {
    number: u32,
    seal: Aes256GcmSiv,
    name: Secret<[u8; 32]>,
    form: Secret<[u8; 32]>,
}

/// Version 1: AES-256-GCM-SIV, which a repeated nonce does not break (RFC 8452).
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 12;

impl KeyRing {
    /// The key with the highest number is the current one; `None` without any key.
    pub fn new(mut roots: Vec<RootKey>) -> Option<Self> {
        roots.sort_by_key(|root| root.number);
        let mut derived: Vec<Derived> = roots.iter().map(Derived::from_root).collect::<Option<_>>()?;
        Some(Self { current: derived.pop()?, older: derived })
    }

    /// Encrypts a secret for its row. The nonce is drawn by the caller, before the transaction.
    pub fn seal(&self, place: &Place<'_>, nonce: [u8; NONCE_BYTES], secret: &[u8]) -> Result<Sealed, Fault> {
        let payload = Payload { msg: secret, aad: &place.associated_data() };
        let ciphertext = self
            .current
            .seal
            .encrypt(&Nonce::from(nonce), payload)
            .map_err(|_| Fault::Sealed("encryption failed"))?;
        let mut envelope = Vec::with_capacity(1 + 4 + NONCE_BYTES + ciphertext.len());
        envelope.push(VERSION);
        envelope.extend_from_slice(&self.current.number.to_be_bytes());
        envelope.extend_from_slice(&nonce);
        envelope.extend_from_slice(&ciphertext);
        Ok(Sealed(envelope))
    }

    /// Decrypts a secret of its row; anything unexpected is a fault and never an empty secret.
    pub fn open(&self, place: &Place<'_>, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let (version, rest) = sealed.0.split_first().ok_or(Fault::Sealed("empty"))?;
        if *version != VERSION {
            return Err(Fault::Sealed("unknown version"));
        }
        let (number, rest) = rest.split_first_chunk::<4>().ok_or(Fault::Sealed("cut short"))?;
        let (nonce, ciphertext) =
            rest.split_first_chunk::<NONCE_BYTES>().ok_or(Fault::Sealed("cut short"))?;
        let number = u32::from_be_bytes(*number);
        let key = std::iter::once(&self.current)
            .chain(&self.older)
            .find(|key| key.number == number)
            .ok_or(Fault::Sealed("its key is not in the key file"))?;
        let payload = Payload { msg: ciphertext, aad: &place.associated_data() };
        let opened = key.seal.decrypt(&Nonce::from(*nonce), payload);
        opened.map(Zeroizing::new).map_err(|_| Fault::Sealed("wrong key, or not of this row"))
    }

    /// What an unknown name is counted under: nobody can tell from it which name it was.
    pub fn name_digest(&self, email: &EmailAddress) -> [u8; 32] {
        keyed_digest(self.current.name.expose(), email.as_str().as_bytes())
    }

    pub(crate) fn form_token_key(&self) -> &[u8; 32] {
        self.current.form.expose()
    }
}

impl Derived {
    fn from_root(root: &RootKey) -> Option<Self> {
        let hkdf = Hkdf::<Sha256>::new(None, root.bytes.expose());
        let derive = |purpose: &str| {
            let mut key = Zeroizing::new([0; 32]);
            let info = format!("countersign v1 {purpose}");
            hkdf.expand(info.as_bytes(), key.as_mut_slice()).ok().map(|()| key)
        };
        Some(Self {
            number: root.number,
            seal: Aes256GcmSiv::new_from_slice(derive("seal")?.as_slice()).ok()?,
            name: Secret::new(*derive("name")?),
            form: Secret::new(*derive("form")?),
        })
    }
}

impl Place<'_> {
    /// Each part behind its length, so that no two places read the same.
    fn associated_data(&self) -> Vec<u8> {
        let mut data = Vec::new();
        for part in ["authenticators", "secret", self.user.as_str(), self.authenticator.as_str()] {
            data.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            data.extend_from_slice(part.as_bytes());
        }
        data
    }
}

fn keyed_digest(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    // HMAC fills a short key up with zeros (RFC 2104 §2); doing so here leaves no length to be wrong.
    let mut block = Zeroizing::new([0; 64]);
    for (place, byte) in block.iter_mut().zip(key) {
        *place = *byte;
    }
    let mut mac = <Hmac<Sha256> as KeyInit>::new((&*block).into());
    mac.update(message);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(numbers: &[u8]) -> KeyRing {
        let root = |number: &u8| RootKey { number: u32::from(*number), bytes: Secret::new([*number; 32]) };
        KeyRing::new(numbers.iter().map(root).collect()).unwrap()
    }

    fn ids() -> (UserId, UserId, AuthenticatorId) {
        (
            UserId::from_stored("usr_ann".into()),
            UserId::from_stored("usr_bob".into()),
            AuthenticatorId::from_stored("aut_1".into()),
        )
    }

    #[test]
    fn a_sealed_secret_opens_in_its_own_row_only() {
        let (ann, bob, authenticator) = ids();
        let keys = ring(&[1]);
        let own = Place { user: &ann, authenticator: &authenticator };
        let sealed = keys.seal(&own, [7; 12], b"secret").unwrap();
        assert_eq!(keys.open(&own, &sealed).unwrap().as_slice(), b"secret");
        let others = Place { user: &bob, authenticator: &authenticator };
        assert!(keys.open(&others, &sealed).is_err());
    }

    #[test]
    fn what_an_older_key_sealed_still_opens_and_without_its_key_does_not() {
        let (ann, _, authenticator) = ids();
        let place = Place { user: &ann, authenticator: &authenticator };
        let sealed = ring(&[1]).seal(&place, [7; 12], b"secret").unwrap();
        assert!(ring(&[1, 2]).open(&place, &sealed).is_ok());
        assert!(ring(&[2]).open(&place, &sealed).is_err());
        assert!(KeyRing::new(Vec::new()).is_none());
    }

    #[test]
    fn every_altered_byte_of_an_envelope_is_noticed() {
        let (ann, _, authenticator) = ids();
        let place = Place { user: &ann, authenticator: &authenticator };
        let keys = ring(&[1]);
        let sealed = keys.seal(&place, [7; 12], b"secret").unwrap();
        for at in 0..sealed.0.len() {
            let mut altered = sealed.clone();
            altered.0[at] ^= 1;
            assert!(keys.open(&place, &altered).is_err(), "byte {at}");
            assert!(keys.open(&place, &Sealed(sealed.0[..at].to_vec())).is_err(), "cut at {at}");
        }
    }
}
