//! Ending one's own session: on the server, not only in the browser (A78).

use super::{Decision, Write};
use crate::{
    account::Account,
    audit::event::{AuditEvent, AuditKind},
    moment::Moment,
    session::{Session, SessionEnd},
};

pub fn sign_out(session: &Session, account: &Account, moment: &mut Moment<'_>) -> Decision<()> {
    let event =
        AuditEvent::new(AuditKind::SignedOut, "by the person", moment).about(account).in_session(&session.id);
    let end = Write::EndSession { session: session.id.clone(), end: SessionEnd::SignedOut, at: moment.now };
    Decision::new((), vec![end, Write::Audit(event)])
}
