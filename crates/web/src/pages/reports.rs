//! `/reports`: what gateways tell about the text messages that they took (A47).
//!
//! No cookies and no form tokens: each gateway proves itself in its own way, which service checks.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use countersign_core::id::MessageId;
use countersign_service::reports::{ReportOutcome, TwilioReport};

use crate::answer::Answer;
use crate::error::PageError;
use crate::extract::form::ForeignFields;
use crate::extract::query::value_of;
use crate::web::Web;

/// `POST /reports/twilio/{message}`
pub(crate) async fn twilio(
    State(web): State<Web>,
    message: Result<Path<String>, PathRejection>,
    uri: Uri,
    headers: HeaderMap,
    ForeignFields(fields): ForeignFields,
) -> Answer {
    let Path(message) = message.map_err(|_| PageError::NotFound)?;
    let signature = headers.get("x-twilio-signature").and_then(|value| value.to_str().ok());
    // What is signed is the address that we gave Twilio, however a proxy in between calls us.
    let path = uri.path_and_query().map_or(uri.path(), |whole| whole.as_str());
    let report = TwilioReport {
        message: MessageId::from_stored(message),
        url: &format!("{}{path}", web.site.address.origin()),
        fields: &fields,
        signature: signature.unwrap_or_default(),
    };
    Ok(answer(web.service.twilio_report(&report).await?))
}

/// `GET` and `POST /reports/kannel/{message}/{token}`; `status` is one bit of Kannel's `dlr-mask`.
pub(crate) async fn kannel(
    State(web): State<Web>,
    of: Result<Path<(String, String)>, PathRejection>,
    uri: Uri,
) -> Answer {
    let Path((message, token)) = of.map_err(|_| PageError::NotFound)?;
    let status = value_of(&uri, "status").unwrap_or_default();
    let message = MessageId::from_stored(message);
    Ok(answer(web.service.kannel_report(&message, &token, &status).await?))
}

/// Without a page: no person reads it.
fn answer(outcome: ReportOutcome) -> Response {
    match outcome {
        ReportOutcome::Heard => StatusCode::NO_CONTENT.into_response(),
        ReportOutcome::Forged => StatusCode::FORBIDDEN.into_response(),
    }
}
