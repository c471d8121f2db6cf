//! Companies, as an operator makes them and opens the second factor to them.

use std::sync::Arc;

use countersign_core::{
    audit::event::{AuditEvent, AuditKind},
    authenticator::typed_code::TypedCode,
    ceremony::{
        Decision, Write, by_operator,
        step_up::{Act, ActOutcome},
    },
    id::OrganizationId,
    moment::Visitor,
    policy::presets::Preset,
    refusal::Refusal,
    user::parse_name,
};
use countersign_store::{self as store, Tx, commit::commit, people};

use crate::{
    Circumstances, Fault, Service, SignedInCaller,
    authority::{Authority, By},
    people::{PeopleError, or_exists},
    step_up::FinishUpon,
};

struct OrganizationToAdd {
    name: String,
    preset: Preset,
    is_two_factor_open: bool,
    authority: Authority,
}

struct GateToSet {
    name: String,
    is_open: bool,
    circumstances: Circumstances,
}

/// A gate to be set behind a code, whose proof names the operator.
struct GateOf {
    organization: OrganizationId,
    is_open: bool,
}

impl Service {
    /// Makes a company at the console.
    pub async fn add_organization(
        &self,
        name: &str,
        preset: Preset,
        is_two_factor_open: Option<bool>,
    ) -> Result<(), PeopleError> {
        // A console is always let in.
        let added = self.add_organization_by(By::Console, name, preset, is_two_factor_open).await?;
        added.map(drop).map_err(|_| PeopleError::OrganizationExists(name.to_owned()))
    }

    /// Makes a company. Unless said otherwise, its preset says whether its people may use a second factor at
    /// once or only when the operator opens it to them (CR-3).
    pub async fn add_organization_by(
        &self,
        by: By,
        name: &str,
        preset: Preset,
        is_two_factor_open: Option<bool>,
    ) -> Result<Result<OrganizationId, Refusal>, PeopleError> {
        let name = parse_company_name(name)?;
        let is_two_factor_open = is_two_factor_open.unwrap_or_else(|| preset.opens_two_factor());
        let exists = PeopleError::OrganizationExists(name.clone());
        let adding =
            Arc::new(OrganizationToAdd { name, preset, is_two_factor_open, authority: self.authority(by)? });
        let added = self.transact(&adding, |adding, tx| Box::pin(adding.commit(tx))).await;
        added.map_err(|fault| or_exists(fault, exists))
    }

    /// Opens the second factor to the people of a company, or closes it: the operator's gate (CR-3). Who has
    /// one already keeps it and is still asked for it.
    pub async fn set_two_factor_gate(&self, name: &str, is_open: bool) -> Result<(), PeopleError> {
        let circumstances = self.circumstances(Visitor::console())?;
        let setting = Arc::new(GateToSet { name: name.to_owned(), is_open, circumstances });
        let is_set = self.transact(&setting, |setting, tx| Box::pin(setting.commit(tx))).await?;
        if is_set { Ok(()) } else { Err(PeopleError::NoSuchOrganization(name.to_owned())) }
    }

    /// The same on the operator's pages, behind a current code of their own second factor.
    pub async fn switch_two_factor(
        &self,
        caller: SignedInCaller,
        (organization, is_open): (OrganizationId, bool),
        typed: TypedCode,
    ) -> Result<ActOutcome, Fault> {
        let counted = match self.count_proof(caller, Act::SwitchTwoFactor, false, typed).await? {
            Ok(counted) => counted,
            Err(refusal) => return Ok(ActOutcome::Refused(refusal)),
        };
        let finish = FinishUpon {
            context: GateOf { organization, is_open },
            load: |of, tx| Box::pin(people::lock_organization(tx, &of.organization)),
            act: |proved, (of, organization), moment| {
                by_operator::switch(proved, organization.as_ref(), of.is_open, moment)
            },
        };
        self.finish_upon(counted, finish).await
    }
}

impl OrganizationToAdd {
    async fn commit(&self, tx: &mut Tx<'_>) -> Result<Result<OrganizationId, Refusal>, store::Fault> {
        let actor = match self.authority.actor(tx).await? {
            Ok(actor) => actor,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let mut moment = self.authority.circumstances.moment();
        let organization = people::NewOrganization {
            id: OrganizationId::mint(moment.now, &mut moment.rng),
            name: self.name.clone(),
            preset: self.preset.as_str(),
            policy: self.preset.policy(),
            two_factor_opened_at: self.is_two_factor_open.then_some(moment.now),
            at: moment.now,
        };
        people::add_organization(tx, &organization).await?;
        let (kind, preset) = (AuditKind::OrganizationCreated, self.preset.as_str());
        let mut event = AuditEvent::new(kind, preset, &mut moment).by(&actor);
        event.organization = Some(organization.id.clone());
        commit(tx, Decision::new(Ok(organization.id), vec![Write::Audit(event)])).await
    }
}

impl GateToSet {
    async fn commit(&self, tx: &mut Tx<'_>) -> Result<bool, store::Fault> {
        let Some(organization) = people::organization_by_name(tx, &self.name).await? else {
            return Ok(false);
        };
        let mut moment = self.circumstances.moment();
        let decision = by_operator::switch_at_console(&organization, self.is_open, &mut moment);
        commit(tx, decision).await.map(|()| true)
    }
}

fn parse_company_name(typed: &str) -> Result<String, PeopleError> {
    let name = parse_name(typed).ok_or(PeopleError::Name)?;
    let lower = name.to_lowercase();
    let is_domain = |word: &str| {
        let labels: Vec<&str> = word.split('.').collect();
        let is_top = |label: &&str| {
            label.starts_with("xn--") || (label.chars().count() > 1 && label.chars().all(char::is_alphabetic))
        };
        labels.len() > 1 && labels.iter().all(|label| !label.is_empty()) && labels.last().is_some_and(is_top)
    };
    let looks_like_address = ["://", "www.", "@", "/"].iter().any(|mark| lower.contains(mark))
        || lower.split_whitespace().any(|word| is_domain(word.trim_matches('.')));
    if looks_like_address { Err(PeopleError::NameLooksLikeAddress) } else { Ok(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A44: nobody makes a company to put a link into our mails.
    #[test]
    fn atk_44_a_companys_name_is_no_address() {
        for name in ["Trackwell", "Söhne & Co.", "St. Mary Ltd.", "A. B. Smith", "3.5 Studio", "C++ Guild"] {
            assert!(parse_company_name(name).is_ok(), "{name}");
        }
        for name in [
            "https://evil.example",
            "Win at evil.example now",
            "www.evil",
            "mail@evil.example",
            "evil.example/prize",
            "1.evil.com",
            "evil.xn--p1ai",
            "Trackwell\r\nBcc: x",
            "Track\u{202e}well",
        ] {
            assert!(parse_company_name(name).is_err(), "{name:?}");
        }
    }
}
