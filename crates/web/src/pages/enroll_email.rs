//! Setting codes by email up: the address is the one that the person signs in with (B3-3).

use axum::extract::State;
use axum::http::StatusCode;
use countersign_core::authenticator::AuthenticatorKind;
use countersign_core::ceremony::sending::SendOutcome;
use countersign_core::refusal::Refusal;
use countersign_service::profile::Profile;

use crate::answer::{Answer, Away, go_to};
use crate::extract::button::{Button, OnEmail};
use crate::extract::form::Form;
use crate::extract::session::SignedIn;
use crate::extract::visitor::Caller;
use crate::pages::again::show_refused_at;
use crate::pages::enroll::{show_over, under_way};
use crate::pages::enroll_reach::may_choose_app;
use crate::view::Page;
use crate::view::email::Email;
use crate::view::frame::Frame;
use crate::view::refusal::Occasion;
use crate::view::set_up::SetUp;
use crate::web::Web;

/// `GET /profile/security/email`
pub(crate) async fn show(State(web): State<Web>, SignedIn(session): SignedIn) -> Answer {
    let enrollment = under_way(&web, &session).await?;
    if !enrollment.offered.contains(&AuthenticatorKind::Email) {
        return Err(Away::To("/profile/security/method"));
    }
    let (frame, profile) = session.open_page(&web).await?;
    Ok(page(frame, &profile).respond(StatusCode::OK))
}

/// `POST /profile/security/email`
pub(crate) async fn choose(
    State(web): State<Web>,
    Caller(visitor): Caller,
    SignedIn(session): SignedIn,
    _: Form<Button<OnEmail>>,
) -> Answer {
    if web.service.enrollment(&session.token()?).await?.is_none() {
        return show_over(&web, session, Refusal::Over).await;
    }
    match web.service.choose_email(session.caller(visitor)?).await? {
        // A second click, while the code is fresh.
        SendOutcome::Sent { .. } | SendOutcome::Refused(Refusal::SendTooSoon { .. }) => {
            Ok(go_to("/profile/security/email/confirm", []))
        }
        SendOutcome::Refused(refusal @ Refusal::Over) => show_over(&web, session, refusal).await,
        SendOutcome::Refused(refusal) => {
            show_refused_at(&web, session, (refusal, Occasion::Profile), page).await
        }
    }
}

fn page(frame: Frame, profile: &Profile) -> Email {
    Email::new(frame, SetUp::of(profile), profile.user.email.as_str(), may_choose_app(profile))
}
