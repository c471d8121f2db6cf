//! What has just been done, carried over the redirect that follows it and said once on the next page.

use axum::http::HeaderValue;
use countersign_core::words;

use crate::error::PageError;
use crate::extract::cookies::Cookie;
use crate::site::PublicAddress;

words! {
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum Said {
        SignedOut = "signed-out",
        TurnedOff = "turned-off",
        MethodSetUp = "method-set-up",
        /// And the one before is void.
        RecoveryKeySaved = "recovery-key-saved",
        /// And those of before are void.
        BackupCodesSaved = "backup-codes-saved",
        PasswordChanged = "password-changed",
        /// By a mailed link; nobody is signed in by that.
        PasswordSaved = "password-saved",
        /// The name is locked, and this browser may sign in.
        Unlocked = "unlocked",
        /// A link to prove the address.
        LinkMailed = "link-mailed",
        LinkOnItsWay = "link-on-its-way",
        /// A link to choose a password, which proves the address too.
        PasswordLinkMailed = "password-link-mailed",
        PasswordLinkOnItsWay = "password-link-on-its-way",
        /// A link of either kind, which the mail server refused.
        LinkFailed = "link-failed",
        EmailConfirmed = "email-confirmed",
        /// Behind a link of the console; nobody is signed in by that.
        OperatorSetUp = "operator-set-up",
        /// Nothing was done, since the session had ended.
        SessionOver = "session-over",
        /// What an operator did about somebody, or about a company.
        UserUnlocked = "user-unlocked",
        SignedOutEverywhere = "signed-out-everywhere",
        MethodReset = "method-reset",
        OrganizationAdded = "organization-added",
        TwoFactorOpened = "two-factor-opened",
        TwoFactorClosed = "two-factor-closed",
        MessageRetried = "message-retried",
        /// In another browser.
        SessionEnded = "session-ended",
        OtherSessionsEnded = "other-sessions-ended",
    }
}

impl Said {
    /// The cookie names what to say; the words stay here, so that nobody can put others into our mouth.
    pub(crate) fn cookie(self, address: &PublicAddress) -> Result<HeaderValue, PageError> {
        Cookie::Said.set(address, self.as_str())
    }

    pub(crate) fn text_id(self) -> &'static str {
        match self {
            Self::SignedOut => "said-signed-out",
            Self::TurnedOff => "said-turned-off",
            Self::MethodSetUp => "said-method-set-up",
            Self::RecoveryKeySaved => "said-recovery-key-saved",
            Self::BackupCodesSaved => "said-backup-codes-saved",
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
}
