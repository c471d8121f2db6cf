//! `/operator/organizations/ID`: one company and its gate (CR-3), which the operator's own code opens and closes.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use countersign_core::authenticator::typed_code::TypedCode;
use countersign_core::ceremony::step_up::{Act, ActOutcome};
use countersign_core::id::OrganizationId;
use countersign_service::directory::OrganizationFacts;

use crate::answer::{Answer, Away, go_to};
use crate::error::{FormProblem, PageError};
use crate::extract::button::{Button, OnOrganizations};
use crate::extract::cookies::Cookie;
use crate::extract::form::{Fields, Form, FormFields};
use crate::extract::session::Operator;
use crate::extract::visitor::Caller;
use crate::pages::again::{Mistakes, show_refused};
use crate::pages::operator::code;
use crate::said::Said;
use crate::view::Page;
use crate::view::operator::organization::Organization;
use crate::view::operator::switch_two_factor::SwitchTwoFactor;
use crate::web::Web;

/// `GET /operator/organizations/ID`
pub(crate) async fn show(
    State(web): State<Web>,
    Operator(session): Operator,
    Path(organization): Path<String>,
) -> Answer {
    let facts = facts_of(&web, organization).await?;
    let (frame, _) = session.open_page(&web).await?;
    Ok(Organization::new(frame, &facts).respond(StatusCode::OK))
}

/// `GET /operator/organizations/ID/two-factor`
pub(crate) async fn show_switch(
    State(web): State<Web>,
    Operator(session): Operator,
    Path(organization): Path<String>,
) -> Answer {
    let facts = facts_of(&web, organization).await?;
    let (frame, _) = session.open_page(&web).await?;
    let code = code::state(&web, &session, Act::SwitchTwoFactor).await?;
    Ok(SwitchTwoFactor::new(frame, &facts, &code).respond(StatusCode::OK))
}

/// `POST /operator/organizations/ID/two-factor`
pub(crate) async fn switch(
    State(web): State<Web>,
    Caller(visitor): Caller,
    Operator(session): Operator,
    Path(organization): Path<String>,
    Form(SwitchForm { is_open, code: typed }): Form<SwitchForm>,
) -> Answer {
    let facts = facts_of(&web, organization).await?;
    let code = code::state(&web, &session, Act::SwitchTwoFactor).await?;
    let mut mistakes = Mistakes::on(&web.site);
    mistakes.code_for_act(Some(&code), &typed);
    let page = |frame| SwitchTwoFactor::new(frame, &facts, &code);
    if !mistakes.found_none() {
        let (frame, _) = session.open_page(&web).await?;
        return Ok(mistakes.show(frame, page));
    }
    let gate = (facts.organization.id.clone(), is_open);
    match web.service.switch_two_factor(session.caller(visitor)?, gate, typed).await? {
        ActOutcome::Refused(refusal) => show_refused(&web, session, refusal, |frame, _| page(frame)).await,
        ActOutcome::Done { session } => {
            let address = &web.site.address;
            let said = if is_open { Said::TwoFactorOpened } else { Said::TwoFactorClosed };
            let session = Cookie::Session.set(address, &session.expose_text())?;
            Ok(go_to(&path_of(&facts), [session, said.cookie(address)?]))
        }
    }
}

/// `POST /operator/organizations/ID/two-factor/send-code`
pub(crate) async fn send_code(
    State(web): State<Web>,
    Caller(visitor): Caller,
    Operator(session): Operator,
    Path(organization): Path<String>,
    Form(_): Form<Button<OnOrganizations>>,
) -> Answer {
    let facts = facts_of(&web, organization).await?;
    let page = format!("{}/two-factor", path_of(&facts));
    let sending = code::Sending { act: Act::SwitchTwoFactor, page };
    code::send(&web, session, visitor, sending, |frame, code| SwitchTwoFactor::new(frame, &facts, code)).await
}

/// The company of an address; one of none is no page.
async fn facts_of(web: &Web, organization: String) -> Result<OrganizationFacts, Away> {
    let found = web.service.organization_view(&OrganizationId::from_stored(organization)).await?;
    Ok(found.ok_or(PageError::NotFound)?)
}

fn path_of(facts: &OrganizationFacts) -> String {
    format!("/operator/organizations/{}", facts.organization.id)
}

pub(crate) struct SwitchForm {
    /// What the page that was pressed meant, whatever the gate is by now.
    is_open: bool,
    code: TypedCode,
}

impl FormFields for SwitchForm {
    const PAGE: &'static str = "/operator/organizations";

    fn read(fields: &mut Fields) -> Result<Self, FormProblem> {
        let is_open = match fields.text("available")?.as_str() {
            "on" => true,
            "off" => false,
            _ => return Err(FormProblem::Malformed),
        };
        Ok(Self { is_open, code: fields.code("code")? })
    }
}
