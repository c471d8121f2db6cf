//! What a person proves themselves with (63B-4 §3): its kind, its state and how often it was wrong.

pub mod password;
pub mod totp;

use serde::{Deserialize, Serialize};

use crate::{id::AuthenticatorId, secret::Sealed, throttle::cap::FailureRecord, timestamp::Timestamp};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthenticatorKind {
    Password,
    /// An authenticator app: time-based one-time passwords (RFC 6238).
    App,
}

impl AuthenticatorKind {
    pub const ALL: [Self; 2] = [Self::Password, Self::App];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::App => "app",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether it can stand beside the password.
    pub fn is_second_factor(self) -> bool {
        self != Self::Password
    }
}

/// An authenticator that is bound to a user. One whose set-up was not finished is none (A59), and one that
/// the person removed is none any more.
#[derive(Clone, Debug)]
pub struct Authenticator {
    pub id: AuthenticatorId,
    pub kind: AuthenticatorKind,
    /// The password's hash or the app's secret, sealed for this row.
    pub secret: Sealed,
    pub bound_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
    /// Set by a rule (P2, P2b), until bound anew.
    pub disabled_at: Option<Timestamp>,
    pub failures: FailureRecord,
    pub steps: totp::UsedSteps,
}

impl Authenticator {
    pub fn is_usable(&self) -> bool {
        self.disabled_at.is_none()
    }
}
