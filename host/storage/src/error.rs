//! The one error of this crate. "Not found" is an `Option`, never an error.

use thiserror::Error;

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
        source: sqlx::Error,
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
    Commit(#[source] std::sync::Arc<sqlx::Error>),
    /// The storage is shut down.
    #[error("the storage is closed")]
    Closed,
    /// Anything else the driver reported.
    #[error("the database refused")]
    Database(#[source] sqlx::Error),
}

impl From<sqlx::Error> for StorageError {
    fn from(source: sqlx::Error) -> Self {
        if let sqlx::Error::Database(db) = &source {
            // 13 is SQLITE_FULL: <https://www.sqlite.org/rescode.html#full>.
            if db.code().is_some_and(|code| code == "13") {
                return Self::Full;
            }
        }
        Self::Database(source)
    }
}
