//! Why we say no: a value with a stable code. The sentence for the person stands in the texts of the pages.

use crate::{
    throttle::{budget::Withheld, ladder::Left},
    timestamp::Timestamp,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Name or password is not right; which of them is not said, also not by how long it takes.
    WrongPassword {
        left: Left,
    },
    WrongCode {
        left: Left,
    },
    /// Meant as a recovery key and mistyped; nothing was compared, nothing counted.
    KeySlip,
    /// The same of a backup code.
    BackupSlip,
    /// Nothing but a backup code works any more, and something else was typed. Nothing was compared.
    BackupCodeNeeded,
    /// Nothing but the recovery key works any more, and something else was typed. Nothing was compared.
    RecoveryKeyNeeded,
    /// Right code, used before.
    CodeAlreadyUsed {
        left: Left,
    },
    /// The same of a backup code.
    BackupCodeUsed {
        left: Left,
    },
    /// A password and a code were asked for together, and one of them is not right.
    WrongProof {
        left: Left,
    },
    /// A field that must be filled is empty; nothing was compared, nothing counted.
    Missing,
    /// The name is locked. The time is told only where the lock was caused (T-16).
    Locked {
        until: Option<Timestamp>,
    },
    /// Too many names failed from this network lately: browsers that are not known wait (A32, A33).
    SourceSlowed {
        until: Timestamp,
    },
    /// The ceremony ended, expired or was finished elsewhere.
    Over,
    /// No code that was sent is good any more: too old, or guessed at too often. Nothing was compared.
    CodeExpired,
    /// A further code may be asked for only then.
    SendTooSoon {
        at: Timestamp,
    },
    /// No further code is sent in this ceremony; it begins anew (CR-31).
    SendsSpent,
    /// No code is sent now.
    NotSent(Withheld),
    /// The address must be proved before the first second factor is set up (A58).
    EmailProofNeeded,
    /// To replace or remove an app, or to make what stands in for it, its own code is needed: one that was texted is not
    /// enough (A48).
    AppNeeded,
    /// The same of a phone, where a code was mailed.
    PhoneNeeded,
    /// A link that was used, replaced by a newer one, or is too old.
    LinkOver,
    /// Every second factor of this person was taken out of use after too many wrong codes.
    SecondFactorDisabled,
    /// A second factor is required and none is set up.
    EnrollmentRequired,
    /// The same of an operator, whatever their companies say: another operator helps.
    OperatorEnrollmentRequired,
    /// Policy does not allow it.
    NotAllowed,
    /// What was to be ended or taken is not there (any more).
    NothingThere,
    /// An operator meant their own account, which has ways of its own for that.
    OwnAccount,
    /// An operator loses a second factor on the server's console only.
    OfOperator,
    /// Somebody has the email address already.
    EmailTaken,
    /// The first code of the app with which somebody becomes an operator; after so many more the set-up is over.
    WrongFirstCode {
        tries: u32,
    },
    /// Five wrong entries ended the session (A55).
    SessionEnded,
}

impl Refusal {
    /// For programs, logs and records; never changes its meaning.
    pub fn code(self) -> &'static str {
        match self {
            Self::WrongPassword { .. } => "wrong_password",
            Self::WrongCode { .. } => "wrong_code",
            Self::KeySlip => "key_slip",
            Self::BackupSlip => "backup_code_slip",
            Self::BackupCodeNeeded => "backup_code_needed",
            Self::RecoveryKeyNeeded => "recovery_key_needed",
            Self::CodeAlreadyUsed { .. } | Self::BackupCodeUsed { .. } => "code_already_used",
            Self::WrongProof { .. } => "wrong_proof",
            Self::Missing => "missing",
            Self::Locked { .. } => "locked",
            Self::SourceSlowed { .. } => "source_slowed",
            Self::Over => "over",
            Self::CodeExpired => "code_expired",
            Self::SendTooSoon { .. } => "send_too_soon",
            Self::SendsSpent => "sends_spent",
            Self::NotSent(withheld) => withheld.as_str(),
            Self::EmailProofNeeded => "email_proof_needed",
            Self::AppNeeded => "app_needed",
            Self::PhoneNeeded => "phone_needed",
            Self::LinkOver => "link_over",
            Self::SecondFactorDisabled => "second_factor_disabled",
            Self::EnrollmentRequired => "enrollment_required",
            Self::OperatorEnrollmentRequired => "operator_enrollment_required",
            Self::NotAllowed => "not_allowed",
            Self::NothingThere => "nothing_there",
            Self::OwnAccount => "own_account",
            Self::OfOperator => "of_operator",
            Self::EmailTaken => "email_taken",
            Self::WrongFirstCode { .. } => "wrong_first_code",
            Self::SessionEnded => "session_ended",
        }
    }
}
