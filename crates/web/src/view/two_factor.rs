//! The section **Two-factor authentication** with its switch, the same on the profile and its security page.

use countersign_service::profile::TwoFactorState;

/// What the section shows.
#[derive(Clone, Copy)]
pub(crate) struct TwoFactor {
    pub(crate) state: TwoFactorState,
    /// Whether the rules let the person switch it the other way.
    pub(crate) may_switch: bool,
}

impl TwoFactor {
    /// A factor that was taken out of use is still asked for, so the switch stands on.
    pub(super) fn is_on(self) -> bool {
        self.state != TwoFactorState::Off
    }

    pub(super) fn works(self) -> bool {
        self.state == TwoFactorState::On
    }

    /// The switch leads to the steps that turn it the other way.
    pub(super) fn target(self) -> &'static str {
        if self.is_on() { "/profile/security/turn-off" } else { "/profile/security/turn-on" }
    }

    pub(super) fn state(self) -> &'static str {
        match self.state {
            TwoFactorState::Off => "state-off",
            TwoFactorState::On => "state-on",
            TwoFactorState::Disabled => "state-blocked",
        }
    }

    pub(super) fn explanation(self) -> &'static str {
        match self.state {
            TwoFactorState::Off => "two-factor-off",
            TwoFactorState::On => "two-factor-on",
            TwoFactorState::Disabled => "two-factor-blocked",
        }
    }

    /// Why there is no switch: CR-3 where it is off, a rule of the company where it is on.
    pub(super) fn reason(self) -> &'static str {
        if self.is_on() { "two-factor-required" } else { "two-factor-unavailable" }
    }
}
