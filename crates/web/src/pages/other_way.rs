//! `/sign-in/other-way` and `/sign-in/code/send`: another factor than the one that is asked for, and further codes.

use axum::extract::State;
use axum::http::StatusCode;
use countersign_core::ceremony::sending::SendOutcome;
use countersign_core::refusal::Refusal;

use crate::answer::{Answer, Away, go_to};
use crate::extract::button::{OnCode, SendForm};
use crate::extract::ceremony::InCeremony;
use crate::extract::form::Form;
use crate::extract::visitor::Caller;
use crate::pages::sign_in::show_code_refused;
use crate::view::Page;
use crate::view::frame::Frame;
use crate::view::other_way::OtherWay;
use crate::web::Web;

/// `GET /sign-in/other-way`
pub(crate) async fn show(State(web): State<Web>, ceremony: InCeremony) -> Answer {
    match web.service.awaiting_code(&ceremony.token).await? {
        None => Err(Away::To("/sign-in")),
        Some(awaiting) if awaiting.is_choice() => {
            let frame = Frame::new(&web.site, &ceremony.browser);
            Ok(OtherWay::new(frame, &awaiting).respond(StatusCode::OK))
        }
        Some(_) => Err(Away::To("/sign-in/code")),
    }
}

/// `POST /sign-in/code/send`
pub(crate) async fn send(
    State(web): State<Web>,
    Caller(visitor): Caller,
    ceremony: InCeremony,
    Form(wanted): Form<SendForm<OnCode>>,
) -> Answer {
    let InCeremony { token, browser } = &ceremony;
    match web.service.send_sign_in_code((token, wanted.by), browser.carried(), visitor).await? {
        // A second click comes too soon: the page says when the next code may be asked for.
        SendOutcome::Sent { .. } | SendOutcome::Refused(Refusal::SendTooSoon { .. }) => {
            Ok(go_to("/sign-in/code", []))
        }
        SendOutcome::Refused(refusal) => show_code_refused(&web, ceremony, refusal, None).await,
    }
}
