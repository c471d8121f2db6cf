//! Whom a typed name belongs to, and what holds for an attempt upon it.

use crate::{
    account::{Account, Lane},
    authenticator::Authenticator,
    policy::presets::Preset,
    throttle::ladder::LadderRules,
};

/// Who the typed name belongs to. An unknown name has a ladder too, and costs the same (A35, A36).
#[derive(Clone)]
pub enum Candidate {
    Known(Box<Account>),
    Unknown(Lane),
}

impl Candidate {
    pub(super) fn lane(&self) -> &Lane {
        match self {
            Self::Known(account) => &account.lane,
            Self::Unknown(lane) => lane,
        }
    }

    pub(super) fn ladder_rules(&self) -> LadderRules {
        match self {
            Self::Known(account) => account.policy().ladder,
            Self::Unknown(_) => Preset::Default.policy().ladder,
        }
    }

    /// Whether a wrong password counts against the network that it came from: not from a browser that the person
    /// used before, where it is likelier their own slip.
    pub fn counts_against_its_network(&self) -> bool {
        self.account().is_none_or(|account| account.known_browser.is_none())
    }

    /// The password that can still admit this person.
    pub(super) fn password(&self) -> Option<&Authenticator> {
        self.account().filter(|account| account.user.disabled_at.is_none())?.password()
    }

    pub(super) fn account(&self) -> Option<&Account> {
        match self {
            Self::Known(account) => Some(account),
            Self::Unknown(_) => None,
        }
    }
}
