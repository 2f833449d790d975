//! The SQLite backend: WAL, `synchronous=FULL`, one writer with group commit, a pool of read-only connections.

mod access;
mod api_keys;
mod audit;
mod chats;
mod contacts;
mod deliveries;
mod documents;
mod events;
mod groups;
mod history;
mod hooks;
mod journal;
mod labels;
mod logins;
mod media;
mod messages;
mod notifications;
mod parked;
mod plugin_store;
mod polls;
mod reactions;
mod readers;
mod receipts;
mod remembered;
mod requests;
mod retention;
mod search;
mod send_queue;
mod sessions;
mod signal;
mod system;
mod timers;
mod users;
mod views;
mod writer;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use futures::future::BoxFuture;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::task::spawn_blocking;

use crate::db::{self, SqliteConnection};
use crate::secrets::{SecretBox, SecretError};
use crate::signal::Written;
use crate::system::System as _;
use crate::tail::EventTail;
use crate::{Health, Storage, StorageError};
use deliveries::{ChangingEndpoints, Endpoints, Lately};
use readers::{Far, Near, Readers};
use remembered::{Changing, Remembered};
use writer::Writer;

/// Of each table that is kept in memory.
const REMEMBERED_BYTES: u64 = 4 * 1024 * 1024;
/// Larger rows are read each time.
const LARGEST_REMEMBERED: usize = 32 * 1024;

/// The secret key's file, beside the database.
pub const KEY_FILE: &str = "secret.key";

/// Where the name of the database's secret key is remembered.
const KEY_STATE: &str = "secret_key_id";

/// The database.
pub struct SqliteStorage {
    writer: Writer,
    readers: Readers,
    secrets: SecretBox,
    tail: Arc<EventTail>,
    remembered: AllRemembered,
    /// Deliveries queued a moment ago.
    lately: Lately,
}

/// What is kept in memory of tables that are asked with every event.
#[derive(Clone)]
struct AllRemembered {
    /// By plugin and key.
    plugin_store: Remembered<(String, String), Option<Vec<u8>>>,
    /// By namespace and session.
    documents: Remembered<(String, String), Option<String>>,
    endpoints: Endpoints,
}

/// A write that may change any of it.
#[expect(dead_code, reason = "held until the write has ended")]
struct ChangingAll(
    Changing<(String, String), Option<Vec<u8>>>,
    Changing<(String, String), Option<String>>,
    ChangingEndpoints,
);

impl AllRemembered {
    fn new() -> Self {
        Self {
            plugin_store: Remembered::new(REMEMBERED_BYTES, LARGEST_REMEMBERED),
            documents: Remembered::new(REMEMBERED_BYTES, LARGEST_REMEMBERED),
            endpoints: Remembered::new(REMEMBERED_BYTES, LARGEST_REMEMBERED),
        }
    }

    fn change_all(&self) -> ChangingAll {
        ChangingAll(
            self.plugin_store.change_all(),
            self.documents.change_all(),
            self.endpoints.change_all(),
        )
    }
}

impl SqliteStorage {
    /// Opens (and creates, and migrates) the database file, with the secret key in [`KEY_FILE`] beside it, which is made
    /// when it is not there.
    pub async fn open(path: &Path) -> Result<Self, StorageError> {
        let secrets = SecretBox::open_file(&path.with_file_name(KEY_FILE))?;
        Self::open_with(path, secrets).await
    }

    /// The same, with this secret key. Refused when the database was written with another one.
    pub async fn open_with(path: &Path, secrets: SecretBox) -> Result<Self, StorageError> {
        let open_error = |source| StorageError::Open {
            path: path.display().to_string(),
            source,
        };
        let mut migrator = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .disable_statement_logging()
            .connect()
            .await
            .map_err(|error| open_error(error.into()))?;
        sqlx::migrate!("./migrations").run(&mut migrator).await?;
        let mut connection = SqliteConnection::open(path).map_err(open_error)?;
        // Not before: closing the last connection would write the whole log into the file.
        migrator.close().await.map_err(db::Error::from)?;
        forget_statistics(&mut connection).await?;
        let newest = db::query_scalar("SELECT next - 1 FROM event_positions")
            .fetch_one(&mut connection)
            .await
            .map_err(StorageError::from)?;
        let tail = Arc::new(EventTail::new(newest));
        let readers = Readers::open(path).map_err(open_error)?;
        let storage = Self {
            writer: Writer::start(connection, Arc::clone(&tail)).map_err(open_error)?,
            readers,
            secrets,
            tail,
            remembered: AllRemembered::new(),
            lately: Lately::default(),
        };
        storage.check_key().await?;
        Ok(storage)
    }

