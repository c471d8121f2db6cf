//! Ending one's own sessions in other browsers: one, or all of them.
//!
//! ```text
//!   session ──┬── end ─────────▶ one other session over
//!             └── end_others ──▶ every other session over, and every sign-in that awaits its code; person told
//! ```
//!
//! It only ever shuts, so a live session is proof enough. Known browsers stay known: they skip nothing.

use super::{CeremonyPurpose, Decision, Write};
use crate::{
    account::Account,
    audit::event::{AuditEvent, AuditKind},
    id::SessionId,
    moment::Moment,
    notice::{Notice, NoticeKind},
    session::{Session, SessionEnd},
};

/// What became of the wish to end a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndOutcome {
    /// It is over now, or was already.
    Ended,
    /// No other session of this person has this id.
    Unknown,
    /// The session that asked is over itself.
    Over,
}

/// The session that asks, and whose it is.
pub struct AwaitEnd {
    pub session: Session,
    pub account: Account,
}

impl AwaitEnd {
    /// `wanted` is a session of the same person, if there is one of the id that was asked for.
    pub fn end(self, wanted: Option<Session>, moment: &mut Moment<'_>) -> Decision<EndOutcome> {
        let Self { session, account } = self;
        if !session.is_live(&account.user, moment.now) {
            return Decision::without_writes(EndOutcome::Over);
        }
        // One's own is ended by signing out, which empties the browser too.
        let Some(wanted) = wanted.filter(|wanted| wanted.id != session.id) else {
            return Decision::without_writes(EndOutcome::Unknown);
        };
        if !wanted.is_live(&account.user, moment.now) {
            return Decision::without_writes(EndOutcome::Ended);
        }
        let event = AuditEvent::new(AuditKind::SessionEnded, "by the person", moment)
            .about(&account)
            .in_session(&wanted.id);
        Decision::new(EndOutcome::Ended, vec![revoked(wanted.id, moment), Write::Audit(event)])
    }

    /// `all` are the sessions of the same person.
    pub fn end_others(self, all: Vec<Session>, moment: &mut Moment<'_>) -> Decision<EndOutcome> {
        let Self { session, account } = self;
        if !session.is_live(&account.user, moment.now) {
            return Decision::without_writes(EndOutcome::Over);
        }
        let is_other = |other: &Session| other.id != session.id && other.is_live(&account.user, moment.now);
        let others: Vec<Session> = all.into_iter().filter(is_other).collect();
        // Pressed a second time, or too late: there is nothing to record.
        if others.is_empty() {
            return Decision::without_writes(EndOutcome::Ended);
        }
        let reason = format!("by the person, sessions={}", others.len());
        let event = AuditEvent::new(AuditKind::OtherSessionsEnded, reason, moment)
            .about(&account)
            .in_session(&session.id);
        let notice = Notice::new(&account.user, NoticeKind::OtherSessionsEnded, None, moment);
        let user = account.user.id.clone();
        let mut writes = vec![
            Write::SupersedeCeremonies { user, purpose: CeremonyPurpose::SignIn, keep: 0, at: moment.now },
            Write::Audit(event),
            Write::Notice(notice),
        ];
        writes.extend(others.into_iter().map(|other| revoked(other.id, moment)));
        Decision::new(EndOutcome::Ended, writes)
    }
}

fn revoked(session: SessionId, moment: &Moment<'_>) -> Write {
    Write::EndSession { session, end: SessionEnd::Revoked, at: moment.now }
}
