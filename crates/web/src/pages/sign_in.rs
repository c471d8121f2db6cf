//! `/sign-in` and `/sign-in/code`: password first, then the second factor where one is required.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::Response;
use countersign_core::authenticator::password::Password;
use countersign_core::authenticator::typed_code::TypedCode;
use countersign_core::ceremony::sign_in::{CodeOutcome, PasswordOutcome, SignedIn};
use countersign_core::refusal::Refusal;

use crate::answer::{Answer, Away, go_to, with_cookies};
use crate::error::FormProblem;
use crate::extract::browser::Browser;
use crate::extract::ceremony::InCeremony;
use crate::extract::cookies::Cookie;
use crate::extract::form::{Fields, Form, FormFields, FormOrStale};
use crate::extract::query::value_of;
use crate::extract::session::HasSession;
use crate::extract::visitor::Caller;
use crate::pages::again::{Mistakes, show_stale};
use crate::view::Page;
use crate::view::code::{Code, Way};
use crate::view::frame::Frame;
use crate::view::refusal::{Occasion, explain};
use crate::view::sign_in::SignIn;
use crate::web::Web;

/// `GET /`
pub(crate) async fn start(State(web): State<Web>, browser: Browser) -> Answer {
    let session = HasSession::find(&web, &browser).await?;
    Err(Away::To(if session.is_some() { "/profile" } else { "/sign-in" }))
}

/// `GET /sign-in`
pub(crate) async fn show(State(web): State<Web>, browser: Browser) -> Answer {
    if HasSession::find(&web, &browser).await?.is_some() {
        // "Your sign-in ended" is no news to somebody whose session was only renewed.
        let untold = browser.said().map(|_| Cookie::Said.clear(&web.site.address)).transpose()?;
        return Ok(go_to("/profile", untold));
    }
    must_not_leave_new_key(&web, &browser).await?;
    Ok(SignIn::new(Frame::new(&web.site, &browser), "").respond(StatusCode::OK))
}

/// Whoever left the page of a new recovery key must find it again: no other key admits them, and its only token is in
/// this browser (I11).
async fn must_not_leave_new_key(web: &Web, browser: &Browser) -> Result<(), Away> {
    match browser.ceremony() {
        Some(ceremony) if web.service.recovered(&ceremony).await?.is_some() => {
            Err(Away::To("/sign-in/recovered"))
        }
        Some(_) | None => Ok(()),
    }
}

/// `POST /sign-in`
pub(crate) async fn submit(
    State(web): State<Web>,
    Caller(visitor): Caller,
    browser: Browser,
    form: FormOrStale<PasswordForm>,
) -> Answer {
    must_not_leave_new_key(&web, &browser).await?;
    let frame = Frame::new(&web.site, &browser);
    let form = match form {
        FormOrStale::Fresh(form) => form,
        FormOrStale::Stale(form) => {
            let frame = frame.complaining(web.site.texts.get("stale-sign-in"));
            return Ok(show_stale(SignIn::new(frame, &form.email)));
        }
    };
    let mut mistakes = Mistakes::on(&web.site);
    let email = mistakes.email(&form.email);
    mistakes.add_if(form.password.is_empty(), "password", "missing-password");
    let Some(email) = email.filter(|_| mistakes.found_none()) else {
        return Ok(mistakes.show(frame, |frame| SignIn::new(frame, &form.email)));
    };
    let outcome = web.service.sign_in_with_password(email, form.password, browser.carried(), visitor).await?;
    match outcome {
        PasswordOutcome::SignedIn(signed_in) => welcome(&web, &signed_in, "/profile"),
        // What became of the code, if one was sent, the next page says.
        PasswordOutcome::SecondFactor { token, sent: _ } => {
            let ceremony = Cookie::Ceremony.set(&web.site.address, &token.expose_text())?;
            Ok(go_to("/sign-in/code", [ceremony]))
        }
        PasswordOutcome::Refused(refusal) => {
            let refused = explain(&web.site, refusal, Occasion::SignIn);
            Ok(refused.show(frame, |frame| SignIn::new(frame, &form.email)))
        }
    }
}

/// `GET /sign-in/code`
pub(crate) async fn show_code(State(web): State<Web>, ceremony: InCeremony, uri: Uri) -> Answer {
    let Some(awaiting) = web.service.awaiting_code(&ceremony.token).await? else {
        return Err(Away::To("/sign-in"));
    };
    if awaiting.is_recovered {
        return Err(Away::To("/sign-in/recovered"));
    }
    let way = value_of(&uri, "way").and_then(|way| Way::parse(&way));
    Ok(Code::new(Frame::new(&web.site, &ceremony.browser), &awaiting, way).respond(StatusCode::OK))
}

