//! Loads everything that a decision about one person looks at.
//!
//! Attempts lock the user's row first; from then on no other attempt on the same person decides anything
//! until this one is committed, on either database.

use countersign_core::{
    account::{Account, Lane},
    ceremony::sign_in::Candidate,
    id::{AuthenticatorId, KnownBrowserId, UserId},
    secret::Sealed,
    throttle::ladder::{Ladder, LadderSubject},
    token::TokenHash,
    user::{EmailAddress, User},
};

use crate::{
    Database, Fault, Row, Sql, Tx,
    database::Statements,
    params,
    rows::{self, authenticator_columns, ladder_columns, organization_columns, user_columns},
};

/// Who a typed name belongs to, locked. `unknown_digest` is what an unknown name is counted under.
pub async fn candidate(
    tx: &mut Tx<'_>,
    email: &EmailAddress,
    unknown_digest: &[u8; 32],
    known_browser: Option<TokenHash>,
) -> Result<Candidate, Fault> {
    match tx.query_optional(&LOCK_USER_BY_EMAIL, &params![email.as_str()]).await? {
        Some(row) => {
            let account = account(tx, rows::user(&row)?, known_browser, None).await?;
            Ok(Candidate::Known(Box::new(account)))
        }
        None => Ok(Candidate::Unknown(unknown_lane(tx, unknown_digest).await?)),
    }
}

/// The account of a user. For an attempt the user's row is locked already.
///
/// A ceremony names the ladder that was chosen when it began; without one it is the presented known
/// browser's, if that is this person's and their policy has such ladders, or else the name's.
pub async fn account(
    tx: &mut Tx<'_>,
    user: User,
    known_browser: Option<TokenHash>,
    chosen: Option<&LadderSubject>,
) -> Result<Account, Fault> {
    let subject = chosen.cloned().unwrap_or_else(|| LadderSubject::user(&user.id));
    let id = user.id.as_str();
    let mut wanted: Statements = vec![
        (&LADDER, params![subject.as_str()]),
        (&AUTHENTICATORS, params![id]),
        (&MEMBERSHIPS, params![id]),
    ];
    wanted.extend(
        known_browser.map(|token| -> (&Sql, _) { (&KNOWN_BROWSER, params![id, token.0, user.epoch]) }),
    );
    let found = tx.query_all(wanted).await?;
    let [ladders, authenticators, memberships, browsers @ ..] = found.as_slice() else {
        return Err(Fault::broken("statements gave fewer answers than there are statements"));
    };
    let known_browser = browsers.iter().flatten().next().map(|row| row.text(0)).transpose()?;
    let known_browser = known_browser.map(|id| KnownBrowserId::from_stored(id.to_owned()));
    let mut account = Account {
        user,
        memberships: memberships.iter().map(rows::membership).collect::<Result<_, _>>()?,
        authenticators: authenticators.iter().map(rows::authenticator).collect::<Result<_, _>>()?,
        lane: Lane { subject, ladder: first_ladder(ladders)? },
        known_browser,
        texting: None,
    };
    if let (None, Some(browser)) = (chosen, &account.known_browser)
        && account.policy().known_browsers_have_own_ladder
    {
        let subject = LadderSubject::known_browser(&account.user.id, browser);
        let ladders = tx.query(&LADDER, &params![subject.as_str()]).await?;
        account.lane = Lane { subject, ladder: first_ladder(&ladders)? };
    }
    Ok(account)
}

/// Locks the row of a user, by id.
pub async fn lock_user(tx: &mut Tx<'_>, id: &UserId) -> Result<Option<User>, Fault> {
    tx.query_optional(&LOCK_USER, &params![id.as_str()]).await?.as_ref().map(rows::user).transpose()
}

/// Who has an email address, without a lock.
pub async fn user_by_email(tx: &mut Tx<'_>, email: &EmailAddress) -> Result<Option<User>, Fault> {
    tx.query_optional(&USER_BY_EMAIL, &params![email.as_str()]).await?.as_ref().map(rows::user).transpose()
}

/// A user for showing, without a lock.
pub async fn user(tx: &mut Tx<'_>, id: &UserId) -> Result<Option<User>, Fault> {
    tx.query_optional(&USER, &params![id.as_str()]).await?.as_ref().map(rows::user).transpose()
}

/// The newest secret that an authenticator sealed, whosever it is: what keys are tried on.
pub async fn newest_sealed(database: &Database) -> Result<Option<(UserId, AuthenticatorId, Sealed)>, Fault> {
    let row = database.read_one(&NEWEST_SEALED, &params![]).await?;
    let parts = |row: Row| {
        let user = UserId::from_stored(row.text(0)?.to_owned());
        let authenticator = AuthenticatorId::from_stored(row.text(1)?.to_owned());
        Ok((user, authenticator, Sealed(row.bytes(2)?.to_vec())))
    };
    row.map(parts).transpose()
}

/// The ladder of a name that nobody has, locked. Its row is made first, so that parallel attempts on one
/// unknown name queue up behind it as those on a known name do behind the user.
async fn unknown_lane(tx: &mut Tx<'_>, digest: &[u8; 32]) -> Result<Lane, Fault> {
    let subject = LadderSubject::unknown_name(digest);
    tx.execute(&ADD_LADDER, &params![subject.as_str()]).await?;
    let row = tx.query_optional(&LOCK_LADDER, &params![subject.as_str()]).await?;
    Ok(Lane { subject, ladder: row.as_ref().map(rows::ladder).transpose()?.unwrap_or_default() })
}

fn first_ladder(ladders: &[Row]) -> Result<Ladder, Fault> {
    Ok(ladders.first().map(rows::ladder).transpose()?.unwrap_or_default())
}

crate::statements! {
    LOCK_USER_BY_EMAIL: locking(concat!("SELECT ", user_columns!(), " FROM users WHERE email = $1"));
    USER_BY_EMAIL: new(concat!("SELECT ", user_columns!(), " FROM users WHERE email = $1"));
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
        "SELECT ", organization_columns!(), ", memberships.role FROM memberships \
         JOIN organizations ON organizations.id = memberships.organization_id \
         WHERE memberships.user_id = $1 ORDER BY memberships.created_at, organizations.id"
    ));
    NEWEST_SEALED: new(
        "SELECT user_id, id, secret FROM authenticators WHERE kind <> 'phone' ORDER BY id DESC LIMIT 1"
    );
    KNOWN_BROWSER: new(
        "SELECT id FROM known_browsers WHERE user_id = $1 AND token_hash = $2 AND user_epoch = $3"
    );
}
