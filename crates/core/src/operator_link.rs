//! One-time links for operators, and the set-ups that they begin.
//!
//! They are printed on the server's console and go to nobody by mail: whoever may read there runs the
//! installation anyway. Opening one shows a form; what is entered counts only with the first code of the app.

use std::time::Duration;

use crate::{
    ceremony::APP_SECRET_SHOWN,
    id::{AuthenticatorId, UserId},
    secret::Sealed,
    timestamp::{CLOCKS_APART_MAX, Timestamp},
    token::TokenHash,
    user::{EmailAddress, User},
};

/// Long enough to reach a colleague, too short to be found in a drawer.
pub const OPERATOR_LINK_LIFE: Duration = Duration::from_hours(24);
/// The app's secret is shown for so long (A60); then the set-up begins anew.
pub const OPERATOR_SET_UP_LIFE: Duration = APP_SECRET_SHOWN;
/// So many set-ups may be begun by one link: a slip or two, in more than one browser.
pub const OPERATOR_SET_UPS_MAX: u32 = 5;
/// So many wrong codes end a set-up.
pub const FIRST_CODES_MAX: u32 = 5;

/// A link before it is printed.
#[derive(Clone, Debug)]
pub struct NewOperatorLink {
    pub token: TokenHash,
    /// The operator who sets up anew what they sign in with; without one, it makes another operator.
    pub user: Option<UserId>,
    pub at: Timestamp,
    pub expires_at: Timestamp,
}

/// A link as it was loaded.
#[derive(Clone, Debug)]
pub struct OperatorLink {
    pub token: TokenHash,
    pub user: Option<UserId>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// How many were begun by it.
    pub set_ups: u32,
    pub used_at: Option<Timestamp>,
    /// A newer one for the same operator took its place, or the person is none any more.
    pub superseded_at: Option<Timestamp>,
}

/// A secret that becomes an authenticator, sealed for its row.
#[derive(Clone)]
pub struct NewSecret {
    pub id: AuthenticatorId,
    pub secret: Sealed,
}

/// What was entered behind a link, in one browser, and awaits the first code of the app.
#[derive(Clone)]
pub struct OperatorSetUp {
    /// The browser's own.
    pub token: TokenHash,
    pub link: TokenHash,
    /// Who there will be, or is.
    pub user: UserId,
    pub email: EmailAddress,
    pub name: String,
    pub password: NewSecret,
    pub app: NewSecret,
    pub wrong_codes: u32,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

impl OperatorLink {
    /// Whether it is good at `now`. `user` is the operator whom it is for.
    pub fn is_open(&self, user: Option<&User>, now: Timestamp) -> bool {
        let is_theirs = match (&self.user, user) {
            (None, None) => true,
            (Some(id), Some(user)) => *id == user.id && user.is_operator() && user.disabled_at.is_none(),
            _ => false,
        };
        is_theirs
            && self.used_at.is_none()
            && self.superseded_at.is_none()
            && now >= self.created_at.minus(CLOCKS_APART_MAX)
            && now < self.expires_at
    }
}

impl OperatorSetUp {
    /// Whether it can be finished by `link` at `now`.
    pub fn is_live(&self, link: &OperatorLink, now: Timestamp) -> bool {
        self.link == link.token
            && self.wrong_codes < FIRST_CODES_MAX
            && now >= self.created_at.minus(CLOCKS_APART_MAX)
            && now < self.expires_at
    }
}
