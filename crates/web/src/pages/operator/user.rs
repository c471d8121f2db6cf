//! `/operator/users/ID`: one person, **Unlock**, and signing them out everywhere.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use countersign_core::id::UserId;
use countersign_core::refusal::Refusal;
use countersign_service::authority::By;
use countersign_service::directory::UserView;

use crate::answer::{Answer, Away, go_to};
use crate::error::PageError;
use crate::extract::button::{Button, OnUsers};
use crate::extract::form::Form;
use crate::extract::session::{HasSession, Operator};
use crate::extract::visitor::Caller;
use crate::pages::again::show_refused;
use crate::said::Said;
use crate::view::Page;
use crate::view::operator::sign_out_everywhere::SignOutEverywhere;
use crate::view::operator::user::User;
use crate::web::Web;

/// `GET /operator/users/ID`
pub(crate) async fn show(
    State(web): State<Web>,
    Operator(session): Operator,
    Path(user): Path<String>,
) -> Answer {
    let view = view_of(&web, user).await?;
    let (frame, profile) = session.open_page(&web).await?;
    let is_own = profile.user.id == view.account.user.id;
    Ok(User::new(frame, &view, is_own, |source| web.service.place_of(source)).respond(StatusCode::OK))
}

/// `POST /operator/users/ID/unlock`
pub(crate) async fn unlock(
    State(web): State<Web>,
    Caller(visitor): Caller,
    Operator(session): Operator,
    Path(user): Path<String>,
    Form(_): Form<Button<OnUsers>>,
) -> Answer {
    let view = view_of(&web, user).await?;
    let by = By::Operator(session.caller(visitor)?);
    let outcome = web.service.unlock_user(by, view.account.user.id.clone()).await?;
    answer(&web, session, &view, (outcome, Said::UserUnlocked)).await
}

/// `GET /operator/users/ID/sign-out`
pub(crate) async fn show_sign_out(
    State(web): State<Web>,
    Operator(session): Operator,
    Path(user): Path<String>,
) -> Answer {
    let view = view_of(&web, user).await?;
    let (frame, _) = session.open_page(&web).await?;
    Ok(SignOutEverywhere::new(frame, &view).respond(StatusCode::OK))
}

/// `POST /operator/users/ID/sign-out`
pub(crate) async fn sign_out(
    State(web): State<Web>,
    Caller(visitor): Caller,
    Operator(session): Operator,
    Path(user): Path<String>,
    Form(_): Form<Button<OnUsers>>,
) -> Answer {
    let view = view_of(&web, user).await?;
    let by = By::Operator(session.caller(visitor)?);
    let outcome = web.service.sign_out_everywhere(by, view.account.user.id.clone()).await?;
    answer(&web, session, &view, (outcome, Said::SignedOutEverywhere)).await
}

/// The person of an address; one of nobody is no page.
pub(super) async fn view_of(web: &Web, user: String) -> Result<UserView, Away> {
    let found = web.service.user_view(&UserId::from_stored(user)).await?;
    Ok(found.ok_or(PageError::NotFound)?)
}

pub(super) fn path_of(view: &UserView) -> String {
    format!("/operator/users/{}", view.account.user.id)
}

/// Back to the person's page, with what was done or why not.
async fn answer(
    web: &Web,
    session: HasSession,
    view: &UserView,
    (outcome, said): (Result<(), Refusal>, Said),
) -> Answer {
    let Err(refusal) = outcome else {
        return Ok(go_to(&path_of(view), [said.cookie(&web.site.address)?]));
    };
    let place = |source: &str| web.service.place_of(source);
    let is_own = refusal == Refusal::OwnAccount;
    show_refused(web, session, refusal, |frame, _| User::new(frame, view, is_own, place)).await
}
