//! What an operator looks up: companies and people, page by page.
//!
//! Lists are ordered by what is unique, and each page begins behind the last line of the one before: what is added
//! meanwhile shifts nothing.

use countersign_core::{
    id::{OrganizationId, UserId},
    timestamp::Timestamp,
};

use crate::{
    Fault, Row, Tx, params,
    rows::{self, organization_columns},
};

/// What narrows a list of people down.
#[derive(Clone, Debug, Default)]
pub struct UserFilter {
    /// A whole id, or part of a name or an email address.
    pub text: Option<String>,
    pub organization: Option<OrganizationId>,
    /// Only those who are locked at this moment.
    pub locked_at: Option<Timestamp>,
}

/// A person in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserLine {
    pub id: UserId,
    pub name: String,
    pub email: String,
    /// The one they have belonged to the longest.
    pub organization: Option<String>,
    pub second_factors: u64,
    /// Those of them that are not out of use (P2).
    pub usable: u64,
    pub locked_until: Option<Timestamp>,
}

/// A company in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationLine {
    pub id: OrganizationId,
    pub name: String,
    pub preset: String,
    pub two_factor_opened_at: Option<Timestamp>,
    pub people: u64,
}

/// A company and whom a change of its gate touches.
#[derive(Clone, Debug)]
pub struct OrganizationFacts {
    pub line: OrganizationLine,
    pub organization: countersign_core::organization::Organization,
    pub created_at: Timestamp,
    /// Those of its people who have a second factor.
    pub people_with_second_factor: u64,
}

/// People by email address, from behind `after`.
pub async fn users(
    tx: &mut Tx<'_>,
    filter: &UserFilter,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<UserLine>, Fault> {
    let text = filter.text.as_deref();
    let values = params![
        after.unwrap_or_default(),
        text,
        text.map(part),
        filter.organization.as_ref().map(OrganizationId::as_str),
        filter.locked_at.map(Timestamp::as_millis),
        rows_at_most(limit),
    ];
    tx.query(&USERS, &values).await?.iter().map(user_line).collect()
}

/// Companies by name, from behind `after`.
pub async fn organizations(
    tx: &mut Tx<'_>,
    text: Option<&str>,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<OrganizationLine>, Fault> {
    let values = params![after.unwrap_or_default(), text, text.map(part), rows_at_most(limit)];
    tx.query(&ORGANIZATIONS, &values).await?.iter().map(|row| organization_line(row, 0)).collect()
}

pub async fn organization(tx: &mut Tx<'_>, id: &OrganizationId) -> Result<Option<OrganizationFacts>, Fault> {
    let row = tx.query_optional(&ORGANIZATION, &params![id.as_str()]).await?;
    let facts = |row: Row| {
        Ok(OrganizationFacts {
            organization: rows::organization(&row)?,
            line: organization_line(&row, 4)?,
            created_at: Timestamp::from_millis(row.int(9)?),
            people_with_second_factor: count(&row, 10)?,
        })
    };
    row.map(facts).transpose()
}

fn user_line(row: &Row) -> Result<UserLine, Fault> {
    Ok(UserLine {
        id: UserId::from_stored(row.text(0)?.to_owned()),
        name: row.text(1)?.to_owned(),
        email: row.text(2)?.to_owned(),
        organization: row.optional_text(3)?.map(str::to_owned),
        second_factors: count(row, 4)?,
        usable: count(row, 5)?,
        locked_until: rows::time(row.optional_int(6)?),
    })
}

fn organization_line(row: &Row, first: usize) -> Result<OrganizationLine, Fault> {
    Ok(OrganizationLine {
        id: OrganizationId::from_stored(row.text(first)?.to_owned()),
        name: row.text(first + 1)?.to_owned(),
        preset: row.text(first + 2)?.to_owned(),
        two_factor_opened_at: rows::time(row.optional_int(first + 3)?),
        people: count(row, first + 4)?,
    })
}

fn count(row: &Row, column: usize) -> Result<u64, Fault> {
    Ok(u64::try_from(row.int(column)?).unwrap_or(0))
}

fn rows_at_most(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// A pattern for whatever holds this text, whose own `%` and `_` mean themselves.
fn part(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for character in text.to_lowercase().chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

macro_rules! locked_until {
    () => {
        "(SELECT MAX(ladders.locked_until) FROM ladders WHERE ladders.subject = users.id \
             OR ladders.subject IN (SELECT known_browsers.user_id || '/' || known_browsers.id \
                 FROM known_browsers WHERE known_browsers.user_id = users.id))"
    };
}

macro_rules! second_factors {
    ($and:literal) => {
        concat!(
            "(SELECT COUNT(*) FROM authenticators WHERE authenticators.user_id = users.id \
                 AND authenticators.kind IN ('app', 'phone', 'email') AND authenticators.bound_at IS NOT NULL \
                 AND authenticators.revoked_at IS NULL",
            $and,
            ")"
        )
    };
}

macro_rules! organization_line_columns {
    () => {
        "organizations.id, organizations.name, organizations.preset, organizations.two_factor_opened_at, \
         (SELECT COUNT(*) FROM memberships WHERE memberships.organization_id = organizations.id)"
    };
}

crate::statements! {
    /// SQLite lowers ASCII letters only: there, others are found as they were written.
    USERS: new(concat!(
        "SELECT users.id, users.name, users.email, \
             (SELECT organizations.name FROM memberships \
                 JOIN organizations ON organizations.id = memberships.organization_id \
                 WHERE memberships.user_id = users.id \
                 ORDER BY memberships.created_at, organizations.id LIMIT 1), ",
        second_factors!(""), ", ", second_factors!(" AND authenticators.disabled_at IS NULL"), ", ",
        locked_until!(), " \
         FROM users WHERE users.email > $1 \
             AND (CAST($2 AS TEXT) IS NULL OR users.id = $2 \
                 OR users.email LIKE $3 ESCAPE '\\' OR LOWER(users.name) LIKE $3 ESCAPE '\\') \
             AND (CAST($4 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM memberships \
                 WHERE memberships.user_id = users.id AND memberships.organization_id = $4)) \
             AND (CAST($5 AS BIGINT) IS NULL OR ", locked_until!(), " > $5) \
         ORDER BY users.email LIMIT $6"
    ));
    ORGANIZATIONS: new(concat!(
        "SELECT ", organization_line_columns!(), " FROM organizations \
         WHERE organizations.name > $1 AND (CAST($2 AS TEXT) IS NULL OR organizations.id = $2 \
             OR LOWER(organizations.name) LIKE $3 ESCAPE '\\') \
         ORDER BY organizations.name LIMIT $4"
    ));
    ORGANIZATION: new(concat!(
        "SELECT ", organization_columns!(), ", ", organization_line_columns!(), ", organizations.created_at, \
             (SELECT COUNT(DISTINCT memberships.user_id) FROM memberships \
                 JOIN authenticators ON authenticators.user_id = memberships.user_id \
                 WHERE memberships.organization_id = organizations.id AND authenticators.kind IN ('app', 'phone', 'email') \
                     AND authenticators.bound_at IS NOT NULL AND authenticators.revoked_at IS NULL) \
         FROM organizations WHERE organizations.id = $1"
    ));
}

#[cfg(test)]
mod tests {
    use super::part;

    #[test]
    fn wild_cards_that_were_typed_mean_themselves() {
        assert_eq!(part("Ann"), "%ann%");
        assert_eq!(part(r"50%_\"), r"%50\%\_\\%");
    }
}
