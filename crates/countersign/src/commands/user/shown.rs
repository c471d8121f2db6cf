//! Lists of people, and everything about one of them.

use std::fmt::{self, Display, Formatter};

use countersign_core::{
    audit::actor::Actor,
    authenticator::{Authenticator, backup_codes::CodeSet},
    organization::Membership,
    policy::requirement::Required,
    user::{EmailAddress, User},
};
use countersign_service::{
    Service,
    directory::{EventLine, SessionLine, UserLine, UserSearch, UserView},
    people::PeopleError,
};
use serde::Serialize;

use crate::commands::{
    ConfigFile, Failure,
    one_line::text,
    output::{answer, in_utc},
    with_service,
};

/// As it was typed.
pub(super) struct Wanted<'a> {
    pub(super) text: Option<&'a str>,
    pub(super) organization: Option<&'a str>,
    pub(super) locked: bool,
}

#[derive(Serialize)]
struct Found {
    id: String,
    email: String,
    name: String,
    organization: Option<String>,
    second_factor: &'static str,
    locked_until: Option<String>,
}

#[derive(Serialize)]
struct Shown {
    id: String,
    email: String,
    name: String,
    email_verified_at: Option<String>,
    organizations: Vec<Belongs>,
    /// What a sign-in asks for, and which level decided.
    required: Asked,
    methods: Vec<Method>,
    locked_until: Option<String>,
    sessions: Vec<Signed>,
    events: Vec<Recorded>,
}

#[derive(Serialize)]
struct Belongs {
    organization: String,
    role: &'static str,
}

#[derive(Serialize)]
struct Asked {
    second_factor: &'static str,
    reason: &'static str,
}

#[derive(Serialize)]
struct Method {
    #[serde(rename = "method")]
    kind: &'static str,
    /// The end of a phone's number, or as much of an address as may be seen.
    to: Option<String>,
    state: &'static str,
    /// How many backup codes were not used yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<u32>,
    added_at: String,
    /// Of a password nothing is recorded, of others not before they were used.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<String>,
}

#[derive(Serialize)]
struct Signed {
    id: String,
    created_at: String,
    last_seen_at: String,
    source: String,
    user_agent: String,
}

#[derive(Serialize)]
struct Recorded {
    at: String,
    kind: String,
    reason: String,
    source: String,
    by: Option<String>,
}

pub(super) fn find(wanted: &Wanted<'_>, file: &ConfigFile, json: bool) -> Result<(), Failure> {
    let found = with_service(file, async |service| everybody(service, wanted).await)?;
    let found: Vec<Found> = found.into_iter().map(Found::from).collect();
    answer(json, &table(&found), &found)
}

pub(super) fn show(email: &EmailAddress, file: &ConfigFile, json: bool) -> Result<(), Failure> {
    let showing = async |service: &Service| {
        let id = service.user_named(email).await?;
        let view = service.user_view(&id).await?;
        Ok(Shown::from(view.ok_or_else(|| PeopleError::NoSuchUser(email.clone()))?))
    };
    let shown = with_service(file, showing)?;
    answer(json, &shown.to_string(), &shown)
}

/// Page by page, however many there are.
async fn everybody(service: &Service, wanted: &Wanted<'_>) -> Result<Vec<UserLine>, Failure> {
    let organization = match wanted.organization {
        Some(name) => Some(service.organization_named(name).await?.id),
        None => None,
    };
    let text = wanted.text.map(str::to_owned);
    let search = UserSearch { text, organization, only_locked: wanted.locked };
    let mut page = service.find_users(search.clone(), None).await?;
    let mut all = page.lines;
    while let Some(next) = page.next {
        page = service.find_users(search.clone(), Some(next)).await?;
        all.append(&mut page.lines);
    }
    Ok(all)
}

impl From<UserLine> for Found {
    fn from(line: UserLine) -> Self {
        Self {
            id: line.id.to_string(),
            email: line.email,
            name: line.name,
            organization: line.organization,
            second_factor: match (line.second_factors, line.usable) {
                (0, _) => "off",
                (_, 0) => "blocked",
                _ => "on",
            },
            locked_until: line.locked_until.map(in_utc),
        }
    }
}

