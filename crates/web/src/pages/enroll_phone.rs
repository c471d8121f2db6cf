//! Setting a phone up: its number, and the code that is texted to it (CR-17 … CR-19).

use axum::extract::State;
use axum::http::StatusCode;
use countersign_core::authenticator::AuthenticatorKind;
use countersign_core::authenticator::typed_code::TypedCode;
use countersign_core::ceremony::step_up::ActOutcome;
use countersign_core::ceremony::texting::SendOutcome;
use countersign_core::refusal::Refusal;
use countersign_service::enroll::Pending;
use countersign_service::profile::Profile;
use countersign_service::texting::TextState;

use crate::answer::{Answer, Away, go_to};
use crate::error::FormProblem;
use crate::extract::button::{Button, CodeForm, OnPhoneConfirm};
use crate::extract::form::{Fields, Form, FormFields};
use crate::extract::session::{HasSession, SignedIn};
use crate::extract::visitor::Caller;
use crate::pages::again::{Mistakes, show_refused, show_refused_at};
use crate::pages::enroll::{finish, show_over, under_way};
use crate::view::Page;
use crate::view::frame::Frame;
use crate::view::phone::Phone;
use crate::view::phone_confirm::PhoneConfirm;
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
        Some(Pending::Phone(text)) => text.number.formatted(),
        Some(Pending::App(_)) | None => String::new(),
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

/// `GET /profile/security/phone/confirm`
pub(crate) async fn show_confirm(State(web): State<Web>, SignedIn(session): SignedIn) -> Answer {
    under_way(&web, &session).await?;
    let text = pending_phone(&web, &session).await?.ok_or(Away::To("/profile/security/method"))?;
    let (frame, profile) = session.open_page(&web).await?;
    Ok(confirm_page(frame, &profile, &text).respond(StatusCode::OK))
}

/// `POST /profile/security/phone/confirm`
pub(crate) async fn confirm(
    State(web): State<Web>,
    Caller(visitor): Caller,
    SignedIn(session): SignedIn,
    Form(form): Form<CodeForm<OnPhoneConfirm>>,
) -> Answer {
    let Some(text) = pending_phone(&web, &session).await? else {
        return show_over(&web, session, Refusal::Over).await;
    };
    let (frame, profile) = session.open_page(&web).await?;
    if matches!(form.code, TypedCode::Missing) {
        let mut mistakes = Mistakes::on(&web.site);
        mistakes.code(false);
        return Ok(mistakes.show(frame, |frame| confirm_page(frame, &profile, &text)));
    }
    match web.service.confirm_method(session.caller(visitor)?, form.code).await? {
        ActOutcome::Refused(refusal @ Refusal::Over) => show_over(&web, session, refusal).await,
        ActOutcome::Refused(refusal) => {
            let page = |frame, profile: &Profile| confirm_page(frame, profile, &text);
            show_refused(&web, session, refusal, page).await
        }
        ActOutcome::Done { session } => finish(&web, &session, SetUp::of(&profile)).await,
    }
}

/// `POST /profile/security/phone/send`
pub(crate) async fn send(
    State(web): State<Web>,
    Caller(visitor): Caller,
    SignedIn(session): SignedIn,
    _: Form<Button<OnPhoneConfirm>>,
) -> Answer {
    match web.service.send_enrollment_code(session.caller(visitor)?).await? {
        // A second click comes too soon: the page says when the next code may be asked for.
        SendOutcome::Sent { .. } | SendOutcome::Refused(Refusal::SendTooSoon { .. }) => {
            Ok(go_to("/profile/security/phone/confirm", []))
        }
        SendOutcome::Refused(refusal @ (Refusal::Over | Refusal::NotAllowed)) => {
            show_over(&web, session, refusal).await
        }
        SendOutcome::Refused(refusal) => {
            let Some(text) = pending_phone(&web, &session).await? else {
                return show_over(&web, session, Refusal::Over).await;
            };
            let page = |frame, profile: &Profile| confirm_page(frame, profile, &text);
            show_refused(&web, session, refusal, page).await
        }
    }
}

fn page(web: &Web, frame: Frame, profile: &Profile, typed: &str) -> Phone {
    let example = web.service.example_phone_number();
    Phone::new(frame, SetUp::of(profile), typed, example.as_deref(), may_choose_app(profile))
}

fn confirm_page(frame: Frame, profile: &Profile, text: &TextState) -> PhoneConfirm {
    PhoneConfirm::new(frame, SetUp::of(profile), text, may_choose_app(profile))
}

fn may_choose_app(profile: &Profile) -> bool {
    profile.offered.contains(&AuthenticatorKind::App)
}

/// The number that is being set up, and what was sent to it. None where the set-up ran out, was finished elsewhere
/// or went on to an app: a form of it is then told so.
async fn pending_phone(web: &Web, session: &HasSession) -> Result<Option<TextState>, Away> {
    let under_way = web.service.enrollment(&session.token()?).await?;
    Ok(match under_way.and_then(|enrollment| enrollment.pending) {
        Some(Pending::Phone(text)) => Some(text),
        Some(Pending::App(_)) | None => None,
    })
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
