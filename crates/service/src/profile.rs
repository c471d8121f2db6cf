//! What a person sees of themselves.

use countersign_core::{
    account::Account,
    authenticator::{AuthenticatorKind, destination::Destination},
    ceremony::step_up::Act,
    policy::{
        Proofs,
        requirement::{Lack, Required},
    },
    session::Session,
    timestamp::Timestamp,
    token::SessionToken,
    user::User,
};

use crate::{Fault, Service, sessions::live};

pub struct Profile {
    pub user: User,
    pub organization: Option<String>,
    pub two_factor: TwoFactorState,
    /// The second factors that the person may set up, in the order in which they are offered.
    pub offered: Vec<AuthenticatorKind>,
    /// Whether the operator lets any of the person's companies use a second factor (CR-3).
    pub is_two_factor_open: bool,
    pub email_proof: EmailProof,
    /// Whether nobody has proved the address yet, and a link can be mailed that does.
    pub is_email_provable: bool,
    pub may_turn_off: bool,
    pub proofs_to_turn_on: Proofs,
    pub proofs_to_turn_off: Proofs,
    pub proofs_to_change_password: Proofs,
    pub proofs_to_change_methods: Proofs,
    pub proofs_to_create_recovery_key: Proofs,
    /// The authenticator app that the policy recommends.
    pub recommended_app: Option<String>,
    /// The second factors that are set up.
    pub methods: Vec<MethodState>,
    pub recovery_key: RecoveryKeyState,
    pub backup_codes: BackupCodesState,
    pub password_characters_min: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TwoFactorState {
    Off,
    On,
    /// On, and taken out of use after too many wrong codes (P2).
    Disabled,
}

/// Whether the address must be proved before the first second factor is set up (A58).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailProof {
    NotNeeded,
    Needed,
    /// Needed, and there is no mail server to send the link.
    OutOfReach,
}

/// The recovery key of a person, as far as it can be told.
pub struct RecoveryKeyState {
    /// Since when there is one, and whether it works.
    pub in_force: Option<(Timestamp, bool)>,
    /// Whether the person may make a new one.
    pub may_create: bool,
    /// Whether the one that opened this session stands in for a lost second factor still.
    pub stands_in: bool,
}

/// The backup codes of a person, as far as it can be told.
pub struct BackupCodesState {
    /// Since when there are some, how many are left, and whether they work.
    pub in_force: Option<CodesInForce>,
    /// Whether the person may make new ones.
    pub may_create: bool,
    /// Whether the one that opened this session stands in for a lost second factor still.
    pub stands_in: bool,
}

#[derive(Clone, Copy)]
pub struct CodesInForce {
    pub made_at: Timestamp,
    pub left: u32,
    pub is_usable: bool,
}

pub struct MethodState {
    pub kind: AuthenticatorKind,
    /// Of a phone or a mailbox.
    pub to: Option<Destination>,
    pub bound_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
    pub is_usable: bool,
}

impl CodesInForce {
    fn of(account: &Account) -> Option<Self> {
        let codes = account.backup_codes()?;
        let (made_at, left) = (codes.bound_at, codes.code_set()?.left());
        Some(Self { made_at, left, is_usable: account.usable_backup_codes().is_some() })
    }
}

impl Service {
    /// The profile behind a live session.
    pub async fn profile(&self, token: &SessionToken) -> Result<Option<Profile>, Fault> {
        let (hash, now) = (token.hash(), self.now());
        let found = self.0.database.read(move |tx| Box::pin(async move { live(tx, &hash, now).await }));
        Ok(found.await?.map(|(session, account)| self.profile_of(&session, account)))
    }

    fn profile_of(&self, session: &Session, account: Account) -> Profile {
        let now = self.now();
        let proofs_for = |act| session.proofs_for(&account, act, now);
        let stands_in = session.recovery(&account, now).map(|proof| proof.kind);
        let methods = account.second_factors().map(|method| MethodState {
            kind: method.kind(),
            to: method.material.destination(&account.user),
            bound_at: method.bound_at,
            last_used_at: method.last_used_at,
            is_usable: method.is_usable(),
        });
        Profile {
            two_factor: match account.required() {
                Required::SecondFactor { .. } if account.usual().is_some() => TwoFactorState::On,
                // All are out of use, and perhaps a recovery key is not.
                Required::SecondFactor { .. } | Required::Unavailable { lack: Lack::Disabled, .. } => {
                    TwoFactorState::Disabled
                }
                Required::PasswordOnly { .. } | Required::Unavailable { lack: Lack::NotEnrolled, .. } => {
                    TwoFactorState::Off
                }
            },
            offered: self.offered(&account),
            is_two_factor_open: account.is_two_factor_open(),
            email_proof: if !account.needs_email_proof(now) {
                EmailProof::NotNeeded
            } else if self.can_mail() {
                EmailProof::Needed
            } else {
                EmailProof::OutOfReach
            },
            is_email_provable: account.user.email_verified_at.is_none() && self.can_mail(),
            may_turn_off: account.may_turn_off(),
            proofs_to_turn_on: proofs_for(Act::TurnOnTwoFactor),
            proofs_to_turn_off: proofs_for(Act::TurnOffTwoFactor),
            proofs_to_change_password: proofs_for(Act::ChangePassword),
            proofs_to_change_methods: proofs_for(Act::ChangeMethods),
            proofs_to_create_recovery_key: proofs_for(Act::CreateRecoveryKey),
            methods: methods.collect(),
            recommended_app: account.policy().recommended_app.clone(),
            recovery_key: RecoveryKeyState {
                in_force: account
                    .recovery_key()
                    .map(|key| (key.bound_at, account.usable_recovery_key().is_some())),
                may_create: account.may_create_recovery_key(),
                stands_in: stands_in == Some(AuthenticatorKind::RecoveryKey),
            },
            backup_codes: BackupCodesState {
                in_force: CodesInForce::of(&account),
                may_create: account.may_create_backup_codes(),
                stands_in: stands_in == Some(AuthenticatorKind::BackupCodes),
            },
            password_characters_min: account.password_stands().characters_min(),
            organization: account.memberships.first().map(|membership| membership.organization.name.clone()),
            user: account.user,
        }
    }
}
