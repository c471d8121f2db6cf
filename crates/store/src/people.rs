//! Companies and people, as an operator makes them: plain management, no ceremony.

use countersign_core::{
    id::{OrganizationId, UserId},
    organization::{Organization, Role},
    policy::Policy,
    timestamp::Timestamp,
    user::EmailAddress,
};

use crate::{
    Fault, Row, Tx,
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

/// An organization in a list.
#[derive(Clone, Debug)]
pub struct OrganizationLine {
    pub id: OrganizationId,
    pub name: String,
    pub preset: String,
    pub two_factor_opened_at: Option<Timestamp>,
    pub people: u64,
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

/// All organizations by name, with how many people belong to each.
pub async fn organizations(tx: &mut Tx<'_>) -> Result<Vec<OrganizationLine>, Fault> {
    let rows = tx.query(&ORGANIZATIONS, &params![]).await?;
    let line = |row: &Row| {
        Ok(OrganizationLine {
            id: OrganizationId::from_stored(row.text(0)?.to_owned()),
            name: row.text(1)?.to_owned(),
            preset: row.text(2)?.to_owned(),
            two_factor_opened_at: rows::time(row.optional_int(3)?),
            people: u64::try_from(row.int(4)?).unwrap_or(0),
        })
    };
    rows.iter().map(line).collect()
}

/// Opens the second factor to an organization's people, or closes it.
pub async fn put_two_factor_opened(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    opened_at: Option<Timestamp>,
) -> Result<(), Fault> {
    let values = params![organization.as_str(), opened_at.map(Timestamp::as_millis)];
    tx.execute(&PUT_TWO_FACTOR_OPENED, &values).await?;
    Ok(())
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
    ORGANIZATIONS: new(
        "SELECT organizations.id, organizations.name, organizations.preset, \
             organizations.two_factor_opened_at, \
             (SELECT COUNT(*) FROM memberships WHERE memberships.organization_id = organizations.id) \
         FROM organizations ORDER BY organizations.name"
    );
    PUT_TWO_FACTOR_OPENED: new("UPDATE organizations SET two_factor_opened_at = $2 WHERE id = $1");
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
