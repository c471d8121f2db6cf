//! Finds sessions: the fast check of every page, and the locked load before a session does something.

use countersign_core::{
    account::Account,
    id::{SessionId, UserId},
    session::{SESSION_LIFE, Session},
    timestamp::Timestamp,
    token::TokenHash,
    user::User,
};

use crate::{
    Database, Fault, Row, Tx, accounts, params,
    rows::{self, session_columns, user_columns},
};

/// A session and its user in one statement: what every page asks.
pub async fn check(database: &Database, token: &TokenHash) -> Result<Option<(Session, User)>, Fault> {
    let row = database.read_one(&WITH_USER, &params![token.0]).await?;
    row.as_ref().map(session_and_user).transpose()
}

/// The same within a transaction, for pages that show more.
pub async fn with_user(tx: &mut Tx<'_>, token: &TokenHash) -> Result<Option<(Session, User)>, Fault> {
    tx.query_optional(&WITH_USER, &params![token.0]).await?.as_ref().map(session_and_user).transpose()
}

/// The session and its account, the user's row locked.
pub async fn lock(
    tx: &mut Tx<'_>,
    token: &TokenHash,
    known_browser: Option<TokenHash>,
) -> Result<Option<(Session, Account)>, Fault> {
    // The session is read behind the lock: until then somebody else may have ended or renewed it.
    let wanted = vec![(&LOCK_USER_OF, params![token.0]), (&BY_TOKEN, params![token.0])];
    let found = tx.query_all(wanted).await?;
    let [users, sessions] = found.as_slice() else {
        return Err(Fault::broken("a session has two answers"));
    };
    let (Some(user), Some(session)) = (users.first(), sessions.first()) else { return Ok(None) };
    let account = accounts::account(tx, rows::user(user)?, known_browser, None).await?;
    Ok(Some((rows::session(session)?, account)))
}

/// A session and where it was made.
#[derive(Clone, Debug)]
pub struct SessionLine {
    pub session: Session,
    pub source: String,
    pub user_agent: String,
}

/// The sessions of a person's present epoch that nobody ended, newest first; which of them are live is for
/// [`Session::is_live`] to say.
pub async fn of_user(tx: &mut Tx<'_>, user: &User, now: Timestamp) -> Result<Vec<SessionLine>, Fault> {
    let since = now.minus(SESSION_LIFE);
    let rows = tx.query(&OF_USER, &params![user.id.as_str(), user.epoch, since.as_millis()]).await?;
    let line = |row: &Row| {
        Ok(SessionLine {
            session: rows::session(row)?,
            source: row.text(rows::SESSION_COLUMNS)?.to_owned(),
            user_agent: row.text(rows::SESSION_COLUMNS + 1)?.to_owned(),
        })
    };
    rows.iter().map(line).collect()
}

/// A session by its id, if it is or was this person's.
pub async fn one_of_user(
    tx: &mut Tx<'_>,
    user: &UserId,
    session: &SessionId,
) -> Result<Option<Session>, Fault> {
    let row = tx.query_optional(&ONE_OF_USER, &params![user.as_str(), session.as_str()]).await?;
    row.as_ref().map(rows::session).transpose()
}

/// Notes that a session was used; never moves the time backwards.
pub fn touch(tx: &mut Tx<'_>, session: &SessionId, now: Timestamp) -> Result<(), Fault> {
    tx.write_all(vec![(&TOUCH, params![session.as_str(), now.as_millis()])])
}

fn session_and_user(row: &Row) -> Result<(Session, User), Fault> {
    Ok((rows::session(row)?, rows::user_at(row, rows::SESSION_COLUMNS)?))
}

crate::statements! {
    WITH_USER: new(concat!(
        "SELECT ", session_columns!(), ", ", user_columns!(), " FROM sessions \
         JOIN users ON users.id = sessions.user_id WHERE sessions.token_hash = $1"
    ));
    LOCK_USER_OF: locking(concat!(
        "SELECT ", user_columns!(), " FROM users WHERE id = (SELECT user_id FROM sessions WHERE token_hash = $1)"
    ));
    BY_TOKEN: new(concat!("SELECT ", session_columns!(), " FROM sessions WHERE token_hash = $1"));
    OF_USER: new(concat!(
        "SELECT ", session_columns!(), ", sessions.source, sessions.user_agent FROM sessions \
         WHERE sessions.user_id = $1 AND sessions.ended_at IS NULL AND sessions.user_epoch = $2 \
             AND sessions.created_at > $3 ORDER BY sessions.created_at DESC, sessions.id DESC"
    ));
    ONE_OF_USER: new(concat!(
        "SELECT ", session_columns!(), " FROM sessions WHERE sessions.user_id = $1 AND sessions.id = $2"
    ));
    TOUCH: new("UPDATE sessions SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2");
}
