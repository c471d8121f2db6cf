//! What is required of a person now, and why: the one function that sign-in, pages and records go by.

use std::time::Duration;

use super::{Policy, SecondFactorRule};
use crate::{
    account::Account,
    authenticator::{Authenticator, AuthenticatorKind, password::PasswordStands},
    id::OrganizationId,
    timestamp::Timestamp,
};

/// How long a proved address lets its person set up the first second factor (A58).
const EMAIL_PROOF_LASTS: Duration = Duration::from_hours(14 * 24);

/// What a sign-in must prove beyond the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Required {
    /// The password alone gives access.
    PasswordOnly { reason: Reason },
    /// A code of a second factor as well.
    SecondFactor { reason: Reason },
    /// A second factor, and the person has none that works: nobody gets in this way.
    Unavailable { reason: Reason, lack: Lack },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// None was ever set up.
    NotEnrolled,
    /// All were taken out of use after too many wrong codes (P2).
    Disabled,
}

/// Which level decided (DESIGN.md part 3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nobody turned it on and no organization requires it.
    NobodyRequiresIt,
    /// The person turned it on for themselves (CR-4).
    OwnChoice,
    OrganizationRule(OrganizationId),
    /// Operators are always asked, whatever their companies say.
    OperatorRule,
}

impl Reason {
    pub fn code(&self) -> &'static str {
        match self {
            Self::NobodyRequiresIt => "nobody_requires_it",
            Self::OwnChoice => "own_choice",
            Self::OrganizationRule(_) => "organization_rule",
            Self::OperatorRule => "operator_rule",
        }
    }
}

impl Required {
    pub fn reason(&self) -> &Reason {
        match self {
            Self::PasswordOnly { reason }
            | Self::SecondFactor { reason }
            | Self::Unavailable { reason, .. } => reason,
        }
    }
}

impl Account {
    /// The policy that binds this person: the strictest of all their organizations and, of an operator, theirs.
    ///
    /// A person of no organization is bound by the default policy.
    pub fn policy(&self) -> Policy {
        let of_operators = self.user.is_operator().then(Policy::of_operators);
        let organizations = self.memberships.iter().map(|membership| &membership.organization.policy);
        let mut policies = organizations.chain(&of_operators);
        match policies.next() {
            Some(first) => policies.fold(first.clone(), Policy::tightened_by),
            None => super::presets::Preset::Default.policy(),
        }
    }

    /// What this person's sign-in must prove beyond the password.
    pub fn required(&self) -> Required {
        let ruled_by = self.ruled_by();
        let is_enrolled = self.second_factors().next().is_some();
        // A recovery key or a backup code stands in for those that were taken out of use (P2).
        let is_usable =
            self.usual().is_some() || self.usable_recovery_key().is_some() || self.has_backup_code_left();
        match (is_enrolled, ruled_by) {
            (false, None) => Required::PasswordOnly { reason: Reason::NobodyRequiresIt },
            (false, Some(reason)) => Required::Unavailable { reason, lack: Lack::NotEnrolled },
            (true, rule) => {
                let reason = rule.unwrap_or(Reason::OwnChoice);
                if is_usable {
                    Required::SecondFactor { reason }
                } else {
                    Required::Unavailable { reason, lack: Lack::Disabled }
                }
            }
        }
    }

    /// The second factors that the person may set up, in the order in which they are offered. None where the
    /// operator has not opened them to any of the person's companies (CR-3).
    pub fn offered(&self) -> Vec<AuthenticatorKind> {
        let policy = self.policy();
        if policy.second_factor == SecondFactorRule::Off || !self.is_two_factor_open() {
            return Vec::new();
        }
        let mut offered = policy.methods;
        // There is no other mailbox than the one in use; one that fell out of use is set up anew.
        offered.retain(|kind| *kind != AuthenticatorKind::Email || self.usable(*kind).is_none());
        offered
    }

    /// A person of no organization is nobody's customer, and an operator opens it to others: nothing is closed
    /// to them.
    pub fn is_two_factor_open(&self) -> bool {
        let mut memberships = self.memberships.iter();
        self.memberships.is_empty()
            || self.user.is_operator()
            || memberships.any(|membership| membership.organization.two_factor_opened_at.is_some())
    }

