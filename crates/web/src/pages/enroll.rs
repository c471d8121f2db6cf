//! Turning two-factor authentication on: password again, method, QR code, first code (CR-20 … CR-25).
//!
//! ```text
//! turn-on ─► method ─► app ─► app/confirm ─► turned-on
//!    └──────────┴───────┴─────────┴─► cancel ─► security
//! ```

use axum::extract::State;
use axum::http::StatusCode;
use countersign_core::authenticator::AuthenticatorKind;
use countersign_core::authenticator::password::Password;
use countersign_core::authenticator::totp::TypedCode;
use countersign_core::ceremony::enroll::ChoiceOutcome;
use countersign_core::ceremony::step_up::ActOutcome;
use countersign_core::token::SessionToken;
use countersign_service::enroll::{Enrollment, PendingApp};

use crate::answer::{Answer, Away, go_to};
use crate::error::FormProblem;
use crate::extract::cookies::Cookie;
use crate::extract::form::{Fields, Form, FormFields};
use crate::extract::session::{HasSession, SignedIn};
use crate::extract::visitor::Caller;
use crate::pages::again::{Mistakes, show_refused};
use crate::view::Page;
use crate::view::app::{App, PendingKey};
use crate::view::app_confirm::AppConfirm;
use crate::view::method::ChooseMethod;
use crate::view::qr::QrCode;
use crate::view::turn_on::TurnOn;
use crate::web::Web;

/// `GET /profile/security/turn-on`
pub(crate) async fn show(State(web): State<Web>, SignedIn(session): SignedIn) -> Answer {
    let (frame, profile) = session.open_page(&web).await?;
    if !profile.may_turn_on {
        return Err(Away::To("/profile/security"));
    }
    Ok(TurnOn::new(frame).respond(StatusCode::OK))
}

/// `POST /profile/security/turn-on`
pub(crate) async fn begin(
    State(web): State<Web>,
    Caller(visitor): Caller,
    SignedIn(session): SignedIn,
    Form(form): Form<PasswordForm>,
) -> Answer {
    let mut mistakes = Mistakes::on(&web.site);
    mistakes.add_if(form.password.is_empty(), "password", "missing-password");
    if !mistakes.found_none() {
        let (frame, _) = session.open_page(&web).await?;
        return Ok(mistakes.show(frame, TurnOn::new));
    }
    // Somebody without a second factor has no code to prove.
    let begun =
        web.service.begin_enrollment(session.caller(visitor)?, form.password, TypedCode::Missing).await?;
    match begun {
        ActOutcome::Refused(refusal) => {
            show_refused(&web, session, refusal, |frame, _| TurnOn::new(frame)).await
        }
        ActOutcome::Done { session } => go_on(&web, &session, "/profile/security/method"),
    }
}

/// `GET /profile/security/method`
pub(crate) async fn show_methods(State(web): State<Web>, SignedIn(session): SignedIn) -> Answer {
    let offered = offered(&web, &session).await?;
    let (frame, _) = session.open_page(&web).await?;
    Ok(ChooseMethod::new(frame, &offered).respond(StatusCode::OK))
}

/// `POST /profile/security/method`
pub(crate) async fn choose(
    State(web): State<Web>,
    Caller(visitor): Caller,
    SignedIn(session): SignedIn,
    Form(form): Form<MethodForm>,
) -> Answer {
    if form.method != Some(AuthenticatorKind::App) {
        let offered = offered(&web, &session).await?;
        let (frame, _) = session.open_page(&web).await?;
        let mut mistakes = Mistakes::on(&web.site);
        mistakes.add_if(true, "method", "missing-method");
        return Ok(mistakes.show(frame, |frame| ChooseMethod::new(frame, &offered)));
    }
    match web.service.choose_app(session.caller(visitor)?).await? {
        ChoiceOutcome::Refused(refusal) => {
            show_refused(&web, session, refusal, |frame, _| TurnOn::new(frame)).await
        }
        ChoiceOutcome::Onward => Ok(go_to("/profile/security/app", [])),
    }
}

/// `GET /profile/security/app`
pub(crate) async fn show_app(State(web): State<Web>, SignedIn(session): SignedIn) -> Answer {
    let pending = pending_app(&web, &session).await?;
    let (frame, _) = session.open_page(&web).await?;
    let qr = QrCode::of(pending.otpauth_uri.expose())?;
    let key = PendingKey::new(&pending.manual_key, pending.account, pending.issuer);
    Ok(App::new(frame, qr, key).respond(StatusCode::OK))
}

