//! `/profile/security/backup-codes`: the proofs before new backup codes, and the codes, until they were saved
//! (CTM-20, CTM-23, CTM-24).

use askama::Template;
use countersign_core::ceremony::step_up::Act;
use countersign_service::new_codes::ShownCodes;
use countersign_service::profile::Profile;
use countersign_service::sending::CodeWays;

use crate::view::Page;
use crate::view::act_code::CodePart;
use crate::view::field::{Field, Kind};
use crate::view::frame::{Frame, Place};

#[derive(Template)]
#[template(path = "backup_codes.html")]
pub(crate) struct BackupCodes {
    frame: Frame,
    /// One on each line; none once their time is over.
    codes: Option<String>,
}

#[derive(Template)]
#[template(path = "create_backup_codes.html")]
pub(crate) struct CreateBackupCodes {
    frame: Frame,
    /// Whether there are some, which become void.
    has_some: bool,
    password: Field,
    code: Option<CodePart>,
}

impl Page for BackupCodes {}
impl Page for CreateBackupCodes {}

impl BackupCodes {
    pub(crate) fn new(frame: Frame, shown: &ShownCodes) -> Self {
        let lines: Vec<&str> = shown.texts.iter().map(|text| text.expose().as_str()).collect();
        Self {
            codes: (!lines.is_empty()).then(|| lines.join("\n")),
            frame: frame.titled("backup-codes-heading").below(Place::Security, "backup-codes-crumb"),
        }
    }
}

impl CreateBackupCodes {
    pub(crate) fn new(frame: Frame, profile: &Profile, code: Option<&CodeWays>) -> Self {
        let frame = frame.titled("create-backup-codes-heading").below(Place::Security, "backup-codes-crumb");
        let password = Field::new(&frame, "password", Kind::CurrentPassword).focused_on(&frame);
        let code = code.map(|code| CodePart::of(&frame, Act::CreateBackupCodes, None, code));
        Self { has_some: profile.backup_codes.in_force.is_some(), frame, password, code }
    }
}
