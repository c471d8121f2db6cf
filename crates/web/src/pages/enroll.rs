//! Setting a method up: proofs, choice of the method, and the pages of an app (CR-20 … CR-25).
//!
//! ```text
//! turn-on ─┬─► method ─┬─► app ───► app/confirm ───┬─► turned-on, or security
//! change ──┘           └─► phone ─► phone/confirm ─┘   phone: see `enroll_phone`
//!    │                  └─► email ─► email/confirm ─┘   and `enroll_email`
//!    └──────────┴───────┴─────────┴─► cancel ─► security
//! ```

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use countersign_core::authenticator::AuthenticatorKind;
use countersign_core::authenticator::password::Password;
use countersign_core::authenticator::typed_code::TypedCode;
use countersign_core::ceremony::enroll::ChoiceOutcome;
use countersign_core::ceremony::step_up::{Act, ActOutcome};
use countersign_core::refusal::Refusal;
use countersign_core::token::SessionToken;
use countersign_service::SignedInCaller;
use countersign_service::enroll::{Enrollment, Pending, PendingApp};
use countersign_service::profile::{EmailProof, Profile};

use crate::answer::{Answer, Away, go_to};
use crate::error::{FormProblem, note};
use crate::extract::button::{Button, CodeForm, OnApp, OnAppConfirm, OnSecurity};
use crate::extract::cookies::Cookie;
use crate::extract::form::{Fields, Form, FormFields};
use crate::extract::query::value_of;
use crate::extract::session::{HasSession, SignedIn};
use crate::extract::visitor::Caller;
use crate::pages::again::{Mistakes, show_refused};
use crate::said::Said;
use crate::view::Page;
use crate::view::app::{App, PendingKey};
use crate::view::app_confirm::AppConfirm;
use crate::view::method::ChooseMethod;
use crate::view::prove_email::ProveEmail;
use crate::view::qr::QrCode;
use crate::view::set_up::SetUp;
use crate::view::set_up_over::SetUpOver;
use crate::view::turn_on::TurnOn;
use crate::web::Web;

/// `GET /profile/security/turn-on`
pub(crate) async fn show(State(web): State<Web>, SignedIn(session): SignedIn) -> Answer {
    let (frame, profile) = session.open_page(&web).await?;
    if profile.offered.is_empty() || !profile.methods.is_empty() {
        return Err(Away::To("/profile/security"));
    }
    Ok(match profile.email_proof {
        EmailProof::NotNeeded => TurnOn::new(frame, &profile).respond(StatusCode::OK),
        proof => ProveEmail::new(frame, proof).respond(StatusCode::OK),
    })
}

/// `POST /profile/security/turn-on`
pub(crate) async fn begin(
    State(web): State<Web>,
    Caller(visitor): Caller,
    SignedIn(session): SignedIn,
    Form(form): Form<PasswordForm>,
) -> Answer {
    let (frame, profile) = session.open_page(&web).await?;
    let mut mistakes = Mistakes::on(&web.site);
    let is_missing = profile.proofs_to_turn_on.password && form.password.is_empty();
    mistakes.add_if(is_missing, "password", "missing-password");
    if !mistakes.found_none() {
        return Ok(mistakes.show(frame, |frame| TurnOn::new(frame, &profile)));
    }
    // Somebody without a second factor has no code to prove.
    let proofs = (form.password, TypedCode::Missing);
    let caller = session.caller(visitor.clone())?;
    match web.service.begin_enrollment(caller, Act::TurnOnTwoFactor, proofs).await? {
        ActOutcome::Refused(refusal @ Refusal::EmailProofNeeded) => {
            let page = |frame, profile: &Profile| ProveEmail::new(frame, profile.email_proof);
            show_refused(&web, session, refusal, page).await
        }
        ActOutcome::Refused(refusal) => show_refused(&web, session, refusal, TurnOn::new).await,
        ActOutcome::Done { session: renewed } => {
            let caller = SignedInCaller { session: renewed, ..session.caller(visitor)? };
            choose_or_pass(&web, caller, &profile.offered, None).await
        }
    }
}

