//! What an organization demands of its people, as data; an edited preset is nothing but other data.
//!
//! Several policies may touch one person (DESIGN.md part 3); [`Policy::tightened_by`] makes one of them,
//! [`requirement`] says what it means for this person now, and why.

pub mod presets;
pub mod requirement;

use serde::{Deserialize, Serialize};

use crate::{authenticator::AuthenticatorKind, throttle::ladder::LadderRules};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    pub second_factor: SecondFactorRule,
    /// Second factors that people may set up, in the order in which they are offered.
    pub methods: Vec<AuthenticatorKind>,
    /// Whether the address must have been proved lately, and not only at some time, before the first second
    /// factor is set up: who stole the password of a person without one cannot bind their own then (A58).
    pub first_factor_needs_fresh_email_proof: bool,
    /// By what people get in who lost their second factor.
    pub recovery: Recovery,
    /// The authenticator app that a person without one is told to take (CRT-4).
    pub recommended_app: Option<String>,
    pub proofs_to_turn_on: Proofs,
    pub proofs_to_turn_off: Proofs,
    pub proofs_to_change_password: Proofs,
    pub proofs_to_create_recovery_key: Proofs,
    /// Whether a browser that completed a sign-in before has a ladder of its own, which strangers cannot
    /// fill (T-03). Off where a document locks the name itself.
    pub known_browsers_have_own_ladder: bool,
    pub ladder: LadderRules,
}

/// Whether people have a second factor: weakest first, so that the stricter of two is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondFactorRule {
    /// It cannot be set up; one that is set up already is still asked for.
    Off,
    /// Each person decides (CR-4).
    Optional,
    /// Nobody gets in without one.
    Required,
}

/// What stands in for a second factor that was lost: strictest first, so that the stricter of two is the lesser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recovery {
    /// Nothing: somebody who runs the installation helps.
    None,
    /// A key that is replaced when it is used (P7, CRT-12).
    Key,
    /// Ten codes, each used once (P6). Laxer than the key: there are more of them to lose, and no use of one voids the
    /// others.
    BackupCodes,
}

/// What must be proved again right before a sensitive act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proofs {
    pub password: bool,
    /// A current code of the second factor, of anybody who has one.
    pub current_factor: bool,
}

impl Proofs {
    /// A confirmation only (CRT-22).
    pub const NONE: Self = Self { password: false, current_factor: false };
    pub const PASSWORD: Self = Self { password: true, current_factor: false };
    pub const CURRENT_FACTOR: Self = Self { password: false, current_factor: true };
    pub const PASSWORD_AND_FACTOR: Self = Self { password: true, current_factor: true };

    fn and(self, other: Self) -> Self {
        Self {
            password: self.password || other.password,
            current_factor: self.current_factor || other.current_factor,
        }
    }
}

impl Policy {
    /// What binds operators beside their companies' policies: the default one, and a second factor in any case.
    pub fn of_operators() -> Self {
        Self { second_factor: SecondFactorRule::Required, ..presets::Preset::Default.policy() }
    }

    /// Whether a lock of the name is mailed with a link that opens it for its person. Where a document locks the
    /// name itself, it says for how long, and for everybody (CR-6).
    pub fn lets_mailbox_unlock(&self) -> bool {
        self.known_browsers_have_own_ladder
    }

    pub fn gives_recovery_key(&self) -> bool {
        self.recovery == Recovery::Key
    }

    pub fn gives_backup_codes(&self) -> bool {
        self.recovery == Recovery::BackupCodes
    }

    /// Whether a look-up secret of this kind admits people: what policy has given ends with the policy.
    pub fn gives(&self, kind: AuthenticatorKind) -> bool {
        match kind {
            AuthenticatorKind::RecoveryKey => self.gives_recovery_key(),
            AuthenticatorKind::BackupCodes => self.gives_backup_codes(),
            AuthenticatorKind::Password
            | AuthenticatorKind::App
            | AuthenticatorKind::Phone
            | AuthenticatorKind::Email => false,
        }
    }

    /// The one policy that satisfies both: in each respect the stricter of the two.
    #[must_use]
    pub fn tightened_by(mut self, other: &Self) -> Self {
        self.methods.retain(|method| other.methods.contains(method));
        Self {
            second_factor: self.second_factor.max(other.second_factor),
            methods: self.methods,
            first_factor_needs_fresh_email_proof: self.first_factor_needs_fresh_email_proof
                || other.first_factor_needs_fresh_email_proof,
            recovery: self.recovery.min(other.recovery),
            recommended_app: self.recommended_app.or_else(|| other.recommended_app.clone()),
            proofs_to_turn_on: self.proofs_to_turn_on.and(other.proofs_to_turn_on),
            proofs_to_turn_off: self.proofs_to_turn_off.and(other.proofs_to_turn_off),
            proofs_to_change_password: self.proofs_to_change_password.and(other.proofs_to_change_password),
            proofs_to_create_recovery_key: self
                .proofs_to_create_recovery_key
                .and(other.proofs_to_create_recovery_key),
            known_browsers_have_own_ladder: self.known_browsers_have_own_ladder
                && other.known_browsers_have_own_ladder,
            ladder: self.ladder.tightened_by(other.ladder),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::presets::Preset;

    #[test]
    fn the_stricter_of_two_policies_wins_in_every_respect() {
        let lax = Policy { second_factor: SecondFactorRule::Required, ..Preset::PerUser.policy() };
        let mut strict = Preset::Default.policy();
        strict.ladder.tries = 3;
        let both = lax.tightened_by(&strict);
        assert_eq!(both.second_factor, SecondFactorRule::Required);
        assert_eq!(both.proofs_to_turn_off, Proofs::PASSWORD_AND_FACTOR);
        assert!(!both.known_browsers_have_own_ladder);
        assert_eq!(both.ladder.tries, 3);
    }

    /// But for the order in which methods are offered, which is that of the first.
    #[test]
    fn tightening_is_the_same_from_either_side() {
        let (one, other) = (Preset::PerUser.policy(), Preset::Default.policy());
        let (from_one, mut from_other) = (one.clone().tightened_by(&other), other.tightened_by(&one));
        assert_eq!(from_one.methods, one.methods);
        from_other.methods.reverse();
        assert_eq!(from_one, from_other);
    }

    #[test]
    fn only_methods_that_both_allow_are_left() {
        let app_only = Policy { methods: vec![AuthenticatorKind::App], ..Preset::PerUser.policy() };
        let both = Preset::Default.policy().tightened_by(&app_only);
        assert_eq!(both.methods, [AuthenticatorKind::App]);
    }

    #[test]
    fn a_policy_reads_back_as_it_was_stored_and_unknown_fields_are_refused() {
        let policy = Preset::PerUser.policy();
        let stored = serde_json::to_string(&policy).unwrap();
        assert_eq!(serde_json::from_str::<Policy>(&stored).unwrap(), policy);
        assert!(serde_json::from_str::<Policy>(&stored.replacen('{', r#"{"laxer":true,"#, 1)).is_err());
    }
}
