//! `/profile/password`: a new password, with the present one and, where the policy asks for it, a code.

use axum::extract::State;
use axum::http::StatusCode;
use countersign_core::ceremony::step_up::Act;
use countersign_service::change_password::{PasswordChange, PasswordChangeOutcome};
use countersign_service::profile::Profile;
use countersign_service::sending::CodeWays;

use crate::answer::{Answer, go_to};
use crate::error::FormProblem;
use crate::extract::cookies::Cookie;
use crate::extract::form::{Fields, Form, FormFields};
use crate::extract::session::HasSession;
use crate::extract::visitor::Caller;
use crate::pages::act_code;
use crate::pages::again::{Mistakes, show_refused};
use crate::said::Said;
use crate::view::Page;
use crate::view::change_password::{ChangePassword, PasswordRule};
use crate::view::frame::Frame;
use crate::view::refusal::explain_password;
use crate::web::Web;

/// `GET /profile/password`
pub(crate) async fn show(State(web): State<Web>, session: HasSession) -> Answer {
    let (frame, profile) = session.open_page(&web).await?;
    let code = act_code::code_for(&web, &session, &profile, Act::ChangePassword).await?;
    Ok(page(frame, &profile, code).respond(StatusCode::OK))
}

/// `POST /profile/password`
pub(crate) async fn submit(
    State(web): State<Web>,
    Caller(visitor): Caller,
    session: HasSession,
    Form(form): Form<PasswordForm>,
) -> Answer {
    let (frame, profile) = session.open_page(&web).await?;
    let change = form.0;
    let code = act_code::code_for(&web, &session, &profile, Act::ChangePassword).await?;
    let mut mistakes = Mistakes::on(&web.site);
    mistakes.add_if(change.current.is_empty(), "password", "missing-current-password");
    mistakes.code_for_act(code.as_ref(), &change.typed);
    mistakes.add_if(change.new.is_empty(), "new_password", "missing-new-password");
    if !mistakes.found_none() {
        return Ok(mistakes.show(frame, |frame| page(frame, &profile, code)));
    }
    match web.service.change_password(session.caller(visitor)?, change).await? {
        PasswordChangeOutcome::Refused(refusal) => {
            let page = |frame, profile: &Profile| page(frame, profile, code);
            show_refused(&web, session, refusal, page).await
        }
        PasswordChangeOutcome::Unfit(refusal) => {
            let refused = explain_password(&web.site, refusal);
            Ok(refused.show(frame, |frame| page(frame, &profile, code)))
        }
        PasswordChangeOutcome::Changed { session } => {
            let address = &web.site.address;
            let session = Cookie::Session.set(address, &session.expose_text())?;
            Ok(go_to("/profile", [session, Said::PasswordChanged.cookie(address)?]))
        }
    }
}

pub(crate) fn page(frame: Frame, profile: &Profile, code: Option<CodeWays>) -> ChangePassword {
    let rule = PasswordRule {
        characters_min: profile.password_characters_min,
        code,
        due: profile.user.password_change.map(|due| due.reason),
    };
    ChangePassword::new(frame, &rule)
}

pub(crate) struct PasswordForm(PasswordChange);

impl FormFields for PasswordForm {
    const PAGE: &'static str = "/profile/password";

    fn read(fields: &mut Fields) -> Result<Self, FormProblem> {
        Ok(Self(PasswordChange {
            current: fields.password("password")?,
            typed: fields.code_if_sent("code"),
            new: fields.password("new_password")?,
        }))
    }
}
