//! `/profile/security/change`: the proofs before a method is added or replaced; then comes the set-up as for the
//! first one.

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use countersign_core::authenticator::AuthenticatorKind;
use countersign_core::authenticator::password::Password;
use countersign_core::authenticator::typed_code::TypedCode;
use countersign_core::ceremony::step_up::{Act, ActOutcome};
use countersign_service::SignedInCaller;
use countersign_service::profile::Profile;

use crate::answer::{Answer, Away};
use crate::error::FormProblem;
use crate::extract::form::{Fields, Form, FormFields};
use crate::extract::query::value_of;
use crate::extract::session::SignedIn;
use crate::extract::visitor::Caller;
use crate::pages::again::{Mistakes, show_refused};
use crate::pages::{act_code, enroll};
use crate::view::Page;
use crate::view::change_methods::ChangeMethods;
use crate::web::Web;

/// `GET /profile/security/change`
pub(crate) async fn show(State(web): State<Web>, SignedIn(session): SignedIn, uri: Uri) -> Answer {
    let (frame, profile) = session.open_page(&web).await?;
    if profile.methods.is_empty() || profile.offered.is_empty() {
        return Err(Away::To("/profile/security"));
    }
    let code = act_code::code_for(&web, &session, &profile, Act::ChangeMethods).await?;
    let wanted = value_of(&uri, "method").and_then(|kind| AuthenticatorKind::parse(&kind));
    Ok(ChangeMethods::new(frame, &profile, code.as_ref(), wanted).respond(StatusCode::OK))
}

/// `POST /profile/security/change`
pub(crate) async fn submit(
    State(web): State<Web>,
    Caller(visitor): Caller,
    SignedIn(session): SignedIn,
    Form(form): Form<ChangeForm>,
) -> Answer {
    let ChangeForm { password, code: typed, wanted } = form;
    let (frame, profile) = session.open_page(&web).await?;
    let code = act_code::code_for(&web, &session, &profile, Act::ChangeMethods).await?;
    let mut mistakes = Mistakes::on(&web.site);
    mistakes.add_if(password.is_empty(), "password", "missing-password");
    mistakes.code_for_act(code.as_ref(), &typed);
    if !mistakes.found_none() {
        let page = |frame| ChangeMethods::new(frame, &profile, code.as_ref(), wanted);
        return Ok(mistakes.show(frame, page));
    }
    let caller = session.caller(visitor.clone())?;
    match web.service.begin_enrollment(caller, Act::ChangeMethods, (password, typed)).await? {
        ActOutcome::Refused(refusal) => {
            let page = |frame, profile: &Profile| ChangeMethods::new(frame, profile, code.as_ref(), wanted);
            show_refused(&web, session, refusal, page).await
        }
        ActOutcome::Done { session: renewed } => {
            let caller = SignedInCaller { session: renewed, ..session.caller(visitor)? };
            enroll::choose_or_pass(&web, caller, &profile.offered, wanted).await
        }
    }
}

pub(crate) struct ChangeForm {
    password: Password,
    code: TypedCode,
    wanted: Option<AuthenticatorKind>,
}

impl FormFields for ChangeForm {
    const PAGE: &'static str = "/profile/security/change";

    fn read(fields: &mut Fields) -> Result<Self, FormProblem> {
        let wanted = fields.take_if_sent("method");
        Ok(Self {
            password: fields.password("password")?,
            code: fields.code_if_sent("code"),
            wanted: wanted.and_then(|kind| AuthenticatorKind::parse(&kind)),
        })
    }
}