    /// The second factor that a sign-in asks for unless the person wants another.
    pub fn usual(&self) -> Option<&Authenticator> {
        AuthenticatorKind::SECOND_FACTORS.into_iter().find_map(|kind| self.usable(kind))
    }

    /// Whether the address must be proved (again) before the first second factor is set up. Nothing is bound
    /// for somebody whose address nobody proved (A62); where policy says so, the proof must be fresh, since
    /// whoever has had the password for long may be somebody else (A58).
    pub fn needs_email_proof(&self, now: Timestamp) -> bool {
        let is_proved = match self.user.email_verified_at {
            None => false,
            Some(_) if !self.policy().first_factor_needs_fresh_email_proof => true,
            Some(proved) => now.since(proved) <= EMAIL_PROOF_LASTS,
        };
        self.second_factors().next().is_none() && !is_proved
    }

    /// Whether the person may turn a second factor on, which their organizations may forbid.
    pub fn may_turn_on(&self, kind: AuthenticatorKind) -> bool {
        self.offered().contains(&kind)
    }

    /// Whether the person may turn the second factor off, which their organizations may forbid and an operator
    /// may not at all.
    pub fn may_turn_off(&self) -> bool {
        self.ruled_by().is_none()
    }

    /// Whether a new password will be all that guards the account (P11).
    pub fn password_stands(&self) -> PasswordStands {
        match self.required() {
            Required::PasswordOnly { .. } => PasswordStands::Alone,
            Required::SecondFactor { .. } | Required::Unavailable { .. } => {
                PasswordStands::BesideSecondFactor
            }
        }
    }

    /// The rule that demands a second factor, if one does.
    fn ruled_by(&self) -> Option<Reason> {
        if self.user.is_operator() {
            return Some(Reason::OperatorRule);
        }
        let mut organizations = self.memberships.iter().map(|membership| &membership.organization);
        let ruling = organizations.find(|organization| organization.requires_second_factor());
        ruling.map(|organization| Reason::OrganizationRule(organization.id.clone()))
    }

    /// The authenticators that stand beside the password, those taken out of use among them.
    pub fn second_factors(&self) -> impl Iterator<Item = &Authenticator> {
        self.authenticators.iter().filter(|authenticator| authenticator.kind().is_second_factor())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        account::samples::{account, app, organization_that, phone},
        policy::presets::Preset,
    };

    #[test]
    fn nobody_is_asked_who_turned_nothing_on_and_is_ruled_by_nobody() {
        assert_eq!(account().required(), Required::PasswordOnly { reason: Reason::NobodyRequiresIt });
    }

    /// CR-1, CR-4.
    #[test]
    fn who_turned_it_on_is_asked_by_own_choice() {
        let mut ann = account();
        ann.authenticators.push(app());
        assert_eq!(ann.required(), Required::SecondFactor { reason: Reason::OwnChoice });
    }

    #[test]
    fn an_organization_that_switched_it_off_does_not_open_the_account_of_who_has_it() {
        let mut ann = account();
        ann.memberships = vec![organization_that(SecondFactorRule::Off)];
        ann.authenticators.push(app());
        assert!(matches!(ann.required(), Required::SecondFactor { .. }));
        assert!(!ann.may_turn_on(AuthenticatorKind::App));
    }

    #[test]
    fn who_is_required_and_has_none_gets_in_no_way() {
        let mut ann = account();
        ann.memberships = vec![organization_that(SecondFactorRule::Required)];
        assert!(matches!(ann.required(), Required::Unavailable { lack: Lack::NotEnrolled, .. }));
        assert!(!ann.may_turn_off());
    }

    #[test]
    fn a_second_factor_that_was_taken_out_of_use_does_not_leave_the_password_alone() {
        let mut ann = account();
        let mut broken = app();
        broken.disabled_at = Some(crate::timestamp::Timestamp::from_millis(1));
        ann.authenticators.push(broken);
        assert_eq!(ann.required(), Required::Unavailable { reason: Reason::OwnChoice, lack: Lack::Disabled });
        assert_eq!(ann.password_stands(), PasswordStands::BesideSecondFactor);
    }