impl From<UserView> for Shown {
    fn from(view: UserView) -> Self {
        let required = view.account.required();
        let locked_until = view.locked_until().map(in_utc);
        let UserView { account, sessions, events, .. } = view;
        let methods = account.authenticators.iter().map(|bound| Method::of(&account.user, bound)).collect();
        Self {
            id: account.user.id.to_string(),
            email: account.user.email.to_string(),
            name: account.user.name,
            email_verified_at: account.user.email_verified_at.map(in_utc),
            organizations: account.memberships.into_iter().map(Belongs::from).collect(),
            required: Asked {
                second_factor: match required {
                    Required::PasswordOnly { .. } => "not asked for",
                    Required::SecondFactor { .. } => "asked for",
                    Required::Unavailable { .. } => "asked for, and there is none that works",
                },
                reason: required.reason().code(),
            },
            methods,
            locked_until,
            sessions: sessions.into_iter().map(Signed::from).collect(),
            events: events.into_iter().map(Recorded::from).collect(),
        }
    }
}

impl From<Membership> for Belongs {
    fn from(membership: Membership) -> Self {
        Self { organization: membership.organization.name, role: membership.role.as_str() }
    }
}

impl Method {
    fn of(owner: &User, authenticator: &Authenticator) -> Self {
        Self {
            kind: authenticator.kind().as_str(),
            to: authenticator.material.destination(owner).map(|to| to.masked()),
            state: if authenticator.is_usable() { "in use" } else { "blocked" },
            left: authenticator.code_set().map(CodeSet::left),
            added_at: in_utc(authenticator.bound_at),
            last_used_at: authenticator.last_used_at.map(in_utc),
        }
    }
}

impl From<SessionLine> for Signed {
    fn from(line: SessionLine) -> Self {
        Self {
            id: line.session.id.to_string(),
            created_at: in_utc(line.session.created_at),
            last_seen_at: in_utc(line.session.last_seen_at),
            source: line.source,
            user_agent: line.user_agent,
        }
    }
}

impl From<EventLine> for Recorded {
    fn from(line: EventLine) -> Self {
        Self {
            at: in_utc(line.at),
            kind: line.kind,
            reason: line.reason,
            source: line.source,
            by: line.actor.as_ref().map(Actor::as_str).map(str::to_owned),
        }
    }
}

fn table(found: &[Found]) -> String {
    if found.is_empty() {
        return "Nobody was found.".to_owned();
    }
    let line = |one: &Found| {
        let Found { id, email, name, organization, second_factor, locked_until } = one;
        let organization = organization.as_deref().unwrap_or("no company");
        let lock = locked_until.as_ref().map_or(String::new(), |until| format!(", locked until {until}"));
        format!("{email:<32} {} ({organization}), two-factor {second_factor}{lock}, {id}", text(name))
    };
    found.iter().map(line).collect::<Vec<_>>().join("\n")
}

impl Display for Shown {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let verified = if self.email_verified_at.is_some() { "confirmed" } else { "not confirmed" };
        write!(out, "{} <{}>, {verified}, {}", text(&self.name), self.email, self.id)?;
        for Belongs { organization, role } in &self.organizations {
            write!(out, "\n  {role} of {organization}")?;
        }
        let Asked { second_factor, reason } = &self.required;
        write!(out, "\nSecond factor: {second_factor} ({reason})")?;
        for Method { kind: method, to, state, left, added_at, .. } in &self.methods {
            let to = to.as_ref().map_or(String::new(), |to| format!(" {to}"));
            let left = left.map_or(String::new(), |left| format!(", {left} left"));
            write!(out, "\n  {method}{to}: {state}{left}, added at {added_at}")?;
        }
        match &self.locked_until {
            Some(until) => write!(out, "\nLocked until {until}")?,
            None => write!(out, "\nNot locked")?,
        }
        write!(out, "\nSessions: {}", self.sessions.len())?;
        for Signed { created_at, last_seen_at, source, user_agent, .. } in &self.sessions {
            let browser = text(user_agent);
            write!(out, "\n  since {created_at}, last seen {last_seen_at}, {source}, {browser}")?;
        }
        write!(out, "\nRecords:")?;
        for Recorded { at, kind, reason, source, by } in &self.events {
            let by = by.as_ref().map_or(String::new(), |by| format!(", by {by}"));
            write!(out, "\n  {at} {} {}, {source}{by}", text(kind), text(reason))?;
        }
        Ok(())
    }
}
