//! The section **Two-factor authentication** with its switch, the same on the profile and its security page.

use countersign_core::policy::Proofs;
use countersign_service::profile::{EmailProof, Profile, TwoFactorState};

/// What the section shows.
#[derive(Clone, Copy)]
pub(crate) struct TwoFactor {
    pub(crate) state: TwoFactorState,
    /// Whether the rules let the person switch it the other way.
    pub(crate) may_switch: bool,
    /// Whether the operator lets the person's company use it (CR-3).
    pub(crate) is_open: bool,
    /// Whether the switch begins the set-up itself: nothing has to be proved before.
    pub(super) begins: bool,
    explanation: &'static str,
    /// Why there is no switch, where there is none.
    reason: &'static str,
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
            begins: profile.two_factor == TwoFactorState::Off
                && profile.proofs_to_turn_on == Proofs::NONE
                && profile.email_proof == EmailProof::NotNeeded,
            is_open: profile.is_two_factor_open,
            explanation: explanation(profile),
            reason: reason(profile, is_out_of_reach),
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
        self.explanation
    }

    pub(super) fn reason(self) -> &'static str {
        self.reason
    }
}

fn explanation(profile: &Profile) -> &'static str {
    let is_admitted_by_key = profile.recovery_key.in_force.is_some_and(|(_, is_usable)| is_usable);
    let is_admitted_by_code =
        profile.backup_codes.in_force.is_some_and(|codes| codes.is_usable && codes.left > 0);
    match profile.two_factor {
        TwoFactorState::Off => "two-factor-off",
        TwoFactorState::On => "two-factor-on",
        TwoFactorState::Disabled if is_admitted_by_code => "two-factor-blocked-but-backup-code",
        TwoFactorState::Disabled if is_admitted_by_key => "two-factor-blocked-but-key",
        TwoFactorState::Disabled => "two-factor-blocked",
    }
}

/// CR-3, a rule, or no way to prove the address, which would have to be proved first.
fn reason(profile: &Profile, is_out_of_reach: bool) -> &'static str {
    if profile.user.is_operator() {
        "two-factor-required-of-operators"
    } else if profile.two_factor != TwoFactorState::Off {
        "two-factor-required"
    } else if !profile.is_two_factor_open {
        "two-factor-unavailable"
    } else if is_out_of_reach {
        "two-factor-without-mail"
    } else {
        "two-factor-forbidden"
    }
}
