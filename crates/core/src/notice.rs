//! What a person is told about their account: what happened, never by which channel.

use crate::{
    id::{NoticeId, UserId},
    moment::Moment,
    timestamp::Timestamp,
};

#[derive(Clone, Debug)]
pub struct Notice {
    pub id: NoticeId,
    pub user: UserId,
    pub kind: NoticeKind,
    pub at: Timestamp,
    pub source: String,
    pub user_agent: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    TwoFactorTurnedOn,
    TwoFactorTurnedOff,
    PasswordChanged,
    /// Wrong entries locked the name.
    NameLocked,
    /// A code came a second time: somebody may be watching (63B-4 §3.1.4).
    CodeReplayed,
    /// Twenty wrong codes behind the right password within a month (P2b).
    SomebodyHasThePassword,
    /// Too many wrong entries took an authenticator out of use (P2).
    AuthenticatorDisabled,
}

impl NoticeKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TwoFactorTurnedOn => "two_factor_turned_on",
            Self::TwoFactorTurnedOff => "two_factor_turned_off",
            Self::PasswordChanged => "password_changed",
            Self::NameLocked => "name_locked",
            Self::CodeReplayed => "code_replayed",
            Self::SomebodyHasThePassword => "somebody_has_the_password",
            Self::AuthenticatorDisabled => "authenticator_disabled",
        }
    }
}

impl Notice {
    pub fn new(user: &UserId, kind: NoticeKind, moment: &mut Moment<'_>) -> Self {
        Self {
            id: NoticeId::mint(moment.now, &mut moment.rng),
            user: user.clone(),
            kind,
            at: moment.now,
            source: moment.visitor.source.to_string(),
            user_agent: moment.visitor.user_agent.clone(),
        }
    }
}
