//! `/operator/users`: people, found by an id or by part of a name or an address.

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use countersign_core::id::OrganizationId;
use countersign_service::directory::UserSearch;

use crate::answer::Answer;
use crate::extract::query::value_of;
use crate::extract::session::Operator;
use crate::view::Page;
use crate::view::operator::users::Users;
use crate::web::Web;

/// `GET /operator/users`
pub(crate) async fn show(State(web): State<Web>, Operator(session): Operator, uri: Uri) -> Answer {
    let (frame, _) = session.open_page(&web).await?;
    let search = UserSearch {
        text: value_of(&uri, "q"),
        organization: value_of(&uri, "organization").map(OrganizationId::from_stored),
        only_locked: value_of(&uri, "locked").is_some(),
    };
    let after = value_of(&uri, "after");
    let found = web.service.find_users(search.clone(), after.clone()).await?;
    Ok(Users::new(frame, &search, after.is_some(), found).respond(StatusCode::OK))
}
