//! Loads everything that a decision about one person looks at.
//!
//! Attempts lock the user's row first; from then on no other attempt on the same person decides anything
//! until this one is committed, on either database.

use countersign_core::{
    account::{Account, Lane},
    ceremony::sign_in::Candidate,
    id::{AuthenticatorId, KnownBrowserId, OrganizationId, UserId},
    secret::Sealed,
    throttle::{
        ladder::{Ladder, LadderSubject},
        shelf::{KEPT, PLACES, shelf_of},
    },
    timestamp::Timestamp,
    token::TokenHash,
    user::{EmailAddress, User},
};

use crate::{
    Database, Fault, Row, Tx,
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
    now: Timestamp,
) -> Result<Candidate, Fault> {
    match tx.query_optional(&LOCK_USER_BY_EMAIL, &params![email.as_str()]).await? {
        Some(row) => {
            let account = account(tx, rows::user(&row)?, known_browser, None).await?;
            Ok(Candidate::Known(Box::new(account)))
        }
        None => Ok(Candidate::Unknown(unknown_lane(tx, unknown_digest, now).await?)),
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
    let (id, browser) = (user.id.as_str(), known_browser.map(|token| token.0));
    let wanted: Statements = vec![
        (&LANE, params![id, browser, subject.as_str()]),
        (&AUTHENTICATORS, params![id]),
        (&MEMBERSHIPS, params![id]),
    ];
    let found = tx.query_all(wanted).await?;
    decoded(tx, user, subject, &found, chosen.is_some()).await
}

/// The statements that find the account of whoever began a sign-in, for [`of_sign_in`]. They do not need to know who
/// that is, so they go out together with those that find and lock that person.
pub(crate) fn wanted_of_sign_in(token: &TokenHash, known_browser: Option<TokenHash>) -> Statements {
    vec![
        (&LANE_OF_SIGN_IN, params![token.0, known_browser.map(|token| token.0)]),
        (&AUTHENTICATORS_OF_SIGN_IN, params![token.0]),
        (&MEMBERSHIPS_OF_SIGN_IN, params![token.0]),
    ]
}

/// What those statements found; `subject` is the ladder that was chosen when the sign-in began.
pub(crate) async fn of_sign_in(
    tx: &mut Tx<'_>,
    user: User,
    subject: &LadderSubject,
    found: &[Vec<Row>],
) -> Result<Account, Fault> {
    decoded(tx, user, subject.clone(), found, true).await
}

async fn decoded(
    tx: &mut Tx<'_>,
    user: User,
    subject: LadderSubject,
    found: &[Vec<Row>],
    is_chosen: bool,
) -> Result<Account, Fault> {
    let [lanes, authenticators, memberships] = found else {
        return Err(Fault::broken("an account has three answers"));
    };
    let lane = lanes.first().ok_or_else(|| Fault::broken("a user who was just found is gone"))?;
    let known_browser = lane.optional_text(rows::LADDER_COLUMNS)?;
    let mut account = Account {
        user,
        memberships: memberships.iter().map(rows::membership).collect::<Result<_, _>>()?,
        authenticators: authenticators.iter().map(rows::authenticator).collect::<Result<_, _>>()?,
        lane: Lane { subject, ladder: rows::ladder_if_any(lane)? },
        known_browser: known_browser.map(|id| KnownBrowserId::from_stored(id.to_owned())),
        browsers_remembered: rows::count(lane.int(rows::LADDER_COLUMNS + 1)?) as usize,
        admins: Vec::new(),
        texting: None,
        mailing: None,
    };
    if let Some(home) = account.home().filter(|_| account.is_near_a_cap()) {
        account.admins = admins(tx, home, &account.user.id).await?;
    }
    if let (false, Some(browser)) = (is_chosen, &account.known_browser)
        && account.policy().known_browsers_have_own_ladder
    {
        let subject = LadderSubject::known_browser(&account.user.id, browser);
        let ladders = tx.query(&LADDER, &params![subject.as_str()]).await?;
        account.lane = Lane { subject, ladder: first_ladder(&ladders)? };
    }
    Ok(account)
}

/// Who administers a company, but for one of them.
async fn admins(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    but: &UserId,
) -> Result<Vec<EmailAddress>, Fault> {
    let rows = tx.query(&ADMINS, &params![organization.as_str(), but.as_str()]).await?;
    rows.iter().map(|row| row.text(0).map(|email| EmailAddress::from_stored(email.to_owned()))).collect()
}

/// Locks the row of a user, by id.
pub async fn lock_user(tx: &mut Tx<'_>, id: &UserId) -> Result<Option<User>, Fault> {
    tx.query_optional(&LOCK_USER, &params![id.as_str()]).await?.as_ref().map(rows::user).transpose()
}

/// The account of whoever has an email address, whose row is locked.
pub async fn lock_by_email(tx: &mut Tx<'_>, email: &EmailAddress) -> Result<Option<Account>, Fault> {
    let Some(user) = user_by_email(tx, email).await? else { return Ok(None) };
    let Some(user) = lock_user(tx, &user.id).await? else { return Ok(None) };
    account(tx, user, None, None).await.map(Some)
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

/// Whether a browser is known to the person who has this name: no other name's answer differs by it.
pub async fn knows_browser(tx: &mut Tx<'_>, email: &EmailAddress, browser: TokenHash) -> Result<bool, Fault> {
    let row = tx.query_optional(&KNOWN_BROWSER_OF_NAME, &params![email.as_str(), browser.0]).await?;
    Ok(row.is_some())
}

/// The ladder of a name that nobody has, locked. Its row is made first, so that parallel attempts on one
/// unknown name queue up behind it as those on a known name do behind the user.
async fn unknown_lane(tx: &mut Tx<'_>, digest: &[u8; 32], now: Timestamp) -> Result<Lane, Fault> {
    let subject = LadderSubject::unknown_name(digest);
    let mut row = tx.query_optional(&LOCK_LADDER, &params![subject.as_str()]).await?;
    if row.is_none() {
        let (shelf, dead_since) = (shelf_of(digest), now.minus(KEPT).as_millis());
        let (live, kept) = (now.as_millis(), i64::from(PLACES) - 1);
        tx.execute(&MAKE_ROOM, &params![shelf, dead_since, live, kept]).await?;
        tx.execute(&ADD_LADDER, &params![subject.as_str(), shelf]).await?;
        row = tx.query_optional(&LOCK_LADDER, &params![subject.as_str()]).await?;
    }
    Ok(Lane { subject, ladder: row.as_ref().map(rows::ladder).transpose()?.unwrap_or_default() })
}

fn first_ladder(ladders: &[Row]) -> Result<Ladder, Fault> {
    Ok(ladders.first().map(rows::ladder).transpose()?.unwrap_or_default())
}

/// One row: the ladder `$subject` of the user `$user`, the browser whose token is `$2` if that is known to be theirs,
/// and how many are remembered.
macro_rules! lane_of {
    ($user:literal, $subject:literal) => {
        concat!(
            "SELECT ",
            ladder_columns!(),
            ", known_browsers.id, \
                 (SELECT COUNT(*) FROM known_browsers AS remembered WHERE remembered.user_id = users.id) \
             FROM users LEFT JOIN ladders ON ladders.subject = ",
            $subject,
            " LEFT JOIN known_browsers ON known_browsers.token_hash = $2 \
                 AND known_browsers.user_id = users.id AND known_browsers.user_epoch = users.epoch \
             WHERE users.id = ",
            $user
        )
    };
}

macro_rules! authenticators_of {
    ($user:literal) => {
        concat!(
            "SELECT ",
            authenticator_columns!(),
            " FROM authenticators WHERE user_id = ",
            $user,
            " AND bound_at IS NOT NULL AND revoked_at IS NULL ORDER BY bound_at, id"
        )
    };
}

macro_rules! memberships_of {
    ($user:literal) => {
        concat!(
            "SELECT ",
            organization_columns!(),
            ", memberships.role FROM memberships \
             JOIN organizations ON organizations.id = memberships.organization_id WHERE memberships.user_id = ",
            $user,
            " ORDER BY memberships.created_at, organizations.id"
        )
    };
}

crate::statements! {
    LOCK_USER_BY_EMAIL: locking(concat!("SELECT ", user_columns!(), " FROM users WHERE email = $1"));
    USER_BY_EMAIL: new(concat!("SELECT ", user_columns!(), " FROM users WHERE email = $1"));
    LOCK_USER: locking(concat!("SELECT ", user_columns!(), " FROM users WHERE id = $1"));
    USER: new(concat!("SELECT ", user_columns!(), " FROM users WHERE id = $1"));
    LADDER: new(concat!("SELECT ", ladder_columns!(), " FROM ladders WHERE subject = $1"));
    LOCK_LADDER: locking(concat!("SELECT ", ladder_columns!(), " FROM ladders WHERE subject = $1"));
    ADD_LADDER: new(
        "INSERT INTO ladders (subject, failures, shelf) VALUES ($1, 0, $2) ON CONFLICT (subject) DO NOTHING"
    );
    /// Takes from a shelf what is forgotten, and whatever is too much on it: those first that were wrong least
    /// and longest ago, the locked last. What is being counted at this moment stays.
    MAKE_ROOM: claiming(
        "DELETE FROM ladders WHERE subject IN ( \
             SELECT subject FROM ladders WHERE shelf = $1 AND (COALESCE(last_failure_at, 0) <= $2 OR subject IN ( \
                 SELECT subject FROM ladders WHERE shelf = $1 \
                 ORDER BY CASE WHEN locked_until > $3 THEN 1 ELSE 0 END DESC, failures DESC, \
                     COALESCE(last_failure_at, 0) DESC, subject \
                 LIMIT 1000000 OFFSET $4)) {SKIP})"
    );
    LANE: new(lane_of!("$1", "$3"));
    AUTHENTICATORS: new(authenticators_of!("$1"));
    MEMBERSHIPS: new(memberships_of!("$1"));
    LANE_OF_SIGN_IN: new(lane_of!(
        "(SELECT user_id FROM ceremonies WHERE token_hash = $1)",
        "(SELECT lane FROM ceremonies WHERE token_hash = $1)"
    ));
    AUTHENTICATORS_OF_SIGN_IN: new(authenticators_of!("(SELECT user_id FROM ceremonies WHERE token_hash = $1)"));
    MEMBERSHIPS_OF_SIGN_IN: new(memberships_of!("(SELECT user_id FROM ceremonies WHERE token_hash = $1)"));
    /// As many as can be told with one write.
    ADMINS: new(
        "SELECT users.email FROM memberships JOIN users ON users.id = memberships.user_id \
         WHERE memberships.organization_id = $1 AND memberships.role IN ('owner', 'admin') \
             AND users.id <> $2 AND users.disabled_at IS NULL \
         ORDER BY memberships.role DESC, users.id LIMIT 20"
    );
    NEWEST_SEALED: new(
        "SELECT user_id, id, secret FROM authenticators WHERE kind IN ('password', 'app') ORDER BY id DESC LIMIT 1"
    );
    KNOWN_BROWSER_OF_NAME: new(
        "SELECT known_browsers.id FROM users \
         JOIN known_browsers ON known_browsers.user_id = users.id AND known_browsers.user_epoch = users.epoch \
         WHERE users.email = $1 AND known_browsers.token_hash = $2"
    );
}
