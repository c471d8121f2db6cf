//! New recovery keys: made, shown until they were saved, and never again (CRT-12, CRT-18, B3-15, B3-17).
//!
//! ```text
//!   a set-up that ends without one ─┐
//!   Proved ── create ───────────────┼─▶ in force, and sealed in a ceremony ─┬─ Continue ───▶ only its digest is left
//!   a used one (see `recover`) ─────┘   for ten minutes                     └─ ten minutes ─▶ the same
//! ```

use rand_core::Rng;

use super::{
    Ceremony, CeremonyEnd, CeremonyPurpose, Claim, Decision, ENROLLMENT_LIFE, RecoveryWrite, Write,
    act::usual_needed,
    step_up::{Act, ActOutcome, Proved},
    write::NewCeremony,
};
use crate::{
    account::Account,
    assurance::Evidence,
    audit::event::{AuditEvent, AuditKind},
    authenticator::{Authenticator, AuthenticatorKind, Material, recovery_key::RecoveryKey},
    id::{AuthenticatorId, CeremonyId, SessionId},
    keys::{NONCE_BYTES, Place},
    moment::Moment,
    notice::{Notice, NoticeKind},
    session::Session,
    throttle::cap::FailureRecord,
};

/// A key that is nobody's before its writes are carried out.
pub(super) struct NewKey {
    authenticator: AuthenticatorId,
    key: RecoveryKey,
    failures: FailureRecord,
}

impl NewKey {
    /// What was wrong with the old one within a month goes on to count against the new one (P2b).
    pub(super) fn make(instead_of: Option<&Authenticator>, moment: &mut Moment<'_>) -> Self {
        Self {
            authenticator: AuthenticatorId::mint(moment.now, &mut moment.rng),
            key: RecoveryKey::mint(&mut moment.rng),
            failures: instead_of.map(|old| old.failures.clone().succeeded()).unwrap_or_default(),
        }
    }

    /// Puts it in force, and keeps it sealed in the ceremony that shows it.
    pub(super) fn writes(
        self,
        account: &Account,
        ceremony: &CeremonyId,
        moment: &mut Moment<'_>,
    ) -> [Write; 2] {
        let Self { authenticator, key, failures } = self;
        let digest = key.digest(moment.keys, &account.user.id, &authenticator);
        let made = (authenticator, Material::RecoveryKey(digest), failures);
        put_in_force(account, made, (ceremony, key.expose_bytes()), moment)
    }
}

/// Puts a look-up secret in force, and keeps it sealed in the ceremony that shows it.
pub(super) fn put_in_force(
    account: &Account,
    (authenticator, material, failures): (AuthenticatorId, Material, FailureRecord),
    (ceremony, secret): (&CeremonyId, &[u8]),
    moment: &mut Moment<'_>,
) -> [Write; 2] {
    let (user, at) = (account.user.id.clone(), moment.now);
    let mut nonce = [0; NONCE_BYTES];
    moment.rng.fill_bytes(&mut nonce);
    let sealed = moment.keys.seal(&Place::of_new_key(&user, ceremony), nonce, secret);
    let bind = RecoveryWrite::Bind { user, authenticator, material, failures, at };
    let keep = RecoveryWrite::Keep { ceremony: ceremony.clone(), sealed, at };
    [bind, keep].map(Write::Recovery)
}

impl Account {
    /// The recovery key that is in force, out of use or not.
    pub fn recovery_key(&self) -> Option<&Authenticator> {
        self.bound(AuthenticatorKind::RecoveryKey)
    }

    /// The recovery key that admits the person: one that policy has given ends with the policy.
    pub fn usable_recovery_key(&self) -> Option<&Authenticator> {
        self.usable(AuthenticatorKind::RecoveryKey).filter(|_| self.policy().gives_recovery_key())
    }

    /// Whether the end of a set-up makes a key: policy gives one, and there is none that works (CRT-12).
    pub(super) fn lacks_recovery_key(&self) -> bool {
        self.policy().gives_recovery_key() && self.usable_recovery_key().is_none()
    }

    /// Whether a person who has a second factor may make a new key.
    pub fn may_create_recovery_key(&self) -> bool {
        self.policy().gives_recovery_key() && self.second_factors().next().is_some()
    }
}

/// Makes a key in the place of the one that is there, which the session shows; `user_epoch` is that of the session
/// from then on.
pub(super) fn in_session(
    account: &Account,
    (session, user_epoch): (&SessionId, i64),
    reason: &str,
    moment: &mut Moment<'_>,
) -> (Option<Claim>, Vec<Write>) {
    let old = account.recovery_key();
    let shown_in = (session, user_epoch);
    let (ceremony, opening) = open(account, CeremonyPurpose::SaveRecoveryKey, shown_in, moment);
    // Whoever makes one proved who they are: what was wrong with the old one is over with it.
    let key = NewKey::make(None, moment).writes(account, &ceremony, moment);
    let event =
        AuditEvent::new(AuditKind::RecoveryKeyMade, reason, moment).about(account).in_session(session);
    let mut writes = vec![Write::Audit(event)];
    writes.extend(opening.into_iter().chain(key));
    (old.map(|old| Claim::Revoke { authenticator: old.id.clone(), at: moment.now }), writes)
}

/// Opens the ceremony in which a session shows what it made; `user_epoch` is that of the session from then on.
pub(super) fn open(
    account: &Account,
    purpose: CeremonyPurpose,
    (session, user_epoch): (&SessionId, i64),
    moment: &mut Moment<'_>,
) -> (CeremonyId, [Write; 2]) {
    let (user, at) = (account.user.id.clone(), moment.now);
    let id = CeremonyId::mint(at, &mut moment.rng);
    let ceremony = NewCeremony {
        id: id.clone(),
        token: None,
        purpose,
        user: user.clone(),
        user_epoch,
        session: Some(session.clone()),
        lane: account.lane.subject.clone(),
        evidence: Evidence::default(),
        created_at: at,
        expires_at: at.plus(ENROLLMENT_LIFE),
    };
    (id, [Write::SupersedeCeremonies { user, purpose, keep: 0, at }, Write::OpenCeremony(ceremony)])
}

/// Makes a new key on the person's wish (B3-15); the old one is void from then on (B3-17).
pub fn create(proved: Proved, moment: &mut Moment<'_>) -> Decision<ActOutcome> {
    let account = &proved.account;
    if proved.act != Act::CreateRecoveryKey || !account.may_create_recovery_key() {
        return proved.not_allowed();
    }
    // A key gets its owner past every factor, so it takes the strongest (A48).
    if let Some(needed) = usual_needed(account, &proved.given) {
        return proved.refused(needed);
    }
    let epoch = account.user.epoch + 1;
    let (claim, mut writes) = in_session(account, (&proved.session.id, epoch), "by the person", moment);
    writes.push(Write::Notice(Notice::new(&account.user, NoticeKind::RecoveryKeyMade, None, moment)));
    proved.done(true, writes, moment).claiming(claim)
}

/// The person pressed **Continue** in the session that shows a key, or codes.
pub fn saved(
    ceremony: &Ceremony,
    (session, account): (&Session, &Account),
    moment: &Moment<'_>,
) -> Decision<()> {
    let is_shown = session.is_live(&account.user, moment.now) && ceremony.is_live(&account.user, moment.now);
    if !is_shown {
        return Decision::without_writes(());
    }
    let (ceremony, end, at) = (ceremony.id.clone(), CeremonyEnd::Completed, moment.now);
    Decision::without_writes(())
        .claiming([Claim::EndCeremony { ceremony, end, at }])
        .or_if_lost((), Vec::new())
}
