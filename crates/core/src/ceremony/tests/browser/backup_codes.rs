//! Backup codes on the pages of a session: made, shown, saved.

use super::{super::world::World, Browser};
use crate::{
    account::samples,
    authenticator::backup_codes::BackupCodes,
    ceremony::{new_codes, new_key, step_up::Act},
    keys::Place,
};

impl Browser {
    /// Presses "Generate backup codes".
    pub(in super::super) fn create_codes(&mut self, world: &mut World, password: &str, code: &str) -> String {
        match self.reserve_proof(world, Act::CreateBackupCodes, password, code) {
            Ok(in_flight) => self.settle_proof(world, &in_flight, new_codes::create),
            Err(refused) => refused,
        }
    }

    /// The codes on the page that shows them in this session.
    pub(in super::super) fn codes_in_session(&self, world: &World) -> Option<Vec<String>> {
        let (session, account) = world.session(self.session, self.known)?;
        let ceremony = world.unsaved_codes(&session)?;
        let is_live = ceremony.is_live(&account.user, world.now);
        let sealed = ceremony.new_key_at(world.now).filter(|_| is_live)?;
        let place = Place::of_new_key(&ceremony.user, &ceremony.id);
        let codes = BackupCodes::from_bytes(&samples::keys().open(&place, sealed).unwrap())?;
        Some(codes.codes().map(|code| code.expose_text().expose().clone()).collect())
    }

    /// Presses **Continue** there.
    pub(in super::super) fn save_codes_in_session(&self, world: &mut World) {
        let circumstances = self.circumstances(world);
        let Some((session, account)) = world.session(self.session, self.known) else { return };
        if let Some(ceremony) = world.unsaved_codes(&session) {
            world.commit(new_key::saved(&ceremony, (&session, &account), &circumstances.moment()));
        }
    }
}
