//! Finds open ceremonies; they are changed by decisions only.

use countersign_core::{
    account::Account,
    ceremony::{Ceremony, CeremonyPurpose},
    session::Session,
    token::TokenHash,
};

use crate::{
    Fault, Tx, accounts, params,
    rows::{self, ceremony_columns, ceremony_joins, user_columns},
};

/// The sign-in that a browser holds the token of, with its account, the user's row locked.
pub async fn lock_sign_in(
    tx: &mut Tx<'_>,
    token: &TokenHash,
    known_browser: Option<TokenHash>,
) -> Result<Option<(Ceremony, Account)>, Fault> {
    let Some(row) = tx.query_optional(&LOCK_USER_OF_SIGN_IN, &params![token.0]).await? else {
        return Ok(None);
    };
    let user = rows::user(&row)?;
    // Read behind the lock: until then somebody else may have finished it.
    let Some(ceremony) = sign_in(tx, token).await? else {
        return Ok(None);
    };
    let account = accounts::account(tx, user, known_browser, Some(&ceremony.lane)).await?;
    Ok(Some((ceremony, account)))
}

/// The sign-in that a browser holds the token of, for showing its page.
pub async fn sign_in(tx: &mut Tx<'_>, token: &TokenHash) -> Result<Option<Ceremony>, Fault> {
    let purpose = CeremonyPurpose::SignIn.as_str();
    tx.query_optional(&BY_TOKEN, &params![token.0, purpose]).await?.as_ref().map(rows::ceremony).transpose()
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

crate::statements! {
    LOCK_USER_OF_SIGN_IN: locking(concat!(
        "SELECT ", user_columns!(), " FROM users \
         WHERE id = (SELECT user_id FROM ceremonies WHERE token_hash = $1)"
    ));
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
