//! SQLite on the thread that asks. A statement is a call: no other thread is woken for it, and none is waited for. Where a
//! statement may run for long, its caller sees to a thread that may wait.
//!
//! What is called looks like sqlx, which this replaced and which still brings old databases up to date: there each
//! statement was a message to the connection's thread and back, and those switches were most of what an event cost.

mod query;
mod row;
mod statement;
mod value;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::OpenFlags;

use crate::events::EventRow;
pub(crate) use query::{Builder, Executor, Found, Query, Take, query, query_as, query_scalar};
pub(crate) use row::SqliteRow;
use statement::Parts;

/// How long a statement waits for a lock of a foreign process. Our own writes never wait for each other.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The WAL file is cut back to this size after a checkpoint.
const JOURNAL_SIZE_LIMIT: u32 = 64 * 1024 * 1024;
/// Pages (of 4 KiB) in the WAL file after which it is brought into the database: each page is then written and synced once
/// more, however often it has changed since. It grows beyond that only while somebody reads for long.
const CHECKPOINT_PAGES: u32 = 4_000;
/// What the writer keeps of the database in memory, KiB.
const WRITER_CACHE_KIB: i64 = 16_384;
/// Prepared statements kept by a connection: more than there are in this crate.
const STATEMENTS: usize = 512;

/// What the driver reports.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// SQLite refused.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// The driver of the migrations.
    #[error(transparent)]
    Migrations(#[from] sqlx::Error),
    /// There is no row where there must be one.
    #[error("no row where one was expected")]
    RowNotFound,
    /// A column is not there, or holds something else.
    #[error("column {column}: {found} where {wanted} was expected")]
    Column {
        /// Its name or place.
        column: String,
        /// What it holds.
        found: &'static str,
        /// What was asked for.
        wanted: &'static str,
    },
    /// A statement was given fewer values than it names.
    #[error("a statement without its value {0}")]
    Unbound(usize),
    /// A value has no form in which it can be stored.
    #[error("a value that cannot be stored")]
    Encode(#[source] serde_json::Error),
    /// All connections were in use for too long.
    #[error("no connection became free in time")]
    TimedOut,
    /// The storage is shut down.
    #[error("the connections are closed")]
    Closed,
    /// The thread of a query ended without an answer.
    #[error("a query's thread has ended")]
    Crashed,
    /// A thread could not be started.
    #[error("no thread could be started")]
    Thread(#[source] std::io::Error),
}

impl Error {
    fn refusal(&self) -> Option<(&rusqlite::ffi::Error, &str)> {
        match self {
            Self::Sqlite(rusqlite::Error::SqliteFailure(error, message)) => {
                Some((error, message.as_deref().unwrap_or_default()))
            }
            _ => None,
        }
    }

    /// The disk is full.
    pub(crate) fn is_full(&self) -> bool {
        self.refusal()
            .is_some_and(|(error, _)| error.code == rusqlite::ErrorCode::DiskFull)
    }

    /// The rules of a table forbid it: a value that is there already, a row that is not.
    pub(crate) fn is_constraint(&self) -> bool {
        self.refusal()
            .is_some_and(|(error, _)| error.code == rusqlite::ErrorCode::ConstraintViolation)
    }

    /// A value is there already that may be there once.
    pub(crate) fn is_unique_violation(&self) -> bool {
        use rusqlite::ffi::{
            SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_ROWID, SQLITE_CONSTRAINT_UNIQUE,
        };
        self.refusal().is_some_and(|(error, _)| {
            matches!(
                error.extended_code,
                SQLITE_CONSTRAINT_UNIQUE | SQLITE_CONSTRAINT_PRIMARYKEY | SQLITE_CONSTRAINT_ROWID
            )
        })
    }

    /// The value that may be there once is that of this column (`table.column`).
    pub(crate) fn is_about(&self, column: &str) -> bool {
        self.refusal()
            .is_some_and(|(_, message)| message.ends_with(column))
    }
}

/// A connection.
pub(crate) struct SqliteConnection {
    inner: rusqlite::Connection,
    /// What is known about the statements of this crate.
    parts: HashMap<&'static str, Arc<Parts>>,
    /// The events that the transaction under way has appended, for whoever follows the log once it is committed.
    pub(crate) appended: Vec<EventRow>,
    /// The position of the next event, where the transaction under way has taken some: written down once, when it ends.
    pub(crate) next_position: Option<i64>,
}

impl std::fmt::Debug for SqliteConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteConnection").finish_non_exhaustive()
    }
}

impl SqliteConnection {
    /// A connection that reads and writes a database that is there.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let inner = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        inner.pragma_update(None, "journal_mode", "WAL")?;
        // FULL: what was answered is on the disk.
        inner.pragma_update(None, "synchronous", "FULL")?;
        inner.pragma_update(None, "foreign_keys", true)?;
        inner.pragma_update(None, "journal_size_limit", JOURNAL_SIZE_LIMIT)?;
        inner.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        inner.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
        Self::with(inner)
    }

    /// A connection that only reads.
    pub(crate) fn open_to_read(path: &Path) -> Result<Self, Error> {
        let inner = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        inner.pragma_update(None, "query_only", true)?;
        Self::with(inner)
    }

    fn with(inner: rusqlite::Connection) -> Result<Self, Error> {
        inner.pragma_update(None, "temp_store", "memory")?;
        inner.set_prepared_statement_cache_capacity(STATEMENTS);
        Ok(Self {
            inner,
            parts: HashMap::new(),
            appended: Vec::new(),
            next_position: None,
        })
    }

    /// The row that was inserted last.
    pub(crate) fn last_row(&self) -> i64 {
        self.inner.last_insert_rowid()
    }

    /// Copies the database into a new file, consistent and small.
    pub(crate) fn copy_into(&self, file: &Path) -> Result<(), Error> {
        self.inner
            .execute("VACUUM INTO ?1", [file.display().to_string()])?;
        Ok(())
    }

    /// Closes it; the last one brings the log into the file.
    pub(crate) fn close(self) -> Result<(), Error> {
        self.inner.close().map_err(|(_, error)| error.into())
    }
}

