//! Everything that a decision about one person looks at, loaded and locked together.

use std::sync::Arc;

use crate::{
    authenticator::{Authenticator, AuthenticatorKind, destination::Destination},
    id::{KnownBrowserId, OrganizationId},
    message::Channel,
    organization::Membership,
    throttle::{
        budget::{MailTraffic, TextingRules, Traffic},
        ladder::{Ladder, LadderSubject},
    },
    timestamp::Timestamp,
    user::{EmailAddress, User},
};

#[derive(Clone, Debug)]
pub struct Account {
    pub user: User,
    pub memberships: Vec<Membership>,
    /// Bound ones only, in the order in which they were bound.
    pub authenticators: Vec<Authenticator>,
    /// The browser that asks, if it completed a sign-in of this person before.
    pub known_browser: Option<KnownBrowserId>,
    /// How many browsers are remembered for this person, this one included.
    pub browsers_remembered: usize,
    /// The ladder that this attempt counts on: the name's, or that of a browser known to it.
    pub lane: Lane,
    /// Who administers the person's company and must hear of what may be near; loaded where something is.
    pub admins: Vec<EmailAddress>,
    /// What decides about a text message to this person; loaded where one may be sent, and without it none is.
    pub texting: Option<Texting>,
    /// The same about an email with a code.
    pub mailing: Option<MailTraffic>,
}

/// The operator's rules for text messages, and what was sent lately.
#[derive(Clone, Debug)]
pub struct Texting {
    pub rules: Arc<TextingRules>,
    pub traffic: Traffic,
}

/// One ladder and whose it is.
#[derive(Clone, Debug)]
pub struct Lane {
    pub subject: LadderSubject,
    pub ladder: Ladder,
}

impl Account {
    /// Of somebody who has nothing to sign in with yet and belongs to no company.
    pub fn new(user: User) -> Self {
        let lane = Lane { subject: LadderSubject::user(&user.id), ladder: Ladder::default() };
        Self {
            user,
            memberships: Vec::new(),
            authenticators: Vec::new(),
            known_browser: None,
            browsers_remembered: 0,
            lane,
            admins: Vec::new(),
            texting: None,
            mailing: None,
        }
    }

    /// The password, if it counts here. One that too many wrong entries took out of use still does in a
    /// known browser: strangers can fill its cap, but must not close the account with it (T-03).
    pub fn password(&self) -> Option<&Authenticator> {
        let mut passwords =
            self.authenticators.iter().filter(|candidate| candidate.kind() == AuthenticatorKind::Password);
        passwords.find(|password| password.is_usable() || self.known_browser.is_some())
    }

    /// The authenticator of a kind that is bound, out of use or not.
    pub fn bound(&self, kind: AuthenticatorKind) -> Option<&Authenticator> {
        self.authenticators.iter().find(|candidate| candidate.kind() == kind)
    }

    /// The authenticator of a kind that is bound and not out of use. An operator's mailbox is none: what guards
    /// everybody must not hang on it.
    pub fn usable(&self, kind: AuthenticatorKind) -> Option<&Authenticator> {
        if kind == AuthenticatorKind::Email && self.user.is_operator() {
            return None;
        }
        self.authenticators.iter().find(|candidate| candidate.kind() == kind && candidate.is_usable())
    }

    /// What is in use and gets codes by `channel`, and where they go.
    pub fn reach(&self, channel: Channel) -> Option<(&Authenticator, Destination)> {
        let reached = self.usable(AuthenticatorKind::reached_by(channel))?;
        Some((reached, reached.material.destination(&self.user)?))
    }

    /// Where a sign-in sends a code unasked: to somebody who has nothing stronger that makes its own.
    pub fn usual_reach(&self) -> Option<(&Authenticator, Destination)> {
        let usual = self.usual()?;
        Some((usual, usual.material.destination(&self.user)?))
    }

