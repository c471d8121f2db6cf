//! The steps that people take, and what each of them decides.
//!
//! ```text
//!   sign_in          password ─▶ second factor ─▶ session
//!   use_backup_code  … ─▶ backup code ─▶ session
//!   recover          … ─▶ recovery key ─▶ a new one, saved ─▶ session
//!   candidate        whom the name that was typed there belongs to
//!   act              what is sensitive, and what is proved before it
//!   step_up          a session proves itself again ─▶ `Proved`
//!   enroll           `Proved` ─▶ method ─▶ code ─▶ second factor on
//!   turn_off         `Proved` ─▶ off
//!   new_key          `Proved` ─▶ a new recovery key, saved
//!   new_codes        `Proved` ─▶ ten backup codes, saved
//!   change_password  `Proved` ─▶ new password
//!   set_password     a mailed link ─▶ new password, address proved
//!   forgot_password  an address ─▶ a link to set_password, if somebody signs in with it
//!   verify_email     a mailed link ─▶ address proved
//!   not_me           a mailed link ─▶ account shut until its owner chose a new password
//!   become_operator  a link of the console ─▶ person, password, app ─▶ operator
//!   operators        the console ─▶ operator, or one no more
//!   unlock           a mailed link ─▶ lock open for one browser
//!   by_operator      an operator unlocks, signs out, takes a lost second factor, opens it to a company
//!   end_sessions     a session ─▶ one's other sessions over
//!   sending          a code to a phone or a mailbox, in whichever of them
//! ```
//!
//! A ceremony grants nothing: it is another table, another cookie, another token and another type than a
//! [`crate::session::Session`]. Every step returns a [`Decision`]; `store::commit` is the one place that
//! carries decisions out. Three rules hold everywhere:
//!
//! 1. A lock is looked at before anything is compared.
//! 2. A refusal is a value with its writes, so that the count of a wrong entry cannot be lost on the way.
//! 3. What may be used once is used by a conditional write. If somebody else was faster, the rest of the
//!    decision is dropped and its `on_lost_race` part takes its place.

mod act;
mod attempt;
pub mod become_operator;
pub mod by_operator;
mod candidate;
pub mod change_password;
pub mod end_sessions;
pub mod enroll;
pub mod forgot_password;
mod mailing;
pub mod new_codes;
pub mod new_key;
pub mod not_me;
pub mod operators;
pub mod recover;
pub mod sending;
pub mod set_password;
pub mod sign_in;
pub mod sign_out;
mod signed_in;
pub mod step_up;
pub mod turn_off;
pub mod unlock;
mod use_backup_code;
pub mod verify_email;
pub mod write;

pub use write::{Claim, LostRace, OperatorWrite, RecoveryWrite, Write};

use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::step_up::Act;
use crate::{
    assurance::Evidence,
    authenticator::{Material, sent_code::SentCode},
    id::{AuthenticatorId, CeremonyId, SessionId, UserId},
    secret::Sealed,
    throttle::{budget::Sends, ladder::LadderSubject},
    timestamp::{CLOCKS_APART_MAX, Timestamp},
    user::User,
};

/// An outcome and everything that must be written for it to be true.
#[must_use = "a decision that is not committed did not happen"]
pub struct Decision<T> {
    pub outcome: T,
    /// Carried out first; the rest happens only if each of them found its row free.
    pub claims: Vec<Claim>,
    pub writes: Vec<Write>,
    pub on_lost_race: Option<LostRace<T>>,
}

impl<T> Decision<T> {
    pub fn new(outcome: T, writes: Vec<Write>) -> Self {
        Self { outcome, claims: Vec::new(), writes, on_lost_race: None }
    }

    /// An outcome that leaves no trace, because nothing was compared and nothing changed.
    pub fn without_writes(outcome: T) -> Self {
        Self::new(outcome, Vec::new())
    }

    pub fn claiming(mut self, claims: impl IntoIterator<Item = Claim>) -> Self {
        self.claims.extend(claims);
        self
    }

    pub fn or_if_lost(mut self, outcome: T, writes: Vec<Write>) -> Self {
        self.on_lost_race = Some(LostRace { outcome, writes });
        self
    }

    /// The same decision, told in another type.
    pub fn map<U>(self, tell: impl Fn(T) -> U) -> Decision<U> {
        Decision {
            outcome: tell(self.outcome),
            claims: self.claims,
            writes: self.writes,
            on_lost_race: self
                .on_lost_race
                .map(|lost| LostRace { outcome: tell(lost.outcome), writes: lost.writes }),
        }
    }
}

