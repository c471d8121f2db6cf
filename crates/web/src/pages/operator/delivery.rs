//! `/operator/delivery`: how sending goes, and sending again what could not be sent.

use axum::extract::State;
use axum::http::StatusCode;
use countersign_core::id::MessageId;
use countersign_service::authority::By;

use crate::answer::{Answer, go_to};
use crate::error::FormProblem;
use crate::extract::form::{Fields, Form, FormFields};
use crate::extract::session::Operator;
use crate::extract::visitor::Caller;
use crate::pages::again::show_refused;
use crate::said::Said;
use crate::view::Page;
use crate::view::operator::delivery::Delivery;
use crate::web::Web;

/// `GET /operator/delivery`
pub(crate) async fn show(State(web): State<Web>, Operator(session): Operator) -> Answer {
    let (frame, _) = session.open_page(&web).await?;
    let state = web.service.outbox().await?;
    Ok(Delivery::new(frame, state).respond(StatusCode::OK))
}

/// `POST /operator/delivery/retry`
pub(crate) async fn retry(
    State(web): State<Web>,
    Caller(visitor): Caller,
    Operator(session): Operator,
    Form(RetryForm(message)): Form<RetryForm>,
) -> Answer {
    let by = By::Operator(session.caller(visitor)?);
    match web.service.retry_message(by, message).await? {
        Ok(()) => Ok(go_to("/operator/delivery", [Said::MessageRetried.cookie(&web.site.address)?])),
        Err(refusal) => {
            let state = web.service.outbox().await?;
            show_refused(&web, session, refusal, |frame, _| Delivery::new(frame, state)).await
        }
    }
}

pub(crate) struct RetryForm(MessageId);

impl FormFields for RetryForm {
    const PAGE: &'static str = "/operator/delivery";

    fn read(fields: &mut Fields) -> Result<Self, FormProblem> {
        fields.text("message").map(MessageId::from_stored).map(Self)
    }
}
