//! `/set-password`: a password chosen behind a mailed link, which proves the address too (A58, A62).

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use countersign_core::authenticator::password::Password;
use countersign_core::link::LinkPurpose;
use countersign_core::token::{ForSetPassword, SetPasswordToken};
use countersign_service::set_password::{OpenPasswordLink, SetPasswordOutcome};

use crate::answer::{Answer, Away, go_to};
use crate::error::FormProblem;
use crate::extract::browser::Browser;
use crate::extract::form::{Fields, FormFields, FormOrStale};
use crate::extract::mailed_link::{used_up, without_token};
use crate::extract::visitor::Caller;
use crate::pages::again::{Mistakes, show_dead_link, show_stale, stale_link};
use crate::said::Said;
use crate::view::Page;
use crate::view::frame::Frame;
use crate::view::refusal::explain_password;
use crate::view::set_password::SetPassword;
use crate::web::Web;

const PURPOSE: LinkPurpose = LinkPurpose::SetPassword;

/// `GET /set-password`: uses nothing up (A43).
pub(crate) async fn show(State(web): State<Web>, browser: Browser, uri: Uri) -> Answer {
    if let Some(away) = without_token::<ForSetPassword>(&web.site, PURPOSE, &uri)? {
        return Ok(away);
    }
    let Some((link, _)) = open_link(&web, &browser).await? else {
        return show_dead_link(&web.site, &browser, PURPOSE);
    };
    Ok(SetPassword::new(Frame::new(&web.site, &browser), &link).respond(StatusCode::OK))
}

/// `POST /set-password`
pub(crate) async fn submit(
    State(web): State<Web>,
    Caller(visitor): Caller,
    browser: Browser,
    form: FormOrStale<PasswordForm>,
) -> Answer {
    let Some((link, token)) = open_link(&web, &browser).await? else {
        return show_dead_link(&web.site, &browser, PURPOSE);
    };
    let PasswordForm { new } = match form {
        FormOrStale::Fresh(form) => form,
        FormOrStale::Stale(_) => {
            let frame = stale_link(&web.site, &browser);
            return Ok(show_stale(SetPassword::new(frame, &link)));
        }
    };
    let frame = Frame::new(&web.site, &browser);
    let mut mistakes = Mistakes::on(&web.site);
    mistakes.add_if(new.is_empty(), "new_password", "missing-new-password");
    if !mistakes.found_none() {
        return Ok(mistakes.show(frame, |frame| SetPassword::new(frame, &link)));
    }
    match web.service.set_password_by_link(&token, new, visitor).await? {
        SetPasswordOutcome::Refused(_) => show_dead_link(&web.site, &browser, PURPOSE),
        SetPasswordOutcome::Unfit(refusal) => {
            let refused = explain_password(&web.site, refusal);
            Ok(refused.show(frame, |frame| SetPassword::new(frame, &link)))
        }
        SetPasswordOutcome::Done => {
            let away = go_to("/sign-in", [Said::PasswordSaved.cookie(&web.site.address)?]);
            Ok(used_up(&web.site, PURPOSE, &browser, away)?)
        }
    }
}

async fn open_link(
    web: &Web,
    browser: &Browser,
) -> Result<Option<(OpenPasswordLink, SetPasswordToken)>, Away> {
    let Some(token) = browser.link::<ForSetPassword>(PURPOSE) else { return Ok(None) };
    let link = web.service.password_link(&token).await?;
    Ok(link.map(|link| (link, token)))
}

pub(crate) struct PasswordForm {
    new: Password,
}

impl FormFields for PasswordForm {
    const PAGE: &'static str = "/set-password";

    fn read(fields: &mut Fields) -> Result<Self, FormProblem> {
        Ok(Self { new: fields.password("new_password")? })
    }
}
