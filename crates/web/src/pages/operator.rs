//! `/operator`: the way to everything that operators do, and who they are.

mod code;
pub(crate) mod delivery;
pub(crate) mod organization;
pub(crate) mod organizations;
pub(crate) mod reset;
pub(crate) mod user;
pub(crate) mod users;

use axum::extract::State;
use axum::http::StatusCode;

use crate::answer::Answer;
use crate::extract::session;
use crate::view::Page;
use crate::view::operator::Operator;
use crate::view::operators::Operators;
use crate::web::Web;

/// `GET /operator`
pub(crate) async fn show(State(web): State<Web>, session::Operator(session): session::Operator) -> Answer {
    let (frame, _) = session.open_page(&web).await?;
    Ok(Operator::new(frame).respond(StatusCode::OK))
}

/// `GET /operator/operators`
pub(crate) async fn show_operators(
    State(web): State<Web>,
    session::Operator(session): session::Operator,
) -> Answer {
    let (frame, _) = session.open_page(&web).await?;
    let operators = web.service.operators().await?;
    Ok(Operators::new(frame, operators).respond(StatusCode::OK))
}
