//! What can go wrong below the service, split by what the caller can do about it.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

/// The library's own error, kept for the log; shared, because a failed group commit answers many callers.
pub type Cause = Arc<dyn Error + Send + Sync>;

/// *We could not decide*: nothing was granted, and a transaction that ends in a fault was rolled back.
///
/// The one exception is an `Unavailable` whose reason is a failed commit: the answer was lost on the way, so
/// the transaction may stand. It never stands in part.
///
/// Neither `Display` nor any source shows a value from a statement.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Fault {
    /// Try again later: no statement of the caller was sent, because a bounded queue is full or the transaction
    /// could not begin. The only fault that says so: an attempt that ends in any other may have been judged.
    #[error("the database turned this away: {reason}")]
    TurnedAway {
        reason: &'static str,
        #[source]
        cause: Option<Cause>,
    },
    /// Try again later: given up midway, because a lock or an answer took longer than its limit.
    #[error("the database is busy: {reason}")]
    Busy {
        reason: &'static str,
        #[source]
        cause: Option<Cause>,
    },
    /// The operator has to act, or has done so already: server down, disk full, file not readable.
    #[error("the database is unavailable: {reason}")]
    Unavailable {
        reason: &'static str,
        #[source]
        cause: Option<Cause>,
    },
    /// PostgreSQL chose this transaction as the victim of a deadlock or of a serialization failure, every time
    /// that the body was run.
    #[error("the transaction lost against concurrent ones each time it was tried")]
    Conflict {
        #[source]
        cause: Cause,
    },
    /// A row with this key is there already.
    #[error("a row with the same unique key exists")]
    UniqueViolation {
        #[source]
        cause: Cause,
    },
    /// A mistake in this program or a damaged database: a text that does not parse, a column of another type.
    #[error("{what}")]
    Broken {
        what: String,
        #[source]
        cause: Option<Cause>,
    },
    /// The body of a transaction panicked; the others of its group are untouched.
    #[error("the transaction's code panicked")]
    Panicked,
    #[error("the database is at schema {found}, this program knows {known}: run a newer countersign")]
    SchemaTooNew { found: i64, known: i64 },
    #[error("migration {number} ({name}) is not the one that was applied to this database")]
    MigrationChanged { number: i64, name: String },
    #[error("another countersign serves this database: its lock on {} is held", .path.display())]
    AlreadyServed { path: PathBuf },
}

impl Fault {
    /// A stable word for logs, metrics and `problem+json`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TurnedAway { .. } => "database_turned_away",
            Self::Busy { .. } => "database_busy",
            Self::Unavailable { .. } => "database_unavailable",
            Self::Conflict { .. } => "database_conflict",
            Self::UniqueViolation { .. } => "database_unique_violation",
            Self::Broken { .. } => "database_broken",
            Self::Panicked => "database_panicked",
            Self::SchemaTooNew { .. } => "database_schema_too_new",
            Self::MigrationChanged { .. } => "database_migration_changed",
            Self::AlreadyServed { .. } => "database_already_served",
        }
    }

    /// For the code that decodes rows: what was found where something else belongs.
    pub fn broken(what: impl Into<String>) -> Self {
        Self::Broken { what: what.into(), cause: None }
    }

    pub(crate) fn turned_away(reason: &'static str) -> Self {
        Self::TurnedAway { reason, cause: None }
    }

    /// What this fault is if it came before the first statement of the caller.
    pub(crate) fn before_the_body(self) -> Self {
        match self {
            Self::Busy { reason, cause } => Self::TurnedAway { reason, cause },
            other => other,
        }
    }

    /// What this fault is if the body has run before, and was rolled back.
    pub(crate) fn after_the_body(self) -> Self {
        match self {
            Self::TurnedAway { reason, cause } => Self::Busy { reason, cause },
            other => other,
        }
    }

    pub(crate) fn unavailable(reason: &'static str) -> Self {
        Self::Unavailable { reason, cause: None }
    }

    pub(crate) fn unavailable_by(reason: &'static str, cause: impl Error + Send + Sync + 'static) -> Self {
        Self::Unavailable { reason, cause: Some(Arc::new(cause)) }
    }
}
