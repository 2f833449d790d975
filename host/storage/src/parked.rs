//! Events that a plugin's hook could not handle: kept with the error, to be looked at and brought again.

use async_trait::async_trait;

use crate::StorageError;
use crate::events::EventRow;

/// An event that waits for somebody to look at it.
#[derive(Debug, Clone)]
pub struct ParkedEvent {
    /// Whose hook failed.
    pub plugin: String,
    /// The event, as it stands in the log.
    pub event: EventRow,
    /// The last failure.
    pub error: String,
    /// How often it was tried.
    pub attempts: i64,
    /// Since when it is here, ms.
    pub parked_at: i64,
}

/// The `hook_parked` table.
#[async_trait]
pub trait ParkedEvents: Send + Sync {
    /// Keeps an event, or notes a new failure of one that is here. Of a plugin and session only the newest `keep` stay;
    /// answers how many older ones had to go.
    async fn park_event(&self, parked: ParkedEvent, keep: i64) -> Result<u64, StorageError>;
    /// A plugin's parked events, oldest first; `session_id` narrows them to one session.
    async fn parked_events(
        &self,
        plugin: &str,
        session_id: Option<&str>,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<ParkedEvent>, StorageError>;
    /// One of them.
    async fn parked_event(&self, plugin: &str, event_id: &str) -> Result<Option<ParkedEvent>, StorageError>;
    /// How many a plugin has, by session row id.
    async fn parked_counts(&self, plugin: &str) -> Result<Vec<(String, i64)>, StorageError>;
    /// Handled after all, or given up. `false` when it was not there.
    async fn unpark_event(
        &self,
        plugin: &str,
        session_id: &str,
        event_id: &str,
    ) -> Result<bool, StorageError>;
}
