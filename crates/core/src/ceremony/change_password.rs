//! Choosing a new password, with the old one and, where there is one, a current factor.
//!
//! ```text
//!   Proved ── change ─▶ new password bound, every other session ended, person told (CR-11)
//! ```

use super::{
    Decision, Write,
    step_up::{Act, ActOutcome, Proved},
};
use crate::{
    audit::event::{AuditEvent, AuditKind},
    id::AuthenticatorId,
    moment::Moment,
    notice::{Notice, NoticeKind},
    secret::Sealed,
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
    let user = account.user.id.clone();
    let event = AuditEvent::new(AuditKind::PasswordChanged, "by the person", moment)
        .about(account)
        .in_session(&proved.session.id);
    let notice = Notice::new(&user, NoticeKind::PasswordChanged, moment);
    let change = [
        Write::RevokePassword { user: user.clone(), at: moment.now },
        Write::BindPassword { user: user.clone(), authenticator: id, hash, at: moment.now },
        Write::PutPasswordChangeDue { user, since: None },
        Write::Audit(event),
        Write::Notice(notice),
    ];
    proved.done(true, change, moment)
}
