//! Setting a phone up: its number (CR-17, CR-18). The code that is texted to it: see [`super::enroll_reach`].

use axum::extract::State;
use axum::http::StatusCode;
use countersign_core::authenticator::AuthenticatorKind;
use countersign_core::ceremony::sending::SendOutcome;
use countersign_core::message::Channel;
use countersign_core::refusal::Refusal;
use countersign_service::enroll::Pending;
use countersign_service::profile::Profile;

use crate::answer::{Answer, Away, go_to};
use crate::error::FormProblem;
use crate::extract::form::{Fields, Form, FormFields};
use crate::extract::session::SignedIn;
use crate::extract::visitor::Caller;
use crate::pages::again::{Mistakes, show_refused_at};
use crate::pages::enroll::{show_over, under_way};
use crate::pages::enroll_reach::may_choose_app;
use crate::view::Page;
use crate::view::frame::Frame;
use crate::view::phone::Phone;
use crate::view::refusal::Occasion;
use crate::view::set_up::SetUp;
use crate::web::Web;

/// `GET /profile/security/phone`
pub(crate) async fn show(State(web): State<Web>, SignedIn(session): SignedIn) -> Answer {
    let enrollment = under_way(&web, &session).await?;
    if !enrollment.offered.contains(&AuthenticatorKind::Phone) {
        return Err(Away::To("/profile/security/method"));
    }
    let (frame, profile) = session.open_page(&web).await?;
    let typed = match enrollment.pending {
        Some(Pending::Reach(reach)) if reach.to.channel() == Channel::Sms => reach.to.formatted(),
        Some(Pending::Reach(_) | Pending::App(_)) | None => String::new(),
    };
    Ok(page(&web, frame, &profile, &typed).respond(StatusCode::OK))
}

/// `POST /profile/security/phone`
pub(crate) async fn choose(
    State(web): State<Web>,
    Caller(visitor): Caller,
    SignedIn(session): SignedIn,
    Form(PhoneForm { phone: typed }): Form<PhoneForm>,
) -> Answer {
    if web.service.enrollment(&session.token()?).await?.is_none() {
        return show_over(&web, session, Refusal::Over).await;
    }
    let mut mistakes = Mistakes::on(&web.site);
    let Some(number) = mistakes.phone(web.service.parse_phone_number(&typed)) else {
        let (frame, profile) = session.open_page(&web).await?;
        return Ok(mistakes.show(frame, |frame| page(&web, frame, &profile, &typed)));
    };
    match web.service.choose_phone(session.caller(visitor)?, number).await? {
        // The same number a second time, while its code is fresh.
        SendOutcome::Sent { .. } | SendOutcome::Refused(Refusal::SendTooSoon { .. }) => {
            Ok(go_to("/profile/security/phone/confirm", []))
        }
        SendOutcome::Refused(refusal @ Refusal::Over) => show_over(&web, session, refusal).await,
        SendOutcome::Refused(refusal) => {
            let page = |frame, profile: &Profile| page(&web, frame, profile, &typed);
            show_refused_at(&web, session, (refusal, Occasion::PhoneNumber), page).await
        }
    }
}

fn page(web: &Web, frame: Frame, profile: &Profile, typed: &str) -> Phone {
    let example = web.service.example_phone_number();
    Phone::new(frame, SetUp::of(profile), typed, example.as_deref(), may_choose_app(profile))
}

pub(crate) struct PhoneForm {
    phone: String,
}

impl FormFields for PhoneForm {
    const PAGE: &'static str = "/profile/security/phone";

    fn read(fields: &mut Fields) -> Result<Self, FormProblem> {
        Ok(Self { phone: fields.text("phone")? })
    }
}
