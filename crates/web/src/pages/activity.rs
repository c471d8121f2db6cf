//! `/profile/security/activity`: what was recorded about the person who looks, the newest first.

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use countersign_core::id::AuditEventId;
use countersign_service::activity::ActivityPage;

use crate::answer::{Answer, Away};
use crate::extract::query::value_of;
use crate::extract::session::{HasSession, SignedIn};
use crate::view::Page;
use crate::view::activity::{Activity, Line};
use crate::view::frame::Frame;
use crate::web::Web;

/// On a page of its own; some screens high.
const PAGE_LINES: usize = 30;
/// On the security page, which has more to show.
const NEWEST_LINES: usize = 10;

/// `GET /profile/security/activity`, from behind the record `before` where one is named.
pub(crate) async fn show(State(web): State<Web>, SignedIn(session): SignedIn, uri: Uri) -> Answer {
    let before = value_of(&uri, "before").and_then(|id| AuditEventId::parse(&id));
    let is_continued = before.is_some();
    let page = load(&web, &session, before, PAGE_LINES).await?;
    let (frame, _) = session.open_page(&web).await?;
    let lines = in_words(&web, &frame, &page);
    Ok(Activity::new(frame, &page, lines, is_continued).respond(StatusCode::OK))
}

/// The last ones in words.
pub(crate) async fn newest(web: &Web, session: &HasSession, frame: &Frame) -> Result<Vec<Line>, Away> {
    Ok(in_words(web, frame, &load(web, session, None, NEWEST_LINES).await?))
}

async fn load(
    web: &Web,
    session: &HasSession,
    before: Option<AuditEventId>,
    lines: usize,
) -> Result<ActivityPage, Away> {
    web.service.activity(&session.token()?, before, lines).await?.ok_or(Away::To("/sign-in"))
}

fn in_words(web: &Web, frame: &Frame, page: &ActivityPage) -> Vec<Line> {
    let line = |record| Line::of(frame, record, |source| web.service.place_of(source));
    page.newest_first.iter().map(line).collect()
}
