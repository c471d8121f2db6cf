//! SQLite inside this process: one connection that writes, a few that read, and the statements on them.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, ErrorCode, OpenFlags, ffi};

use super::injection::Injector;
use super::tx::Arm;
use super::writer::Writer;
use super::{Body, DatabaseOptions, Row, Tx, Value};
use crate::Fault;

/// As many different statements as the service has, twice over; each is a few kilobytes.
const STATEMENTS_CACHED: usize = 256;

pub(super) struct Sqlite {
    path: PathBuf,
    busy_wait: Duration,
    pub(super) writer: Writer,
    /// `None` once the database is closed.
    idle_readers: Mutex<Option<Vec<Connection>>>,
    readers_kept: usize,
    serving: Mutex<Option<File>>,
}

impl Sqlite {
    pub(super) fn open(path: &Path, options: &DatabaseOptions, injector: Injector) -> Result<Self, Fault> {
        create_private(path)?;
        // Two names of one file must lead to one lock.
        let path =
            path.canonicalize().map_err(|error| Fault::unavailable_by("its file has no path", error))?;
        let writer = Writer::start(connect(&path, Access::Write, options.busy_wait)?, options, injector)?;
        let sqlite = Self {
            path,
            busy_wait: options.busy_wait,
            writer,
            idle_readers: Mutex::new(Some(Vec::new())),
            readers_kept: options.readers,
            serving: Mutex::new(None),
        };
        for _ in 0..options.readers {
            let reader = sqlite.connect_reader()?;
            sqlite.put_back(reader);
        }
        Ok(sqlite)
    }

    /// Held until this process ends or the database is closed. The lock is on a file of its own, because
    /// SQLite drops its own locks whenever any handle on the database file is closed.
    pub(super) fn lock_for_serving(&self) -> Result<(), Fault> {
        let mut name = self.path.clone().into_os_string();
        name.push(".lock");
        let path = PathBuf::from(name);
        let mut serving = self.serving.lock().unwrap_or_else(PoisonError::into_inner);
        if serving.is_some() {
            return Ok(());
        }
        let file = create_private(&path)?;
        match file.try_lock() {
            Ok(()) => *serving = Some(file),
            Err(TryLockError::WouldBlock) => return Err(Fault::AlreadyServed { path }),
            Err(TryLockError::Error(error)) => {
                return Err(Fault::unavailable_by("its lock file cannot be locked", error));
            }
        }
        Ok(())
    }

    /// Runs a reading body on the calling thread: for lookups by key, which take microseconds.
    pub(super) fn read<T>(&self, body: &impl Body<T>) -> Result<T, Fault> {
        self.with_reader(|reader| {
            // Deferred: nothing is locked, and all statements see the state that the first one sees.
            run_cached(reader, "BEGIN DEFERRED")?;
            let answer = run_body(reader, None, body);
            // Nothing was written, so there is nothing that a rollback could lose.
            run_cached(reader, "ROLLBACK")?;
            answer
        })
    }

    pub(super) fn read_rows(&self, text: &str, values: &[Value]) -> Result<Vec<Row>, Fault> {
        self.with_reader(|reader| query(reader, text, values))
    }

    pub(super) async fn close(&self) {
        self.idle_readers.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.writer.stop().await;
        self.serving.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn with_reader<T>(&self, read: impl FnOnce(&mut Connection) -> Result<T, Fault>) -> Result<T, Fault> {
        let idle = match self.idle_readers.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            Some(idle) => idle.pop(),
            None => return Err(Fault::unavailable("it was closed")),
        };
        let mut reader = match idle {
            Some(reader) => reader,
            None => self.connect_reader()?,
        };
        let answer = read(&mut reader);
        // One that could not end its transaction is closed instead.
        if reader.is_autocommit() {
            self.put_back(reader);
        }
        answer
    }

    fn put_back(&self, reader: Connection) {
        let mut open = self.idle_readers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(idle) = open.as_mut()
            && idle.len() < self.readers_kept
        {
            idle.push(reader);
        }
    }

    fn connect_reader(&self) -> Result<Connection, Fault> {
        connect(&self.path, Access::Read, self.busy_wait)
    }
}

/// Polls the body once. All that it may await is its `Tx`, which is never pending here.
pub(super) fn run_body<T>(
    connection: &mut Connection,
    injector: Option<&Injector>,
    body: &impl Body<T>,
) -> Result<T, Fault> {
    let mut tx = Tx::new(Arm::Sqlite(connection), injector);
    match catch_unwind(AssertUnwindSafe(|| body(&mut tx).now_or_never())) {
        Ok(Some(answer)) => tx.verdict(answer),
        Ok(None) => Err(Fault::broken("the body of a transaction awaited something other than its Tx")),
        Err(_panic) => Err(Fault::Panicked),
    }
}

pub(super) fn execute(connection: &Connection, text: &str, values: &[Value]) -> Result<u64, Fault> {
    let mut statement = bind(connection, text, values)?;
    statement.raw_execute().map(|changed| changed as u64).map_err(fault)
}

