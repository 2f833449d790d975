//! Forgetting what is old, in batches: no write may hold the others up.

use async_trait::async_trait;

use crate::StorageError;

/// Where one session's event log ends.
#[derive(Debug, Clone, Copy)]
pub struct EventLimits {
    /// Events from before this time go, ms.
    pub before: Option<i64>,
    /// The oldest events go while the log is larger, bytes of `data`.
    pub max_bytes: Option<i64>,
}

/// Removes old rows. Each call removes at most `batch` rows and says how many: call again while it is `batch`.
#[async_trait]
pub trait Retention: Send + Sync {
    /// From the old end of one session's event log.
    async fn prune_events(
        &self,
        session_id: &str,
        limits: EventLimits,
        batch: i64,
    ) -> Result<u64, StorageError>;
    /// Messages written before this time (ms), with what hangs on them; starred ones stay.
    async fn prune_messages(&self, session_id: &str, before: i64, batch: i64) -> Result<u64, StorageError>;
    /// Traces of history chunks that were done before this time (ms).
    async fn prune_history_chunks(&self, before: i64, batch: i64) -> Result<u64, StorageError>;
}
