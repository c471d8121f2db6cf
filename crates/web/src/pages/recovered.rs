//! `/sign-in/recovered`: the new recovery key, then signed in (CRT-18, CRT-20).
//!
//! The page belongs to the sign-in and not to a session, so that it can be opened again until the person went on.

use axum::extract::State;
use axum::http::StatusCode;
use countersign_core::ceremony::sign_in::CodeOutcome;
use countersign_service::recover::ShownKey;

use crate::answer::{Answer, Away, go_to};
use crate::extract::button::{Button, OnRecovered};
use crate::extract::ceremony::InCeremony;
use crate::extract::form::Form;
use crate::extract::visitor::Caller;
use crate::pages::recovery_key::file;
use crate::pages::sign_in::{show_over, welcome};
use crate::view::Page;
use crate::view::frame::Frame;
use crate::view::recovered::Recovered;
use crate::view::recovery_key::NewKey;
use crate::web::Web;

/// `GET /sign-in/recovered`
pub(crate) async fn show(State(web): State<Web>, ceremony: InCeremony) -> Answer {
    let key = NewKey::new(&shown(&web, &ceremony).await?, "/sign-in/recovered/file");
    Ok(Recovered::new(Frame::new(&web.site, &ceremony.browser), key).respond(StatusCode::OK))
}

/// `GET /sign-in/recovered/file`
pub(crate) async fn download(State(web): State<Web>, ceremony: InCeremony) -> Answer {
    let key = shown(&web, &ceremony).await?;
    file(&web, &key, "/sign-in/recovered")
}

/// `POST /sign-in/recovered`: to where a lost phone can be replaced.
pub(crate) async fn go_on(
    State(web): State<Web>,
    Caller(visitor): Caller,
    ceremony: InCeremony,
    _: Form<Button<OnRecovered>>,
) -> Answer {
    let InCeremony { token, browser } = ceremony;
    match web.service.go_on_recovered(&token, browser.carried(), visitor).await? {
        CodeOutcome::SignedIn(signed_in) => welcome(&web, &signed_in, "/profile/security"),
        CodeOutcome::Recovered => Ok(go_to("/sign-in/recovered", [])),
        CodeOutcome::Refused(refusal) => show_over(&web, browser, refusal),
    }
}

async fn shown(web: &Web, ceremony: &InCeremony) -> Result<ShownKey, Away> {
    if let Some(key) = web.service.recovered(&ceremony.token).await? {
        return Ok(key);
    }
    let is_half_signed_in = web.service.awaiting_code(&ceremony.token).await?.is_some();
    Err(Away::To(if is_half_signed_in { "/sign-in/code" } else { "/sign-in" }))
}
