//! `/operator/users/ID/reset`: taking what somebody lost, with a reason and the operator's own code.

use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use countersign_core::authenticator::typed_code::TypedCode;
use countersign_core::ceremony::by_operator::{Lost, Reset as ToReset};
use countersign_core::ceremony::step_up::{Act, ActOutcome};
use countersign_core::stated_reason::StatedReason;
use countersign_service::directory::UserView;

use crate::answer::{Answer, Away, go_to};
use crate::error::{FormProblem, PageError};
use crate::extract::cookies::Cookie;
use crate::extract::form::{Fields, Form, FormFields};
use crate::extract::query::value_of;
use crate::extract::session::Operator;
use crate::extract::visitor::Caller;
use crate::pages::again::{Mistakes, show_refused};
use crate::pages::operator::code;
use crate::pages::operator::user::{path_of, view_of};
use crate::said::Said;
use crate::view::Page;
use crate::view::operator::reset::{Reset, What};
use crate::web::Web;

/// `GET /operator/users/ID/reset?method=…`
pub(crate) async fn show(
    State(web): State<Web>,
    Operator(session): Operator,
    Path(user): Path<String>,
    uri: Uri,
) -> Answer {
    let lost = value_of(&uri, "method").and_then(|method| Lost::parse(&method));
    let what = what_of(view_of(&web, user).await?, lost)?;
    let (frame, _) = session.open_page(&web).await?;
    let code = code::state(&web, &session, Act::ResetSecondFactor).await?;
    Ok(Reset::new(frame, &what, "", &code).respond(StatusCode::OK))
}

/// `POST /operator/users/ID/reset`
pub(crate) async fn submit(
    State(web): State<Web>,
    Caller(visitor): Caller,
    Operator(session): Operator,
    Path(user): Path<String>,
    Form(form): Form<ResetForm>,
) -> Answer {
    let what = what_of(view_of(&web, user).await?, Some(form.lost))?;
    let code = code::state(&web, &session, Act::ResetSecondFactor).await?;
    let mut mistakes = Mistakes::on(&web.site);
    let reason = StatedReason::parse(&form.reason);
    mistakes.add_if(reason.is_err(), "reason", "missing-reason");
    mistakes.code_for_act(Some(&code), &form.code);
    let page = |frame| Reset::new(frame, &what, &form.reason, &code);
    let Some(reason) = reason.ok().filter(|_| mistakes.found_none()) else {
        let (frame, _) = session.open_page(&web).await?;
        return Ok(mistakes.show(frame, page));
    };
    let caller = session.caller(visitor)?;
    let reset = (what.view.account.user.id.clone(), ToReset { lost: form.lost, reason });
    match web.service.reset(caller, reset, form.code).await? {
        ActOutcome::Refused(refusal) => show_refused(&web, session, refusal, |frame, _| page(frame)).await,
        ActOutcome::Done { session } => {
            let address = &web.site.address;
            let session = Cookie::Session.set(address, &session.expose_text())?;
            Ok(go_to(&path_of(&what.view), [session, Said::MethodReset.cookie(address)?]))
        }
    }
}

/// `POST /operator/users/ID/reset/send-code`
pub(crate) async fn send_code(
    State(web): State<Web>,
    Caller(visitor): Caller,
    Operator(session): Operator,
    Path(user): Path<String>,
    Form(LostForm(lost)): Form<LostForm>,
) -> Answer {
    let what = what_of(view_of(&web, user).await?, Some(lost))?;
    let sending = code::Sending { act: Act::ResetSecondFactor, page: what.path() };
    code::send(&web, session, visitor, sending, |frame, code| Reset::new(frame, &what, "", code)).await
}

/// What is to be taken; a page for what the person does not have is none.
fn what_of(view: UserView, lost: Option<Lost>) -> Result<What, Away> {
    let lost = lost.ok_or(PageError::NotFound)?;
    What::of(view, lost).ok_or(PageError::NotFound.into())
}

pub(crate) struct ResetForm {
    lost: Lost,
    reason: String,
    code: TypedCode,
}

impl FormFields for ResetForm {
    const PAGE: &'static str = "/operator/users";

    fn read(fields: &mut Fields) -> Result<Self, FormProblem> {
        let LostForm(lost) = LostForm::read(fields)?;
        Ok(Self { lost, reason: fields.text("reason")?, code: fields.code("code")? })
    }
}

pub(crate) struct LostForm(Lost);

impl FormFields for LostForm {
    const PAGE: &'static str = "/operator/users";

    fn read(fields: &mut Fields) -> Result<Self, FormProblem> {
        Lost::parse(&fields.text("method")?).map(Self).ok_or(FormProblem::Malformed)
    }
}
