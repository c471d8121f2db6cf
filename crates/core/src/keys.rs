//! Keys that are not in the database, and what is made with them: sealed secrets and keyed digests.
//!
//! ```text
//!   root key (32 bytes, by number, from the key file)
//!     ├─ HKDF "seal"      AES-256-GCM-SIV: passwords' hashes, app secrets, messages that wait to be sent
//!     ├─ HKDF "code"      digests of codes that were sent
//!     ├─ HKDF "recovery"  digests of recovery keys and backup codes
//!     ├─ HKDF "name"      digests of names that nobody has
//!     ├─ HKDF "report"    tokens by which a gateway reports on one message
//!     ├─ HKDF "audit"     stamps on audit events and their chain
//!     └─ HKDF "form"      form tokens
//! ```
//!
//! A sealed secret names its key and is bound to its table, column, owner and row: it opens nowhere else.

use std::fmt;

use aes_gcm_siv::{
    Aes256GcmSiv, Nonce,
    aead::{Aead, KeyInit, Payload},
};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{
    id::{AuthenticatorId, CeremonyId, MessageId, UserId},
    secret::{Sealed, Secret},
    user::EmailAddress,
};

/// A root key under the number by which sealed secrets name it.
pub struct RootKey {
    pub number: u32,
    pub bytes: Secret<[u8; ROOT_KEY_BYTES]>,
}

pub const ROOT_KEY_BYTES: usize = 32;
pub const NONCE_BYTES: usize = 12;

/// All root keys: the newest seals and digests, each opens what it sealed.
pub struct KeyRing {
    current: Derived,
    older: Vec<Derived>,
}

/// The row that a secret belongs to.
pub struct Place<'a> {
    table: &'static str,
    column: &'static str,
    owner: &'a str,
    row: &'a str,
}

/// A stored secret does not open, or a new one does not close.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a sealed secret: {0}")]
pub struct SealFault(pub &'static str);

/// A key for digests. What is digested is a list of parts, each behind its length, so that no two lists read
/// the same.
#[derive(Clone)]
pub struct Keyed(Hmac<Sha256>);

/// The key that audit events and their chain are stamped with, and the number by which a stamp names it.
#[derive(Clone)]
pub struct AuditKey {
    pub(crate) number: u32,
    pub(crate) keyed: Keyed,
}

struct Derived {
    number: u32,
    seal: Aes256GcmSiv,
    code: Keyed,
    recovery: Keyed,
    name: Keyed,
    report: Keyed,
    audit: Keyed,
    form: Keyed,
}

/// Version 1: AES-256-GCM-SIV, which a repeated nonce does not break (RFC 8452).
const VERSION: u8 = 1;

impl KeyRing {
    /// The key with the highest number is the current one; `None` without any key.
    pub fn new(mut roots: Vec<RootKey>) -> Option<Self> {
        roots.sort_by_key(|root| root.number);
        let mut derived: Vec<Derived> = roots.iter().map(Derived::from_root).collect::<Option<_>>()?;
        Some(Self { current: derived.pop()?, older: derived })
    }

    /// Encrypts a secret for its row. The nonce is drawn by the caller, before the transaction.
    pub fn seal(
        &self,
        place: &Place<'_>,
        nonce: [u8; NONCE_BYTES],
        secret: &[u8],
    ) -> Result<Sealed, SealFault> {
        let payload = Payload { msg: secret, aad: &place.associated_data() };
        let ciphertext = self
            .current
            .seal
            .encrypt(&Nonce::from(nonce), payload)
            .map_err(|_| SealFault("encryption failed"))?;
        let mut envelope = Vec::with_capacity(1 + 4 + NONCE_BYTES + ciphertext.len());
        envelope.push(VERSION);
        envelope.extend_from_slice(&self.current.number.to_be_bytes());
        envelope.extend_from_slice(&nonce);
        envelope.extend_from_slice(&ciphertext);
        Ok(Sealed(envelope))
    }

    /// Decrypts a secret of its row; anything unexpected is a fault and never an empty secret.
    pub fn open(&self, place: &Place<'_>, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, SealFault> {
        let (version, rest) = sealed.0.split_first().ok_or(SealFault("empty"))?;
        if *version != VERSION {
            return Err(SealFault("unknown version"));
        }
        let (number, rest) = rest.split_first_chunk::<4>().ok_or(SealFault("cut short"))?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(SealFault("cut short"))?;
        let number = u32::from_be_bytes(*number);
        let key = std::iter::once(&self.current)
            .chain(&self.older)
            .find(|key| key.number == number)
            .ok_or(SealFault("its key is not in the key file"))?;
        let payload = Payload { msg: ciphertext, aad: &place.associated_data() };
        let opened = key.seal.decrypt(&Nonce::from(*nonce), payload);
        opened.map(Zeroizing::new).map_err(|_| SealFault("wrong key, or not of this row"))
    }

    /// The key that digests of sent codes are made with.
    pub fn codes(&self) -> &Keyed {
        &self.current.code
    }

    /// The key that digests of recovery keys and backup codes are made with from now on, and its number.
    pub fn recovery_keys(&self) -> (u32, &Keyed) {
        (self.current.number, &self.current.recovery)
    }

    /// The one that an older digest names; `None` if it is not in the key file.
    pub fn recovery_keys_of(&self, number: u32) -> Option<&Keyed> {
        let mut keys = std::iter::once(&self.current).chain(&self.older);
        keys.find(|key| key.number == number).map(|key| &key.recovery)
    }

    /// What an unknown name is counted under: nobody can tell from it which name it was.
    pub fn name_digest(&self, email: &EmailAddress) -> [u8; 32] {
        self.current.name.digest(&[email.as_str().as_bytes()])
    }

    /// What a gateway must show to report on a message, by whichever key of the ring it was made.
    pub fn is_report_token(&self, message: &MessageId, token: &[u8]) -> bool {
        let mut keys = std::iter::once(&self.current).chain(&self.older);
        keys.any(|key| key.report.fits(&[message.as_str().as_bytes()], token))
    }

    pub fn report_token(&self, message: &MessageId) -> [u8; 32] {
        self.current.report.digest(&[message.as_str().as_bytes()])
    }

    /// The key that audit events are stamped with from now on.
    pub fn audit_key(&self) -> AuditKey {
        AuditKey { number: self.current.number, keyed: self.current.audit.clone() }
    }

    /// The one that an older stamp names; `None` if it is not in the key file.
    pub fn audit_key_of(&self, number: u32) -> Option<AuditKey> {
        let mut keys = std::iter::once(&self.current).chain(&self.older);
        let key = keys.find(|key| key.number == number)?;
        Some(AuditKey { number, keyed: key.audit.clone() })
    }

    /// The key that form tokens are made with.
    pub fn form_tokens(&self) -> &Keyed {
        &self.current.form
    }
}

impl Keyed {
    pub fn new(key: &[u8; 32]) -> Self {
        // HMAC fills a short key up with zeros (RFC 2104 §2); doing so here leaves no length to be wrong.
        let mut block = Zeroizing::new([0; 64]);
        for (place, byte) in block.iter_mut().zip(key) {
            *place = *byte;
        }
        Self(<Hmac<Sha256> as KeyInit>::new((&*block).into()))
    }

    pub fn digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.mac(parts).finalize().into_bytes().into()
    }

    /// Whether a digest is that of the parts; compares in constant time.
    pub fn fits(&self, parts: &[&[u8]], digest: &[u8]) -> bool {
        self.mac(parts).verify_slice(digest).is_ok()
    }

    fn mac(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }
}

