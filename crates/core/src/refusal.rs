//! Why we say no: a value with a stable code. The sentence for the person stands in the texts of the pages.

use crate::{throttle::ladder::Left, timestamp::Timestamp};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Name or password is not right; which of them is not said, also not by how long it takes.
    WrongPassword {
        left: Left,
    },
    WrongCode {
        left: Left,
    },
    /// Right code, used before.
    CodeAlreadyUsed {
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
    /// The ceremony ended, expired or was finished elsewhere.
    Over,
    /// Every second factor of this person was taken out of use after too many wrong codes.
    SecondFactorDisabled,
    /// A second factor is required and none is set up.
    EnrollmentRequired,
    /// Policy does not allow it.
    NotAllowed,
    /// Five wrong entries ended the session (A55).
    SessionEnded,
}

impl Refusal {
    /// For programs, logs and records; never changes its meaning.
    pub fn code(self) -> &'static str {
        match self {
            Self::WrongPassword { .. } => "wrong_password",
            Self::WrongCode { .. } => "wrong_code",
            Self::CodeAlreadyUsed { .. } => "code_already_used",
            Self::WrongProof { .. } => "wrong_proof",
            Self::Missing => "missing",
            Self::Locked { .. } => "locked",
            Self::Over => "over",
            Self::SecondFactorDisabled => "second_factor_disabled",
            Self::EnrollmentRequired => "enrollment_required",
            Self::NotAllowed => "not_allowed",
            Self::SessionEnded => "session_ended",
        }
    }
}
