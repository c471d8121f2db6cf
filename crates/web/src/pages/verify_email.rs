//! `/profile/security/prove-email` and `/verify-email`: a mailed link, good in the session that asked for it (A58).

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use countersign_core::ceremony::set_password::LinkOutcome;
use countersign_core::ceremony::verify_email::LinkWanted;
use countersign_core::link::LinkPurpose;
use countersign_core::token::VerifyEmailToken;
use countersign_core::user::EmailAddress;

use crate::answer::{Answer, Away, go_to};
use crate::error::FormProblem;
use crate::extract::browser::Browser;
use crate::extract::form::{Fields, Form, FormFields, FormOrStale};
use crate::extract::query::value_of;
use crate::extract::session::{HasSession, SignedIn};
use crate::extract::visitor::Caller;
use crate::pages::again::{show_refused, stale_link};
use crate::said::Said;
use crate::view::Page;
use crate::view::dead_link::DeadLink;
use crate::view::frame::Frame;
use crate::view::prove_email::ProveEmail;
use crate::view::verify_email::VerifyEmail;
use crate::web::Web;

/// `POST /profile/security/prove-email`
pub(crate) async fn send_link(
    State(web): State<Web>,
    Caller(visitor): Caller,
    SignedIn(session): SignedIn,
    Form(ProveForm): Form<ProveForm>,
) -> Answer {
    let said = match web.service.want_email_proof(session.caller(visitor)?).await? {
        LinkWanted::Refused(refusal) => {
            return show_refused(&web, session, refusal, |frame, _| ProveEmail::new(frame)).await;
        }
        LinkWanted::Mailed => Said::LinkMailed,
        LinkWanted::PasswordMailed => Said::PasswordLinkMailed,
    };
    Ok(go_to("/profile/security", [said.cookie(&web.site.address)?]))
}

/// `GET /verify-email`: shows the button and uses nothing up (A43).
pub(crate) async fn show(State(web): State<Web>, browser: Browser, uri: Uri) -> Answer {
    let text = value_of(&uri, "token").unwrap_or_default();
    let Some((email, ..)) = open_link(&web, &browser, &text).await? else {
        return Ok(dead(&web, &browser));
    };
    let frame = Frame::new(&web.site, &browser);
    Ok(VerifyEmail::new(frame, email.as_str(), &text).respond(StatusCode::OK))
}

/// `POST /verify-email`
pub(crate) async fn submit(
    State(web): State<Web>,
    Caller(visitor): Caller,
    browser: Browser,
    form: FormOrStale<TokenForm>,
) -> Answer {
    let (FormOrStale::Fresh(TokenForm { token: text }) | FormOrStale::Stale(TokenForm { token: text })) =
        &form;
    let Some((email, token, session)) = open_link(&web, &browser, text).await? else {
        return Ok(dead(&web, &browser));
    };
    if matches!(form, FormOrStale::Stale(_)) {
        let frame = stale_link(&web.site, &browser);
        return Ok(VerifyEmail::new(frame, email.as_str(), text).respond(StatusCode::FORBIDDEN));
    }
    match web.service.confirm_email_proof(&token, session.caller(visitor)?).await? {
        LinkOutcome::Refused(_) => Ok(dead(&web, &browser)),
        LinkOutcome::Done => {
            Ok(go_to("/profile/security", [Said::EmailConfirmed.cookie(&web.site.address)?]))
        }
    }
}

/// The address that the link proves here.
async fn open_link(
    web: &Web,
    browser: &Browser,
    text: &str,
) -> Result<Option<(EmailAddress, VerifyEmailToken, HasSession)>, Away> {
    let session = HasSession::find(web, browser).await?;
    let (Some(token), Some(session)) = (VerifyEmailToken::parse(text), session) else {
        return Ok(None);
    };
    let email = web.service.email_proof_link(&token, &session.token()?).await?;
    Ok(email.map(|email| (email, token, session)))
}

/// One page for every reason: which of them it was would tell a stranger about the link.
fn dead(web: &Web, browser: &Browser) -> Response {
    DeadLink::new(Frame::new(&web.site, browser), LinkPurpose::VerifyEmail).respond(StatusCode::GONE)
}

pub(crate) struct ProveForm;

impl FormFields for ProveForm {
    const PAGE: &'static str = "/profile/security";

    fn read(_: &mut Fields) -> Result<Self, FormProblem> {
        Ok(Self)
    }
}

pub(crate) struct TokenForm {
    token: String,
}

impl FormFields for TokenForm {
    const PAGE: &'static str = "/verify-email";

    fn read(fields: &mut Fields) -> Result<Self, FormProblem> {
        Ok(Self { token: fields.text("token")? })
    }
}