    /// Copies a database that others may be using into a new file, consistent and small.
    pub async fn snapshot(database: &Path, into: &Path) -> Result<(), StorageError> {
        let (from, to) = (database.to_owned(), into.to_owned());
        spawn_blocking(move || {
            let open_error = |source| StorageError::Open {
                path: from.display().to_string(),
                source,
            };
            let connection = SqliteConnection::open(&from).map_err(open_error)?;
            connection.copy_into(&to)?;
            Ok(connection.close()?)
        })
        .await
        .unwrap_or(Err(db::Error::Crashed.into()))
    }

    /// Notes the key of a new database; otherwise asks whether this is the key its secrets are sealed with.
    async fn check_key(&self) -> Result<(), StorageError> {
        match self.host_state(KEY_STATE).await? {
            Some(id) if id == self.secrets.key_id() => Ok(()),
            Some(id) => Err(SecretError::OtherKey {
                sealed: id,
                ours: self.secrets.key_id().to_owned(),
            }
            .into()),
            None => self.set_host_state(KEY_STATE, self.secrets.key_id()).await,
        }
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

    /// The same for a write that changes remembered rows. `changing` says which, and holds until after the COMMIT.
    async fn write_changing<T, C, F>(
        &self,
        changing: impl FnOnce(&AllRemembered) -> C + Send + 'static,
        work: F,
    ) -> Result<T, StorageError>
    where
        T: Send + 'static,
        C: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, StorageError>>
            + Send
            + 'static,
    {
        let remembered = self.remembered.clone();
        // It travels with the result, which is dropped after the COMMIT also where nobody waits for it any more.
        let (done, _changing) = self
            .write(move |c| {
                Box::pin(async move {
                    let changing = changing(&remembered);
                    Ok((work(c).await?, changing))
                })
            })
            .await?;
        Ok(done)
    }

    /// A write that nobody waits for: soon on the disk, and before every write that is begun after it; a crash may lose
    /// it. Where it fails for want of space or by the disk, those that go with it fail, too. `done` hears how it ended.
    pub(crate) async fn write_later<F>(&self, done: Option<Written>, work: F) -> Result<(), StorageError>
    where
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<(), db::Error>> + Send + 'static,
    {
        self.writer.write_later(done, work).await
    }

    /// What nobody waits for is on the disk, or has failed.
    pub(crate) async fn write_now(&self) -> Result<(), StorageError> {
        self.writer.write_now().await
    }

    /// Where queries run that may take their time. They see everything that was committed.
    fn readers(&self) -> &Far {
        self.readers.far()
    }

    /// Where queries run that find a row or a few by an index: on the thread that asks.
    fn near(&self) -> &Near {
        self.readers.near()
    }
}

/// Statistics that `ANALYZE` has left tell how large the tables were then. A table that was tiny is read from end to end
/// instead of by its index, also once it has grown: 10,000 chats took 13 s a page. Without any, the planner takes the
/// indexes, for which the queries here are written.
async fn forget_statistics(c: &mut SqliteConnection) -> Result<(), StorageError> {
    let found: Option<i64> = db::query_scalar("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_stat1'")
        .fetch_optional(&mut *c)
        .await?;
    if found.is_some() {
        db::query("DELETE FROM sqlite_stat1").execute(&mut *c).await?;
        // This connection has read them already.
        db::query("ANALYZE sqlite_schema").execute(&mut *c).await?;
    }
    Ok(())
}

impl Storage for SqliteStorage {
    fn secrets(&self) -> &SecretBox {
        &self.secrets
    }

    fn tail(&self) -> &EventTail {
        &self.tail
    }
}

#[async_trait]
impl Health for SqliteStorage {
    async fn check_writable(&self) -> Result<(), StorageError> {
        // user_version is otherwise unused here; writing it makes a real page write and a real sync.
        self.write(|c| {
            Box::pin(async move {
                db::query("PRAGMA user_version = 1").execute(&mut *c).await?;
                Ok(())
            })
        })
        .await
    }

    async fn close(&self) {
        // The last connection to close brings the log into the file and removes it; one that only reads cannot.
        self.readers.close().await;
        self.writer.close().await;
    }
}
