//! Getting in by a backup code (CTM-19, CTM-28).
//!
//! ```text
//!   AwaitSecondFactor ── backup_code_typed ─┬─ wrong, or used before ─▶ Refused (the count stays)
//!                                           └─ right ─▶ SignedIn; this code is void, the others stay
//! ```
//!
//! For five minutes the session stands in for the second factor that was lost, as one by a recovery key does: see
//! [`super::recover`].

use super::{
    Claim, Decision, Write, attempt,
    sign_in::{AwaitSecondFactor, CodeOutcome},
    signed_in::signed_in,
};
use crate::{
    audit::event::{AuditEvent, AuditKind},
    authenticator::{
        Authenticator,
        backup_codes::{BackupCode, CodeSet, FEW, SetVerdict},
    },
    moment::Moment,
    notice::{Notice, NoticeKind},
    refusal::Refusal,
};

impl AwaitSecondFactor {
    /// Judges a whole backup code. The right password was proved before, else there were no such state.
    pub(super) fn backup_code_typed(
        self,
        typed: &BackupCode,
        stored: &Authenticator,
        moment: &mut Moment<'_>,
    ) -> Decision<CodeOutcome> {
        let of = (&self.account.user.id, &stored.id);
        let verdict = stored.code_set().map(|set| (set.judge(typed, moment.keys, of), set));
        match verdict {
            Some((SetVerdict::Right, set)) => self.backup_code_right(typed.number(), (stored, set), moment),
            Some((SetVerdict::Used, _)) => self.backup_code_again(typed.number(), stored, moment),
            Some((SetVerdict::Wrong, _)) | None => {
                let failed = attempt::fail(&self.account, stored, moment);
                let (refusal, writes) = self.refused(failed, false, moment);
                Decision::new(CodeOutcome::Refused(refusal), writes)
            }
        }
    }

    /// The code is taken by a claim, so that of many who use it at once one does (A04).
    fn backup_code_right(
        self,
        number: u8,
        (stored, set): (&Authenticator, &CodeSet),
        moment: &mut Moment<'_>,
    ) -> Decision<CodeOutcome> {
        let (account, at) = (&self.account, moment.now);
        let left = set.clone().using(number).left();
        let told = if left <= FEW { NoticeKind::BackupCodesFew } else { NoticeKind::BackupCodeUsed };
        let event =
            AuditEvent::new(AuditKind::BackupCodeUsed, format!("number={number} left={left}"), moment);
        let mut writes = vec![
            Write::PutUsed { authenticator: stored.id.clone(), at },
            Write::Audit(event.about(account)),
            Write::Notice(Notice::new(&account.user, told, None, moment)),
        ];
        let evidence = self.ceremony.evidence.clone().and(attempt::proof(stored, at));
        let (outcome, more) = signed_in(account, evidence, self.replaces, moment);
        writes.extend(more);
        let used = Claim::UseBackupCode { authenticator: stored.id.clone(), number, at };
        let completed = self.complete(moment);
        let (refusal, lost) = self.refused(Vec::new(), true, moment);
        let refusal = of_backup_code(refusal);
        Decision::new(CodeOutcome::SignedIn(outcome), writes)
            .claiming([used, completed])
            .or_if_lost(CodeOutcome::Refused(refusal), lost)
    }

    /// A used code came again: told and counted once in a row, however often it comes (A04).
    fn backup_code_again(
        self,
        number: u8,
        stored: &Authenticator,
        moment: &mut Moment<'_>,
    ) -> Decision<CodeOutcome> {
        let step = i64::from(number);
        if stored.steps.replayed == Some(step) {
            let left = self.account.lane.ladder.left(self.account.policy().ladder);
            return Decision::without_writes(CodeOutcome::Refused(Refusal::BackupCodeUsed { left }));
        }
        let again = (step, format!("backup_code number={number}"));
        let writes = attempt::replay_writes(&self.account, stored, again, moment);
        let (refusal, writes) = self.refused(writes.into(), true, moment);
        Decision::new(CodeOutcome::Refused(of_backup_code(refusal)), writes)
    }
}

/// There is no newer one to wait for, as there is of other codes.
fn of_backup_code(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::CodeAlreadyUsed { left } => Refusal::BackupCodeUsed { left },
        other => other,
    }
}
