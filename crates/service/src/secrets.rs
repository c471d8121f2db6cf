//! Opens and seals the secrets of authenticators.

use countersign_core::{
    authenticator::{Authenticator, password::StoredHash, totp::AppSecret},
    id::{AuthenticatorId, UserId},
    secret::Sealed,
};
use zeroize::Zeroizing;

use crate::{Fault, Service, keys::Place};

impl Service {
    /// Opens the hash of a password; where there is none, the dummy's way through the hasher follows.
    pub(crate) fn open_hash(&self, stored: Option<&StoredHash>) -> Result<Option<Zeroizing<String>>, Fault> {
        let Some(StoredHash { user, authenticator, hash }) = stored else {
            return Ok(None);
        };
        let opened = self.0.keys.open(&Place { user, authenticator }, hash)?;
        let text = std::str::from_utf8(&opened).map_err(|_| Fault::Sealed("a hash is no text"))?;
        Ok(Some(Zeroizing::new(text.to_owned())))
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
