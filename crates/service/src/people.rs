//! Making companies and people, by an operator.

use std::sync::Arc;

use countersign_core::{
    account::{Account, Lane},
    audit::event::{AuditEvent, AuditKind},
    authenticator::password::{Password, PasswordRefusal},
    ceremony::{Decision, Write, change_password},
    id::{OrganizationId, UserId},
    moment::{BrowserMark, Visitor},
    organization::{Membership, Organization, Role},
    policy::presets::Preset,
    throttle::ladder::{Ladder, LadderSubject},
    user::{EmailAddress, User, is_invisible},
};
use countersign_store::{self as store, Tx, accounts, commit::commit, people};
use thiserror::Error;

use crate::{Circumstances, Fault, Service, change_password::NewPassword};

/// A person to be made.
pub struct PersonToAdd {
    pub email: EmailAddress,
    pub name: String,
    pub organization: String,
    pub role: Role,
    pub password: Password,
}

#[derive(Debug, Error)]
pub enum PeopleError {
    #[error("there is no organization named {0}; name one that exists, or make it")]
    NoSuchOrganization(String),
    #[error("an organization of that name exists already")]
    OrganizationExists,
    #[error("there is nobody with the email address {0}")]
    NoSuchUser(EmailAddress),
    #[error("somebody with that email address exists already")]
    UserExists,
    #[error("a name has 1 to {NAME_CHARACTERS_MAX} characters, and none of them is invisible")]
    Name,
    #[error(transparent)]
    Password(#[from] PasswordRefusal),
    #[error(transparent)]
    Fault(#[from] Fault),
}

const NAME_CHARACTERS_MAX: usize = 100;

struct OrganizationToAdd {
    name: String,
    preset: Preset,
    circumstances: Circumstances,
}

struct UserToAdd {
    id: UserId,
    person: PersonToAdd,
    organization: OrganizationId,
    password: NewPassword,
    circumstances: Circumstances,
}

struct PasswordToSet {
    user: UserId,
    password: NewPassword,
    circumstances: Circumstances,
}

impl Service {
    pub async fn add_organization(&self, name: &str, preset: Preset) -> Result<(), PeopleError> {
        let name = parse_name(name)?;
        let circumstances = self.circumstances(console())?;
        let adding = Arc::new(OrganizationToAdd { name, preset, circumstances });
        let added = self.transact(&adding, |adding, tx| Box::pin(adding.commit(tx))).await;
        added.map_err(|fault| or_exists(fault, PeopleError::OrganizationExists))
    }

    /// Makes a person with a password in an organization that exists.
    pub async fn add_user(&self, mut person: PersonToAdd) -> Result<UserId, PeopleError> {
        person.name = parse_name(&person.name)?;
        let organization = self.organization_named(&person.organization).await?;
        let id = UserId::mint(self.now(), &mut self.rng()?);
        let account = future_account(&id, &person, organization.clone());
        self.judge_password(&person.password, &account).await??;
        let admission = self.0.hasher.admit()?;
        let password = Password::new(person.password.expose().to_owned());
        let (password, _admission) = self.hash_new(admission, password, &id).await?;
        let circumstances = self.circumstances(console())?;
        let organization = organization.id;
        let adding = Arc::new(UserToAdd { id: id.clone(), person, organization, password, circumstances });
        let added = self.transact(&adding, |adding, tx| Box::pin(adding.commit(tx))).await;
        added.map(|()| id).map_err(|fault| or_exists(fault, PeopleError::UserExists))
    }

    /// Binds a new password for somebody, which ends their sessions; they are told.
    pub async fn set_password(&self, email: EmailAddress, new: Password) -> Result<(), PeopleError> {
        let no_such_user = PeopleError::NoSuchUser(email.clone());
        let Some(account) = self.account_by_email(&email).await? else { return Err(no_such_user) };
        self.judge_password(&new, &account).await??;
        let admission = self.0.hasher.admit()?;
        let (password, _admission) = self.hash_new(admission, new, &account.user.id).await?;
        let circumstances = self.circumstances(console())?;
        let setting = Arc::new(PasswordToSet { user: account.user.id, password, circumstances });
        let is_set = self.transact(&setting, |setting, tx| Box::pin(setting.commit(tx))).await?;
        if is_set { Ok(()) } else { Err(no_such_user) }
    }

    async fn account_by_email(&self, email: &EmailAddress) -> Result<Option<Account>, Fault> {
        let email = email.clone();
        let found = self.0.database.read(move |tx| {
            let email = email.clone();
            Box::pin(async move {
                match accounts::user_by_email(tx, &email).await? {
                    Some(user) => accounts::account(tx, user, None, None).await.map(Some),
                    None => Ok(None),
                }
            })
        });
        Ok(found.await?)
    }

    async fn organization_named(&self, name: &str) -> Result<Organization, PeopleError> {
        let wanted = name.to_owned();
        let found = self.0.database.read(move |tx| {
            let wanted = wanted.clone();
            Box::pin(async move { people::organization_by_name(tx, &wanted).await })
        });
        let found = found.await.map_err(Fault::from)?;
        let (id, policy) = found.ok_or_else(|| PeopleError::NoSuchOrganization(name.to_owned()))?;
        Ok(Organization { id, name: name.to_owned(), policy })
    }
}

impl OrganizationToAdd {
    async fn commit(&self, tx: &mut Tx<'_>) -> Result<(), store::Fault> {
        let mut moment = self.circumstances.moment();
        let organization = people::NewOrganization {
            id: OrganizationId::mint(moment.now, &mut moment.rng),
            name: self.name.clone(),
            preset: self.preset.as_str(),
            policy: self.preset.policy(),
            at: moment.now,
        };
        people::add_organization(tx, &organization).await?;
        let mut event = AuditEvent::new(AuditKind::OrganizationCreated, self.preset.as_str(), &mut moment);
        event.organization = Some(organization.id);
        commit(tx, Decision::new((), vec![Write::Audit(event)])).await
    }
}

impl UserToAdd {
    async fn commit(&self, tx: &mut Tx<'_>) -> Result<(), store::Fault> {
        let mut moment = self.circumstances.moment();
        let user = people::NewUser {
            id: self.id.clone(),
            email: self.person.email.clone(),
            name: self.person.name.clone(),
            organization: self.organization.clone(),
            role: self.person.role,
            at: moment.now,
        };
        people::add_user(tx, &user).await?;
        let mut event = AuditEvent::new(AuditKind::UserCreated, self.person.role.as_str(), &mut moment);
        (event.user, event.organization) = (Some(user.id.clone()), Some(user.organization));
        let NewPassword { id, hash } = &self.password;
        let bind = Write::BindPassword {
            user: user.id,
            authenticator: id.clone(),
            hash: hash.clone(),
            at: moment.now,
        };
        commit(tx, Decision::new((), vec![bind, Write::Audit(event)])).await
    }
}

impl PasswordToSet {
    async fn commit(&self, tx: &mut Tx<'_>) -> Result<bool, store::Fault> {
        let Some(user) = accounts::lock_user(tx, &self.user).await? else { return Ok(false) };
        let account = accounts::account(tx, user, None, None).await?;
        let NewPassword { id, hash } = &self.password;
        let mut moment = self.circumstances.moment();
        let decision = change_password::set_by_operator(&account, id.clone(), hash.clone(), &mut moment);
        commit(tx, decision).await.map(|()| true)
    }
}

/// The operator's console, which is no browser.
fn console() -> Visitor {
    Visitor {
        source: std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
        user_agent: "countersign command".to_owned(),
        browser: BrowserMark([0; 32]),
    }
}

/// The account as it will be, so that the password is judged under the rules that will hold for it.
fn future_account(id: &UserId, person: &PersonToAdd, organization: Organization) -> Account {
    Account {
        user: User {
            id: id.clone(),
            name: person.name.clone(),
            email: person.email.clone(),
            email_verified_at: None,
            epoch: 0,
            password_change: None,
            disabled_at: None,
        },
        memberships: vec![Membership { organization, role: person.role }],
        authenticators: Vec::new(),
        known_browser: None,
        lane: Lane { subject: LadderSubject::user(id), ladder: Ladder::default() },
    }
}

fn parse_name(typed: &str) -> Result<String, PeopleError> {
    let name = typed.trim();
    let is_fit = (1..=NAME_CHARACTERS_MAX).contains(&name.chars().count()) && !name.chars().any(is_invisible);
    if is_fit { Ok(name.to_owned()) } else { Err(PeopleError::Name) }
}

fn or_exists(fault: Fault, exists: PeopleError) -> PeopleError {
    match fault {
        Fault::Store(store::Fault::UniqueViolation { .. }) => exists,
        other => PeopleError::Fault(other),
    }
}