    /// Whether the mailbox chose the password lately, so that a code from it proves nothing that the password does not.
    pub fn is_mailbox_held(&self, now: Timestamp) -> bool {
        let held_until = |bound: &Authenticator| bound.held_until.is_some_and(|until| now < until);
        self.usable(AuthenticatorKind::Email).is_some_and(held_until)
    }

    /// Whether the next wrong entry may be one that its company must hear of (A08).
    pub fn is_near_a_cap(&self) -> bool {
        self.authenticators.iter().any(|bound| bound.failures.is_near_cap(bound.kind()))
    }

    /// The organization that events of this person are filed under.
    pub fn home(&self) -> Option<&OrganizationId> {
        self.memberships.first().map(|membership| &membership.organization.id)
    }
}

#[cfg(test)]
pub(crate) mod samples {
    //! People and circumstances for the tests of this crate.

    use std::{
        net::{IpAddr, Ipv4Addr},
        sync::LazyLock,
    };

    use super::*;
    use crate::{
        authenticator::{Material, phone::PhoneNumber, totp::UsedSteps},
        id::{AuthenticatorId, UserId},
        keys::{KeyRing, RootKey},
        moment::{BrowserMark, Visitor},
        organization::{Organization, Role},
        policy::{Policy, SecondFactorRule, presets::Preset},
        secret::{Sealed, Secret},
        throttle::cap::FailureRecord,
        timestamp::Timestamp,
        user::EmailAddress,
    };

    pub(crate) fn visitor() -> Visitor {
        Visitor {
            source: IpAddr::V4(Ipv4Addr::LOCALHOST),
            user_agent: "Firefox".into(),
            browser: BrowserMark([9; 32]),
        }
    }

    pub(crate) fn account() -> Account {
        let email = EmailAddress::parse("ann@trackwell.example").unwrap();
        let user = User::new(UserId::from_stored("usr_ann".into()), "Ann Ames".into(), email);
        Account {
            memberships: vec![organization_that(SecondFactorRule::Optional)],
            authenticators: vec![bound(AuthenticatorKind::Password, "aut_password")],
            ..Account::new(user)
        }
    }

    pub(crate) fn organization_that(rule: SecondFactorRule) -> Membership {
        Membership {
            organization: Organization {
                id: OrganizationId::from_stored("org_trackwell".into()),
                name: "Trackwell".into(),
                two_factor_opened_at: Some(Timestamp::from_millis(0)),
                policy: Policy { second_factor: rule, ..Preset::Default.policy() },
            },
            role: Role::Member,
        }
    }

    pub(crate) fn app() -> Authenticator {
        bound(AuthenticatorKind::App, "aut_app")
    }

    pub(crate) fn phone() -> Authenticator {
        bound(AuthenticatorKind::Phone, "aut_phone")
    }

    pub(crate) fn mailbox() -> Authenticator {
        bound(AuthenticatorKind::Email, "aut_email")
    }

    fn bound(kind: AuthenticatorKind, id: &str) -> Authenticator {
        let secret = || Sealed(id.as_bytes().to_vec());
        Authenticator {
            id: AuthenticatorId::from_stored(id.into()),
            material: match kind {
                AuthenticatorKind::Password => Material::Password(secret()),
                AuthenticatorKind::App => Material::App(secret()),
                AuthenticatorKind::Phone => Material::Phone(PhoneNumber::from_stored("+15125550134".into())),
                AuthenticatorKind::Email => Material::Email,
                AuthenticatorKind::RecoveryKey | AuthenticatorKind::BackupCodes => {
                    unreachable!("made where it is needed")
                }
            },
            bound_at: Timestamp::from_millis(0),
            last_used_at: None,
            disabled_at: None,
            held_until: None,
            failures: FailureRecord::default(),
            steps: UsedSteps::default(),
        }
    }

    pub(crate) fn keys() -> &'static KeyRing {
        static KEYS: LazyLock<KeyRing> =
            LazyLock::new(|| KeyRing::new(vec![RootKey { number: 1, bytes: Secret::new([1; 32]) }]).unwrap());
        &KEYS
    }
}
