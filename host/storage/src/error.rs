//! The one error of this crate. "Not found" is an `Option`, never an error.

use thiserror::Error;

use crate::db;

/// Why a storage call failed.
#[derive(Debug, Error)]
pub enum StorageError {
    /// The database file could not be opened or migrated.
    #[error("cannot open the database at {path}")]
    Open {
        /// Where it was looked for.
        path: String,
        /// The driver's error.
        #[source]
        source: db::Error,
    },
    /// The migrations do not fit (a newer binary wrote this database, or a released migration was changed).
    #[error("cannot migrate the database")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A unique column already holds this value.
    #[error("{0} is already taken")]
    Conflict(&'static str),
    /// A row does not hold what the code wrote: a bug or a foreign hand.
    #[error("table {table}, column {column}: unexpected value")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// The secret key cannot be had, or is not the one of this database.
    #[error("the secret key does not fit")]
    Secret(#[from] crate::secrets::SecretError),
    /// The disk is full: nothing was written, reads still work.
    #[error("the disk is full")]
    Full,
    /// The transaction this write was part of could not be committed: nothing of it is there.
    #[error("the transaction failed")]
    Commit(#[source] std::sync::Arc<db::Error>),
    /// The storage is shut down.
    #[error("the storage is closed")]
    Closed,
    /// Anything else the driver reported.
    #[error("the database refused")]
    Database(#[source] db::Error),
}

impl From<db::Error> for StorageError {
    fn from(source: db::Error) -> Self {
        if source.is_full() {
            Self::Full
        } else {
            Self::Database(source)
        }
    }
}