fn open(path: &Path, mode: OpenFlags) -> Result<rusqlite::Connection, Error> {
    let inner = rusqlite::Connection::open_with_flags(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    inner.busy_timeout(BUSY_TIMEOUT)?;
    Ok(inner)
}

#[cfg(test)]
mod tests {
    use super::{Error, SqliteConnection, query, query_as, query_scalar};

    async fn opened(directory: &tempfile::TempDir) -> SqliteConnection {
        let path = directory.path().join("a.db");
        drop(rusqlite::Connection::open(&path).unwrap());
        let mut c = SqliteConnection::open(&path).unwrap();
        query("CREATE TABLE t (n INTEGER PRIMARY KEY, text TEXT UNIQUE, bytes BLOB, flag INTEGER) STRICT")
            .execute(&mut c)
            .await
            .unwrap();
        c
    }

    #[tokio::test]
    async fn what_is_bound_comes_back() {
        let directory = tempfile::tempdir().unwrap();
        let mut c = opened(&directory).await;
        let done = query("INSERT INTO t VALUES (?, ?, ?, ?)")
            .bind(7_i64)
            .bind("it's; \"so\"")
            .bind(vec![0_u8, 1])
            .bind(true)
            .execute(&mut c)
            .await
            .unwrap();
        assert_eq!(done.rows_affected(), 1);
        let found: (i64, String, Vec<u8>, bool) =
            query_as("SELECT n, text, bytes, flag FROM t WHERE text = ?1")
                .bind("it's; \"so\"")
                .fetch_one(&mut c)
                .await
                .unwrap();
        assert_eq!(found, (7, "it's; \"so\"".to_owned(), vec![0, 1], true));
        let row = query("SELECT * FROM t").fetch_one(&mut c).await.unwrap();
        assert_eq!(row.try_get::<&str, _>("text").unwrap(), "it's; \"so\"");
        assert!(matches!(row.try_get::<i64, _>("text"), Err(Error::Column { .. })));
        assert!(matches!(row.try_get::<i64, _>("none"), Err(Error::Column { .. })));
    }

    #[tokio::test]
    async fn several_statements_share_their_numbered_values() {
        let directory = tempfile::tempdir().unwrap();
        let mut c = opened(&directory).await;
        // A number that a part leaves out is no place for a value.
        let text = "INSERT INTO t (n, text) VALUES (?1, 'a;b'); \
                    INSERT INTO t (n, text, flag) VALUES (?2, ?4, ?3); \
                    UPDATE t SET flag = 9 WHERE n = ?1 AND changes() > 0";
        let done = query(text)
            .bind(1_i64)
            .bind(2_i64)
            .bind(3_i64)
            .bind("four")
            .execute(&mut c)
            .await
            .unwrap();
        assert_eq!(done.rows_affected(), 3);
        let all: Vec<(i64, String, Option<i64>)> = query_as("SELECT n, text, flag FROM t ORDER BY n")
            .fetch_all(&mut c)
            .await
            .unwrap();
        assert_eq!(
            all,
            [(1, "a;b".to_owned(), Some(9)), (2, "four".to_owned(), Some(3))]
        );
        // And a value that is missing is an error, not a NULL.
        let short = query(text)
            .bind(3_i64)
            .bind(4_i64)
            .bind(5_i64)
            .execute(&mut c)
            .await;
        assert!(matches!(short, Err(Error::Unbound(4))), "{short:?}");
    }

    #[tokio::test]
    async fn one_row_is_enough_for_a_statement_that_writes() {
        let directory = tempfile::tempdir().unwrap();
        let mut c = opened(&directory).await;
        let first: Option<i64> = query_scalar("INSERT INTO t (text) VALUES ('a'), ('b') RETURNING n")
            .fetch_optional(&mut c)
            .await
            .unwrap();
        assert_eq!(first, Some(1));
        let all: i64 = query_scalar("SELECT count(*) FROM t")
            .fetch_one(&mut c)
            .await
            .unwrap();
        assert_eq!(all, 2);
        let none: Option<i64> = query_scalar("SELECT n FROM t WHERE n = ?")
            .bind(9_i64)
            .fetch_optional(&mut c)
            .await
            .unwrap();
        assert_eq!(none, None);
    }

    #[tokio::test]
    async fn a_second_one_is_told_from_other_refusals() {
        let directory = tempfile::tempdir().unwrap();
        let mut c = opened(&directory).await;
        query("INSERT INTO t (text) VALUES ('a')")
            .execute(&mut c)
            .await
            .unwrap();
        let twice = query("INSERT INTO t (text) VALUES ('a')")
            .execute(&mut c)
            .await
            .unwrap_err();
        assert!(twice.is_unique_violation() && twice.is_about("t.text"), "{twice}");
        let other = query("INSERT INTO t (text) VALUES (x'00')")
            .execute(&mut c)
            .await
            .unwrap_err();
        assert!(!other.is_unique_violation() && !other.is_full(), "{other}");
    }
}