/// How long the code may be awaited after the password (P3).
pub const SIGN_IN_LIFE: Duration = Duration::from_mins(30);
/// How long a set-up may take (P3).
pub const ENROLLMENT_LIFE: Duration = Duration::from_mins(30);
/// How long the secret of an app that is being set up can be looked at and confirmed (A60).
pub const APP_SECRET_SHOWN: Duration = Duration::from_mins(10);
/// How long the code for one act may be awaited (P3).
pub const PROVE_LIFE: Duration = Duration::from_mins(30);
/// How long a new recovery key, or new backup codes, can be looked at, unless they were saved before.
pub const NEW_KEY_SHOWN: Duration = Duration::from_mins(10);
/// So many sign-ins of one person may await their code at once; a further one ends the oldest (A05).
pub const CEREMONIES_MAX: usize = 5;
/// So many browsers of one person are known at once; each is a ladder of its own, so they must not pile up.
pub const KNOWN_BROWSERS_MAX: usize = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CeremonyPurpose {
    SignIn,
    Enroll,
    /// A code was sent, so that a session can prove itself for one act (A54).
    Prove(Act),
    /// A new recovery key is shown in a session until it was saved.
    SaveRecoveryKey,
    /// The same of new backup codes.
    SaveBackupCodes,
}

impl CeremonyPurpose {
    pub const ALL: [Self; 12] = [
        Self::SignIn,
        Self::Enroll,
        Self::Prove(Act::TurnOnTwoFactor),
        Self::Prove(Act::TurnOffTwoFactor),
        Self::Prove(Act::ChangeMethods),
        Self::Prove(Act::ChangePassword),
        Self::Prove(Act::ResetSecondFactor),
        Self::Prove(Act::SwitchTwoFactor),
        Self::Prove(Act::CreateRecoveryKey),
        Self::SaveRecoveryKey,
        Self::Prove(Act::CreateBackupCodes),
        Self::SaveBackupCodes,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Enroll => "enroll",
            Self::Prove(Act::TurnOnTwoFactor) => "prove_turn_on",
            Self::Prove(Act::TurnOffTwoFactor) => "prove_turn_off",
            Self::Prove(Act::ChangeMethods) => "prove_change_methods",
            Self::Prove(Act::ChangePassword) => "prove_change_password",
            Self::Prove(Act::ResetSecondFactor) => "prove_reset_second_factor",
            Self::Prove(Act::SwitchTwoFactor) => "prove_switch_two_factor",
            Self::Prove(Act::CreateRecoveryKey) => "prove_create_recovery_key",
            Self::SaveRecoveryKey => "save_recovery_key",
            Self::Prove(Act::CreateBackupCodes) => "prove_create_backup_codes",
            Self::SaveBackupCodes => "save_backup_codes",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == text)
    }
}

/// How a ceremony came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CeremonyEnd {
    Completed,
    Canceled,
    /// A newer one took its place.
    Superseded,
    /// The name was locked meanwhile.
    Locked,
}

impl CeremonyEnd {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Canceled => "canceled",
            Self::Superseded => "superseded",
            Self::Locked => "locked",
        }
    }
}

/// A ceremony as it was loaded.
#[derive(Clone, Debug)]
pub struct Ceremony {
    pub id: CeremonyId,
    pub purpose: CeremonyPurpose,
    pub user: UserId,
    pub user_epoch: i64,
    /// The session that an enrollment belongs to.
    pub session: Option<SessionId>,
    /// The ladder on which its wrong entries count.
    pub lane: LadderSubject,
    pub evidence: Evidence,
    /// The authenticator that is being set up.
    pub pending: Option<PendingAuthenticator>,
    /// The newest code that was sent in it, unless that was used.
    pub sent: Option<SentCode>,
    pub sends: Sends,
    /// A recovery key, or backup codes, that were made in it and are not saved yet.
    pub new_key: Option<UnsavedKey>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

/// A new recovery key, or new backup codes, sealed so that they can be shown until the person saved them.
#[derive(Clone, Debug)]
pub struct UnsavedKey {
    pub sealed: Sealed,
    pub since: Timestamp,
}

/// An authenticator whose set-up is not finished: no factor yet (A59).
#[derive(Clone, Debug)]
pub struct PendingAuthenticator {
    pub id: AuthenticatorId,
    pub material: Material,
    pub since: Timestamp,
}

impl Ceremony {
    /// The authenticator that is being set up, unless it waited for too long.
    pub fn pending_at(&self, now: Timestamp) -> Option<&PendingAuthenticator> {
        let pending = self.pending.as_ref()?;
        let is_secret = matches!(pending.material, Material::App(_));
        (!is_secret || now < pending.since.plus(APP_SECRET_SHOWN)).then_some(pending)
    }

    /// The new recovery key, or the backup codes, as long as they are shown.
    pub fn new_key_at(&self, now: Timestamp) -> Option<&Sealed> {
        let key = self.new_key.as_ref()?;
        (now < key.since.plus(NEW_KEY_SHOWN)).then_some(&key.sealed)
    }

    /// Whether its user may go on with it at `now`.
    pub fn is_live(&self, user: &User, now: Timestamp) -> bool {
        self.ended_at.is_none()
            && user.honors(self.user_epoch)
            && now >= self.created_at.minus(CLOCKS_APART_MAX)
            && now < self.expires_at
    }
}

#[cfg(test)]
mod tests;
