//! The section **Two-factor authentication** with its switch, the same on the profile and its security page.

use countersign_service::profile::{EmailProof, Profile, TwoFactorState};

/// What the section shows.
#[derive(Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent facts about one person, each a line on the page"
)]
pub(crate) struct TwoFactor {
    pub(crate) state: TwoFactorState,
    /// Whether the rules let the person switch it the other way.
    pub(crate) may_switch: bool,
    /// Whether the person would have to prove their address first, and no email can be sent for it.
    is_out_of_reach: bool,
    /// Whether the operator lets the person's company use it (CR-3).
    pub(crate) is_open: bool,
    /// Operators are always asked for it.
    is_operator: bool,
}

impl TwoFactor {
    pub(crate) fn of(profile: &Profile) -> Self {
        let is_offered = profile.is_two_factor_open && !profile.offered.is_empty();
        let is_out_of_reach = is_offered && profile.email_proof == EmailProof::OutOfReach;
        let may_switch = match profile.two_factor {
            TwoFactorState::Off => is_offered && !is_out_of_reach,
            TwoFactorState::On | TwoFactorState::Disabled => profile.may_turn_off,
        };
        Self {
            state: profile.two_factor,
            may_switch,
            is_out_of_reach,
            is_open: profile.is_two_factor_open,
            is_operator: profile.user.is_operator(),
        }
    }

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
            TwoFactorState::Off if !self.is_open => "state-unavailable",
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

    /// Why there is no switch: CR-3, a rule, or no way to prove the address.
    pub(super) fn reason(self) -> &'static str {
        if self.is_operator {
            "two-factor-required-of-operators"
        } else if self.is_on() {
            "two-factor-required"
        } else if !self.is_open {
            "two-factor-unavailable"
        } else if self.is_out_of_reach {
            "two-factor-without-mail"
        } else {
            "two-factor-forbidden"
        }
    }
}
