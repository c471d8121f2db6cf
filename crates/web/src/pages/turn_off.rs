//! `/profile/security/turn-off`: the proofs that the policy asks for, then off (CR-27, CR-28).

use axum::extract::State;
use axum::http::StatusCode;
use countersign_core::authenticator::password::Password;
use countersign_core::authenticator::typed_code::TypedCode;
use countersign_core::ceremony::step_up::{Act, ActOutcome};
use countersign_service::profile::Profile;

use crate::answer::{Answer, Away, go_to};
use crate::error::FormProblem;
use crate::extract::cookies::Cookie;
use crate::extract::form::{Fields, Form, FormFields};
use crate::extract::session::SignedIn;
use crate::extract::visitor::Caller;
use crate::pages::act_code;
use crate::pages::again::{Mistakes, show_refused};
use crate::said::Said;
use crate::view::Page;
use crate::view::turn_off::TurnOff;
use crate::web::Web;

/// `GET /profile/security/turn-off`
pub(crate) async fn show(State(web): State<Web>, SignedIn(session): SignedIn) -> Answer {
    let (frame, profile) = session.open_page(&web).await?;
    if !profile.may_turn_off {
        return Err(Away::To("/profile/security"));
    }
    let code = act_code::code_for(&web, &session, &profile, Act::TurnOffTwoFactor).await?;
    Ok(TurnOff::new(frame, &profile, code.as_ref()).respond(StatusCode::OK))
}

/// `POST /profile/security/turn-off`
pub(crate) async fn submit(
    State(web): State<Web>,
    Caller(visitor): Caller,
    SignedIn(session): SignedIn,
    Form(form): Form<TurnOffForm>,
) -> Answer {
    let (frame, profile) = session.open_page(&web).await?;
    let code = act_code::code_for(&web, &session, &profile, Act::TurnOffTwoFactor).await?;
    let mut mistakes = Mistakes::on(&web.site);
    let is_missing = profile.proofs_to_turn_off.password && form.password.is_empty();
    mistakes.add_if(is_missing, "password", "missing-password");
    mistakes.code_for_act(code.as_ref(), &form.code);
    if !mistakes.found_none() {
        return Ok(mistakes.show(frame, |frame| TurnOff::new(frame, &profile, code.as_ref())));
    }
    match web.service.turn_off(session.caller(visitor)?, form.password, form.code).await? {
        ActOutcome::Refused(refusal) => {
            let page = |frame, profile: &Profile| TurnOff::new(frame, profile, code.as_ref());
            show_refused(&web, session, refusal, page).await
        }
        ActOutcome::Done { session } => {
            let address = &web.site.address;
            let session = Cookie::Session.set(address, &session.expose_text())?;
            Ok(go_to("/profile/security", [session, Said::TurnedOff.cookie(address)?]))
        }
    }
}

pub(crate) struct TurnOffForm {
    password: Password,
    code: TypedCode,
}

impl FormFields for TurnOffForm {
    const PAGE: &'static str = "/profile/security/turn-off";

    fn read(fields: &mut Fields) -> Result<Self, FormProblem> {
        Ok(Self { password: fields.password_if_sent("password"), code: fields.code_if_sent("code") })
    }
}
