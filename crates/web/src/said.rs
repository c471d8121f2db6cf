//! What has just been done, carried over the redirect that follows it and said once on the next page.

use axum::http::HeaderValue;

use crate::error::PageError;
use crate::extract::cookies::Cookie;
use crate::site::PublicAddress;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    SignedOut,
    TurnedOff,
    MethodSetUp,
    PasswordChanged,
    /// By a mailed link; nobody is signed in by that.
    PasswordSaved,
    /// The name is locked, and this browser may sign in.
    Unlocked,
    /// A link to prove the address.
    LinkMailed,
    LinkOnItsWay,
    /// A link to choose a password, which proves the address too.
    PasswordLinkMailed,
    PasswordLinkOnItsWay,
    /// A link of either kind, which the mail server refused.
    LinkFailed,
    EmailConfirmed,
    /// Behind a link of the console; nobody is signed in by that.
    OperatorSetUp,
    /// Nothing was done, since the session had ended.
    SessionOver,
    /// What an operator did about somebody, or about a company.
    UserUnlocked,
    SignedOutEverywhere,
    MethodReset,
    OrganizationAdded,
    TwoFactorOpened,
    TwoFactorClosed,
    MessageRetried,
    /// In another browser.
    SessionEnded,
    OtherSessionsEnded,
}

impl Said {
    /// The cookie names what to say; the words stay here, so that nobody can put others into our mouth.
    pub(crate) fn cookie(self, address: &PublicAddress) -> Result<HeaderValue, PageError> {
        Cookie::Said.set(address, self.as_str())
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|said| said.as_str() == text)
    }

    pub(crate) fn text_id(self) -> &'static str {
        match self {
            Self::SignedOut => "said-signed-out",
            Self::TurnedOff => "said-turned-off",
            Self::MethodSetUp => "said-method-set-up",
            Self::PasswordChanged => "said-password-changed",
            Self::PasswordSaved => "said-password-saved",
            Self::Unlocked => "said-unlocked",
            Self::LinkMailed => "said-link-mailed",
            Self::LinkOnItsWay => "said-link-on-its-way",
            Self::PasswordLinkMailed => "said-password-link-mailed",
            Self::PasswordLinkOnItsWay => "said-password-link-on-its-way",
            Self::LinkFailed => "said-link-failed",
            Self::EmailConfirmed => "said-email-confirmed",
            Self::OperatorSetUp => "said-operator-set-up",
            Self::SessionOver => "said-session-over",
            Self::UserUnlocked => "said-user-unlocked",
            Self::SignedOutEverywhere => "said-signed-out-everywhere",
            Self::MethodReset => "said-method-reset",
            Self::OrganizationAdded => "said-organization-added",
            Self::TwoFactorOpened => "said-two-factor-opened",
            Self::TwoFactorClosed => "said-two-factor-closed",
            Self::MessageRetried => "said-message-retried",
            Self::SessionEnded => "said-session-ended",
            Self::OtherSessionsEnded => "said-other-sessions-ended",
        }
    }

    /// What went wrong stands where mistakes stand.
    pub(crate) fn is_problem(self) -> bool {
        matches!(self, Self::SessionOver | Self::LinkFailed)
    }

    const ALL: [Self; 23] = [
        Self::SignedOut,
        Self::TurnedOff,
        Self::MethodSetUp,
        Self::PasswordChanged,
        Self::PasswordSaved,
        Self::Unlocked,
        Self::LinkMailed,
        Self::LinkOnItsWay,
        Self::PasswordLinkMailed,
        Self::PasswordLinkOnItsWay,
        Self::LinkFailed,
        Self::EmailConfirmed,
        Self::OperatorSetUp,
        Self::SessionOver,
        Self::UserUnlocked,
        Self::SignedOutEverywhere,
        Self::MethodReset,
        Self::OrganizationAdded,
        Self::TwoFactorOpened,
        Self::TwoFactorClosed,
        Self::MessageRetried,
        Self::SessionEnded,
        Self::OtherSessionsEnded,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed-out",
            Self::TurnedOff => "turned-off",
            Self::MethodSetUp => "method-set-up",
            Self::PasswordChanged => "password-changed",
            Self::PasswordSaved => "password-saved",
            Self::Unlocked => "unlocked",
            Self::LinkMailed => "link-mailed",
            Self::LinkOnItsWay => "link-on-its-way",
            Self::PasswordLinkMailed => "password-link-mailed",
            Self::PasswordLinkOnItsWay => "password-link-on-its-way",
            Self::LinkFailed => "link-failed",
            Self::EmailConfirmed => "email-confirmed",
            Self::OperatorSetUp => "operator-set-up",
            Self::SessionOver => "session-over",
            Self::UserUnlocked => "user-unlocked",
            Self::SignedOutEverywhere => "signed-out-everywhere",
            Self::MethodReset => "method-reset",
            Self::OrganizationAdded => "organization-added",
            Self::TwoFactorOpened => "two-factor-opened",
            Self::TwoFactorClosed => "two-factor-closed",
            Self::MessageRetried => "message-retried",
            Self::SessionEnded => "session-ended",
            Self::OtherSessionsEnded => "other-sessions-ended",
        }
    }
}
