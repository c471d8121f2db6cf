//! Could not decide: grants nothing, and says what the caller can do about it.

use countersign_core::keys::SealFault;
use thiserror::Error;

#[derive(Debug, Error)]
pub enum Fault {
    /// More passwords wait to be hashed than fit (P13): try again in a few seconds.
    #[error("all places for hashing are taken")]
    HashingBusy,
    #[error(transparent)]
    Store(#[from] countersign_store::Fault),
    /// A stored secret does not open: wrong key, or a row that was moved or altered.
    #[error(transparent)]
    Sealed(#[from] SealFault),
    /// Nothing is sealed until somebody has looked.
    #[error("the head of the audit chain is not the one that was sealed; run `countersign audit verify`")]
    AuditHead,
    /// Those are never sealed; the others are.
    #[error("somebody wrote audit events past Countersign; run `countersign audit verify`")]
    AuditUnstamped,
    #[error("the operating system gave no randomness")]
    Randomness,
    #[error("hashing failed: {0}")]
    Hashing(&'static str),
    #[error("the breach file cannot be read")]
    Breaches(#[source] std::io::Error),
}

/// What the caller can do about a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// There is more to do than fits: come back in a few seconds.
    TryAgainSoon,
    /// The database does not answer: come back, and meanwhile an operator has to look.
    TryAgainLater,
    /// An operator has to look.
    TellOperator,
}

impl Fault {
    /// For logs and programs; never changes its meaning.
    pub fn code(&self) -> &'static str {
        match self {
            Self::HashingBusy => "hashing_busy",
            Self::Store(fault) => fault.code(),
            Self::Sealed(_) => "sealed_secret_unreadable",
            Self::AuditHead => "audit_head_altered",
            Self::AuditUnstamped => "audit_events_unstamped",
            Self::Randomness => "no_randomness",
            Self::Hashing(_) => "hashing_failed",
            Self::Breaches(_) => "breach_file_unreadable",
        }
    }

    pub fn remedy(&self) -> Remedy {
        use countersign_store::Fault as Store;
        match self {
            Self::HashingBusy
            | Self::Store(Store::TurnedAway { .. } | Store::Busy { .. } | Store::Conflict { .. }) => {
                Remedy::TryAgainSoon
            }
            Self::Store(Store::Unavailable { .. }) => Remedy::TryAgainLater,
            _ => Remedy::TellOperator,
        }
    }

    /// Whether nothing at all happened: the transaction did not begin.
    pub(crate) fn is_turned_away(&self) -> bool {
        matches!(self, Self::Store(countersign_store::Fault::TurnedAway { .. }))
    }
}

/// Within a transaction every fault is the store's, so that it rolls back.
impl From<Fault> for countersign_store::Fault {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Store(fault) => fault,
            other => Self::broken(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use countersign_store::Fault as Store;

    use super::{Fault, Remedy};

    /// A07: a fault in the middle of judging must not be a free guess.
    #[test]
    fn only_what_did_not_begin_was_turned_away() {
        let (reason, cause) = ("a limit", None);
        let turned_away = Fault::Store(Store::TurnedAway { reason, cause: cause.clone() });
        let given_up = Fault::Store(Store::Busy { reason, cause });
        assert_eq!((turned_away.is_turned_away(), given_up.is_turned_away()), (true, false));
        assert_eq!((turned_away.remedy(), given_up.remedy()), (Remedy::TryAgainSoon, Remedy::TryAgainSoon));
    }
}
