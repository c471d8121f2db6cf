//! Sensitive acts, and what must be proved before each: the policy's word (REQUIREMENTS.md part 6).

use serde::{Deserialize, Serialize};

use crate::{
    account::Account,
    assurance::{Evidence, Proof},
    authenticator::AuthenticatorKind,
    policy::Proofs,
    refusal::Refusal,
    session::Session,
    timestamp::Timestamp,
};

words! {
    /// What the proof is for; a proof for one act is none for another (A54).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Act {
        TurnOnTwoFactor = "turn_on",
        TurnOffTwoFactor = "turn_off",
        /// Adds a method, or puts a new number or app in the place of the old one.
        ChangeMethods = "change_methods",
        ChangePassword = "change_password",
        /// An operator takes a second factor from somebody who can prove it no more.
        ResetSecondFactor = "reset_second_factor",
        /// An operator opens the second factor to a company's people, or closes it (CR-3).
        SwitchTwoFactor = "switch_two_factor",
        /// Makes a new recovery key in the place of the old one (B3-15).
        CreateRecoveryKey = "create_recovery_key",
        /// Makes ten new backup codes in the place of those that are there (CTM-23).
        CreateBackupCodes = "create_backup_codes",
    }
}

impl Act {
    /// Whether a look-up secret may stand in for the second factor that is replaced or given up by it. A change of
    /// password that is due stands before either.
    fn mends_a_loss(self, account: &Account) -> bool {
        match self {
            Self::ChangeMethods | Self::TurnOffTwoFactor => true,
            Self::ChangePassword => account.user.password_change.is_some(),
            Self::TurnOnTwoFactor
            | Self::ResetSecondFactor
            | Self::SwitchTwoFactor
            | Self::CreateRecoveryKey
            | Self::CreateBackupCodes => false,
        }
    }

    /// Whether it touches somebody else, which is for operators only.
    pub fn is_of_operators(self) -> bool {
        matches!(self, Self::ResetSecondFactor | Self::SwitchTwoFactor)
    }
}

impl Account {
    /// What is demanded of this person before an act; a current factor of those only who have one.
    pub(super) fn proofs_demanded(&self, act: Act) -> Proofs {
        let policy = self.policy();
        let demanded = match act {
            Act::TurnOnTwoFactor => policy.proofs_to_turn_on,
            Act::TurnOffTwoFactor => policy.proofs_to_turn_off,
            // 63B-4 §4.1.2: at the level at which the new one will be used.
            Act::ChangeMethods | Act::CreateBackupCodes => Proofs::PASSWORD_AND_FACTOR,
            Act::CreateRecoveryKey => policy.proofs_to_create_recovery_key,
            Act::ChangePassword => policy.proofs_to_change_password,
            // Whoever has no second factor does none of it: an operator's own guards everybody's.
            Act::ResetSecondFactor | Act::SwitchTwoFactor => return Proofs::CURRENT_FACTOR,
        };
        Proofs {
            current_factor: demanded.current_factor && self.second_factors().next().is_some(),
            ..demanded
        }
    }
}

impl Session {
    /// What this person must prove before an act, in this session, now.
    pub fn proofs_for(&self, account: &Account, act: Act, now: Timestamp) -> Proofs {
        let demanded = account.proofs_demanded(act);
        let is_lost = demanded.current_factor && self.stand_in(account, act, now).is_some();
        Proofs { current_factor: demanded.current_factor && !is_lost, ..demanded }
    }

    /// The look-up secret in the place of a second factor that was lost.
    pub(super) fn stand_in(&self, account: &Account, act: Act, now: Timestamp) -> Option<&Proof> {
        self.recovery(account, now).filter(|_| act.mends_a_loss(account))
    }
}

/// What must be proved before whatever could get somebody past their strongest factor, where what was given is weaker.
pub(super) fn usual_needed(account: &Account, given: &Evidence) -> Option<Refusal> {
    stronger_needed(account, account.usual()?.kind(), given)
}

/// The second factor that must be proved before one of the kind `lost` is replaced or given up, where what was given is
/// weaker (A48).
pub(super) fn stronger_needed(
    account: &Account,
    lost: AuthenticatorKind,
    given: &Evidence,
) -> Option<Refusal> {
    if account.usable(lost).is_none() || given.proofs().iter().any(|proof| proof.kind.may_replace(lost)) {
        return None;
    }
    match lost {
        AuthenticatorKind::App => Some(Refusal::AppNeeded),
        AuthenticatorKind::Phone => Some(Refusal::PhoneNeeded),
        AuthenticatorKind::Password
        | AuthenticatorKind::Email
        | AuthenticatorKind::RecoveryKey
        | AuthenticatorKind::BackupCodes => None,
    }
}
