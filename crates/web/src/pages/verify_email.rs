//! `/profile/security/prove-email` and `/verify-email`: a mailed link, good in the session that asked for it (A58).

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use countersign_core::ceremony::set_password::LinkOutcome;
use countersign_core::ceremony::verify_email::LinkWanted;
use countersign_core::link::LinkPurpose;
use countersign_core::token::{ForVerifyEmail, VerifyEmailToken};
use countersign_core::user::EmailAddress;
use countersign_service::profile::Profile;
use countersign_service::sending::Sending;
use countersign_service::verify_email::LinkAnswer;

use crate::answer::{Answer, Away, go_to};
use crate::extract::browser::Browser;
use crate::extract::button::{Button, OnSecurity, OnVerifyEmail};
use crate::extract::form::{Form, FormOrStale};
use crate::extract::mailed_link::{used_up, without_token};
use crate::extract::session::{HasSession, SignedIn};
use crate::extract::visitor::Caller;
use crate::pages::again::{show_dead_link, show_refused, show_stale, stale_link};
use crate::said::Said;
use crate::view::Page;
use crate::view::frame::Frame;
use crate::view::prove_email::ProveEmail;
use crate::view::verify_email::VerifyEmail;
use crate::web::Web;

const PURPOSE: LinkPurpose = LinkPurpose::VerifyEmail;

/// `POST /profile/security/prove-email`
pub(crate) async fn send_link(
    State(web): State<Web>,
    Caller(visitor): Caller,
    SignedIn(session): SignedIn,
    _: Form<Button<OnSecurity>>,
) -> Answer {
    if !web.service.can_mail() {
        return Err(Away::To("/profile/security"));
    }
    let LinkAnswer { wanted, sending } = web.service.want_email_proof(session.caller(visitor)?).await?;
    let said = match (wanted, sending) {
        (LinkWanted::Refused(refusal), _) => {
            let page = |frame, profile: &Profile| ProveEmail::new(frame, profile.email_proof);
            return show_refused(&web, session, refusal, page).await;
        }
        (_, Sending::Failed) => Said::LinkFailed,
        (LinkWanted::Mailed, Sending::Sent) => Said::LinkMailed,
        (LinkWanted::Mailed, _) => Said::LinkOnItsWay,
        (LinkWanted::PasswordMailed, Sending::Sent) => Said::PasswordLinkMailed,
        (LinkWanted::PasswordMailed, _) => Said::PasswordLinkOnItsWay,
    };
    Ok(go_to("/profile/security", [said.cookie(&web.site.address)?]))
}

/// `GET /verify-email`: shows the button and uses nothing up (A43).
pub(crate) async fn show(State(web): State<Web>, browser: Browser, uri: Uri) -> Answer {
    if let Some(away) = without_token::<ForVerifyEmail>(&web.site, PURPOSE, &uri)? {
        return Ok(away);
    }
    let Some((email, ..)) = open_link(&web, &browser).await? else {
        return show_dead_link(&web.site, &browser, PURPOSE);
    };
    Ok(VerifyEmail::new(Frame::new(&web.site, &browser), email.as_str()).respond(StatusCode::OK))
}

/// `POST /verify-email`
pub(crate) async fn submit(
    State(web): State<Web>,
    Caller(visitor): Caller,
    browser: Browser,
    form: FormOrStale<Button<OnVerifyEmail>>,
) -> Answer {
    let Some((email, token, session)) = open_link(&web, &browser).await? else {
        return show_dead_link(&web.site, &browser, PURPOSE);
    };
    if matches!(form, FormOrStale::Stale(_)) {
        let frame = stale_link(&web.site, &browser);
        return Ok(show_stale(VerifyEmail::new(frame, email.as_str())));
    }
    match web.service.confirm_email_proof(&token, session.caller(visitor)?).await? {
        LinkOutcome::Refused(_) => show_dead_link(&web.site, &browser, PURPOSE),
        LinkOutcome::Done => {
            let away = go_to("/profile/security", [Said::EmailConfirmed.cookie(&web.site.address)?]);
            Ok(used_up(&web.site, PURPOSE, &browser, away)?)
        }
    }
}

/// The address that the link proves here.
async fn open_link(
    web: &Web,
    browser: &Browser,
) -> Result<Option<(EmailAddress, VerifyEmailToken, HasSession)>, Away> {
    let session = HasSession::find(web, browser).await?;
    let (Some(token), Some(session)) = (browser.link::<ForVerifyEmail>(PURPOSE), session) else {
        return Ok(None);
    };
    let email = web.service.email_proof_link(&token, &session.token()?).await?;
    Ok(email.map(|email| (email, token, session)))
}
