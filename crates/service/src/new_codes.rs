//! New backup codes, made and shown within a session: see `core::ceremony::new_codes`.

use countersign_core::{
    authenticator::{backup_codes::BackupCodes, password::Password, typed_code::TypedCode},
    ceremony::{
        Ceremony, CeremonyPurpose, new_codes,
        step_up::{Act, ActOutcome},
    },
    keys::{Place, SealFault},
    secret::Secret,
    token::SessionToken,
};

use crate::{Fault, Service, SignedInCaller};

/// Codes that were just made; shown until their person went on, or for ten minutes.
pub struct ShownCodes {
    /// Each in groups of six; none once their time is over.
    pub texts: Vec<Secret<String>>,
}

impl Service {
    /// Makes new codes behind the proofs of the act (CTM-22, CTM-23).
    pub async fn create_backup_codes(
        &self,
        caller: SignedInCaller,
        password: Password,
        typed: TypedCode,
    ) -> Result<ActOutcome, Fault> {
        self.do_proved(caller, Act::CreateBackupCodes, (password, typed), new_codes::create).await
    }

    /// The codes that this session made and nobody saved yet.
    pub async fn unsaved_codes(&self, token: &SessionToken) -> Result<Option<ShownCodes>, Fault> {
        let found = self.unsaved(token, CeremonyPurpose::SaveBackupCodes).await?;
        found.map(|ceremony| self.shown_codes(&ceremony)).transpose()
    }

    /// The person saved them: nobody sees them again.
    pub async fn codes_saved(&self, caller: SignedInCaller) -> Result<(), Fault> {
        self.saved(caller, CeremonyPurpose::SaveBackupCodes).await
    }

    fn shown_codes(&self, ceremony: &Ceremony) -> Result<ShownCodes, Fault> {
        let Some(sealed) = ceremony.new_key_at(self.now()) else {
            return Ok(ShownCodes { texts: Vec::new() });
        };
        let opened = self.0.keys.open(&Place::of_new_key(&ceremony.user, &ceremony.id), sealed)?;
        let codes = BackupCodes::from_bytes(&opened).ok_or(SealFault("backup codes have another length"))?;
        Ok(ShownCodes { texts: codes.codes().map(|code| code.expose_text()).collect() })
    }
}
