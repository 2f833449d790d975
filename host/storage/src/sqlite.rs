//! The SQLite backend: WAL, `synchronous=FULL`, one writer task with group commit, a pool of read-only connections.

mod api_keys;
mod documents;
mod events;
mod hooks;
mod journal;
mod messages;
mod plugin_store;
mod sessions;
mod signal;
mod timers;
mod users;
mod writer;

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, SqliteConnection, SqlitePool};

use crate::{Health, Storage, StorageError};
use writer::Writer;

/// How long a statement waits for a lock of a foreign process. Our own writes never wait for each other.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Read-only connections.
const READERS: u32 = 4;
/// The WAL file is cut back to this size after a checkpoint.
const JOURNAL_SIZE_LIMIT: &str = "67108864";

/// The database.
pub struct SqliteStorage {
    writer: Writer,
    readers: SqlitePool,
}

impl SqliteStorage {
    /// Opens (and creates, and migrates) the database file.
    pub async fn open(path: &Path) -> Result<Self, StorageError> {
        let open_error = |source| StorageError::Open {
            path: path.display().to_string(),
            source,
        };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("journal_size_limit", JOURNAL_SIZE_LIMIT)
            .pragma("temp_store", "memory")
            .disable_statement_logging();
        let mut connection = options
            .clone()
            .create_if_missing(true)
            .optimize_on_close(true, None)
            .connect()
            .await
            .map_err(open_error)?;
        sqlx::migrate!("./migrations").run(&mut connection).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .min_connections(1)
            .connect_with(options.read_only(true).pragma("query_only", "ON"))
            .await
            .map_err(open_error)?;
        Ok(Self {
            writer: Writer::start(connection),
            readers,
        })
    }

    /// Runs `work` on the writer inside the current group commit, in its own savepoint; returns after the COMMIT.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, StorageError>>
            + Send
            + 'static,
    {
        self.writer.write(work).await
    }

    /// The read-only pool: sees everything that was committed.
    pub(crate) fn readers(&self) -> &SqlitePool {
        &self.readers
    }
}

impl Storage for SqliteStorage {}

#[async_trait]
impl Health for SqliteStorage {
    async fn check_writable(&self) -> Result<(), StorageError> {
        // user_version is otherwise unused here; writing it makes a real page write and a real sync.
        self.write(|c| {
            Box::pin(async move {
                sqlx::query("PRAGMA user_version = 1").execute(&mut *c).await?;
                Ok(())
            })
        })
        .await
    }

    async fn close(&self) {
        self.writer.close().await;
        self.readers.close().await;
    }
}
