//! The part of a decision that makes operators: their links, what is entered behind them, and what comes of it.

use countersign_core::{
    ceremony::OperatorWrite,
    id::UserId,
    operator_link::{NewOperatorLink, NewSecret, OperatorSetUp},
    timestamp::Timestamp,
    token::TokenHash,
    user::User,
};

use super::Statement;
use crate::params;

pub(super) fn use_link(token: TokenHash, at: Timestamp) -> Statement {
    (&USE_OPERATOR_LINK, params![token.0, at.as_millis()])
}

pub(super) fn statement(write: OperatorWrite) -> Statement {
    match write {
        OperatorWrite::Put { user, since } => put_operator(&user, since),
        OperatorWrite::Add { user, at } => add_operator(&user, at),
        OperatorWrite::OpenLink(link) => open_link(&link),
        OperatorWrite::SupersedeLinks { user, at } => {
            (&SUPERSEDE_OPERATOR_LINKS, params![user.as_str(), at.as_millis()])
        }
        OperatorWrite::SupersedeInvitations { at } => (&SUPERSEDE_INVITATIONS, params![at.as_millis()]),
        OperatorWrite::CountSetUp { link, set_ups } => (&COUNT_SET_UP, params![link.0, i64::from(set_ups)]),
        OperatorWrite::OpenSetUp(set_up) => open_set_up(set_up),
        OperatorWrite::PutSetUp(set_up) => put_set_up(set_up),
        OperatorWrite::PutWrongCodes { set_up, wrong_codes } => {
            (&PUT_WRONG_CODES, params![set_up.0, i64::from(wrong_codes)])
        }
        OperatorWrite::DropSetUps { link } => (&DROP_SET_UPS, params![link.0]),
        OperatorWrite::BindApp { user, app, step, at } => bind_app(&user, app, step, at),
    }
}

fn put_operator(user: &UserId, since: Option<Timestamp>) -> Statement {
    (&PUT_OPERATOR, params![user.as_str(), since.map(Timestamp::as_millis)])
}

fn add_operator(user: &User, at: Timestamp) -> Statement {
    (&ADD_OPERATOR, params![user.id.as_str(), user.email.as_str(), user.name.as_str(), at.as_millis()])
}

fn open_link(link: &NewOperatorLink) -> Statement {
    let user = link.user.as_ref().map(UserId::as_str);
    (&OPEN_OPERATOR_LINK, params![link.token.0, user, link.at.as_millis(), link.expires_at.as_millis()])
}

fn open_set_up(set_up: OperatorSetUp) -> Statement {
    let values = params![
        set_up.token.0,
        set_up.link.0,
        set_up.user.as_str(),
        set_up.email.as_str(),
        set_up.name,
        set_up.password.id.as_str(),
        set_up.password.secret.0,
        set_up.app.id.as_str(),
        set_up.app.secret.0,
        set_up.created_at.as_millis(),
        set_up.expires_at.as_millis(),
    ];
    (&OPEN_SET_UP, values)
}

fn put_set_up(set_up: OperatorSetUp) -> Statement {
    let values = params![
        set_up.token.0,
        set_up.email.as_str(),
        set_up.name,
        set_up.password.id.as_str(),
        set_up.password.secret.0,
    ];
    (&PUT_SET_UP, values)
}

fn bind_app(user: &UserId, app: NewSecret, step: i64, at: Timestamp) -> Statement {
    (&BIND_APP, params![app.id.as_str(), user.as_str(), app.secret.0, at.as_millis(), step])
}

crate::statements! {
    USE_OPERATOR_LINK: new(
        "UPDATE operator_links SET used_at = $2 \
         WHERE token_hash = $1 AND used_at IS NULL AND superseded_at IS NULL AND expires_at > $2"
    );
    PUT_OPERATOR: new("UPDATE users SET operator_since = $2 WHERE id = $1");
    ADD_OPERATOR: new(
        "INSERT INTO users (id, email, name, epoch, created_at, operator_since) VALUES ($1, $2, $3, 0, $4, $4)"
    );
    OPEN_OPERATOR_LINK: new(
        "INSERT INTO operator_links (token_hash, user_id, created_at, expires_at, set_ups) \
         VALUES ($1, $2, $3, $4, 0)"
    );
    SUPERSEDE_OPERATOR_LINKS: new(
        "UPDATE operator_links SET superseded_at = $2 \
         WHERE user_id = $1 AND used_at IS NULL AND superseded_at IS NULL"
    );
    SUPERSEDE_INVITATIONS: new(
        "UPDATE operator_links SET superseded_at = $1 \
         WHERE user_id IS NULL AND used_at IS NULL AND superseded_at IS NULL"
    );
    COUNT_SET_UP: new("UPDATE operator_links SET set_ups = $2 WHERE token_hash = $1");
    OPEN_SET_UP: new(
        "INSERT INTO operator_set_ups (token_hash, link_hash, user_id, email, name, password_id, \
             password_hash, app_id, app_secret, wrong_codes, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11)"
    );
    PUT_SET_UP: new(
        "UPDATE operator_set_ups SET email = $2, name = $3, password_id = $4, password_hash = $5 \
         WHERE token_hash = $1"
    );
    PUT_WRONG_CODES: new("UPDATE operator_set_ups SET wrong_codes = $2 WHERE token_hash = $1");
    DROP_SET_UPS: new("DELETE FROM operator_set_ups WHERE link_hash = $1");
    BIND_APP: new(
        "INSERT INTO authenticators (id, user_id, kind, secret, created_at, bound_at, last_used_at, \
             accepted_step, failures_in_a_row, failures_by_day) \
         VALUES ($1, $2, 'app', $3, $4, $4, $4, $5, 0, '')"
    );
}
