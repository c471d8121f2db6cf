//! Loads everything that a decision about one person looks at.
//!
//! Attempts lock the user's row first; from then on no other attempt on the same person decides anything
//! until this one is committed, on either database.

use countersign_core::{
    account::{Account, Lane},
    ceremony::sign_in::Candidate,
    id::{KnownBrowserId, UserId},
    throttle::ladder::{Ladder, LadderSubject},
    token::TokenHash,
    user::{EmailAddress, User},
};

use crate::{
    Fault, Row, Tx, params,
    rows::{self, authenticator_columns, ladder_columns, membership_columns, user_columns},
};

/// On which ladder the attempt counts.
pub enum LaneChoice<'a> {
    /// The name's, or the presented known browser's, if it belongs to that person and their policy has such.
    ByBrowser(Option<TokenHash>),
    /// The one that was chosen when the ceremony began.
    Chosen(&'a LadderSubject),
}

/// Who a typed name belongs to, locked. `unknown_digest` is what an unknown name is counted under.
pub async fn candidate(
    tx: &mut Tx<'_>,
    email: &EmailAddress,
    unknown_digest: &[u8; 32],
    known_browser: Option<TokenHash>,
) -> Result<Candidate, Fault> {
    match tx.query_optional(&LOCK_USER_BY_EMAIL, &params![email.as_str()]).await? {
        Some(row) => {
            let account = account(tx, rows::user(&row)?, LaneChoice::ByBrowser(known_browser)).await?;
            Ok(Candidate::Known(Box::new(account)))
        }
        None => Ok(Candidate::Unknown(unknown_lane(tx, unknown_digest).await?)),
    }
}

/// The account of a user whose row is locked already.
pub async fn account(tx: &mut Tx<'_>, user: User, lane: LaneChoice<'_>) -> Result<Account, Fault> {
    let id = user.id.clone();
    let own = LadderSubject::user(&id);
    let subject = match &lane {
        LaneChoice::Chosen(subject) => (*subject).clone(),
        LaneChoice::ByBrowser(_) => own,
    };
    let found = tx
        .query_all(vec![
            (&LADDER, params![subject.as_str()]),
            (&AUTHENTICATORS, params![id.as_str()]),
            (&MEMBERSHIPS, params![id.as_str()]),
        ])
        .await?;
    let [ladders, authenticators, memberships] = found.as_slice() else {
        return Err(Fault::broken("three statements gave another number of answers"));
    };
    let mut account = Account {
        user,
        memberships: memberships.iter().map(rows::membership).collect::<Result<_, _>>()?,
        authenticators: authenticators.iter().map(rows::authenticator).collect::<Result<_, _>>()?,
        lane: Lane { subject, ladder: first_ladder(ladders)? },
    };
    if let LaneChoice::ByBrowser(Some(token)) = lane
        && account.policy().known_browsers_have_own_ladder
        && let Some(own_lane) = known_browser_lane(tx, &id, &token).await?
    {
        account.lane = own_lane;
    }
    Ok(account)
}

/// Locks the row of a user, by id.
pub async fn lock_user(tx: &mut Tx<'_>, id: &UserId) -> Result<Option<User>, Fault> {
    tx.query_optional(&LOCK_USER, &params![id.as_str()]).await?.as_ref().map(rows::user).transpose()
}

/// A user for showing, without a lock.
pub async fn user(tx: &mut Tx<'_>, id: &UserId) -> Result<Option<User>, Fault> {
    tx.query_optional(&USER, &params![id.as_str()]).await?.as_ref().map(rows::user).transpose()
}

/// The ladder of a name that nobody has, locked. Its row is made first, so that parallel attempts on one
/// unknown name queue up behind it as those on a known name do behind the user.
async fn unknown_lane(tx: &mut Tx<'_>, digest: &[u8; 32]) -> Result<Lane, Fault> {
    let subject = LadderSubject::unknown_name(digest);
    tx.execute(&ADD_LADDER, &params![subject.as_str()]).await?;
    let row = tx.query_optional(&LOCK_LADDER, &params![subject.as_str()]).await?;
    Ok(Lane { subject, ladder: row.as_ref().map(rows::ladder).transpose()?.unwrap_or_default() })
}

async fn known_browser_lane(
    tx: &mut Tx<'_>,
    user: &UserId,
    token: &TokenHash,
) -> Result<Option<Lane>, Fault> {
    let Some(row) = tx.query_optional(&KNOWN_BROWSER, &params![user.as_str(), token.0]).await? else {
        return Ok(None);
    };
    let browser = KnownBrowserId::from_stored(row.text(0)?.to_owned());
    let subject = LadderSubject::known_browser(user, &browser);
    let ladders = tx.query(&LADDER, &params![subject.as_str()]).await?;
    Ok(Some(Lane { subject, ladder: first_ladder(&ladders)? }))
}

fn first_ladder(ladders: &[Row]) -> Result<Ladder, Fault> {
    Ok(ladders.first().map(rows::ladder).transpose()?.unwrap_or_default())
}

crate::statements! {
    LOCK_USER_BY_EMAIL: locking(concat!("SELECT ", user_columns!(), " FROM users WHERE email = $1"));
    LOCK_USER: locking(concat!("SELECT ", user_columns!(), " FROM users WHERE id = $1"));
    USER: new(concat!("SELECT ", user_columns!(), " FROM users WHERE id = $1"));
    LADDER: new(concat!("SELECT ", ladder_columns!(), " FROM ladders WHERE subject = $1"));
    LOCK_LADDER: locking(concat!("SELECT ", ladder_columns!(), " FROM ladders WHERE subject = $1"));
    ADD_LADDER: new("INSERT INTO ladders (subject, failures) VALUES ($1, 0) ON CONFLICT (subject) DO NOTHING");
    AUTHENTICATORS: new(concat!(
        "SELECT ", authenticator_columns!(), " FROM authenticators \
         WHERE user_id = $1 AND bound_at IS NOT NULL AND revoked_at IS NULL ORDER BY bound_at, id"
    ));
    MEMBERSHIPS: new(concat!(
        "SELECT ", membership_columns!(), " FROM memberships \
         JOIN organizations ON organizations.id = memberships.organization_id \
         WHERE memberships.user_id = $1 ORDER BY memberships.created_at, organizations.id"
    ));
    KNOWN_BROWSER: new("SELECT id FROM known_browsers WHERE user_id = $1 AND token_hash = $2");
}
