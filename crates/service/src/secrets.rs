//! Opens and seals the secrets of authenticators.

use countersign_core::{
    account::Account,
    authenticator::{Authenticator, AuthenticatorKind, Material, password::StoredHash, totp::AppSecret},
    id::{AuthenticatorId, UserId},
    keys::{Place, SealFault},
    secret::Sealed,
};
use rand_core::Rng;
use zeroize::Zeroizing;

use crate::{Fault, Parts, Service};

/// Seals the dummy hash for a row that nobody has.
pub(crate) fn seal_dummy(parts: &Parts) -> Result<StoredHash, Fault> {
    let user = UserId::from_stored("usr_nobody".to_owned());
    let authenticator = AuthenticatorId::from_stored("aut_nobody".to_owned());
    let mut nonce = [0; 12];
    parts.seeds.seed()?.rng().fill_bytes(&mut nonce);
    let place = Place::of_authenticator(&user, &authenticator);
    let hash = parts.keys.seal(&place, nonce, parts.hasher.dummy().as_bytes())?;
    Ok(StoredHash { user, authenticator, hash })
}

impl Service {
    /// Opens the hash of a password; where there is none, the dummy goes the same way (A35).
    pub(crate) fn open_hash(&self, stored: Option<&StoredHash>) -> Result<Zeroizing<String>, Fault> {
        let StoredHash { user, authenticator, hash } = stored.unwrap_or(&self.0.dummy);
        let opened = self.0.keys.open(&Place::of_authenticator(user, authenticator), hash)?;
        let text = std::str::from_utf8(&opened).map_err(|_| SealFault("a hash is no text"))?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    /// The secret of the app that a code may come from, if the person has one in use.
    pub(crate) fn usable_app_secret(&self, account: &Account) -> Result<Option<AppSecret>, Fault> {
        let app = account.usable(AuthenticatorKind::App);
        let sealed = app.and_then(|app| Some((&app.id, app.material.secret()?)));
        sealed.map(|(id, sealed)| self.open_secret(&account.user.id, id, sealed)).transpose()
    }

    /// Faults where the key file lacks what the person's recovery key or backup codes were kept with: none would be
    /// right.
    pub(crate) fn check_look_up_secrets(&self, account: &Account) -> Result<(), Fault> {
        let is_readable = |bound: &Authenticator| match &bound.material {
            Material::RecoveryKey(digest) => digest.is_readable(&self.0.keys),
            Material::BackupCodes(set) => set.is_readable(&self.0.keys),
            Material::Password(_) | Material::App(_) | Material::Phone(_) | Material::Email => true,
        };
        if account.authenticators.iter().all(is_readable) {
            return Ok(());
        }
        Err(SealFault("the key of a recovery key or of backup codes is not in the key file").into())
    }

    pub(crate) fn open_secret(
        &self,
        user: &UserId,
        authenticator: &AuthenticatorId,
        sealed: &Sealed,
    ) -> Result<AppSecret, Fault> {
        let opened = self.0.keys.open(&Place::of_authenticator(user, authenticator), sealed)?;
        let bytes =
            opened.as_slice().try_into().map_err(|_| SealFault("an app secret has another length"))?;
        Ok(AppSecret::from_bytes(bytes))
    }
}
