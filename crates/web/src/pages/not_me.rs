//! `/not-me`: the link in every notice shows what happened, and its button shuts the account.

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use countersign_core::ceremony::set_password::LinkOutcome;
use countersign_core::link::LinkPurpose;
use countersign_core::notice::Told;
use countersign_core::token::{ForNotMe, NotMeToken};

use crate::answer::{Answer, Away};
use crate::extract::browser::Browser;
use crate::extract::button::{Button, OnNotMe};
use crate::extract::form::FormOrStale;
use crate::extract::mailed_link::{used_up, without_token};
use crate::extract::visitor::Caller;
use crate::pages::again::{show_dead_link, show_stale, stale_link};
use crate::view::Page;
use crate::view::frame::Frame;
use crate::view::not_me::NotMe;
use crate::view::not_me_done::NotMeDone;
use crate::web::Web;

const PURPOSE: LinkPurpose = LinkPurpose::NotMe;

/// `GET /not-me`: uses nothing up (A43).
pub(crate) async fn show(State(web): State<Web>, browser: Browser, uri: Uri) -> Answer {
    if let Some(away) = without_token::<ForNotMe>(&web.site, PURPOSE, &uri)? {
        return Ok(away);
    }
    let Some((told, _)) = open_link(&web, &browser).await? else {
        return show_dead_link(&web.site, &browser, PURPOSE);
    };
    let frame = Frame::new(&web.site, &browser);
    Ok(page(&web, frame, &told).respond(StatusCode::OK))
}

/// `POST /not-me`
pub(crate) async fn submit(
    State(web): State<Web>,
    Caller(visitor): Caller,
    browser: Browser,
    form: FormOrStale<Button<OnNotMe>>,
) -> Answer {
    let Some((told, token)) = open_link(&web, &browser).await? else {
        return show_dead_link(&web.site, &browser, PURPOSE);
    };
    if matches!(form, FormOrStale::Stale(_)) {
        let frame = stale_link(&web.site, &browser);
        return Ok(show_stale(page(&web, frame, &told)));
    }
    match web.service.say_not_me(&token, visitor).await? {
        LinkOutcome::Refused(_) => show_dead_link(&web.site, &browser, PURPOSE),
        LinkOutcome::Done => {
            let done = NotMeDone::new(Frame::new(&web.site, &browser)).respond(StatusCode::OK);
            Ok(used_up(&web.site, PURPOSE, &browser, done)?)
        }
    }
}

fn page(web: &Web, frame: Frame, told: &Told) -> NotMe {
    NotMe::new(frame, told, web.service.place_of(&told.source).as_deref())
}

async fn open_link(web: &Web, browser: &Browser) -> Result<Option<(Told, NotMeToken)>, Away> {
    let Some(token) = browser.link::<ForNotMe>(PURPOSE) else { return Ok(None) };
    let told = web.service.not_me_link(&token).await?;
    Ok(told.map(|told| (told, token)))
}