pub(super) fn query(connection: &Connection, text: &str, values: &[Value]) -> Result<Vec<Row>, Fault> {
    let mut statement = bind(connection, text, values)?;
    let columns = statement.column_count();
    let mut found = Vec::new();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().map_err(fault)? {
        let values = (0..columns).map(|column| decode(column, row.get_ref(column).map_err(fault)?));
        found.push(Row::new(values.collect::<Result<_, Fault>>()?));
    }
    Ok(found)
}

/// A statement of the layer itself, without values.
pub(super) fn run_cached(connection: &Connection, text: &str) -> Result<(), Fault> {
    execute(connection, text, &[]).map(drop)
}

pub(super) fn fault(error: rusqlite::Error) -> Fault {
    let Some(code) = error.sqlite_error().copied() else {
        return Fault::Broken { what: "a statement is wrong".to_owned(), cause: Some(Arc::new(error)) };
    };
    match (code.code, code.extended_code) {
        (
            _,
            ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID,
        ) => Fault::UniqueViolation { cause: Arc::new(error) },
        (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => {
            Fault::Busy { reason: "another process is writing", cause: Some(Arc::new(error)) }
        }
        (ErrorCode::DiskFull, _) => Fault::unavailable_by("its disk is full", error),
        (ErrorCode::SystemIoFailure, _) => Fault::unavailable_by("its disk failed", error),
        (ErrorCode::CannotOpen | ErrorCode::PermissionDenied, _) => {
            Fault::unavailable_by("its file cannot be opened", error)
        }
        (ErrorCode::ReadOnly, _) => Fault::unavailable_by("it cannot be written here", error),
        (ErrorCode::OutOfMemory, _) => Fault::unavailable_by("there is no memory left", error),
        (ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase, _) => {
            Fault::Broken { what: "the database file is damaged".to_owned(), cause: Some(Arc::new(error)) }
        }
        _ => Fault::Broken { what: "a statement was refused".to_owned(), cause: Some(Arc::new(error)) },
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Access {
    Read,
    Write,
}

fn connect(path: &Path, access: Access, busy_wait: Duration) -> Result<Connection, Fault> {
    let mode = match access {
        Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
        Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
    };
    // No mutex inside SQLite: every connection here is used by one thread at a time.
    let flags = mode | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(fault)?;
    connection.busy_timeout(busy_wait).map_err(fault)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
    // One plan per text: otherwise SQLite plans some statements anew for the values of every execution.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(fault)?;
    if access == Access::Write {
        connection.execute_batch(WRITER_SETTINGS).map_err(fault)?;
    }
    Ok(connection)
}

/// `FULL`: in WAL mode anything less may forget the last commits when the power fails. What a savepoint must be
/// able to take back stays in memory, where the default writes a file for it. 16 MiB of pages keep the inner
/// nodes of every index at hand with a million people. The log is copied into the file every 40 MB and not every
/// 4 MB: under load most pages are then copied once instead of many times, each with a sync of its own.
const WRITER_SETTINGS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
     PRAGMA temp_store = MEMORY; \
     PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 10000;";

/// Everything secret at rest is sealed, and still nobody else on the machine needs to read the rest.
fn create_private(path: &Path) -> Result<File, Fault> {
    const OWNER_ONLY: u32 = 0o600;
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(OWNER_ONLY)
        .open(path)
        .map_err(|error| Fault::unavailable_by("its file cannot be opened", error))
}

/// Binds by the number in a parameter's name: SQLite takes `$2` as a name and counts names in the order in
/// which it meets them, so that a text with `$2` before `$1` would get its values swapped.
fn bind<'c>(connection: &'c Connection, text: &str, values: &[Value]) -> Result<CachedStatement<'c>, Fault> {
    let mut statement = connection.prepare_cached(text).map_err(fault)?;
    let mut highest = 0;
    for index in 1..=statement.parameter_count() {
        let name = statement.parameter_name(index).unwrap_or_default();
        let number = name.strip_prefix('$').and_then(|digits| digits.parse::<usize>().ok()).unwrap_or(0);
        let value = number.checked_sub(1).and_then(|position| values.get(position)).ok_or_else(|| {
            Fault::broken(format!("a statement names parameter '{name}' and got {} values", values.len()))
        })?;
        statement.raw_bind_parameter(index, value).map_err(fault)?;
        highest = highest.max(number);
    }
    if highest != values.len() {
        return Err(Fault::broken(format!("a statement uses {highest} of {} values", values.len())));
    }
    Ok(statement)
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(int) => ValueRef::Integer(*int),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn decode(column: usize, value: ValueRef<'_>) -> Result<Value, Fault> {
    match value {
        ValueRef::Null => Ok(Value::Null),
        ValueRef::Integer(int) => Ok(Value::Int(int)),
        ValueRef::Text(text) => String::from_utf8(text.to_vec())
            .map(Value::Text)
            .map_err(|_not_utf8| Fault::broken(format!("column {column} holds a text that is not UTF-8"))),
        ValueRef::Blob(bytes) => Ok(Value::Bytes(bytes.to_vec())),
        ValueRef::Real(_) => Err(Fault::broken(format!("column {column} holds a fraction"))),
    }
}
