//! How sure we are of a person, and by what: recorded as evidence, never as a flag.

use serde::{Deserialize, Serialize};

use crate::{authenticator::AuthenticatorKind, id::AuthenticatorId, timestamp::Timestamp};

/// One factor that was proved: which, by what, when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    pub kind: AuthenticatorKind,
    pub authenticator: AuthenticatorId,
    pub at: Timestamp,
}

/// All factors that were proved for a ceremony or a session, in the order in which they were.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Evidence(Vec<Proof>);

impl Evidence {
    pub fn of(proof: Proof) -> Self {
        Self(vec![proof])
    }

    /// Adds a proof; an older one by the same authenticator gives way to it.
    #[must_use]
    pub fn and(mut self, proof: Proof) -> Self {
        self.0.retain(|older| older.authenticator != proof.authenticator);
        self.0.push(proof);
        self
    }

    /// Adds all of `newer`.
    #[must_use]
    pub fn and_all(self, newer: &Self) -> Self {
        newer.0.iter().cloned().fold(self, Self::and)
    }

    /// All of them, oldest first.
    pub fn proofs(&self) -> &[Proof] {
        &self.0
    }

    pub fn has(&self, kind: AuthenticatorKind) -> bool {
        self.0.iter().any(|proof| proof.kind == kind)
    }

    /// Authentication method references (RFC 8176 §2) for what was proved.
    pub fn amr(&self) -> Vec<&'static str> {
        let mut values = Vec::new();
        if self.has(AuthenticatorKind::Password) {
            values.push("pwd");
        }
        if self.has(AuthenticatorKind::App) {
            values.push("otp");
        }
        if self.has(AuthenticatorKind::Phone) {
            values.push("sms");
        }
        // RFC 8176 has no word for a mailbox, nor for a look-up secret.
        if self.has(AuthenticatorKind::Email) {
            values.push("email");
        }
        if self.has(AuthenticatorKind::RecoveryKey) {
            values.push("recovery");
        }
        if self.has(AuthenticatorKind::BackupCodes) {
            values.push("backup");
        }
        if self.acr() == Acr::TwoFactor {
            values.push("mfa");
        }
        values
    }

    /// The authentication context class that the evidence carries, and never more (I8).
    pub fn acr(&self) -> Acr {
        let is_possession = |kind| !matches!(kind, AuthenticatorKind::Password | AuthenticatorKind::Email);
        let has_possession = self.0.iter().any(|proof| is_possession(proof.kind));
        let has_mailbox = self.has(AuthenticatorKind::Email);
        match (self.has(AuthenticatorKind::Password), has_possession, has_mailbox) {
            (true, true, _) => Acr::TwoFactor,
            (true, false, true) => Acr::TwoSteps,
            (false, false, false) => Acr::Nothing,
            (true, false, false) | (false, true, _) | (false, false, true) => Acr::OneFactor,
        }
    }
}

/// Authentication context class, weakest first (63B-4 §2: `TwoFactor` is AAL2, by an app or a
/// look-up secret without restriction, by text messages as the restricted authenticator of §3.1.3.3; `amr` says which).
/// `TwoSteps` is no AAL2: a mailbox proves no possession (§3.1.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Acr {
    Nothing,
    OneFactor,
    /// The password, and a code from the mailbox.
    TwoSteps,
    TwoFactor,
}

impl Acr {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "urn:countersign:acr:nothing",
            Self::OneFactor => "urn:countersign:acr:one-factor",
            Self::TwoSteps => "urn:countersign:acr:email-2sv",
            Self::TwoFactor => "urn:countersign:acr:two-factor",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proof(kind: AuthenticatorKind) -> Proof {
        Proof {
            kind,
            authenticator: AuthenticatorId::from_stored(format!("aut_{}", kind.as_str())),
            at: Timestamp::from_millis(5),
        }
    }

    #[test]
    fn evidence_states_what_was_proved_and_no_more() {
        let password = Evidence::of(proof(AuthenticatorKind::Password));
        assert_eq!((password.acr(), password.amr()), (Acr::OneFactor, vec!["pwd"]));
        let both = password.and(proof(AuthenticatorKind::App));
        assert_eq!((both.acr(), both.amr()), (Acr::TwoFactor, vec!["pwd", "otp", "mfa"]));
        let texted = Evidence::of(proof(AuthenticatorKind::Password)).and(proof(AuthenticatorKind::Phone));
        assert_eq!((texted.acr(), texted.amr()), (Acr::TwoFactor, vec!["pwd", "sms", "mfa"]));
        let mailed = Evidence::of(proof(AuthenticatorKind::Password)).and(proof(AuthenticatorKind::Email));
        assert_eq!((mailed.acr(), mailed.amr()), (Acr::TwoSteps, vec!["pwd", "email"]));
        assert!(mailed.acr() < Acr::TwoFactor);
        let recovered =
            Evidence::of(proof(AuthenticatorKind::Password)).and(proof(AuthenticatorKind::RecoveryKey));
        assert_eq!((recovered.acr(), recovered.amr()), (Acr::TwoFactor, vec!["pwd", "recovery", "mfa"]));
        let looked_up =
            Evidence::of(proof(AuthenticatorKind::Password)).and(proof(AuthenticatorKind::BackupCodes));
        assert_eq!((looked_up.acr(), looked_up.amr()), (Acr::TwoFactor, vec!["pwd", "backup", "mfa"]));
        assert_eq!(Evidence::default().acr(), Acr::Nothing);
    }

    #[test]
    fn the_same_factor_twice_is_one_factor() {
        let twice = Evidence::of(proof(AuthenticatorKind::Password)).and(proof(AuthenticatorKind::Password));
        assert_eq!((twice.acr(), twice.amr()), (Acr::OneFactor, vec!["pwd"]));
    }
}
