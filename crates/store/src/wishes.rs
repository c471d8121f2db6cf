//! Wishes for links to choose another password by: those that wait, and how many one network had.

use std::net::IpAddr;

use countersign_core::{
    ceremony::forgot_password::{NewWish, Wish},
    id::WishId,
    moment::{BrowserMark, Visitor},
    throttle::links::WISHES_WINDOW,
    timestamp::Timestamp,
    user::EmailAddress,
};

use crate::{Fault, Row, Tx, commit::Statement, params, rows};

/// How many wishes a network had lately. Never on a row that others wait for: on PostgreSQL those that are committed
/// in the same instant are not seen.
pub async fn of_network(tx: &mut Tx<'_>, network: &str, now: Timestamp) -> Result<u32, Fault> {
    let since = now.minus(WISHES_WINDOW).as_millis();
    Ok(rows::count(tx.query_one(&OF_NETWORK, &params![network, since]).await?.int(0)?))
}

/// The oldest of those that nobody took up yet and that were wished for since then.
pub async fn waiting(tx: &mut Tx<'_>, since: Timestamp, limit: usize) -> Result<Vec<Wish>, Fault> {
    let values = params![WishId::earliest(since).as_str(), rows::limit(limit)];
    tx.query(&WAITING, &values).await?.iter().map(wish).collect()
}

pub(crate) fn put(wish: &NewWish) -> Statement {
    let values = params![
        wish.id.as_str(),
        wish.email.as_str(),
        wish.network.as_str(),
        wish.source.as_str(),
        wish.user_agent.as_str(),
        wish.at.as_millis(),
    ];
    (&PUT, values)
}

pub(crate) fn take(wish: &WishId) -> Statement {
    (&TAKE, params![wish.as_str()])
}

fn wish(row: &Row) -> Result<Wish, Fault> {
    let source: IpAddr =
        row.text(2)?.parse().map_err(|_| Fault::broken("reset_wishes.source is no address"))?;
    let visitor = Visitor { source, user_agent: row.text(3)?.to_owned(), browser: BrowserMark([0; 32]) };
    Ok(Wish {
        id: WishId::from_stored(row.text(0)?.to_owned()),
        email: EmailAddress::from_stored(row.text(1)?.to_owned()),
        visitor,
    })
}

crate::statements! {
    PUT: new(
        "INSERT INTO reset_wishes (id, email, network, source, user_agent, at) VALUES ($1, $2, $3, $4, $5, $6)"
    );
    TAKE: new("UPDATE reset_wishes SET email = NULL WHERE id = $1 AND email IS NOT NULL");
    OF_NETWORK: new("SELECT COUNT(*) FROM reset_wishes WHERE network = $1 AND at > $2");
    WAITING: new(
        "SELECT id, email, source, user_agent FROM reset_wishes WHERE email IS NOT NULL AND id >= $1 \
         ORDER BY id LIMIT $2"
    );
}
