//! Making companies and people, by an operator.

use std::sync::Arc;

use countersign_core::{
    account::{Account, Lane},
    audit::event::{AuditEvent, AuditKind},
    authenticator::password::{Password, PasswordRefusal},
    ceremony::{Decision, Write, change_password, set_password, turn_off},
    id::{OrganizationId, UserId},
    moment::Visitor,
    organization::{Membership, Organization, Role},
    policy::presets::Preset,
    throttle::ladder::{Ladder, LadderSubject},
    user::{EmailAddress, User, is_invisible},
};
pub use countersign_store::people::OrganizationLine;
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
    #[error("an organization of that name exists already")]
    OrganizationExists,
    #[error("there is nobody with the email address {0}")]
    NoSuchUser(EmailAddress),
    #[error("somebody with that email address exists already")]
    UserExists,
    #[error("there is nothing to take: this person has no second factor")]
    NoSecondFactor,
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

const NAME_CHARACTERS_MAX: usize = 100;

struct OrganizationToAdd {
    name: String,
    preset: Preset,
    is_two_factor_open: bool,
    circumstances: Circumstances,
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

struct GateToSet {
    name: String,
    is_open: bool,
    circumstances: Circumstances,
}

enum Reset {
    Done,
    NothingThere,
    NoSuchUser,
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
    /// Makes a company. Unless said otherwise, its preset says whether its people may use a second factor at
    /// once or only when the operator opens it to them (CR-3).
    pub async fn add_organization(
        &self,
        name: &str,
        preset: Preset,
        is_two_factor_open: Option<bool>,
    ) -> Result<(), PeopleError> {
        let name = parse_company_name(name)?;
        let is_two_factor_open = is_two_factor_open.unwrap_or_else(|| preset.opens_two_factor());
        let circumstances = self.circumstances(Visitor::console())?;
        let adding = Arc::new(OrganizationToAdd { name, preset, is_two_factor_open, circumstances });
        let added = self.transact(&adding, |adding, tx| Box::pin(adding.commit(tx))).await;
        added.map_err(|fault| or_exists(fault, PeopleError::OrganizationExists))
    }

    /// Opens the second factor to the people of a company, or closes it: the operator's gate (CR-3). Who has
    /// one already keeps it and is still asked for it.
    pub async fn set_two_factor_gate(&self, name: &str, is_open: bool) -> Result<(), PeopleError> {
        let circumstances = self.circumstances(Visitor::console())?;
        let setting = Arc::new(GateToSet { name: name.to_owned(), is_open, circumstances });
        let is_set = self.transact(&setting, |setting, tx| Box::pin(setting.commit(tx))).await?;
        if is_set { Ok(()) } else { Err(PeopleError::NoSuchOrganization(name.to_owned())) }
    }

    pub async fn organizations(&self) -> Result<Vec<OrganizationLine>, Fault> {
        let found = self.0.database.read(|tx| Box::pin(async move { people::organizations(tx).await }));
        Ok(found.await?)
    }

