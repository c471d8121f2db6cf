//! `/profile/password`: a new password, with the present one and, where the policy asks for it, a code.

use axum::extract::State;
use axum::http::StatusCode;
use countersign_core::authenticator::totp::TypedCode;
use countersign_service::change_password::{PasswordChange, PasswordChangeOutcome};
use countersign_service::profile::Profile;

use crate::answer::{Answer, go_to};
use crate::error::FormProblem;
use crate::extract::cookies::Cookie;
use crate::extract::form::{Fields, Form, FormFields};
use crate::extract::session::HasSession;
use crate::extract::visitor::Caller;
use crate::pages::again::{Mistakes, show_refused};
use crate::said::Said;
use crate::view::Page;
use crate::view::change_password::{ChangePassword, PasswordRule};
use crate::view::frame::Frame;
use crate::view::refusal::{Refused, explain_password};
use crate::web::Web;

/// `GET /profile/password`
pub(crate) async fn show(State(web): State<Web>, session: HasSession) -> Answer {
    let (frame, profile) = session.open_page(&web).await?;
    Ok(page(frame, &profile).respond(StatusCode::OK))
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
    let is_code_missing = matches!(change.typed, TypedCode::Missing);
    let mut mistakes = Mistakes::on(&web.site);
    mistakes.add_if(change.current.is_empty(), "password", "missing-current-password");
    mistakes.add_if(
        profile.proofs_to_change_password.current_factor && is_code_missing,
        "code",
        "missing-code",
    );
    mistakes.add_if(change.new.is_empty(), "new_password", "missing-new-password");
    if !mistakes.found_none() {
        return Ok(mistakes.show(frame, |frame| page(frame, &profile)));
    }
    match web.service.change_password(session.caller(visitor)?, change).await? {
        PasswordChangeOutcome::Refused(refusal) => show_refused(&web, session, refusal, page).await,
        PasswordChangeOutcome::Unfit(refusal) => {
            let Refused { status, mistake } = explain_password(&web.site, refusal);
            Ok(page(frame.with_mistakes(vec![mistake]), &profile).respond(status))
        }
        PasswordChangeOutcome::Changed { session } => {
            let address = &web.site.address;
            let session = Cookie::Session.set(address, &session.expose_text())?;
            Ok(go_to("/profile", [session, Said::PasswordChanged.cookie(address)?]))
        }
    }
}

fn page(frame: Frame, profile: &Profile) -> ChangePassword {
    let rule = PasswordRule {
        characters_min: profile.password_characters_min,
        asks_code: profile.proofs_to_change_password.current_factor,
        due: profile.user.password_change.map(|due| due.reason),
    };
    ChangePassword::new(frame, rule)
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
