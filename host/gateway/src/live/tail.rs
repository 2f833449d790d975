//! The event log as streams read it: its newest part from memory, what lies before that from the database.

use std::sync::Arc;

use tokio::sync::watch;
use wagate_storage::events::EventRow;
use wagate_storage::{SharedStorage, StorageError};

/// The log of all sessions.
pub(crate) struct Tail {
    storage: SharedStorage,
}

impl Tail {
    pub(crate) fn new(storage: SharedStorage) -> Self {
        Self { storage }
    }

    /// Where the log ends now.
    pub(crate) fn head(&self) -> watch::Receiver<i64> {
        self.storage.tail().head()
    }

    /// The positions of the oldest event that is there, and of the newest there was.
    pub(crate) async fn ends(&self) -> Result<(i64, i64), StorageError> {
        self.storage.event_positions().await
    }

    /// The next events after a position.
    pub(crate) async fn after(
        &self,
        position: i64,
        limit: usize,
    ) -> Result<Vec<Arc<EventRow>>, StorageError> {
        if let Some(rows) = self.storage.tail().after(position, limit) {
            return Ok(rows);
        }
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self.storage.events_from(position, limit).await?;
        Ok(rows.into_iter().map(Arc::new).collect())
    }
}
