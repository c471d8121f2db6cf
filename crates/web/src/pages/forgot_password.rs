//! `/forgot-password`: one answer for every address (A34, ASVS 6.3.8); what comes of it is read in the mailbox.

use axum::extract::State;
use axum::http::StatusCode;

use crate::answer::Answer;
use crate::error::FormProblem;
use crate::extract::browser::Browser;
use crate::extract::form::{Fields, FormFields, FormOrStale};
use crate::extract::visitor::Caller;
use crate::pages::again::{Mistakes, show_stale};
use crate::view::Page;
use crate::view::forgot_password::ForgotPassword;
use crate::view::forgot_password_sent::ForgotPasswordSent;
use crate::view::frame::Frame;
use crate::web::Web;

/// `GET /forgot-password`
pub(crate) async fn show(State(web): State<Web>, browser: Browser) -> Answer {
    Ok(page(&web, Frame::new(&web.site, &browser), "").respond(StatusCode::OK))
}

/// `POST /forgot-password`
pub(crate) async fn submit(
    State(web): State<Web>,
    Caller(visitor): Caller,
    browser: Browser,
    form: FormOrStale<EmailForm>,
) -> Answer {
    let frame = Frame::new(&web.site, &browser);
    let form = match form {
        FormOrStale::Fresh(form) => form,
        FormOrStale::Stale(form) => {
            let frame = frame.complaining(web.site.texts.get("stale-forgot-password"));
            return Ok(show_stale(page(&web, frame, &form.email)));
        }
    };
    if !web.service.can_mail() {
        return Ok(page(&web, frame, &form.email).respond(StatusCode::OK));
    }
    let mut mistakes = Mistakes::on(&web.site);
    let Some(email) = mistakes.email(&form.email) else {
        return Ok(mistakes.show(frame, |frame| page(&web, frame, &form.email)));
    };
    web.service.forget_password(email, visitor).await?;
    Ok(ForgotPasswordSent::new(frame).respond(StatusCode::OK))
}

fn page(web: &Web, frame: Frame, typed: &str) -> ForgotPassword {
    ForgotPassword::new(frame, typed, web.service.can_mail())
}

pub(crate) struct EmailForm {
    email: String,
}

impl FormFields for EmailForm {
    const PAGE: &'static str = "/forgot-password";

    fn read(fields: &mut Fields) -> Result<Self, FormProblem> {
        Ok(Self { email: fields.text("email")? })
    }
}
