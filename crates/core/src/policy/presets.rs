//! Named policies: data only. No code anywhere asks for a preset's name.

use super::{Policy, Proofs, Recovery, SecondFactorRule};
use crate::{authenticator::AuthenticatorKind, throttle::ladder::LadderRules};

words! {
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Preset {
        /// Best practice, for an organization that chose nothing (SECURITY.md parts 1 and 6).
        Default = "default",
        /// CallRail's document: each person for themselves, turned off by the password alone (CR-4, CR-28).
        PerUser = "per-user",
        /// Callroute's document: the app only, and one recovery key that is replaced when it is used (CRT-2, CRT-18).
        Authenticator = "authenticator",
        /// `B3Networks`' document: codes by email, and a recovery key for who lost the mailbox (B3-3, B3-7, B3-11).
        EmailKey = "email-key",
    }
}

impl Preset {
    /// Whether a new company's people may use a second factor at once, or only when the operator lets them.
    pub fn opens_two_factor(self) -> bool {
        match self {
            Self::Default | Self::Authenticator | Self::EmailKey => true,
            // CR-3: support switches it on.
            Self::PerUser => false,
        }
    }

    pub fn policy(self) -> Policy {
        match self {
            Self::Default => Policy {
                second_factor: SecondFactorRule::Optional,
                methods: vec![AuthenticatorKind::App, AuthenticatorKind::Phone],
                first_factor_needs_fresh_email_proof: true,
                recovery: Recovery::BackupCodes,
                recommended_app: None,
                proofs_to_turn_on: Proofs::PASSWORD,
                proofs_to_turn_off: Proofs::PASSWORD_AND_FACTOR,
                proofs_to_change_password: Proofs::PASSWORD_AND_FACTOR,
                // 63B-4 §4.1.2: at the level at which it will be used.
                proofs_to_create_recovery_key: Proofs::PASSWORD_AND_FACTOR,
                known_browsers_have_own_ladder: true,
                ladder: LadderRules::STANDARD,
            },
            Self::PerUser => Policy {
                methods: vec![AuthenticatorKind::Phone, AuthenticatorKind::App],
                first_factor_needs_fresh_email_proof: false,
                // The document names none: who lost everything asks for help.
                recovery: Recovery::None,
                proofs_to_turn_off: Proofs::PASSWORD,
                known_browsers_have_own_ladder: false,
                ..Self::Default.policy()
            },
            Self::Authenticator => Policy {
                methods: vec![AuthenticatorKind::App],
                first_factor_needs_fresh_email_proof: false,
                recovery: Recovery::Key,
                recommended_app: Some("Microsoft Authenticator".to_owned()),
                // The first code of the app, and nothing before it (CRT-11).
                proofs_to_turn_on: Proofs::NONE,
                // Whoever disables it accepts the risk (CRT-22).
                proofs_to_turn_off: Proofs::NONE,
                ..Self::Default.policy()
            },
            Self::EmailKey => Policy {
                methods: vec![AuthenticatorKind::Email, AuthenticatorKind::App],
                // Proved at any time is enough (B3-1).
                first_factor_needs_fresh_email_proof: false,
                recovery: Recovery::Key,
                // B3-20 names both.
                recommended_app: Some("Google Authenticator or Microsoft Authenticator".to_owned()),
                // The first code, and nothing before it (B3-3, B3-4, B3-26).
                proofs_to_turn_on: Proofs::NONE,
                proofs_to_turn_off: Proofs::CURRENT_FACTOR,
                proofs_to_create_recovery_key: Proofs::CURRENT_FACTOR,
                ..Self::Default.policy()
            },
        }
    }
}
