//! The operator's own code for an act upon others: where it comes from, and having it texted.

use countersign_core::ceremony::sending::SendOutcome;
use countersign_core::ceremony::step_up::Act;
use countersign_core::message::Channel;
use countersign_core::moment::Visitor;
use countersign_core::refusal::Refusal;
use countersign_service::sending::CodeWays;

use crate::answer::{Answer, Away, go_to};
use crate::extract::session::HasSession;
use crate::pages::again::show_refused_at;
use crate::view::Page;
use crate::view::frame::Frame;
use crate::view::refusal::Occasion;
use crate::web::Web;

/// A code that is wanted, and the page that it is to be typed on.
pub(super) struct Sending {
    pub(super) act: Act,
    pub(super) page: String,
}

pub(super) async fn state(web: &Web, session: &HasSession, act: Act) -> Result<CodeWays, Away> {
    web.service.act_code(&session.token()?, act).await?.ok_or(Away::To("/sign-in"))
}

/// Texts a code; where that is refused, the page is shown with the reason.
pub(super) async fn send<P: Page>(
    web: &Web,
    session: HasSession,
    visitor: Visitor,
    Sending { act, page }: Sending,
    show: impl FnOnce(Frame, &CodeWays) -> P,
) -> Answer {
    // An operator's mailbox gets no codes.
    let by = Channel::Sms;
    let refusal = match web.service.send_act_code(session.caller(visitor)?, act, by).await? {
        // A second click comes too soon: the page says when the next code may be asked for.
        SendOutcome::Sent { .. } | SendOutcome::Refused(Refusal::SendTooSoon { .. }) => {
            return Ok(go_to(&page, []));
        }
        SendOutcome::Refused(refusal) => refusal,
    };
    let code = state(web, &session, act).await?;
    let refused = (refusal, Occasion::ActCode);
    show_refused_at(web, session, refused, |frame, _| show(frame, &code)).await
}
