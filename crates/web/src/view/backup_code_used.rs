//! `/profile/security/backup-code-used`: what a sign-in by a backup code leads to (CTM-28).

use askama::Template;
use countersign_core::authenticator::backup_codes::FEW;
use countersign_service::profile::Profile;

use crate::view::Page;
use crate::view::frame::{Frame, Place};
use crate::view::security::change;

#[derive(Template)]
#[template(path = "backup_code_used.html")]
pub(crate) struct BackupCodeUsed {
    frame: Frame,
    left: u32,
    are_few: bool,
    /// Where the lost method is replaced; none where policy offers none.
    replace: Option<String>,
}

impl Page for BackupCodeUsed {}

impl BackupCodeUsed {
    pub(crate) fn new(frame: Frame, profile: &Profile) -> Self {
        let left = profile.backup_codes.in_force.map_or(0, |codes| codes.left);
        let mut kinds = profile.methods.iter().map(|method| method.kind);
        let lost = kinds.next().filter(|_| kinds.next().is_none());
        // Of several, the page after this one asks which.
        let replace = lost.map_or_else(|| "/profile/security/change".to_owned(), change);
        Self {
            left,
            are_few: left <= FEW,
            replace: (!profile.offered.is_empty()).then_some(replace),
            frame: frame.titled("backup-code-used-heading").below(Place::Security, "backup-codes-crumb"),
        }
    }
}
