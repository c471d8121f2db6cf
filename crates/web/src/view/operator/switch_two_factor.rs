//! `/operator/organizations/ID/two-factor`: whom the gate touches, and the operator's own code.

use askama::Template;
use countersign_service::directory::OrganizationFacts;
use countersign_service::sending::CodeWays;

use crate::view::Page;
use crate::view::act_code::CodePart;
use crate::view::frame::{Frame, Place};
use crate::view::sending::Asking;

#[derive(Template)]
#[template(path = "switch_two_factor.html")]
pub(crate) struct SwitchTwoFactor {
    frame: Frame,
    path: String,
    organization_path: String,
    /// What it becomes.
    available: &'static str,
    opens: bool,
    touched: String,
    kept: String,
    /// The rule of the company, which binds only while the gate is open.
    requires: bool,
    code: CodePart,
}

impl Page for SwitchTwoFactor {}

impl SwitchTwoFactor {
    pub(crate) fn new(frame: Frame, facts: &OrganizationFacts, code: &CodeWays) -> Self {
        use countersign_core::policy::SecondFactorRule;
        let OrganizationFacts { line, organization, .. } = facts;
        let opens = line.two_factor_opened_at.is_none();
        let named = [("company", line.name.as_str().into())];
        let heading = frame.text_with(if opens { "gate-heading-open" } else { "gate-heading-close" }, &named);
        let frame = frame.titled_as(heading).below_named(Place::Organizations, line.name.clone());
        let organization_path = format!("/operator/organizations/{}", line.id);
        let path = format!("{organization_path}/two-factor");
        let asking = Asking::Operator { action: &format!("{path}/send-code"), method: None };
        let touched = if opens { "gate-opens" } else { "gate-closes" };
        let with = facts.people_with_second_factor;
        Self {
            touched: frame.text_with(touched, &[("people", line.people.into())]),
            kept: frame.text_with("gate-keeps", &[("people", with.into())]),
            available: if opens { "on" } else { "off" },
            requires: organization.policy.second_factor == SecondFactorRule::Required,
            code: CodePart::asking(&frame, asking, code),
            opens,
            path,
            organization_path,
            frame,
        }
    }

    fn rule(&self) -> &'static str {
        if self.opens { "gate-opens-rule" } else { "gate-closes-rule" }
    }

    fn submit(&self) -> &'static str {
        if self.opens { "gate-submit-open" } else { "gate-submit-close" }
    }
}
