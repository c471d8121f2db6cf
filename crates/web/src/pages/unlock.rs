//! `/unlock`: the link in the mail that tells of a lock lets one browser in (A31).

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use countersign_core::ceremony::set_password::LinkOutcome;
use countersign_core::link::LinkPurpose;
use countersign_core::token::{ForUnlock, UnlockToken};
use countersign_service::unlock::OpenLock;

use crate::answer::{Answer, Away, go_to};
use crate::error::FormProblem;
use crate::extract::browser::Browser;
use crate::extract::form::{Fields, FormFields, FormOrStale};
use crate::extract::mailed_link::{used_up, without_token};
use crate::extract::visitor::Caller;
use crate::pages::again::{show_dead_link, stale_link};
use crate::said::Said;
use crate::view::Page;
use crate::view::frame::Frame;
use crate::view::unlock::Unlock;
use crate::web::Web;

const PURPOSE: LinkPurpose = LinkPurpose::Unlock;

/// `GET /unlock`: uses nothing up (A43).
pub(crate) async fn show(State(web): State<Web>, browser: Browser, uri: Uri) -> Answer {
    if let Some(away) = without_token::<ForUnlock>(&web.site, PURPOSE, &uri)? {
        return Ok(away);
    }
    let Some((lock, _)) = open_link(&web, &browser).await? else {
        return show_dead_link(&web.site, &browser, PURPOSE);
    };
    Ok(Unlock::new(Frame::new(&web.site, &browser), &lock).respond(StatusCode::OK))
}

/// `POST /unlock`
pub(crate) async fn submit(
    State(web): State<Web>,
    Caller(visitor): Caller,
    browser: Browser,
    form: FormOrStale<UnlockForm>,
) -> Answer {
    let Some((lock, token)) = open_link(&web, &browser).await? else {
        return show_dead_link(&web.site, &browser, PURPOSE);
    };
    if matches!(form, FormOrStale::Stale(_)) {
        let frame = stale_link(&web.site, &browser);
        return Ok(Unlock::new(frame, &lock).respond(StatusCode::FORBIDDEN));
    }
    match web.service.unlock(&token, visitor).await? {
        LinkOutcome::Refused(_) => show_dead_link(&web.site, &browser, PURPOSE),
        LinkOutcome::Done => {
            let away = go_to("/sign-in", [Said::Unlocked.cookie(&web.site.address)?]);
            Ok(used_up(&web.site, PURPOSE, &browser, away)?)
        }
    }
}

async fn open_link(web: &Web, browser: &Browser) -> Result<Option<(OpenLock, UnlockToken)>, Away> {
    let Some(token) = browser.link::<ForUnlock>(PURPOSE) else { return Ok(None) };
    let lock = web.service.lock_behind(&token).await?;
    Ok(lock.map(|lock| (lock, token)))
}

pub(crate) struct UnlockForm;

impl FormFields for UnlockForm {
    const PAGE: &'static str = "/unlock";

    fn read(_: &mut Fields) -> Result<Self, FormProblem> {
        Ok(Self)
    }
}