/// To the choice of a method, with what the person came for chosen already; where there is only one, to that.
pub(crate) async fn choose_or_pass(
    web: &Web,
    caller: SignedInCaller,
    offered: &[AuthenticatorKind],
    wanted: Option<AuthenticatorKind>,
) -> Answer {
    let session = Cookie::Session.set(&web.site.address, &caller.session.expose_text())?;
    let page = match (offered, wanted) {
        ([AuthenticatorKind::Phone], _) => "/profile/security/phone",
        ([AuthenticatorKind::Email], _) => "/profile/security/email",
        // The session has a new token by now, which must reach the browser whatever becomes of the choice.
        ([AuthenticatorKind::App], _) => match web.service.choose_app(caller).await {
            Ok(ChoiceOutcome::Onward) => "/profile/security/app",
            Ok(ChoiceOutcome::Refused(_)) => "/profile/security/method",
            Err(fault) => {
                note(fault);
                "/profile/security/method"
            }
        },
        (_, Some(AuthenticatorKind::App)) => "/profile/security/method?method=app",
        (_, Some(AuthenticatorKind::Phone)) => "/profile/security/method?method=phone",
        (_, Some(AuthenticatorKind::Email)) => "/profile/security/method?method=email",
        _ => "/profile/security/method",
    };
    Ok(go_to(page, [session]))
}

/// `GET /profile/security/method`
pub(crate) async fn show_methods(State(web): State<Web>, SignedIn(session): SignedIn, uri: Uri) -> Answer {
    let offered = under_way(&web, &session).await?.offered;
    let (frame, profile) = session.open_page(&web).await?;
    let wanted = value_of(&uri, "method").and_then(|kind| AuthenticatorKind::parse(&kind));
    Ok(ChooseMethod::new(frame, SetUp::of(&profile), &offered, wanted).respond(StatusCode::OK))
}

/// `POST /profile/security/method`
pub(crate) async fn choose(
    State(web): State<Web>,
    Caller(visitor): Caller,
    SignedIn(session): SignedIn,
    Form(form): Form<MethodForm>,
) -> Answer {
    let offered = under_way(&web, &session).await?.offered;
    match form.method.filter(|kind| offered.contains(kind)) {
        Some(AuthenticatorKind::Phone) => Ok(go_to("/profile/security/phone", [])),
        Some(AuthenticatorKind::Email) => Ok(go_to("/profile/security/email", [])),
        Some(AuthenticatorKind::App) => match web.service.choose_app(session.caller(visitor)?).await? {
            ChoiceOutcome::Refused(Refusal::AppNeeded) => {
                let page = |frame, profile: &Profile| {
                    ChooseMethod::new(frame, SetUp::of(profile), &offered, Some(AuthenticatorKind::App))
                };
                show_refused(&web, session, Refusal::AppNeeded, page).await
            }
            ChoiceOutcome::Refused(refusal) => show_over(&web, session, refusal).await,
            ChoiceOutcome::Onward => Ok(go_to("/profile/security/app", [])),
        },
        _ => {
            let (frame, profile) = session.open_page(&web).await?;
            let mut mistakes = Mistakes::on(&web.site);
            mistakes.add_if(true, "method", "missing-method");
            let set_up = SetUp::of(&profile);
            Ok(mistakes.show(frame, |frame| ChooseMethod::new(frame, set_up, &offered, None)))
        }
    }
}

/// `GET /profile/security/app`
pub(crate) async fn show_app(State(web): State<Web>, SignedIn(session): SignedIn) -> Answer {
    let pending = pending_app(&web, &session).await?;
    let (frame, profile) = session.open_page(&web).await?;
    let qr = QrCode::of(pending.otpauth_uri.expose())?;
    let key = PendingKey::new(&pending.manual_key, pending.account, pending.issuer);
    let recommended = profile.recommended_app.as_deref();
    Ok(App::new(frame, SetUp::of(&profile), recommended, qr, key).respond(StatusCode::OK))
}

/// `POST /profile/security/app`: nothing changes; a form, since a person who goes on has done something.
pub(crate) async fn leave_app(
    State(web): State<Web>,
    SignedIn(session): SignedIn,
    _: Form<Button<OnApp>>,
) -> Answer {
    pending_app(&web, &session).await?;
    Ok(go_to("/profile/security/app/confirm", []))
}

