//! Getting in by a recovery key, and the key that takes its place (CRT-14 … CRT-20).
//!
//! ```text
//!   AwaitSecondFactor ── key_typed ─┬─ wrong ─▶ Refused (the count stays)
//!                                   └─ right ─▶ AwaitSaved ── saved ─▶ SignedIn
//!                                     (the old one is void; the new one is shown for ten minutes)
//! ```
//!
//! The key that was used is void and a new one in force in one transaction (CRT-18, CRT-19), and nobody is signed
//! in by that: the browser keeps the token of its sign-in, which shows the new key until the person went on. So an
//! answer that was lost on its way, or a page that was closed, can be asked for again (I11).

use std::time::Duration;

use super::{
    Ceremony, CeremonyEnd, Claim, Decision, RecoveryWrite, SIGN_IN_LIFE, Write, attempt,
    new_key::NewKey,
    sign_in::{AwaitSecondFactor, CodeOutcome},
    signed_in::signed_in,
};
use crate::{
    account::Account,
    assurance::Proof,
    audit::event::{AuditEvent, AuditKind},
    authenticator::{Authenticator, AuthenticatorKind, Material, recovery_key::RecoveryKey},
    moment::Moment,
    notice::{Notice, NoticeKind},
    refusal::Refusal,
    session::Session,
    timestamp::Timestamp,
    token::TokenHash,
};

/// The recovery key was right; the person saves the new one and goes on.
pub struct AwaitSaved {
    pub ceremony: Ceremony,
    pub account: Account,
    /// The session that the browser still holds; a new one takes its place.
    pub replaces: Option<TokenHash>,
}

/// For so long after it admitted somebody, a key or a backup code stands in for the second factor that was lost (P8), so that another
/// one can take its place.
const STANDS_IN: Duration = Duration::from_mins(5);

impl Session {
    /// The proof by the look-up secret that opened it, as long as that stands in for a lost second factor: not when
    /// another one was set up since, nor where policy gives no such secret any more.
    pub fn recovery(&self, account: &Account, now: Timestamp) -> Option<&Proof> {
        let mut proofs = self.evidence.proofs().iter();
        let saved = proofs.find(|proof| proof.kind.is_look_up_secret())?;
        let is_mended = account.second_factors().any(|method| method.bound_at > self.created_at);
        let stands_in = now < self.created_at.plus(STANDS_IN) && !is_mended;
        (stands_in && account.policy().gives(saved.kind)).then_some(saved)
    }
}

impl AwaitSecondFactor {
    /// What is said where neither an app nor a sent code can be compared with.
    pub(super) fn nothing_to_compare(&self) -> Refusal {
        if self.account.usual().is_some() {
            self.ceremony.sends.withheld_last().map_or(Refusal::CodeExpired, Refusal::NotSent)
        } else if self.account.has_backup_code_left() {
            Refusal::BackupCodeNeeded
        } else {
            Refusal::RecoveryKeyNeeded
        }
    }

    /// What was mistyped: how many characters there are says less of that than what the person has.
    pub(super) fn slip(&self, guess: Refusal) -> Refusal {
        if self.account.usable_recovery_key().is_some() {
            Refusal::KeySlip
        } else if self.account.usable_backup_codes().is_some() {
            Refusal::BackupSlip
        } else {
            guess
        }
    }

    /// Judges a whole recovery key. The right password was proved before, else there were no such state (CRT-14).
    pub(super) fn key_typed(
        self,
        typed: &RecoveryKey,
        stored: &Authenticator,
        moment: &mut Moment<'_>,
    ) -> Decision<CodeOutcome> {
        let user = &self.account.user.id;
        let is_right = match &stored.material {
            Material::RecoveryKey(digest) => digest.matches(typed, moment.keys, (user, &stored.id)),
            Material::Password(_)
            | Material::App(_)
            | Material::Phone(_)
            | Material::Email
            | Material::BackupCodes(_) => false,
        };
        if is_right {
            return self.key_right(stored, moment);
        }
        let failed = attempt::fail(&self.account, stored, moment);
        let (refusal, writes) = self.refused(failed, false, moment);
        Decision::new(CodeOutcome::Refused(refusal), writes)
    }

    /// The old key is taken by a claim, so that of many who use it at once one does (A04).
    fn key_right(self, used: &Authenticator, moment: &mut Moment<'_>) -> Decision<CodeOutcome> {
        let (account, ceremony) = (&self.account, self.ceremony.id.clone());
        let evidence = self.ceremony.evidence.clone().and(attempt::proof(used, moment.now));
        let event = AuditEvent::new(AuditKind::RecoveryKeyUsed, "a new one took its place", moment);
        let mut writes = vec![
            Write::Recovery(RecoveryWrite::PutRecovered {
                ceremony: ceremony.clone(),
                evidence,
                expires_at: moment.now.plus(SIGN_IN_LIFE),
            }),
            Write::Audit(event.about(account)),
            Write::Notice(Notice::new(&account.user, NoticeKind::RecoveryKeyUsed, None, moment)),
        ];
        writes.extend(NewKey::make(Some(used), moment).writes(account, &ceremony, moment));
        let (refusal, lost) = self.refused(Vec::new(), true, moment);
        Decision::new(CodeOutcome::Recovered, writes)
            .claiming([Claim::Revoke { authenticator: used.id.clone(), at: moment.now }])
            .or_if_lost(CodeOutcome::Refused(refusal), lost)
    }
}

impl Ceremony {
    /// Whether it is a sign-in whose recovery key was right, which awaits that the new one is saved.
    pub fn is_recovered(&self) -> bool {
        self.evidence.has(AuthenticatorKind::RecoveryKey)
    }
}

impl AwaitSaved {
    /// The person went on; whether the new key is still shown by then does not matter, since every factor was proved.
    pub fn saved(self, moment: &mut Moment<'_>) -> Decision<CodeOutcome> {
        let Self { ceremony, account, replaces } = self;
        if !ceremony.is_live(&account.user, moment.now) || !ceremony.is_recovered() {
            return Decision::without_writes(CodeOutcome::Refused(Refusal::Over));
        }
        let (outcome, writes) = signed_in(&account, ceremony.evidence, replaces, moment);
        let (ceremony, end, at) = (ceremony.id, CeremonyEnd::Completed, moment.now);
        Decision::new(CodeOutcome::SignedIn(outcome), writes)
            .claiming([Claim::EndCeremony { ceremony, end, at }])
            .or_if_lost(CodeOutcome::Refused(Refusal::Over), Vec::new())
    }
}
