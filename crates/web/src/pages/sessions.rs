//! `/profile/security`, where one is signed in: ending one other session, or all of them.

use axum::extract::State;
use axum::http::StatusCode;
use countersign_core::ceremony::end_sessions::EndOutcome;
use countersign_core::id::SessionId;
use countersign_service::end_sessions::SessionState;

use crate::answer::{Answer, Away, go_to};
use crate::error::{FormProblem, PageError};
use crate::extract::button::{Button, OnSecurity};
use crate::extract::form::{Fields, Form, FormFields};
use crate::extract::session::{HasSession, SignedIn};
use crate::extract::visitor::Caller;
use crate::said::Said;
use crate::view::Page;
use crate::view::end_others::EndOthers;
use crate::view::frame::Frame;
use crate::view::sessions::Sessions;
use crate::web::Web;

/// `POST /profile/security/end-session`
pub(crate) async fn end(
    State(web): State<Web>,
    Caller(visitor): Caller,
    SignedIn(session): SignedIn,
    Form(EndForm { session: wanted }): Form<EndForm>,
) -> Answer {
    let ended = match wanted {
        Some(wanted) => web.service.end_session(session.caller(visitor)?, wanted).await?,
        None => EndOutcome::Unknown,
    };
    answer(&web, ended, Said::SessionEnded)
}

/// `GET /profile/security/end-sessions`
pub(crate) async fn show_end_others(State(web): State<Web>, SignedIn(session): SignedIn) -> Answer {
    let mut others = all(&web, &session).await?;
    others.retain(|state| !state.is_this);
    if others.is_empty() {
        return Err(Away::To("/profile/security"));
    }
    let (frame, _) = session.open_page(&web).await?;
    let sessions = in_words(&web, &frame, &others);
    Ok(EndOthers::new(frame, sessions).respond(StatusCode::OK))
}

/// `POST /profile/security/end-sessions`
pub(crate) async fn end_others(
    State(web): State<Web>,
    Caller(visitor): Caller,
    SignedIn(session): SignedIn,
    _: Form<Button<OnSecurity>>,
) -> Answer {
    let ended = web.service.end_other_sessions(session.caller(visitor)?).await?;
    answer(&web, ended, Said::OtherSessionsEnded)
}

pub(crate) async fn all(web: &Web, session: &HasSession) -> Result<Vec<SessionState>, Away> {
    web.service.sessions_of(&session.token()?).await?.ok_or(Away::To("/sign-in"))
}

pub(crate) fn in_words(web: &Web, frame: &Frame, states: &[SessionState]) -> Sessions {
    Sessions::of(frame, states, |source| web.service.place_of(source))
}

/// Somebody else's session reads like none.
fn answer(web: &Web, ended: EndOutcome, said: Said) -> Answer {
    match ended {
        EndOutcome::Ended => Ok(go_to("/profile/security", [said.cookie(&web.site.address)?])),
        EndOutcome::Unknown => Err(PageError::NotFound.into()),
        EndOutcome::Over => Err(Away::session_over(&web.site)),
    }
}

pub(crate) struct EndForm {
    /// `None` for what is no id at all.
    session: Option<SessionId>,
}

impl FormFields for EndForm {
    const PAGE: &'static str = "/profile/security";

    fn read(fields: &mut Fields) -> Result<Self, FormProblem> {
        Ok(Self { session: SessionId::parse(&fields.text("session")?) })
    }
}