/// `GET /profile/security/app/confirm`
pub(crate) async fn show_confirm(State(web): State<Web>, SignedIn(session): SignedIn) -> Answer {
    pending_app(&web, &session).await?;
    let (frame, profile) = session.open_page(&web).await?;
    Ok(AppConfirm::new(frame, SetUp::of(&profile)).respond(StatusCode::OK))
}

/// `POST /profile/security/app/confirm`
pub(crate) async fn confirm(
    State(web): State<Web>,
    Caller(visitor): Caller,
    SignedIn(session): SignedIn,
    Form(form): Form<CodeForm<OnAppConfirm>>,
) -> Answer {
    let (frame, profile) = session.open_page(&web).await?;
    let set_up = SetUp::of(&profile);
    if matches!(form.code, TypedCode::Missing) {
        let mut mistakes = Mistakes::on(&web.site);
        mistakes.code(true);
        return Ok(mistakes.show(frame, |frame| AppConfirm::new(frame, set_up)));
    }
    match web.service.confirm_method(session.caller(visitor)?, form.code).await? {
        ActOutcome::Refused(refusal @ Refusal::Over) => show_over(&web, session, refusal).await,
        ActOutcome::Refused(refusal) => {
            show_refused(&web, session, refusal, |frame, _| AppConfirm::new(frame, set_up)).await
        }
        ActOutcome::Done { session } => finish(&web, &session, set_up).await,
    }
}

/// `POST /profile/security/cancel`
pub(crate) async fn cancel(
    State(web): State<Web>,
    Caller(visitor): Caller,
    SignedIn(session): SignedIn,
    _: Form<Button<OnSecurity>>,
) -> Answer {
    web.service.cancel_enrollment(session.caller(visitor)?).await?;
    Ok(go_to("/profile/security", []))
}

/// To the next step, under the session's new token.
pub(crate) fn go_on(web: &Web, session: &SessionToken, page: &'static str) -> Answer {
    Ok(go_to(page, [Cookie::Session.set(&web.site.address, &session.expose_text())?]))
}

/// To the end of a set-up, under the session's new token, which must reach the browser whatever happens: by way of the
/// recovery key, if it made one. Where that cannot be told, the page of the key leads on by itself.
pub(crate) async fn finish(web: &Web, session: &SessionToken, set_up: SetUp) -> Answer {
    let is_by_way_of_key = match web.service.unsaved_key(session).await {
        Ok(unsaved) => unsaved.is_some(),
        Err(fault) => {
            note(fault);
            true
        }
    };
    if is_by_way_of_key {
        let of_first = "/profile/security/recovery-key?after=set-up";
        let page = if set_up.is_first { of_first } else { "/profile/security/recovery-key" };
        return go_on(web, session, page);
    }
    if set_up.is_first {
        return go_on(web, session, "/profile/security/turned-on");
    }
    let address = &web.site.address;
    let session = Cookie::Session.set(address, &session.expose_text())?;
    Ok(go_to("/profile/security", [session, Said::MethodSetUp.cookie(address)?]))
}

/// The end of a set-up that cannot go on, and the way to begin it anew.
pub(crate) async fn show_over(web: &Web, session: HasSession, refusal: Refusal) -> Answer {
    let page = |frame, profile: &Profile| SetUpOver::new(frame, SetUp::of(profile));
    show_refused(web, session, refusal, page).await
}

/// The set-up of this session; without one the person begins at the beginning.
pub(crate) async fn under_way(web: &Web, session: &HasSession) -> Result<Enrollment, Away> {
    let found = web.service.enrollment(&session.token()?).await?;
    found.ok_or(Away::To("/profile/security/turn-on"))
}

async fn pending_app(web: &Web, session: &HasSession) -> Result<PendingApp, Away> {
    match under_way(web, session).await?.pending {
        Some(Pending::App(pending)) => Ok(pending),
        Some(Pending::Reach(_)) | None => Err(Away::To("/profile/security/method")),
    }
}

pub(crate) struct PasswordForm {
    password: Password,
}

impl FormFields for PasswordForm {
    const PAGE: &'static str = "/profile/security/turn-on";

    fn read(fields: &mut Fields) -> Result<Self, FormProblem> {
        Ok(Self { password: fields.password_if_sent("password") })
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
