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
    /// The spelling that differs from `text`, made at the first use.
    for_postgres: OnceLock<String>,
}

enum Form {
    Same,
    Locking,
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
            (Form::Same, _) | (_, Dialect::Sqlite) => self.text,
        }
    }

    const fn with(text: &'static str, form: Form) -> Self {
        Self { text, form, for_postgres: OnceLock::new() }
    }
}

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
        assert_eq!(LOCK.text(Dialect::Sqlite), "SELECT 1");
        assert_eq!(LOCK.text(Dialect::Postgres), "SELECT 1 FOR UPDATE");
    }
}
