//! What a person proves themselves with (63B-4 §3): its kind, its state and how often it was wrong.

pub mod backup_codes;
pub mod destination;
pub mod look_up_secret;
pub mod password;
pub mod phone;
pub mod recovery_key;
pub mod sent_code;
pub mod totp;
pub mod typed_code;

use serde::{Deserialize, Serialize};

use crate::{
    id::AuthenticatorId, message::Channel, secret::Sealed, throttle::cap::FailureRecord,
    timestamp::Timestamp, user::User,
};
use backup_codes::CodeSet;
use destination::Destination;
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
        /// The mailbox behind the address that the person signs in with: no second factor in the sense of 63B-4
        /// §3.1.3.1, and one all the same where policy says so (SECURITY.md T-01).
        Email = "email",
        /// A look-up secret that stands in for all of the others, once (63B-4 §3.1.2).
        RecoveryKey = "recovery_key",
        /// Ten look-up secrets, each of which does so once.
        BackupCodes = "backup_codes",
    }
}

impl AuthenticatorKind {
    /// Beside the password, the stronger first: the order in which a sign-in asks for them.
    pub const SECOND_FACTORS: [Self; 3] = [Self::App, Self::Phone, Self::Email];

    /// Whether it can stand beside the password at every sign-in. A look-up secret only stands in for what does.
    pub fn is_second_factor(self) -> bool {
        Self::SECOND_FACTORS.contains(&self)
    }

    /// Whether what it proves may replace or give up a second factor of the kind `other`: whoever took over a number
    /// or a mailbox must not get rid of something stronger with it (A48). What stands in for all is as strong as any.
    pub fn may_replace(self, other: Self) -> bool {
        let strength = |kind| Self::SECOND_FACTORS.into_iter().position(|factor| factor == kind);
        match (strength(self), strength(other)) {
            (Some(own), Some(others)) => own <= others,
            (None, _) => self.is_look_up_secret(),
            (Some(_), None) => false,
        }
    }

    /// Whether it was saved for the day on which the others are lost (63B-4 §3.1.2).
    pub fn is_look_up_secret(self) -> bool {
        matches!(self, Self::RecoveryKey | Self::BackupCodes)
    }

    /// What gets the codes that are sent by `channel`.
    pub fn reached_by(channel: Channel) -> Self {
        match channel {
            Channel::Sms => Self::Phone,
            Channel::Email => Self::Email,
        }
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
    /// Of a mailbox that chose the password lately: until then no code is sent there, since one mailbox is one
    /// proof, and not two (A65, A66).
    pub held_until: Option<Timestamp>,
    pub failures: FailureRecord,
    /// Of an app's codes; of backup codes, the number of the used one that came again last.
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
    /// Whatever address the person signs in with.
    Email,
    /// What is kept of the key.
    RecoveryKey(KeyDigest),
    /// The same of each code, and which were used.
    BackupCodes(CodeSet),
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
            Self::Email => AuthenticatorKind::Email,
            Self::RecoveryKey(_) => AuthenticatorKind::RecoveryKey,
            Self::BackupCodes(_) => AuthenticatorKind::BackupCodes,
        }
    }

    pub fn phone_number(&self) -> Option<&PhoneNumber> {
        match self {
            Self::Phone(number) => Some(number),
            Self::Password(_) | Self::App(_) | Self::Email | Self::RecoveryKey(_) | Self::BackupCodes(_) => {
                None
            }
        }
    }

    /// Where codes of it are sent to its owner; none where nothing is sent.
    pub fn destination(&self, owner: &User) -> Option<Destination> {
        match self {
            Self::Phone(number) => Some(Destination::Phone(number.clone())),
            Self::Email => Some(Destination::Mailbox(owner.email.clone())),
            Self::Password(_) | Self::App(_) | Self::RecoveryKey(_) | Self::BackupCodes(_) => None,
        }
    }

    /// The sealed secret of a password or an app.
    pub fn secret(&self) -> Option<&Sealed> {
        match self {
            Self::Password(secret) | Self::App(secret) => Some(secret),
            Self::Phone(_) | Self::Email | Self::RecoveryKey(_) | Self::BackupCodes(_) => None,
        }
    }
}
