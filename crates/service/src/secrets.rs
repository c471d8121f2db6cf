//! Opens and seals the secrets of authenticators.

use countersign_core::{
    authenticator::{Authenticator, password::StoredHash, totp::AppSecret},
    id::{AuthenticatorId, UserId},
    secret::Sealed,
};
use rand_core::Rng;
use zeroize::Zeroizing;

use crate::{Fault, Parts, Service, keys::Place};

/// Seals the dummy hash for a row that nobody has.
pub(crate) fn seal_dummy(parts: &Parts) -> Result<StoredHash, Fault> {
    let user = UserId::from_stored("usr_nobody".to_owned());
    let authenticator = AuthenticatorId::from_stored("aut_nobody".to_owned());
    let mut nonce = [0; 12];
    parts.seeds.seed()?.rng().fill_bytes(&mut nonce);
    let place = Place { user: &user, authenticator: &authenticator };
    let hash = parts.keys.seal(&place, nonce, parts.hasher.dummy().as_bytes())?;
    Ok(StoredHash { user, authenticator, hash })
}

impl Service {
    /// Opens the hash of a password; where there is none, the dummy goes the same way (A35).
    pub(crate) fn open_hash(&self, stored: Option<&StoredHash>) -> Result<Zeroizing<String>, Fault> {
        let StoredHash { user, authenticator, hash } = stored.unwrap_or(&self.0.dummy);
        let opened = self.0.keys.open(&Place { user, authenticator }, hash)?;
        let text = std::str::from_utf8(&opened).map_err(|_| Fault::Sealed("a hash is no text"))?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    pub(crate) fn open_app_secret(&self, user: &UserId, app: &Authenticator) -> Result<AppSecret, Fault> {
        self.open_secret(user, &app.id, &app.secret)
    }

    pub(crate) fn open_secret(
        &self,
        user: &UserId,
        authenticator: &AuthenticatorId,
        sealed: &Sealed,
    ) -> Result<AppSecret, Fault> {
        let opened = self.0.keys.open(&Place { user, authenticator }, sealed)?;
        let bytes =
            opened.as_slice().try_into().map_err(|_| Fault::Sealed("an app secret has another length"))?;
        Ok(AppSecret::from_bytes(bytes))
    }
}
