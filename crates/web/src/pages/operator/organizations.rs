//! `/operator/organizations`: the companies, and making one.

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use countersign_core::policy::presets::Preset;
use countersign_service::authority::By;
use countersign_service::people::PeopleError;

use crate::answer::{Answer, Away, go_to};
use crate::error::FormProblem;
use crate::extract::form::{Fields, Form, FormFields};
use crate::extract::query::value_of;
use crate::extract::session::Operator;
use crate::extract::visitor::Caller;
use crate::pages::again::{Mistakes, show_refused};
use crate::said::Said;
use crate::view::Page;
use crate::view::operator::add_organization::AddOrganization;
use crate::view::operator::organizations::Organizations;
use crate::web::Web;

/// `GET /operator/organizations`
pub(crate) async fn show(State(web): State<Web>, Operator(session): Operator, uri: Uri) -> Answer {
    let (frame, _) = session.open_page(&web).await?;
    let (text, after) = (value_of(&uri, "q"), value_of(&uri, "after"));
    let found = web.service.find_organizations(text.as_deref(), after.clone()).await?;
    let text = text.unwrap_or_default();
    Ok(Organizations::new(frame, &text, after.is_some(), found).respond(StatusCode::OK))
}

/// `GET /operator/organizations/add`
pub(crate) async fn show_add(State(web): State<Web>, Operator(session): Operator) -> Answer {
    let (frame, _) = session.open_page(&web).await?;
    Ok(AddOrganization::new(frame, "", Preset::Default).respond(StatusCode::OK))
}

/// `POST /operator/organizations/add`
pub(crate) async fn add(
    State(web): State<Web>,
    Caller(visitor): Caller,
    Operator(session): Operator,
    Form(OrganizationForm { name, preset }): Form<OrganizationForm>,
) -> Answer {
    let by = By::Operator(session.caller(visitor)?);
    let mistake = match web.service.add_organization_by(by, &name, preset, None).await {
        Ok(Ok(id)) => {
            let added = Said::OrganizationAdded.cookie(&web.site.address)?;
            return Ok(go_to(&format!("/operator/organizations/{id}"), [added]));
        }
        Ok(Err(refusal)) => {
            let page = |frame, _: &_| AddOrganization::new(frame, &name, preset);
            return show_refused(&web, session, refusal, page).await;
        }
        Err(PeopleError::Fault(fault)) => return Err(Away::from(fault)),
        Err(PeopleError::OrganizationExists(_)) => "organization-exists",
        Err(_) => "organization-name",
    };
    let mut mistakes = Mistakes::on(&web.site);
    mistakes.add_if(true, "name", mistake);
    let (frame, _) = session.open_page(&web).await?;
    Ok(mistakes.show(frame, |frame| AddOrganization::new(frame, &name, preset)))
}

pub(crate) struct OrganizationForm {
    name: String,
    preset: Preset,
}

impl FormFields for OrganizationForm {
    const PAGE: &'static str = "/operator/organizations/add";

    fn read(fields: &mut Fields) -> Result<Self, FormProblem> {
        let name = fields.text("name")?;
        let preset = Preset::parse(&fields.text("preset")?).ok_or(FormProblem::Malformed)?;
        Ok(Self { name, preset })
    }
}
