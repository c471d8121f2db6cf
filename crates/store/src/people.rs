//! Companies and people, as an operator makes them: plain management, no ceremony.

use countersign_core::{
    id::{OrganizationId, UserId},
    organization::{Organization, Role},
    policy::Policy,
    timestamp::Timestamp,
    user::EmailAddress,
};

use crate::{
    Fault, Tx,
    database::Statements,
    params,
    rows::{self, organization_columns},
};

pub struct NewOrganization {
    pub id: OrganizationId,
    pub name: String,
    pub preset: &'static str,
    pub policy: Policy,
    /// Since when its people may use a second factor (CR-3).
    pub two_factor_opened_at: Option<Timestamp>,
    pub at: Timestamp,
}

pub struct NewUser {
    pub id: UserId,
    pub email: EmailAddress,
    /// Where an operator vouches for the address.
    pub email_verified_at: Option<Timestamp>,
    pub name: String,
    pub organization: OrganizationId,
    pub role: Role,
    pub at: Timestamp,
}

pub async fn organization_by_name(tx: &mut Tx<'_>, name: &str) -> Result<Option<Organization>, Fault> {
    let row = tx.query_optional(&ORGANIZATION_BY_NAME, &params![name]).await?;
    row.as_ref().map(rows::organization).transpose()
}

/// An organization, its row locked.
pub async fn lock_organization(tx: &mut Tx<'_>, id: &OrganizationId) -> Result<Option<Organization>, Fault> {
    let row = tx.query_optional(&LOCK_ORGANIZATION, &params![id.as_str()]).await?;
    row.as_ref().map(rows::organization).transpose()
}

/// Fails with `UniqueViolation` if the name is taken.
pub async fn add_organization(tx: &mut Tx<'_>, organization: &NewOrganization) -> Result<(), Fault> {
    let policy = serde_json::to_string(&organization.policy)
        .map_err(|error| Fault::broken(format!("a policy does not write: {error}")))?;
    let values = params![
        organization.id.as_str(),
        organization.name.as_str(),
        organization.preset,
        policy,
        organization.at.as_millis(),
        organization.two_factor_opened_at.map(Timestamp::as_millis),
    ];
    tx.execute(&ADD_ORGANIZATION, &values).await?;
    Ok(())
}

/// Adds a person to a company; their password is bound by a write of its own. Fails with `UniqueViolation` if the address is taken.
pub async fn add_user(tx: &mut Tx<'_>, user: &NewUser) -> Result<(), Fault> {
    let (id, at) = (user.id.as_str(), user.at.as_millis());
    let verified = user.email_verified_at.map(Timestamp::as_millis);
    let statements: Statements = vec![
        (&ADD_USER, params![id, user.email.as_str(), user.name.as_str(), at, verified]),
        (&ADD_MEMBERSHIP, params![id, user.organization.as_str(), user.role.as_str(), at]),
    ];
    tx.execute_all(statements).await?;
    Ok(())
}

crate::statements! {
    ORGANIZATION_BY_NAME: new(concat!(
        "SELECT ", organization_columns!(), " FROM organizations WHERE name = $1"
    ));
    LOCK_ORGANIZATION: locking(concat!(
        "SELECT ", organization_columns!(), " FROM organizations WHERE id = $1"
    ));
    ADD_ORGANIZATION: new(
        "INSERT INTO organizations (id, name, preset, policy, created_at, two_factor_opened_at) \
         VALUES ($1, $2, $3, $4, $5, $6)"
    );
    ADD_USER: new(
        "INSERT INTO users (id, email, name, epoch, created_at, email_verified_at) \
         VALUES ($1, $2, $3, 0, $4, $5)"
    );
    ADD_MEMBERSHIP: new(
        "INSERT INTO memberships (user_id, organization_id, role, created_at) VALUES ($1, $2, $3, $4)"
    );
}
