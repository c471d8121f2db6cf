//! Statement texts: written once, with `$n` parameters, and spoken to both databases.

use std::sync::OnceLock;

/// Which database is behind a `Database`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

/// One statement. Always a `static` (see [`statements!`](crate::statements)), so that its two spellings are
/// made once and one test can prepare them all.
pub struct Sql {
    text: &'static str,
    form: Form,
    /// The spellings that differ from `text`, made at the first use; tests need both in one process.
    for_sqlite: OnceLock<String>,
    for_postgres: OnceLock<String>,
}

enum Form {
    Same,
    Locking,
    Claiming,
    PerDialect { postgres: &'static str },
}

impl Sql {
    /// The same text on both databases.
    pub const fn new(text: &'static str) -> Self {
        Self::with(text, Form::Same)
    }

    /// A `SELECT` whose rows stay locked until the transaction ends: ` FOR UPDATE` on PostgreSQL. SQLite has
    /// one writer, whose transaction excludes all others from its start.
    pub const fn locking(text: &'static str) -> Self {
        Self::with(text, Form::Locking)
    }

    /// A claim of rows that nobody else holds: `{SKIP}` becomes `FOR UPDATE SKIP LOCKED` on PostgreSQL and
    /// nothing on SQLite, where the one writer makes it unnecessary.
    pub const fn claiming(text: &'static str) -> Self {
        Self::with(text, Form::Claiming)
    }

    /// Two texts for what the databases do not share; both take the same values and give the same columns.
    pub const fn per_dialect(sqlite: &'static str, postgres: &'static str) -> Self {
        Self::with(sqlite, Form::PerDialect { postgres })
    }

    pub fn text(&self, dialect: Dialect) -> &str {
        match (&self.form, dialect) {
            (Form::PerDialect { postgres }, Dialect::Postgres) => postgres,
            (Form::Locking, Dialect::Postgres) => {
                self.for_postgres.get_or_init(|| format!("{} FOR UPDATE", self.text))
            }
            (Form::Claiming, Dialect::Postgres) => {
                self.for_postgres.get_or_init(|| self.text.replace(SKIP, "FOR UPDATE SKIP LOCKED"))
            }
            (Form::Claiming, Dialect::Sqlite) => self.for_sqlite.get_or_init(|| self.text.replace(SKIP, "")),
            (Form::Same, _) | (_, Dialect::Sqlite) => self.text,
        }
    }

    const fn with(text: &'static str, form: Form) -> Self {
        Self { text, form, for_sqlite: OnceLock::new(), for_postgres: OnceLock::new() }
    }
}

const SKIP: &str = "{SKIP}";

/// Declares a module's statements and lists them in its `ALL`, so that none can miss the test that prepares
/// every statement on both databases.
///
/// ```
/// countersign_store::statements! {
///     /// Why it is the way it is.
///     FIND_NAME: new("SELECT name FROM example WHERE id = $1");
///     LOCK_NAME: locking("SELECT name FROM example WHERE id = $1");
/// }
/// assert_eq!(ALL.len(), 2);
/// ```
#[macro_export]
macro_rules! statements {
    ($($(#[$meta:meta])* $name:ident: $kind:ident($($text:expr),+ $(,)?);)*) => {
        $($(#[$meta])* static $name: $crate::Sql = $crate::Sql::$kind($($text),+);)*

        /// Every statement of this module.
        pub(crate) static ALL: &[&$crate::Sql] = &[$(&$name),*];
    };
}

#[cfg(test)]
mod tests {
    use super::{Dialect, Sql};

    #[test]
    fn row_locks_are_spelled_on_postgresql_only() {
        static LOCK: Sql = Sql::locking("SELECT 1");
        static CLAIM: Sql = Sql::claiming("SELECT 1 LIMIT $1 {SKIP}");
        assert_eq!(LOCK.text(Dialect::Sqlite), "SELECT 1");
        assert_eq!(LOCK.text(Dialect::Postgres), "SELECT 1 FOR UPDATE");
        assert_eq!(CLAIM.text(Dialect::Sqlite), "SELECT 1 LIMIT $1 ");
        assert_eq!(CLAIM.text(Dialect::Postgres), "SELECT 1 LIMIT $1 FOR UPDATE SKIP LOCKED");
    }
}
