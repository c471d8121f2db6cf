//! Operators: who they are, and the links by which somebody becomes one; those are used by decisions only.

use countersign_core::{
    account::Account,
    id::{AuthenticatorId, UserId},
    operator_link::{NewSecret, OperatorLink, OperatorSetUp},
    secret::Sealed,
    timestamp::Timestamp,
    token::TokenHash,
    user::{EmailAddress, User},
};

use crate::{
    Fault, Row, Sql, Tx, accounts, params,
    rows::{self, user_columns},
};

/// An operator in a list.
#[derive(Clone, Debug)]
pub struct OperatorLine {
    pub name: String,
    pub email: String,
    pub since: Timestamp,
    /// Whether they have a password and a second factor that work.
    pub can_sign_in: bool,
}

/// All operators, the oldest first.
pub async fn list(tx: &mut Tx<'_>) -> Result<Vec<OperatorLine>, Fault> {
    let line = |row: &Row| {
        Ok(OperatorLine {
            name: row.text(0)?.to_owned(),
            email: row.text(1)?.to_owned(),
            since: Timestamp::from_millis(row.int(2)?),
            can_sign_in: row.int(3)? > 0,
        })
    };
    tx.query(&LIST, &params![]).await?.iter().map(line).collect()
}

/// All operators, each row locked, in the order of their ids, so that two who do this wait and do not lock each
/// other out.
pub async fn lock(tx: &mut Tx<'_>) -> Result<Vec<User>, Fault> {
    tx.query(&LOCK, &params![]).await?.iter().map(rows::user).collect()
}

/// The operators who can sign in.
pub async fn able(tx: &mut Tx<'_>) -> Result<Vec<UserId>, Fault> {
    let id = |row: &Row| Ok(UserId::from_stored(row.text(0)?.to_owned()));
    tx.query(&ABLE, &params![]).await?.iter().map(id).collect()
}

/// All operators, for telling them something.
pub async fn all(tx: &mut Tx<'_>) -> Result<Vec<User>, Fault> {
    tx.query(&OPERATORS, &params![]).await?.iter().map(rows::user).collect()
}

/// Until when somebody can still become an operator by a link that was printed; `None` if there is no such link.
pub async fn open_until(tx: &mut Tx<'_>, now: Timestamp) -> Result<Option<Timestamp>, Fault> {
    let row = tx.query_one(&OPEN_UNTIL, &params![now.as_millis()]).await?;
    Ok(rows::time(row.optional_int(0)?))
}

/// A link, for showing its page.
pub async fn link(tx: &mut Tx<'_>, token: &TokenHash) -> Result<Option<OperatorLink>, Fault> {
    find_link(tx, &LINK, token).await
}

/// A link, and the account of the operator whom it is for. Both are locked, so that attempts with one link queue
/// up; the user first, as everywhere.
pub async fn lock_link(
    tx: &mut Tx<'_>,
    token: &TokenHash,
) -> Result<Option<(OperatorLink, Option<Account>)>, Fault> {
    let Some(OperatorLink { user, .. }) = link(tx, token).await? else { return Ok(None) };
    let operator = match user {
        Some(id) => accounts::lock_user(tx, &id).await?,
        None => None,
    };
    let Some(link) = find_link(tx, &LOCK_LINK, token).await? else { return Ok(None) };
    let operator = match operator {
        Some(user) => Some(accounts::account(tx, user, None, None).await?),
        None => None,
    };
    Ok(Some((link, operator)))
}

/// What was entered in a browser.
pub async fn set_up(tx: &mut Tx<'_>, token: &TokenHash) -> Result<Option<OperatorSetUp>, Fault> {
    let Some(row) = tx.query_optional(&SET_UP, &params![token.0]).await? else { return Ok(None) };
    let id = |place| Ok::<_, Fault>(AuthenticatorId::from_stored(row.text(place)?.to_owned()));
    let sealed = |place| Ok::<_, Fault>(Sealed(row.bytes(place)?.to_vec()));
    Ok(Some(OperatorSetUp {
        token: *token,
        link: TokenHash(rows::digest(row.bytes(0)?)?),
        user: UserId::from_stored(row.text(1)?.to_owned()),
        email: EmailAddress::from_stored(row.text(2)?.to_owned()),
        name: row.text(3)?.to_owned(),
        password: NewSecret { id: id(4)?, secret: sealed(5)? },
        app: NewSecret { id: id(6)?, secret: sealed(7)? },
        wrong_codes: rows::count(row.int(8)?),
        created_at: Timestamp::from_millis(row.int(9)?),
        expires_at: Timestamp::from_millis(row.int(10)?),
    }))
}

async fn find_link(tx: &mut Tx<'_>, sql: &Sql, token: &TokenHash) -> Result<Option<OperatorLink>, Fault> {
    let Some(row) = tx.query_optional(sql, &params![token.0]).await? else { return Ok(None) };
    Ok(Some(OperatorLink {
        token: *token,
        user: row.optional_text(0)?.map(|id| UserId::from_stored(id.to_owned())),
        created_at: Timestamp::from_millis(row.int(1)?),
        expires_at: Timestamp::from_millis(row.int(2)?),
        set_ups: rows::count(row.int(3)?),
        used_at: rows::time(row.optional_int(4)?),
        superseded_at: rows::time(row.optional_int(5)?),
    }))
}

macro_rules! operators {
    () => {
        concat!("SELECT ", user_columns!(), " FROM users WHERE operator_since IS NOT NULL ORDER BY id")
    };
}

/// Whether a user has one authenticator of these kinds that works.
macro_rules! has {
    ($kinds:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM authenticators WHERE authenticators.user_id = users.id AND authenticators.kind IN ",
            $kinds,
            " AND authenticators.bound_at IS NOT NULL AND authenticators.disabled_at IS NULL \
             AND authenticators.revoked_at IS NULL)"
        )
    };
}

macro_rules! can_sign_in {
    () => {
        concat!("users.disabled_at IS NULL AND ", has!("('password')"), " AND ", has!("('app', 'phone')"))
    };
}

macro_rules! find_link {
    () => {
        "SELECT user_id, created_at, expires_at, set_ups, used_at, superseded_at FROM operator_links \
         WHERE token_hash = $1"
    };
}

crate::statements! {
    LIST: new(concat!(
        "SELECT users.name, users.email, users.operator_since, \
             CASE WHEN ", can_sign_in!(), " THEN 1 ELSE 0 END \
         FROM users WHERE users.operator_since IS NOT NULL ORDER BY users.operator_since, users.id"
    ));
    ABLE: new(concat!("SELECT users.id FROM users WHERE users.operator_since IS NOT NULL AND ", can_sign_in!()));
    LOCK: locking(operators!());
    OPERATORS: new(operators!());
    OPEN_UNTIL: new(
        "SELECT MAX(expires_at) FROM operator_links WHERE user_id IS NULL AND used_at IS NULL \
             AND superseded_at IS NULL AND expires_at > $1"
    );
    LINK: new(find_link!());
    LOCK_LINK: locking(find_link!());
    SET_UP: new(
        "SELECT link_hash, user_id, email, name, password_id, password_hash, app_id, app_secret, wrong_codes, \
             created_at, expires_at FROM operator_set_ups WHERE token_hash = $1"
    );
}