/// Says which key it is and never the key.
impl fmt::Debug for AuditKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "audit key {}", self.number)
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
        let keyed = |purpose: &str| derive(purpose).map(|key| Keyed::new(&key));
        Some(Self {
            number: root.number,
            seal: Aes256GcmSiv::new_from_slice(derive("seal")?.as_slice()).ok()?,
            code: keyed("code")?,
            recovery: keyed("recovery")?,
            name: keyed("name")?,
            report: keyed("report")?,
            audit: keyed("audit")?,
            form: keyed("form")?,
        })
    }
}

impl<'a> Place<'a> {
    /// The secret of an authenticator.
    pub fn of_authenticator(user: &'a UserId, authenticator: &'a AuthenticatorId) -> Self {
        Self { table: "authenticators", column: "secret", owner: user.as_str(), row: authenticator.as_str() }
    }

    /// A new recovery key, or new backup codes, until they were saved.
    pub fn of_new_key(user: &'a UserId, ceremony: &'a CeremonyId) -> Self {
        Self { table: "ceremonies", column: "new_key", owner: user.as_str(), row: ceremony.as_str() }
    }

    /// What a message says, until it is sent. One to an operator has no user.
    pub fn of_message(user: Option<&'a UserId>, message: &'a MessageId) -> Self {
        let owner = user.map_or("", UserId::as_str);
        Self { table: "outbox", column: "body", owner, row: message.as_str() }
    }

    /// Each part behind its length, so that no two places read the same.
    fn associated_data(&self) -> Vec<u8> {
        let mut data = Vec::new();
        for part in [self.table, self.column, self.owner, self.row] {
            data.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            data.extend_from_slice(part.as_bytes());
        }
        data
    }
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
        let own = Place::of_authenticator(&ann, &authenticator);
        let sealed = keys.seal(&own, [7; 12], b"secret").unwrap();
        assert_eq!(keys.open(&own, &sealed).unwrap().as_slice(), b"secret");
        let others = Place::of_authenticator(&bob, &authenticator);
        assert!(keys.open(&others, &sealed).is_err());
    }

    #[test]
    fn what_an_older_key_sealed_still_opens_and_without_its_key_does_not() {
        let (ann, _, authenticator) = ids();
        let place = Place::of_authenticator(&ann, &authenticator);
        let sealed = ring(&[1]).seal(&place, [7; 12], b"secret").unwrap();
        assert!(ring(&[1, 2]).open(&place, &sealed).is_ok());
        assert!(ring(&[2]).open(&place, &sealed).is_err());
        assert!(KeyRing::new(Vec::new()).is_none());
    }

    #[test]
    fn every_altered_byte_of_an_envelope_is_noticed() {
        let (ann, _, authenticator) = ids();
        let place = Place::of_authenticator(&ann, &authenticator);
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
