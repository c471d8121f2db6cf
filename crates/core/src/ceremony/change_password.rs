//! Choosing a new password, with the old one and, where there is one, a current factor.
//!
//! ```text
//!   Proved ── change ─▶ new password bound, every other session ended, person told (CR-11)
//! ```

use super::{
    Decision, Write, attempt,
    set_password::supersede_links,
    step_up::{Act, ActOutcome, Proved},
};
use crate::{
    account::Account,
    audit::event::{AuditEvent, AuditKind},
    id::AuthenticatorId,
    moment::Moment,
    notice::{Notice, NoticeKind},
    secret::Sealed,
    user::PasswordChangeReason,
};

/// Binds the new password; `hash` is sealed for the row `id`.
pub fn change(
    proved: Proved,
    id: AuthenticatorId,
    hash: Sealed,
    moment: &mut Moment<'_>,
) -> Decision<ActOutcome> {
    let account = &proved.account;
    if proved.act != Act::ChangePassword {
        return proved.not_allowed();
    }
    let mut change = change_writes(account, id, hash, "by the person", moment);
    change.push(Write::PutPasswordChange { user: account.user.id.clone(), due: None });
    proved.done(true, change, moment)
}

/// Binds a password that an operator set for somebody, until the person chooses another. The caps begin
/// anew with it (63B-4 §3.2.2), and everything that was granted under the old one ends.
pub fn set_by_operator(
    account: &Account,
    id: AuthenticatorId,
    hash: Sealed,
    moment: &mut Moment<'_>,
) -> Decision<()> {
    let user = account.user.id.clone();
    let mut writes = vec![Write::PutEpoch { user: user.clone(), epoch: account.user.epoch + 1 }];
    writes.extend(change_writes(account, id, hash, "by an operator", moment));
    writes.push(attempt::change_due(account, PasswordChangeReason::SetByOperator, moment));
    Decision::new((), writes)
}

fn change_writes(
    account: &Account,
    id: AuthenticatorId,
    hash: Sealed,
    by: &str,
    moment: &mut Moment<'_>,
) -> Vec<Write> {
    let (user, at) = (account.user.id.clone(), moment.now);
    let event = AuditEvent::new(AuditKind::PasswordChanged, by, moment).about(account);
    let notice = Notice::new(&account.user, NoticeKind::PasswordChanged, None, moment);
    let mut writes = vec![
        Write::RevokePassword { user: user.clone(), at },
        Write::BindPassword { user: user.clone(), authenticator: id, hash, at },
        Write::Audit(event),
        Write::Notice(notice),
    ];
    writes.extend(supersede_links(&user, at));
    writes
}
