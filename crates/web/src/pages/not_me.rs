//! `/not-me`: the link in every notice shows what happened, and its button shuts the account.

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use countersign_core::ceremony::set_password::LinkOutcome;
use countersign_core::link::LinkPurpose;
use countersign_core::notice::Told;
use countersign_core::token::NotMeToken;

use crate::answer::{Answer, Away};
use crate::error::FormProblem;
use crate::extract::browser::Browser;
use crate::extract::form::{Fields, FormFields, FormOrStale};
use crate::extract::query::value_of;
use crate::extract::visitor::Caller;
use crate::pages::again::stale_link;
use crate::view::Page;
use crate::view::dead_link::DeadLink;
use crate::view::frame::Frame;
use crate::view::not_me::NotMe;
use crate::view::not_me_done::NotMeDone;
use crate::web::Web;

/// `GET /not-me`: uses nothing up (A43).
pub(crate) async fn show(State(web): State<Web>, browser: Browser, uri: Uri) -> Answer {
    let text = value_of(&uri, "token").unwrap_or_default();
    let Some((told, _)) = open_link(&web, &text).await? else {
        return Ok(dead(&web, &browser));
    };
    Ok(NotMe::new(Frame::new(&web.site, &browser), &told, &text).respond(StatusCode::OK))
}

/// `POST /not-me`
pub(crate) async fn submit(
    State(web): State<Web>,
    Caller(visitor): Caller,
    browser: Browser,
    form: FormOrStale<TokenForm>,
) -> Answer {
    let (FormOrStale::Fresh(TokenForm { token: text }) | FormOrStale::Stale(TokenForm { token: text })) =
        &form;
    let Some((told, token)) = open_link(&web, text).await? else {
        return Ok(dead(&web, &browser));
    };
    if matches!(form, FormOrStale::Stale(_)) {
        let frame = stale_link(&web.site, &browser);
        return Ok(NotMe::new(frame, &told, text).respond(StatusCode::FORBIDDEN));
    }
    match web.service.say_not_me(&token, visitor).await? {
        LinkOutcome::Refused(_) => Ok(dead(&web, &browser)),
        LinkOutcome::Done => Ok(NotMeDone::new(Frame::new(&web.site, &browser)).respond(StatusCode::OK)),
    }
}

async fn open_link(web: &Web, text: &str) -> Result<Option<(Told, NotMeToken)>, Away> {
    let Some(token) = NotMeToken::parse(text) else { return Ok(None) };
    let told = web.service.not_me_link(&token).await?;
    Ok(told.map(|told| (told, token)))
}

fn dead(web: &Web, browser: &Browser) -> Response {
    DeadLink::new(Frame::new(&web.site, browser), LinkPurpose::NotMe).respond(StatusCode::GONE)
}

pub(crate) struct TokenForm {
    token: String,
}

impl FormFields for TokenForm {
    const PAGE: &'static str = "/not-me";

    fn read(fields: &mut Fields) -> Result<Self, FormProblem> {
        Ok(Self { token: fields.text("token")? })
    }
}
