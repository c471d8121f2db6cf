//! What a person proves themselves with (63B-4 §3): its kind, its state and how often it was wrong.

pub mod password;
pub mod phone;
pub mod recovery_key;
pub mod sent_code;
pub mod totp;
pub mod typed_code;

use serde::{Deserialize, Serialize};

use crate::{id::AuthenticatorId, secret::Sealed, throttle::cap::FailureRecord, timestamp::Timestamp};
use phone::PhoneNumber;
use recovery_key::KeyDigest;

words! {
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum AuthenticatorKind {
        Password = "password",
        /// An authenticator app: time-based one-time passwords (RFC 6238).
        App = "app",
        /// A mobile phone that gets codes in text messages (63B-4 §3.1.3.3).
        Phone = "phone",
        /// A look-up secret that stands in for all of the others, once (63B-4 §3.1.2).
        RecoveryKey = "recovery_key",
    }
}

impl AuthenticatorKind {
    /// Beside the password, the stronger first: the order in which a sign-in asks for them.
    pub const SECOND_FACTORS: [Self; 2] = [Self::App, Self::Phone];

    /// Whether it can stand beside the password at every sign-in. A recovery key only stands in for what does.
    pub fn is_second_factor(self) -> bool {
        Self::SECOND_FACTORS.contains(&self)
    }
}

/// An authenticator that is bound to a user. One whose set-up was not finished is none (A59), and one that
/// the person removed is none any more.
#[derive(Clone, Debug)]
pub struct Authenticator {
    pub id: AuthenticatorId,
    pub material: Material,
    pub bound_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
    /// Set by a rule (P2, P2b) or by the person ("this was not me"), until bound anew.
    pub disabled_at: Option<Timestamp>,
    pub failures: FailureRecord,
    /// Of an app's codes.
    pub steps: totp::UsedSteps,
}

/// What an authenticator is made of; secrets are sealed for its row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Material {
    /// The hash, as a PHC string.
    Password(Sealed),
    /// The secret that app and server share.
    App(Sealed),
    Phone(PhoneNumber),
    /// What is kept of the key.
    RecoveryKey(KeyDigest),
}

impl Authenticator {
    pub fn kind(&self) -> AuthenticatorKind {
        self.material.kind()
    }

    pub fn is_usable(&self) -> bool {
        self.disabled_at.is_none()
    }

    /// The number of a phone.
    pub fn phone_number(&self) -> Option<&PhoneNumber> {
        self.material.phone_number()
    }
}

impl Material {
    pub fn kind(&self) -> AuthenticatorKind {
        match self {
            Self::Password(_) => AuthenticatorKind::Password,
            Self::App(_) => AuthenticatorKind::App,
            Self::Phone(_) => AuthenticatorKind::Phone,
            Self::RecoveryKey(_) => AuthenticatorKind::RecoveryKey,
        }
    }

    pub fn phone_number(&self) -> Option<&PhoneNumber> {
        match self {
            Self::Phone(number) => Some(number),
            Self::Password(_) | Self::App(_) | Self::RecoveryKey(_) => None,
        }
    }

    /// The sealed secret of a password or an app.
    pub fn secret(&self) -> Option<&Sealed> {
        match self {
            Self::Password(secret) | Self::App(secret) => Some(secret),
            Self::Phone(_) | Self::RecoveryKey(_) => None,
        }
    }
}
