//! Which set-up its pages belong to: that of the first method, or of another one.

use countersign_service::profile::Profile;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetUp {
    First,
    Another,
}

impl SetUp {
    pub(crate) fn of(profile: &Profile) -> Self {
        if profile.methods.is_empty() { Self::First } else { Self::Another }
    }

    /// The page with which it begins.
    pub(crate) fn start(self) -> &'static str {
        match self {
            Self::First => "/profile/security/turn-on",
            Self::Another => "/profile/security/change",
        }
    }

    pub(super) fn crumb(self) -> &'static str {
        match self {
            Self::First => "turn-on-crumb",
            Self::Another => "change-methods-crumb",
        }
    }
}
