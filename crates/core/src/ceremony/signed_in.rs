//! The one place where a session is made: every required factor was proved.

use super::{KNOWN_BROWSERS_MAX, Write, write::NewSession};
use crate::{
    account::{Account, Lane},
    assurance::Evidence,
    audit::event::{AuditEvent, AuditKind},
    id::{KnownBrowserId, SessionId},
    moment::Moment,
    session::SessionEnd,
    throttle::ladder::LadderSubject,
    token::{KnownBrowserToken, SessionToken, TokenHash},
};

/// The tokens that a finished sign-in hands to the browser.
pub struct SignedIn {
    pub session: SessionToken,
    /// New where the browser was not known yet.
    pub known_browser: Option<KnownBrowserToken>,
}

/// Makes the session. The one that the browser still holds, `replaces`, ends with it.
pub(super) fn signed_in(
    account: &Account,
    evidence: Evidence,
    replaces: Option<TokenHash>,
    moment: &mut Moment<'_>,
) -> (SignedIn, Vec<Write>) {
    let user = account.user.id.clone();
    let session = SessionToken::mint(&mut moment.rng);
    let id = SessionId::mint(moment.now, &mut moment.rng);
    let reason = format!(
        "{} acr={} amr={}{}",
        account.required().reason().code(),
        evidence.acr().as_str(),
        evidence.amr().join(","),
        if replaces.is_some() { " replaces_a_session" } else { "" },
    );
    let event = AuditEvent::new(AuditKind::SignedIn, reason, moment).about(account).in_session(&id);
    let mut writes = vec![
        Write::OpenSession(NewSession {
            id,
            token: session.hash(),
            user: user.clone(),
            user_epoch: account.user.epoch,
            evidence,
            created_at: moment.now,
            source: moment.visitor.source.to_string(),
            user_agent: moment.visitor.user_agent.clone(),
        }),
        Write::Audit(event),
    ];
    // A complete sign-in clears the ladder it was made on (P1), and no other (A28).
    let ladder = account.lane.ladder.signed_in(moment.now);
    if account.lane.ladder != ladder {
        writes.push(Write::PutLane(Lane { subject: account.lane.subject.clone(), ladder }));
    }
    // Who mistyped and got in after all does not count against the network that others share.
    if account.lane.ladder.failures > 0 {
        let name = LadderSubject::user(&account.user.id);
        writes.push(Write::ForgetSourceFailure { network: moment.visitor.network(), name });
    }
    let end = SessionEnd::Replaced;
    writes.extend(replaces.map(|token| Write::EndSessionOf { token, end, at: moment.now }));
    let known_browser = account.known_browser.is_none().then(|| {
        let token = KnownBrowserToken::mint(&mut moment.rng);
        let id = KnownBrowserId::mint(moment.now, &mut moment.rng);
        let (keep, user_epoch) = (KNOWN_BROWSERS_MAX - 1, account.user.epoch);
        if account.browsers_remembered > keep {
            writes.push(Write::ForgetBrowsers { user: user.clone(), keep });
        }
        writes.push(Write::RememberBrowser { id, token: token.hash(), user, user_epoch, at: moment.now });
        token
    });
    (SignedIn { session, known_browser }, writes)
}
