//! Could not decide: grants nothing, and says what the caller can do about it.

use thiserror::Error;

#[derive(Debug, Error)]
pub enum Fault {
    /// More passwords wait to be hashed than fit (P13): try again in a few seconds.
    #[error("all places for hashing are taken")]
    HashingBusy,
    #[error(transparent)]
    Store(#[from] countersign_store::Fault),
    /// A stored secret does not open: wrong key, or a row that was moved or altered.
    #[error("a stored secret does not open: {0}")]
    Sealed(&'static str),
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
    /// Come back in a few seconds.
    TryAgainSoon,
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
            Self::Randomness => "no_randomness",
            Self::Hashing(_) => "hashing_failed",
            Self::Breaches(_) => "breach_file_unreadable",
        }
    }

    pub fn remedy(&self) -> Remedy {
        use countersign_store::Fault as Store;
        match self {
            Self::HashingBusy
            | Self::Store(Store::Busy { .. } | Store::Unavailable { .. } | Store::Conflict { .. }) => {
                Remedy::TryAgainSoon
            }
            _ => Remedy::TellOperator,
        }
    }

    /// Whether nothing at all happened: the request was turned away at a full queue.
    pub(crate) fn is_turned_away(&self) -> bool {
        matches!(self, Self::HashingBusy | Self::Store(countersign_store::Fault::Busy { .. }))
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