/// `POST /sign-in/code`
pub(crate) async fn submit_code(
    State(web): State<Web>,
    Caller(visitor): Caller,
    ceremony: InCeremony,
    Form(form): Form<CodeForm>,
) -> Answer {
    if matches!(form.code, TypedCode::Missing) {
        return show_code_missing(&web, ceremony, form.way).await;
    }
    let InCeremony { token, browser } = &ceremony;
    // To where a lost phone can be replaced (CTM-28).
    let is_by_backup_code = matches!(form.code, TypedCode::BackupCode(_));
    let page = if is_by_backup_code { "/profile/security/backup-code-used" } else { "/profile" };
    match web.service.sign_in_with_code(token, form.code, browser.carried(), visitor).await? {
        CodeOutcome::SignedIn(signed_in) => welcome(&web, &signed_in, page),
        CodeOutcome::Recovered => Ok(go_to("/sign-in/recovered", [])),
        CodeOutcome::Refused(refusal) => show_code_refused(&web, ceremony, refusal, form.way).await,
    }
}

async fn show_code_missing(web: &Web, ceremony: InCeremony, way: Option<Way>) -> Answer {
    let Some(awaiting) = web.service.awaiting_code(&ceremony.token).await? else {
        return show_over(web, ceremony.browser, Refusal::Over);
    };
    let mut mistakes = Mistakes::on(&web.site);
    mistakes.code(awaiting.has_app);
    let frame = Frame::new(&web.site, &ceremony.browser);
    Ok(mistakes.show(frame, |frame| Code::new(frame, &awaiting, way)))
}

/// What was refused, on the page of the code as long as a code can be typed there.
pub(crate) async fn show_code_refused(
    web: &Web,
    ceremony: InCeremony,
    refusal: Refusal,
    way: Option<Way>,
) -> Answer {
    let InCeremony { token, browser } = ceremony;
    let awaiting = web.service.awaiting_code(&token).await?;
    if awaiting.as_ref().is_some_and(|awaiting| awaiting.is_recovered) {
        return Ok(go_to("/sign-in/recovered", []));
    }
    let is_over = matches!(
        refusal,
        Refusal::Over
            | Refusal::Locked { .. }
            | Refusal::SecondFactorDisabled
            | Refusal::EnrollmentRequired
            | Refusal::OperatorEnrollmentRequired
    );
    let Some(awaiting) = awaiting.filter(|_| !is_over) else {
        // Nothing can be typed here any more: the way on begins with name and password (CR-6).
        return show_over(web, browser, refusal);
    };
    let frame = Frame::new(&web.site, &browser);
    let refused = explain(&web.site, refusal, Occasion::SignIn);
    Ok(refused.show(frame, |frame| Code::new(frame, &awaiting, way)))
}

/// The sign-in page for somebody whose half-made sign-in is no more, with the reason.
pub(crate) fn show_over(web: &Web, browser: Browser, refusal: Refusal) -> Answer {
    let gone = Cookie::Ceremony.clear(&web.site.address)?;
    Ok(show_again(web, &browser.without_ceremony(), refusal, gone))
}

/// The sign-in page for somebody whose session was ended, with the reason.
pub(crate) fn show_session_over(web: &Web, browser: Browser, refusal: Refusal) -> Answer {
    let gone = Cookie::Session.clear(&web.site.address)?;
    Ok(show_again(web, &browser.without_session(), refusal, gone))
}

/// `browser` is as it will be once the answer took the cookie away, so that the form fits it.
fn show_again(web: &Web, browser: &Browser, refusal: Refusal, gone: HeaderValue) -> Response {
    let refused = explain(&web.site, refusal, Occasion::SignIn);
    let frame = Frame::new(&web.site, browser);
    with_cookies(refused.show(frame, |frame| SignIn::new(frame, "")), [gone])
}

pub(crate) fn welcome(web: &Web, signed_in: &SignedIn, page: &str) -> Answer {
    let address = &web.site.address;
    let mut cookies = vec![
        Cookie::Session.set(address, &signed_in.session.expose_text())?,
        Cookie::Ceremony.clear(address)?,
    ];
    if let Some(known) = &signed_in.known_browser {
        cookies.push(Cookie::KnownBrowser.set(address, &known.expose_text())?);
    }
    Ok(go_to(page, cookies))
}

pub(crate) struct PasswordForm {
    email: String,
    password: Password,
}

impl FormFields for PasswordForm {
    const PAGE: &'static str = "/sign-in";

    fn read(fields: &mut Fields) -> Result<Self, FormProblem> {
        Ok(Self { email: fields.text("email")?, password: fields.password("password")? })
    }
}

pub(crate) struct CodeForm {
    code: TypedCode,
    way: Option<Way>,
}

impl FormFields for CodeForm {
    const PAGE: &'static str = "/sign-in/code";

    fn read(fields: &mut Fields) -> Result<Self, FormProblem> {
        let way = fields.take_if_sent("way").and_then(|way| Way::parse(&way));
        Ok(Self { code: fields.code("code")?, way })
    }
}
