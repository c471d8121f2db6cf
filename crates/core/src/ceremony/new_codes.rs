//! New backup codes: ten at once, shown until they were saved, and never again (CTM-23, CTM-24).
//!
//! ```text
//!   Proved ── create ─▶ in force, and sealed in a ceremony of the session ─┬─ Continue ───▶ only digests are left
//!                       (a set that was there is void, A71)                └─ ten minutes ─▶ the same
//! ```

use super::{
    CeremonyPurpose, Claim, Decision, Write,
    act::usual_needed,
    new_key::{open, put_in_force},
    step_up::{Act, ActOutcome, Proved},
};
use crate::{
    account::Account,
    audit::event::{AuditEvent, AuditKind},
    authenticator::{
        Authenticator, AuthenticatorKind, Material,
        backup_codes::{BackupCodes, CodeSet},
    },
    id::AuthenticatorId,
    moment::Moment,
    notice::{Notice, NoticeKind},
    throttle::cap::FailureRecord,
};

impl Authenticator {
    /// What is kept of backup codes.
    pub fn code_set(&self) -> Option<&CodeSet> {
        match &self.material {
            Material::BackupCodes(set) => Some(set),
            Material::Password(_)
            | Material::App(_)
            | Material::Phone(_)
            | Material::Email
            | Material::RecoveryKey(_) => None,
        }
    }
}

impl Account {
    /// The backup codes that are in force, out of use or not, and however many are left.
    pub fn backup_codes(&self) -> Option<&Authenticator> {
        self.bound(AuthenticatorKind::BackupCodes)
    }

    /// The backup codes that a typed one is compared with: those that policy has given end with the policy.
    pub fn usable_backup_codes(&self) -> Option<&Authenticator> {
        self.usable(AuthenticatorKind::BackupCodes).filter(|_| self.policy().gives_backup_codes())
    }

    /// Whether there is one that admits the person.
    pub fn has_backup_code_left(&self) -> bool {
        self.usable_backup_codes().and_then(Authenticator::code_set).is_some_and(|set| set.left() > 0)
    }

    /// Whether a person who has a second factor may make new codes.
    pub fn may_create_backup_codes(&self) -> bool {
        self.policy().gives_backup_codes() && self.second_factors().next().is_some()
    }
}

/// Makes ten codes on the person's wish; those of before are void from then on, in the same transaction (A71).
pub fn create(proved: Proved, moment: &mut Moment<'_>) -> Decision<ActOutcome> {
    let account = &proved.account;
    if proved.act != Act::CreateBackupCodes || !account.may_create_backup_codes() {
        return proved.not_allowed();
    }
    // A code stands in for every method: whoever took over a number or a mailbox must not get one where there is
    // something stronger (A48).
    if let Some(refusal) = usual_needed(account, &proved.given) {
        return proved.refused(refusal);
    }
    let old = account.backup_codes();
    let claim = old.map(|old| Claim::Revoke { authenticator: old.id.clone(), at: moment.now });
    let session = &proved.session.id;
    let shown_in = (session, account.user.epoch + 1);
    let (ceremony, opening) = open(account, CeremonyPurpose::SaveBackupCodes, shown_in, moment);
    let event = AuditEvent::new(AuditKind::BackupCodesMade, "by the person", moment);
    let mut writes = vec![
        Write::Audit(event.about(account).in_session(session)),
        Write::Notice(Notice::new(&account.user, NoticeKind::BackupCodesMade, None, moment)),
    ];
    let id = AuthenticatorId::mint(moment.now, &mut moment.rng);
    let codes = BackupCodes::mint(&mut moment.rng);
    let set = Material::BackupCodes(codes.keep(moment.keys, &account.user.id, &id));
    // Whoever makes them proved who they are: what was wrong with the old ones is over with them.
    let made = (id, set, FailureRecord::default());
    writes.extend(opening);
    writes.extend(put_in_force(account, made, (&ceremony, codes.expose_bytes()), moment));
    proved.done(true, writes, moment).claiming(claim)
}