    /// CR-26: the app before the phone, as long as it is in use.
    #[test]
    fn the_usual_second_factor_is_the_strongest_that_is_in_use() {
        let mut ann = account();
        assert!(ann.usual().is_none());
        ann.authenticators.extend([phone(), app()]);
        assert_eq!(ann.usual().map(Authenticator::kind), Some(AuthenticatorKind::App));
        ann.authenticators[2].disabled_at = Some(Timestamp::from_millis(1));
        assert_eq!(ann.usual().map(Authenticator::kind), Some(AuthenticatorKind::Phone));
        assert!(matches!(ann.required(), Required::SecondFactor { .. }));
        ann.authenticators[1].disabled_at = Some(Timestamp::from_millis(1));
        assert!(ann.usual().is_none());
        assert!(matches!(ann.required(), Required::Unavailable { lack: Lack::Disabled, .. }));
    }

    /// CR-3: a company that is closed offers nothing and rules nobody; one that is open opens it for its people.
    #[test]
    fn a_rule_of_a_closed_company_does_not_bind() {
        let mut ann = account();
        let mut closed = organization_that(SecondFactorRule::Required);
        closed.organization.two_factor_opened_at = None;
        ann.memberships = vec![closed.clone()];
        assert!(matches!(ann.required(), Required::PasswordOnly { .. }));
        assert_eq!(ann.offered(), []);
        ann.authenticators.push(phone());
        assert_eq!(ann.required(), Required::SecondFactor { reason: Reason::OwnChoice });
        ann.memberships = vec![closed, organization_that(SecondFactorRule::Optional)];
        assert!(ann.may_turn_on(AuthenticatorKind::App));
    }

    #[test]
    fn who_belongs_to_no_company_is_bound_by_the_default_policy() {
        let mut ann = account();
        ann.memberships.clear();
        assert_eq!(ann.offered(), [AuthenticatorKind::App, AuthenticatorKind::Phone]);
        assert!(ann.may_turn_off());
    }

    /// Whatever their companies say, and whether or not they belong to any.
    #[test]
    fn an_operator_is_asked_for_a_second_factor_and_may_not_turn_it_off() {
        let mut ann = account();
        ann.user.operator_since = Some(Timestamp::from_millis(1));
        let mut closed = organization_that(SecondFactorRule::Off);
        closed.organization.two_factor_opened_at = None;
        for memberships in [Vec::new(), vec![closed]] {
            ann.memberships = memberships;
            ann.authenticators.retain(|bound| !bound.kind().is_second_factor());
            assert_eq!(
                ann.required(),
                Required::Unavailable { reason: Reason::OperatorRule, lack: Lack::NotEnrolled }
            );
            assert_eq!(ann.password_stands(), PasswordStands::BesideSecondFactor);
            ann.authenticators.push(app());
            assert_eq!(ann.required(), Required::SecondFactor { reason: Reason::OperatorRule });
            assert!(ann.is_two_factor_open() && !ann.may_turn_off());
            assert!(ann.may_turn_on(AuthenticatorKind::App), "to put a new one in its place");
        }
    }

    #[test]
    fn an_operator_is_bound_by_the_default_policy_however_lax_the_company() {
        let mut ann = account();
        ann.user.operator_since = Some(Timestamp::from_millis(1));
        let mut lax = organization_that(SecondFactorRule::Optional);
        lax.organization.policy = Preset::PerUser.policy();
        ann.memberships = vec![lax];
        let policy = ann.policy();
        assert_eq!(policy.proofs_to_turn_off, Preset::Default.policy().proofs_to_turn_off);
        assert!(policy.first_factor_needs_fresh_email_proof);
    }

    #[test]
    fn one_strict_organization_is_enough() {
        let mut ann = account();
        ann.memberships = vec![
            organization_that(SecondFactorRule::Optional),
            organization_that(SecondFactorRule::Required),
        ];
        ann.authenticators.push(app());
        assert!(matches!(ann.required(), Required::SecondFactor { reason: Reason::OrganizationRule(_) }));
    }
}
