//! `/set-password`: a password chosen behind a mailed link, which proves the address too (A58, A62).
//!
//! The link's token goes on in the form: it stands in the address of the first page only, and looking at that
//! page uses nothing up (A43).

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use countersign_core::authenticator::password::Password;
use countersign_core::link::LinkPurpose;
use countersign_core::token::SetPasswordToken;
use countersign_service::set_password::{OpenPasswordLink, SetPasswordOutcome};

use crate::answer::{Answer, Away, go_to};
use crate::error::FormProblem;
use crate::extract::browser::Browser;
use crate::extract::form::{Fields, FormFields, FormOrStale};
use crate::extract::query::value_of;
use crate::extract::visitor::Caller;
use crate::pages::again::{Mistakes, stale_link};
use crate::said::Said;
use crate::view::Page;
use crate::view::dead_link::DeadLink;
use crate::view::frame::Frame;
use crate::view::refusal::explain_password;
use crate::view::set_password::SetPassword;
use crate::web::Web;

/// `GET /set-password`
pub(crate) async fn show(State(web): State<Web>, browser: Browser, uri: Uri) -> Answer {
    let text = value_of(&uri, "token").unwrap_or_default();
    let Some((link, _)) = open_link(&web, &text).await? else {
        return Ok(dead(&web, &browser));
    };
    Ok(SetPassword::new(Frame::new(&web.site, &browser), &link, &text).respond(StatusCode::OK))
}

/// `POST /set-password`
pub(crate) async fn submit(
    State(web): State<Web>,
    Caller(visitor): Caller,
    browser: Browser,
    form: FormOrStale<PasswordForm>,
) -> Answer {
    let (form, frame) = match form {
        FormOrStale::Fresh(form) => (form, Frame::new(&web.site, &browser)),
        FormOrStale::Stale(form) => {
            let Some((link, _)) = open_link(&web, &form.token).await? else {
                return Ok(dead(&web, &browser));
            };
            let frame = stale_link(&web.site, &browser);
            return Ok(SetPassword::new(frame, &link, &form.token).respond(StatusCode::FORBIDDEN));
        }
    };
    let Some((link, token)) = open_link(&web, &form.token).await? else {
        return Ok(dead(&web, &browser));
    };
    let mut mistakes = Mistakes::on(&web.site);
    mistakes.add_if(form.new.is_empty(), "new_password", "missing-new-password");
    if !mistakes.found_none() {
        return Ok(mistakes.show(frame, |frame| SetPassword::new(frame, &link, &form.token)));
    }
    match web.service.set_password_by_link(&token, form.new, visitor).await? {
        SetPasswordOutcome::Refused(_) => Ok(dead(&web, &browser)),
        SetPasswordOutcome::Unfit(refusal) => {
            let refused = explain_password(&web.site, refusal);
            Ok(refused.show(frame, |frame| SetPassword::new(frame, &link, &form.token)))
        }
        SetPasswordOutcome::Done => Ok(go_to("/sign-in", [Said::PasswordSaved.cookie(&web.site.address)?])),
    }
}

async fn open_link(web: &Web, text: &str) -> Result<Option<(OpenPasswordLink, SetPasswordToken)>, Away> {
    let Some(token) = SetPasswordToken::parse(text) else { return Ok(None) };
    let link = web.service.password_link(&token).await?;
    Ok(link.map(|link| (link, token)))
}

fn dead(web: &Web, browser: &Browser) -> Response {
    DeadLink::new(Frame::new(&web.site, browser), LinkPurpose::SetPassword).respond(StatusCode::GONE)
}

pub(crate) struct PasswordForm {
    token: String,
    new: Password,
}

impl FormFields for PasswordForm {
    const PAGE: &'static str = "/set-password";

    fn read(fields: &mut Fields) -> Result<Self, FormProblem> {
        Ok(Self { token: fields.text("token")?, new: fields.password("new_password")? })
    }
}
