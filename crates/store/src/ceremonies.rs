//! Finds open ceremonies; they are changed by decisions only.

use countersign_core::{
    account::Account,
    ceremony::{Ceremony, CeremonyPurpose},
    session::Session,
    token::TokenHash,
};

use crate::{
    Fault, Sql, Tx, accounts,
    database::Statements,
    params,
    rows::{self, ceremony_columns, ceremony_joins, user_columns},
};

/// The sign-in that a browser holds the token of, with its account, the user's row locked.
pub async fn lock_sign_in(
    tx: &mut Tx<'_>,
    token: &TokenHash,
    known_browser: Option<TokenHash>,
) -> Result<Option<(Ceremony, Account)>, Fault> {
    sign_in_of(tx, &LOCK_USER_OF_SIGN_IN, token, known_browser).await
}

/// The same for showing its page, without a lock.
pub async fn sign_in(tx: &mut Tx<'_>, token: &TokenHash) -> Result<Option<(Ceremony, Account)>, Fault> {
    sign_in_of(tx, &USER_OF_SIGN_IN, token, None).await
}

/// All goes out at once. Where the user is locked, the server reads the rest behind the lock: until then somebody
/// else may have finished the sign-in.
async fn sign_in_of(
    tx: &mut Tx<'_>,
    user: &'static Sql,
    token: &TokenHash,
    known_browser: Option<TokenHash>,
) -> Result<Option<(Ceremony, Account)>, Fault> {
    let purpose = CeremonyPurpose::SignIn.as_str();
    let mut wanted: Statements = vec![(user, params![token.0]), (&BY_TOKEN, params![token.0, purpose])];
    wanted.extend(accounts::wanted_of_sign_in(token, known_browser));
    let found = tx.query_all(wanted).await?;
    let [users, ceremonies, account @ ..] = found.as_slice() else {
        return Err(Fault::broken("a sign-in has five answers"));
    };
    let (Some(user), Some(ceremony)) = (users.first(), ceremonies.first()) else { return Ok(None) };
    let (user, ceremony) = (rows::user(user)?, rows::ceremony(ceremony)?);
    let account = accounts::of_sign_in(tx, user, &ceremony.lane, account).await?;
    Ok(Some((ceremony, account)))
}

/// What is under way in a session for one purpose: a set-up, or the proof for an act.
pub async fn of_session(
    tx: &mut Tx<'_>,
    session: &Session,
    purpose: CeremonyPurpose,
) -> Result<Option<Ceremony>, Fault> {
    let values = params![session.user.as_str(), purpose.as_str(), session.id.as_str()];
    tx.query_optional(&OPEN_OF_SESSION, &values).await?.as_ref().map(rows::ceremony).transpose()
}

macro_rules! user_of_sign_in {
    () => {
        concat!(
            "SELECT ",
            user_columns!(),
            " FROM users WHERE id = (SELECT user_id FROM ceremonies WHERE token_hash = $1)"
        )
    };
}

crate::statements! {
    USER_OF_SIGN_IN: new(user_of_sign_in!());
    LOCK_USER_OF_SIGN_IN: locking(user_of_sign_in!());
    BY_TOKEN: new(concat!(
        "SELECT ", ceremony_columns!(), " FROM ceremonies", ceremony_joins!(),
        " WHERE ceremonies.token_hash = $1 AND ceremonies.purpose = $2"
    ));
    OPEN_OF_SESSION: new(concat!(
        "SELECT ", ceremony_columns!(), " FROM ceremonies", ceremony_joins!(),
        " WHERE ceremonies.user_id = $1 AND ceremonies.purpose = $2 AND ceremonies.session_id = $3 \
             AND ceremonies.ended_at IS NULL \
         ORDER BY ceremonies.created_at DESC LIMIT 1"
    ));
}
