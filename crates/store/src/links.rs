//! Finds mailed links; they are used by decisions only.

use countersign_core::{
    account::Account,
    ceremony::verify_email::MailedLinks,
    id::UserId,
    link::{Link, LinkPurpose},
    notice::Told,
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
    Ok(MailedLinks { in_an_hour: rows::count(row.int(0)?), in_a_day: rows::count(row.int(1)?) })
}

async fn find(tx: &mut Tx<'_>, token: &TokenHash, purpose: LinkPurpose) -> Result<Option<Link>, Fault> {
    let values = params![token.0, purpose.as_str()];
    tx.query_optional(&BY_TOKEN, &values).await?.as_ref().map(rows::link).transpose()
}

crate::statements! {
    BY_TOKEN: new(concat!("SELECT ", link_columns!(), " FROM links WHERE token_hash = $1 AND purpose = $2"));
    NOTICE: new(concat!("SELECT ", notice_columns!(), " FROM notices WHERE id = $1"));
    MAILED: new(
        "SELECT COUNT(CASE WHEN created_at > $2 THEN 1 END), COUNT(*) FROM links \
         WHERE user_id = $1 AND purpose NOT IN ('not_me', 'unlock') AND created_at > $3"
    );
}
