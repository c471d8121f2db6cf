//! Making people, and their first and later passwords, by an operator.

use std::sync::Arc;

use countersign_core::{
    account::Account,
    audit::event::{AuditEvent, AuditKind},
    authenticator::password::{Password, PasswordRefusal},
    ceremony::{Decision, Write, change_password, set_password},
    id::UserId,
    moment::Visitor,
    organization::{Membership, Organization, Role},
    user::{EmailAddress, NAME_CHARACTERS_MAX, User, parse_name},
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
    pub access: FirstAccess,
}

/// How a new person gets in for the first time.
pub enum FirstAccess {
    /// Chooses a password behind a mailed link, which proves the address as well.
    Invitation,
    /// An operator chose the password. They may vouch for the address, too.
    Password { password: Password, is_address_vouched_for: bool },
}

#[derive(Debug, Error)]
pub enum PeopleError {
    #[error("there is no organization named {0}; name one that exists, or make it")]
    NoSuchOrganization(String),
    #[error("an organization named {0} exists already")]
    OrganizationExists(String),
    #[error("there is nobody with the email address {0}")]
    NoSuchUser(EmailAddress),
    #[error("somebody with the email address {0} exists already")]
    UserExists(EmailAddress),
    #[error("a name has 1 to {NAME_CHARACTERS_MAX} characters, and none of them is invisible")]
    Name,
    /// It stands in mails to people who were invited: an address in it would be a link of somebody else's.
    #[error("a company's name must not look like an address of the web")]
    NameLooksLikeAddress,
    #[error(transparent)]
    Password(#[from] PasswordRefusal),
    #[error(transparent)]
    Fault(#[from] Fault),
}

struct UserToAdd {
    id: UserId,
    person: PersonToAdd,
    organization: Organization,
    /// Of somebody who is not invited to choose one.
    password: Option<NewPassword>,
    is_address_vouched_for: bool,
    circumstances: Circumstances,
}

/// What an operator does about somebody, named by their address.
struct ByEmail {
    email: EmailAddress,
    circumstances: Circumstances,
}

struct PasswordToSet {
    user: UserId,
    password: NewPassword,
    circumstances: Circumstances,
}

impl Service {
    /// Makes a person in an organization that exists.
    pub async fn add_user(&self, mut person: PersonToAdd) -> Result<UserId, PeopleError> {
        person.name = parse_name(&person.name).ok_or(PeopleError::Name)?;
        let organization = self.organization_named(&person.organization).await?;
        let id = UserId::mint(self.now(), &mut self.rng()?);
        let (password, is_address_vouched_for) = match &person.access {
            FirstAccess::Invitation => (None, false),
            FirstAccess::Password { password, is_address_vouched_for } => {
                let account = future_account(&id, &person, organization.clone());
                self.judge_password(password, &account).await??;
                let admission = self.0.hasher.admit()?;
                let password = Password::new(password.expose().to_owned());
                let (password, _admission) = self.hash_new(admission, password, &id).await?;
                (Some(password), *is_address_vouched_for)
            }
        };
        let circumstances = self.circumstances(Visitor::console())?;
        let exists = PeopleError::UserExists(person.email.clone());
        let adding = Arc::new(UserToAdd {
            id: id.clone(),
            person,
            organization,
            password,
            is_address_vouched_for,
            circumstances,
        });
        let added = self.transact(&adding, |adding, tx| Box::pin(adding.commit(tx))).await;
        added.map(|()| id).map_err(|fault| or_exists(fault, exists))
    }

    /// Mails somebody a link by which they choose a password; an older link is good no more.
    pub async fn invite(&self, email: EmailAddress) -> Result<(), PeopleError> {
        let circumstances = self.circumstances(Visitor::console())?;
        let no_such_user = PeopleError::NoSuchUser(email.clone());
        let inviting = Arc::new(ByEmail { email, circumstances });
        let is_invited = self.transact(&inviting, |inviting, tx| Box::pin(inviting.invite(tx))).await?;
        if is_invited { Ok(()) } else { Err(no_such_user) }
    }

    /// Binds a new password for somebody, which ends their sessions; they are told.
    pub async fn set_password(&self, email: EmailAddress, new: Password) -> Result<(), PeopleError> {
        let no_such_user = PeopleError::NoSuchUser(email.clone());
        let Some(account) = self.account_by_email(&email).await? else { return Err(no_such_user) };
        self.judge_password(&new, &account).await??;
        let admission = self.0.hasher.admit()?;
        let (password, _admission) = self.hash_new(admission, new, &account.user.id).await?;
        let circumstances = self.circumstances(Visitor::console())?;
        let setting = Arc::new(PasswordToSet { user: account.user.id, password, circumstances });
        let is_set = self.transact(&setting, |setting, tx| Box::pin(setting.commit(tx))).await?;
        if is_set { Ok(()) } else { Err(no_such_user) }
    }

    pub(crate) async fn account_by_email(&self, email: &EmailAddress) -> Result<Option<Account>, Fault> {
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

    /// The company of this very name: how commands name companies.
    pub async fn organization_named(&self, name: &str) -> Result<Organization, PeopleError> {
        let wanted = name.to_owned();
        let found = self.0.database.read(move |tx| {
            let wanted = wanted.clone();
            Box::pin(async move { people::organization_by_name(tx, &wanted).await })
        });
        let found = found.await.map_err(Fault::from)?;
        found.ok_or_else(|| PeopleError::NoSuchOrganization(name.to_owned()))
    }
}

impl UserToAdd {
    async fn commit(&self, tx: &mut Tx<'_>) -> Result<(), store::Fault> {
        let mut moment = self.circumstances.moment();
        let user = people::NewUser {
            id: self.id.clone(),
            email: self.person.email.clone(),
            email_verified_at: self.is_address_vouched_for.then_some(moment.now),
            name: self.person.name.clone(),
            organization: self.organization.id.clone(),
            role: self.person.role,
            at: moment.now,
        };
        people::add_user(tx, &user).await?;
        let mut event = AuditEvent::new(AuditKind::UserCreated, self.person.role.as_str(), &mut moment);
        (event.user, event.organization) = (Some(user.id.clone()), Some(user.organization));
        let mut writes = vec![Write::Audit(event)];
        if let Some(NewPassword { id, hash }) = &self.password {
            let (user, authenticator) = (user.id, id.clone());
            writes.push(Write::BindPassword { user, authenticator, hash: hash.clone(), at: moment.now });
        } else {
            let account = future_account(&self.id, &self.person, self.organization.clone());
            writes.extend(set_password::invite(&account, &mut moment).writes);
        }
        commit(tx, Decision::new((), writes)).await
    }
}

impl ByEmail {
    async fn invite(&self, tx: &mut Tx<'_>) -> Result<bool, store::Fault> {
        let Some(account) = accounts::lock_by_email(tx, &self.email).await? else { return Ok(false) };
        commit(tx, set_password::invite(&account, &mut self.circumstances.moment())).await.map(|()| true)
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

/// The account as it will be, so that the password is judged under the rules that will hold for it.
fn future_account(id: &UserId, person: &PersonToAdd, organization: Organization) -> Account {
    let user = User::new(id.clone(), person.name.clone(), person.email.clone());
    Account { memberships: vec![Membership { organization, role: person.role }], ..Account::new(user) }
}

pub(crate) fn or_exists(fault: Fault, exists: PeopleError) -> PeopleError {
    match fault {
        Fault::Store(store::Fault::UniqueViolation { .. }) => exists,
        other => PeopleError::Fault(other),
    }
}
