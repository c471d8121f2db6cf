//! What a message says, before it is put into words: the part that is sealed until it is sent.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    authenticator::AuthenticatorKind, ceremony::CeremonyPurpose, keys::SealFault, link::LinkPurpose,
    notice::NoticeKind, secret::Secret, timestamp::Timestamp,
};

#[derive(Serialize, Deserialize)]
#[serde(tag = "letter", rename_all = "snake_case")]
pub enum Letter {
    Code(CodeLetter),
    Notice(NoticeLetter),
    Link(LinkLetter),
    Member(MemberLetter),
    Alert(AlertLetter),
}

/// A code to be typed where it was asked for.
#[derive(Serialize, Deserialize)]
pub struct CodeLetter {
    pub purpose: CeremonyPurpose,
    #[serde(serialize_with = "expose", deserialize_with = "hide")]
    pub code: Secret<String>,
    pub asked_at: Timestamp,
    pub expires_at: Timestamp,
    pub source: String,
    pub user_agent: String,
}

/// Something happened to the account.
#[derive(Serialize, Deserialize)]
pub struct NoticeLetter {
    pub kind: NoticeKind,
    /// What was turned on, added, replaced or taken out of use.
    pub method: Option<AuthenticatorKind>,
    pub at: Timestamp,
    pub source: String,
    pub user_agent: String,
    /// Then there is neither a place nor a browser to tell: both would be the operator's.
    pub is_by_operator: bool,
    /// Behind the link "this was not me".
    #[serde(serialize_with = "expose", deserialize_with = "hide")]
    pub not_me: Secret<String>,
    /// The link that opens the lock for its person, where it is theirs to open.
    #[serde(default)]
    pub unlock: Option<UnlockLetter>,
}

/// A link that opens a lock.
#[derive(Serialize, Deserialize)]
pub struct UnlockLetter {
    #[serde(serialize_with = "expose", deserialize_with = "hide")]
    pub token: Secret<String>,
    pub expires_at: Timestamp,
}

/// A link to be opened by whoever reads this mailbox.
#[derive(Serialize, Deserialize)]
pub struct LinkLetter {
    pub purpose: LinkPurpose,
    #[serde(serialize_with = "expose", deserialize_with = "hide")]
    pub token: Secret<String>,
    /// The company that the person belongs to.
    pub organization: Option<String>,
    pub at: Timestamp,
    pub expires_at: Timestamp,
}

/// Something that whoever administers a company must know of one of its people (A08).
#[derive(Serialize, Deserialize)]
pub struct MemberLetter {
    pub kind: NoticeKind,
    /// What was taken out of use.
    pub method: Option<AuthenticatorKind>,
    pub name: String,
    pub email: String,
    pub at: Timestamp,
}

/// Something that an operator must look at.
#[derive(Serialize, Deserialize)]
pub struct AlertLetter {
    pub kind: AlertKind,
    /// Such as `US`, an organization's id or a network.
    pub about: String,
    pub at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// Hardly any code that was sent to set a number up is ever entered: somebody may earn by our texts.
    UnprovenNumbers,
    /// Many numbers of one block are being set up.
    AdjacentNumbers,
    /// As many texts as may be sent in an hour were sent.
    EverybodysBudget,
    /// As many unproven texts as one organization may send in a day were sent.
    OrganizationsBudget,
    /// Somebody runs the installation from now on, or no more.
    OperatorAdded,
    OperatorRemoved,
    /// Somebody is about to: a link for it was printed on the console.
    OperatorInvited,
    /// Very many names fail to sign in: somebody may be trying passwords.
    ManyFailures,
    /// On the console, everything that an operator signs in with was taken from them.
    OperatorReset,
    /// As many links for forgotten passwords as may be mailed in an hour were.
    ResetLinksBudget,
}

impl AlertKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnprovenNumbers => "unproven_numbers",
            Self::AdjacentNumbers => "adjacent_numbers",
            Self::EverybodysBudget => "everybodys_budget",
            Self::OrganizationsBudget => "organizations_budget",
            Self::OperatorAdded => "operator_added",
            Self::OperatorRemoved => "operator_removed",
            Self::OperatorInvited => "operator_invited",
            Self::ManyFailures => "many_failures",
            Self::OperatorReset => "operator_reset",
            Self::ResetLinksBudget => "reset_links_budget",
        }
    }
}

impl Letter {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Code(_) => "code",
            Self::Notice(_) => "notice",
            Self::Link(_) => "link",
            Self::Member(_) => "member_notice",
            Self::Alert(_) => "alert",
        }
    }

    pub fn expires_at(&self) -> Option<Timestamp> {
        match self {
            Self::Code(code) => Some(code.expires_at),
            Self::Link(link) => Some(link.expires_at),
            Self::Notice(_) | Self::Member(_) | Self::Alert(_) => None,
        }
    }

    pub fn to_bytes(&self) -> Result<Secret<Vec<u8>>, SealFault> {
        serde_json::to_vec(self).map(Secret::new).map_err(|_| SealFault("a letter does not write"))
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SealFault> {
        serde_json::from_slice(bytes).map_err(|_| SealFault("a letter does not read"))
    }
}

/// Only into bytes that are sealed at once: [`Letter::to_bytes`] is the one caller.
fn expose<S: Serializer>(secret: &Secret<String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

fn hide<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret<String>, D::Error> {
    String::deserialize(deserializer).map(Secret::new)
}