    /// Makes a person in an organization that exists.
    pub async fn add_user(&self, mut person: PersonToAdd) -> Result<UserId, PeopleError> {
        person.name = parse_name(&person.name)?;
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
        let adding = Arc::new(UserToAdd {
            id: id.clone(),
            person,
            organization,
            password,
            is_address_vouched_for,
            circumstances,
        });
        let added = self.transact(&adding, |adding, tx| Box::pin(adding.commit(tx))).await;
        added.map(|()| id).map_err(|fault| or_exists(fault, PeopleError::UserExists))
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

    /// Takes the second factor from somebody who can prove it no more; their sessions end, and they are told.
    pub async fn reset_two_factor(&self, email: EmailAddress) -> Result<(), PeopleError> {
        let circumstances = self.circumstances(Visitor::console())?;
        let no_such_user = PeopleError::NoSuchUser(email.clone());
        let resetting = Arc::new(ByEmail { email, circumstances });
        match self.transact(&resetting, |resetting, tx| Box::pin(resetting.reset(tx))).await? {
            Reset::Done => Ok(()),
            Reset::NothingThere => Err(PeopleError::NoSecondFactor),
            Reset::NoSuchUser => Err(no_such_user),
        }
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

    async fn organization_named(&self, name: &str) -> Result<Organization, PeopleError> {
        let wanted = name.to_owned();
        let found = self.0.database.read(move |tx| {
            let wanted = wanted.clone();
            Box::pin(async move { people::organization_by_name(tx, &wanted).await })
        });
        let found = found.await.map_err(Fault::from)?;
        found.ok_or_else(|| PeopleError::NoSuchOrganization(name.to_owned()))
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
            two_factor_opened_at: self.is_two_factor_open.then_some(moment.now),
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

impl GateToSet {
    async fn commit(&self, tx: &mut Tx<'_>) -> Result<bool, store::Fault> {
        let Some(organization) = people::organization_by_name(tx, &self.name).await? else {
            return Ok(false);
        };
        if organization.two_factor_opened_at.is_some() == self.is_open {
            return Ok(true);
        }
        let mut moment = self.circumstances.moment();
        let opened_at = self.is_open.then_some(moment.now);
        people::put_two_factor_opened(tx, &organization.id, opened_at).await?;
        let kind = if self.is_open { AuditKind::TwoFactorOpened } else { AuditKind::TwoFactorClosed };
        let mut event = AuditEvent::new(kind, "by an operator", &mut moment);
        event.organization = Some(organization.id);
        commit(tx, Decision::new((), vec![Write::Audit(event)])).await.map(|()| true)
    }
}

impl ByEmail {
    async fn invite(&self, tx: &mut Tx<'_>) -> Result<bool, store::Fault> {
        let Some(account) = self.lock(tx).await? else { return Ok(false) };
        commit(tx, set_password::invite(&account, &mut self.circumstances.moment())).await.map(|()| true)
    }

    async fn reset(&self, tx: &mut Tx<'_>) -> Result<Reset, store::Fault> {
        let Some(account) = self.lock(tx).await? else { return Ok(Reset::NoSuchUser) };
        if account.second_factors().next().is_none() {
            return Ok(Reset::NothingThere);
        }
        commit(tx, turn_off::reset_by_operator(&account, &mut self.circumstances.moment()))
            .await
            .map(|()| Reset::Done)
    }

    async fn lock(&self, tx: &mut Tx<'_>) -> Result<Option<Account>, store::Fault> {
        let Some(user) = accounts::user_by_email(tx, &self.email).await? else { return Ok(None) };
        let Some(user) = accounts::lock_user(tx, &user.id).await? else { return Ok(None) };
        accounts::account(tx, user, None, None).await.map(Some)
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
    Account {
        user: User {
            id: id.clone(),
            name: person.name.clone(),
            email: person.email.clone(),
            email_verified_at: None,
            epoch: 0,
            password_change: None,
            disabled_at: None,
            operator_since: None,
        },
        memberships: vec![Membership { organization, role: person.role }],
        authenticators: Vec::new(),
        known_browser: None,
        admins: Vec::new(),
        texting: None,
        lane: Lane { subject: LadderSubject::user(id), ladder: Ladder::default() },
    }
}

fn parse_name(typed: &str) -> Result<String, PeopleError> {
    let name = typed.trim();
    let is_fit = (1..=NAME_CHARACTERS_MAX).contains(&name.chars().count()) && !name.chars().any(is_invisible);
    if is_fit { Ok(name.to_owned()) } else { Err(PeopleError::Name) }
}

fn parse_company_name(typed: &str) -> Result<String, PeopleError> {
    let name = parse_name(typed)?;
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

fn or_exists(fault: Fault, exists: PeopleError) -> PeopleError {
    match fault {
        Fault::Store(store::Fault::UniqueViolation { .. }) => exists,
        other => PeopleError::Fault(other),
    }
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