/// `POST /profile/security/app`: nothing changes; a form, since a person who goes on has done something.
pub(crate) async fn leave_app(
    State(web): State<Web>,
    SignedIn(session): SignedIn,
    Form(AppForm): Form<AppForm>,
) -> Answer {
    pending_app(&web, &session).await?;
    Ok(go_to("/profile/security/app/confirm", []))
}

/// `GET /profile/security/app/confirm`
pub(crate) async fn show_confirm(State(web): State<Web>, SignedIn(session): SignedIn) -> Answer {
    pending_app(&web, &session).await?;
    let (frame, _) = session.open_page(&web).await?;
    Ok(AppConfirm::new(frame).respond(StatusCode::OK))
}

/// `POST /profile/security/app/confirm`
pub(crate) async fn confirm(
    State(web): State<Web>,
    Caller(visitor): Caller,
    SignedIn(session): SignedIn,
    Form(form): Form<CodeForm>,
) -> Answer {
    let mut mistakes = Mistakes::on(&web.site);
    mistakes.add_if(matches!(form.code, TypedCode::Missing), "code", "missing-code");
    if !mistakes.found_none() {
        let (frame, _) = session.open_page(&web).await?;
        return Ok(mistakes.show(frame, AppConfirm::new));
    }
    match web.service.confirm_app(session.caller(visitor)?, form.code).await? {
        ActOutcome::Refused(refusal) => {
            show_refused(&web, session, refusal, |frame, _| AppConfirm::new(frame)).await
        }
        ActOutcome::Done { session } => go_on(&web, &session, "/profile/security/turned-on"),
    }
}

/// `POST /profile/security/cancel`
pub(crate) async fn cancel(
    State(web): State<Web>,
    Caller(visitor): Caller,
    SignedIn(session): SignedIn,
    Form(CancelForm): Form<CancelForm>,
) -> Answer {
    web.service.cancel_enrollment(session.caller(visitor)?).await?;
    Ok(go_to("/profile/security", []))
}

/// To the next step, under the session's new token.
fn go_on(web: &Web, session: &SessionToken, page: &'static str) -> Answer {
    Ok(go_to(page, [Cookie::Session.set(&web.site.address, &session.expose_text())?]))
}

/// What the person may choose from; somebody who comes back from the QR code may choose the same again.
async fn offered(web: &Web, session: &HasSession) -> Result<Vec<AuthenticatorKind>, Away> {
    match web.service.enrollment(&session.token()?).await? {
        Some(Enrollment::AwaitMethod { offered }) => Ok(offered),
        Some(Enrollment::AwaitConfirmation(_)) => Ok(vec![AuthenticatorKind::App]),
        None => Err(Away::To("/profile/security/turn-on")),
    }
}

async fn pending_app(web: &Web, session: &HasSession) -> Result<PendingApp, Away> {
    match web.service.enrollment(&session.token()?).await? {
        Some(Enrollment::AwaitConfirmation(pending)) => Ok(pending),
        Some(Enrollment::AwaitMethod { .. }) => Err(Away::To("/profile/security/method")),
        None => Err(Away::To("/profile/security/turn-on")),
    }
}

pub(crate) struct PasswordForm {
    password: Password,
}

impl FormFields for PasswordForm {
    const PAGE: &'static str = "/profile/security/turn-on";

    fn read(fields: &mut Fields) -> Result<Self, FormProblem> {
        Ok(Self { password: fields.password("password")? })
    }
}

pub(crate) struct MethodForm {
    method: Option<AuthenticatorKind>,
}

impl FormFields for MethodForm {
    const PAGE: &'static str = "/profile/security/method";

    fn read(fields: &mut Fields) -> Result<Self, FormProblem> {
        let chosen = fields.take_if_sent("method");
        Ok(Self { method: chosen.and_then(|kind| AuthenticatorKind::parse(&kind)) })
    }
}

pub(crate) struct AppForm;

impl FormFields for AppForm {
    const PAGE: &'static str = "/profile/security/app";

    fn read(_: &mut Fields) -> Result<Self, FormProblem> {
        Ok(Self)
    }
}

pub(crate) struct CodeForm {
    code: TypedCode,
}

impl FormFields for CodeForm {
    const PAGE: &'static str = "/profile/security/app/confirm";

    fn read(fields: &mut Fields) -> Result<Self, FormProblem> {
        Ok(Self { code: fields.code("code")? })
    }
}

pub(crate) struct CancelForm;

impl FormFields for CancelForm {
    const PAGE: &'static str = "/profile/security";

    fn read(_: &mut Fields) -> Result<Self, FormProblem> {
        Ok(Self)
    }
}
