//! Links that are mailed: each good for one thing, once, and only for so long.
//!
//! Opening one shows a page and changes nothing, since programs open links too; the button on it does (A43).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    id::{MessageId, NoticeId, SessionId, UserId},
    throttle::ladder::LadderRules,
    timestamp::{CLOCKS_APART_MAX, Timestamp},
    token::{ForResetPassword, ForSetPassword, Purpose, TokenHash},
    user::User,
};

/// By so much a link that opens a lock outlives the lock: who reads it later learns that it is over.
pub const UNLOCK_OUTLIVES: Duration = Duration::from_hours(1);

words! {
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum LinkPurpose {
        /// Chooses a password, and proves the address by that.
        SetPassword = "set_password",
        /// The same for whoever said that they forgot theirs.
        ResetPassword = "reset_password",
        /// Proves the address.
        VerifyEmail = "verify_email",
        /// "This was not me": shuts the account until its owner chose a new password.
        NotMe = "not_me",
        /// Opens a lock for the browser that it is used in.
        Unlock = "unlock",
    }
}

/// A token behind which a password is chosen.
pub trait ChoosesPassword: Purpose + 'static {
    const LINK: LinkPurpose;
}

impl ChoosesPassword for ForSetPassword {
    const LINK: LinkPurpose = LinkPurpose::SetPassword;
}

impl ChoosesPassword for ForResetPassword {
    const LINK: LinkPurpose = LinkPurpose::ResetPassword;
}

impl LinkPurpose {
    /// Behind which a password is chosen. All of them die with every change of it.
    pub const CHOOSE_PASSWORD: [Self; 2] = [Self::SetPassword, Self::ResetPassword];

    /// 63B-4 §4.2.1.2 allows a day by email, and whoever asks for a link waits for it; a notice may be read after a
    /// long weekend. A link that opens a lock outlives it by an hour.
    pub fn life(self) -> Duration {
        match self {
            Self::SetPassword | Self::VerifyEmail => Duration::from_hours(24),
            Self::ResetPassword => Duration::from_mins(30),
            Self::NotMe => Duration::from_hours(72),
            Self::Unlock => Duration::from_secs(LadderRules::STANDARD.later_lock_secs) + UNLOCK_OUTLIVES,
        }
    }
}

/// A link before it is mailed.
#[derive(Clone, Debug)]
pub struct NewLink {
    pub token: TokenHash,
    pub purpose: LinkPurpose,
    pub user: UserId,
    /// What "this was not me" is said to, or was.
    pub notice: Option<NoticeId>,
    /// The only session in which it works.
    pub session: Option<SessionId>,
    /// The mail that carries it.
    pub message: MessageId,
    pub at: Timestamp,
    pub expires_at: Timestamp,
}

/// A link as it was loaded.
#[derive(Clone, Debug)]
pub struct Link {
    pub token: TokenHash,
    pub purpose: LinkPurpose,
    pub user: UserId,
    pub notice: Option<NoticeId>,
    pub session: Option<SessionId>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
    /// A newer one of the same purpose took its place.
    pub superseded_at: Option<Timestamp>,
}

impl Link {
    /// Whether using it proves an address that nobody proved before: then whatever was set up until now may be
    /// somebody else's, and goes (A62). Not by a link that anybody can have mailed, and not of an operator, whose
    /// account was set up behind a link of the console.
    pub fn sweeps(&self, user: &User) -> bool {
        let is_asked_by_anybody = self.notice.is_some() || self.purpose == LinkPurpose::ResetPassword;
        user.email_verified_at.is_none() && !is_asked_by_anybody && !user.is_operator()
    }

    /// Whether it is good for `purpose`, for this user, at `now`.
    pub fn is_open(&self, purpose: LinkPurpose, user: &User, now: Timestamp) -> bool {
        self.purpose == purpose
            && self.user == user.id
            && self.used_at.is_none()
            && self.superseded_at.is_none()
            && user.disabled_at.is_none()
            && now >= self.created_at.minus(CLOCKS_APART_MAX)
            && now < self.expires_at
    }
}
