//! Brings a database to the newest schema, one transaction a step.
//!
//! Killed at any moment, the next run goes on after the last step that was committed. Several processes may
//! run this at once: each step takes a lock first, then looks whether somebody else has done it.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::{Database, Dialect, Row, Tx};
use crate::{Fault, params};

/// One numbered step. `text` may hold several statements and the tokens of [`spelled`].
#[derive(Debug)]
pub struct Migration {
    pub number: i64,
    pub name: &'static str,
    pub text: &'static str,
}

impl Database {
    /// Applies what is missing and returns the names of the steps that this call applied. If nothing is missing
    /// nothing is written or locked, so that a role that may only serve can start the program.
    pub async fn migrate(
        &self,
        migrations: &'static [Migration],
        now_ms: i64,
    ) -> Result<Vec<&'static str>, Fault> {
        let applied = self.read(|tx| Box::pin(applied(tx))).await?;
        check_applied(&applied, migrations)?;
        let done = applied.iter().map(|row| row.int(0)).collect::<Result<Vec<_>, _>>()?;
        let mut names = Vec::new();
        for migration in migrations.iter().filter(|migration| !done.contains(&migration.number)) {
            let applied = self.write(move |tx| Box::pin(apply(tx, migration, now_ms))).await;
            let ran = applied.map_err(|fault| name_step(migration, fault))?;
            if ran {
                names.push(migration.name);
            }
        }
        Ok(names)
    }

    /// The number of the newest step that was applied; 0 before the first.
    pub async fn schema_number(&self) -> Result<i64, Fault> {
        self.read(|tx| {
            Box::pin(async move {
                if tx.query_one(&TABLE_EXISTS, &[]).await?.int(0)? == 0 {
                    return Ok(0);
                }
                tx.query_one(&NEWEST, &[]).await?.int(0)
            })
        })
        .await
    }

    /// A program must not write into a schema that it does not know.
    pub(super) async fn refuse_newer_schema(&self, migrations: &[Migration]) -> Result<(), Fault> {
        let found = self.schema_number().await?;
        let known = newest(migrations);
        if found > known { Err(Fault::SchemaTooNew { found, known }) } else { Ok(()) }
    }
}

/// Number, name and checksum of each step.
async fn applied(tx: &mut Tx<'_>) -> Result<Vec<Row>, Fault> {
    if tx.query_one(&TABLE_EXISTS, &[]).await?.int(0)? == 0 {
        return Ok(Vec::new());
    }
    tx.query(&APPLIED, &[]).await
}

fn check_applied(applied: &[Row], migrations: &[Migration]) -> Result<(), Fault> {
    let known = newest(migrations);
    for row in applied {
        let (number, name, checksum) = (row.int(0)?, row.text(1)?, row.text(2)?);
        if number > known {
            return Err(Fault::SchemaTooNew { found: number, known });
        }
        let same = |migration: &Migration| migration.number == number && checksum == checksum_of(migration);
        if !migrations.iter().any(same) {
            return Err(Fault::MigrationChanged { number, name: name.to_owned() });
        }
    }
    Ok(())
}

/// Says whether the step was still missing.
async fn apply(tx: &mut Tx<'_>, migration: &'static Migration, now_ms: i64) -> Result<bool, Fault> {
    take_lock(tx).await?;
    tx.batch(&spelled(CREATE_TABLE, tx.dialect())).await?;
    if tx.query_optional(&IS_APPLIED, &params![migration.number]).await?.is_some() {
        return Ok(false);
    }
    tx.batch(&spelled(migration.text, tx.dialect())).await?;
    let row = params![migration.number, migration.name, checksum_of(migration), now_ms];
    tx.execute(&RECORD, &row).await?;
    Ok(true)
}

/// On SQLite the writing transaction itself is the lock.
async fn take_lock(tx: &mut Tx<'_>) -> Result<(), Fault> {
    match tx.dialect() {
        Dialect::Sqlite => Ok(()),
        Dialect::Postgres => tx.batch(POSTGRES_LOCK).await,
    }
}

fn name_step(migration: &Migration, fault: Fault) -> Fault {
    match fault {
        Fault::Broken { cause, .. } => Fault::Broken {
            what: format!("migration {} ({}) failed", migration.number, migration.name),
            cause,
        },
        other => other,
    }
}

/// `{BIGINT}`: a strict SQLite table calls 64 bits `INTEGER`. `{BYTES}`: `BLOB` or `BYTEA`. `{STRICT}`: after
/// the closing bracket of a table, so that SQLite refuses a value of another type; PostgreSQL always does.
fn spelled(text: &str, dialect: Dialect) -> String {
    let [bigint, bytes, strict] = match dialect {
        Dialect::Sqlite => ["INTEGER", "BLOB", "STRICT"],
        Dialect::Postgres => ["BIGINT", "BYTEA", ""],
    };
    text.replace("{BIGINT}", bigint).replace("{BYTES}", bytes).replace("{STRICT}", strict)
}

fn checksum_of(migration: &Migration) -> String {
    Sha256::digest(migration.text).iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn newest(migrations: &[Migration]) -> i64 {
    migrations.iter().map(|migration| migration.number).max().unwrap_or(0)
}

const CREATE_TABLE: &str = "
    CREATE TABLE IF NOT EXISTS schema_migrations (
        number {BIGINT} PRIMARY KEY,
        name TEXT NOT NULL,
        checksum TEXT NOT NULL,
        applied_at {BIGINT} NOT NULL
    ) {STRICT}";

/// Held until the transaction ends, which works behind a pooler too. The number is this program's own choice.
///
/// A step may take as long as its tables need, and so may others wait for it to end. Waiting for the lock of a
/// table keeps its limit: whoever comes to the table after this waits behind it.
const POSTGRES_LOCK: &str = "
    SET LOCAL statement_timeout = 0;
    SET LOCAL lock_timeout = 0;
    SELECT pg_advisory_xact_lock(7244150631);
    SET LOCAL lock_timeout TO DEFAULT";

crate::statements! {
    TABLE_EXISTS: per_dialect(
        "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migrations'",
        "SELECT to_regclass('schema_migrations') IS NOT NULL",
    );
    NEWEST: new("SELECT COALESCE(MAX(number), 0) FROM schema_migrations");
    APPLIED: new("SELECT number, name, checksum FROM schema_migrations ORDER BY number");
    IS_APPLIED: new("SELECT 1 FROM schema_migrations WHERE number = $1");
    RECORD: new("INSERT INTO schema_migrations (number, name, checksum, applied_at) VALUES ($1, $2, $3, $4)");
}
