//! Finds mailed links; they are used by decisions only.

use countersign_core::{
    account::Account,
    id::UserId,
    link::{Link, LinkPurpose},
    notice::Told,
    throttle::links::MailedLinks,
    timestamp::Timestamp,
    token::TokenHash,
    user::User,
};

use crate::{
    Fault, Tx, accounts, params,
    rows::{self, link_columns, notice_columns},
};

const HOUR_MILLIS: i64 = 60 * 60 * 1000;

/// A link and its user, for showing its page.
pub async fn with_user(
    tx: &mut Tx<'_>,
    token: &TokenHash,
    purpose: LinkPurpose,
) -> Result<Option<(Link, User)>, Fault> {
    let Some(link) = find(tx, token, purpose).await? else { return Ok(None) };
    Ok(accounts::user(tx, &link.user).await?.map(|user| (link, user)))
}

/// A link and the account of its user, whose row is locked.
pub async fn lock(
    tx: &mut Tx<'_>,
    token: &TokenHash,
    purpose: LinkPurpose,
) -> Result<Option<(Link, Account)>, Fault> {
    let Some(link) = find(tx, token, purpose).await? else { return Ok(None) };
    let Some(user) = accounts::lock_user(tx, &link.user).await? else { return Ok(None) };
    // Read again behind the lock: until now somebody else may have used it.
    let Some(link) = find(tx, token, purpose).await? else { return Ok(None) };
    let account = accounts::account(tx, user, None, None).await?;
    Ok(Some((link, account)))
}

/// What a person was told, that a link lets them answer.
pub async fn told(tx: &mut Tx<'_>, link: &Link) -> Result<Option<Told>, Fault> {
    let Some(notice) = &link.notice else { return Ok(None) };
    tx.query_optional(&NOTICE, &params![notice.as_str()]).await?.as_ref().map(rows::told).transpose()
}

/// How many links were mailed to a person because somebody asked for them. Those in notices are not.
pub async fn mailed(tx: &mut Tx<'_>, user: &UserId, now: Timestamp) -> Result<MailedLinks, Fault> {
    let now = now.as_millis();
    let values = params![user.as_str(), now - HOUR_MILLIS, now - 24 * HOUR_MILLIS];
    let row = tx.query_one(&MAILED, &values).await?;
    Ok(MailedLinks {
        in_an_hour: rows::count(row.int(0)?),
        in_a_day: rows::count(row.int(1)?),
        resets_in_an_hour: rows::count(row.int(2)?),
        resets_in_a_day: rows::count(row.int(3)?),
    })
}

/// How many links for forgotten passwords were mailed to anybody within the last hour; no more than `at_most` are
/// counted.
pub async fn resets_of_everybody(tx: &mut Tx<'_>, at_most: u32, now: Timestamp) -> Result<u32, Fault> {
    let values = params![now.as_millis() - HOUR_MILLIS, i64::from(at_most)];
    Ok(rows::count(tx.query_one(&RESETS_OF_EVERYBODY, &values).await?.int(0)?))
}

async fn find(tx: &mut Tx<'_>, token: &TokenHash, purpose: LinkPurpose) -> Result<Option<Link>, Fault> {
    let values = params![token.0, purpose.as_str()];
    tx.query_optional(&BY_TOKEN, &values).await?.as_ref().map(rows::link).transpose()
}

crate::statements! {
    BY_TOKEN: new(concat!("SELECT ", link_columns!(), " FROM links WHERE token_hash = $1 AND purpose = $2"));
    NOTICE: new(concat!("SELECT ", notice_columns!(), " FROM notices WHERE id = $1"));
    MAILED: new(
        "SELECT COUNT(CASE WHEN created_at > $2 THEN 1 END), COUNT(*), \
             COUNT(CASE WHEN created_at > $2 AND purpose = 'reset_password' THEN 1 END), \
             COUNT(CASE WHEN purpose = 'reset_password' THEN 1 END) FROM links \
         WHERE user_id = $1 AND purpose NOT IN ('not_me', 'unlock') AND created_at > $3"
    );
    RESETS_OF_EVERYBODY: new(
        "SELECT COUNT(*) FROM ( \
             SELECT 1 AS one FROM links WHERE purpose = 'reset_password' AND created_at > $1 LIMIT $2) AS lately"
    );
}
