//! The event log: append-only, one gapless sequence a session.

use async_trait::async_trait;

use crate::StorageError;

/// An event before it has its place in the log.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// Stable id; a second event with the same id is not written.
    pub id: String,
    /// The session's row id.
    pub session_id: String,
    /// The kind, e.g. `message.received`.
    pub kind: String,
    /// The chat it belongs to, canonical.
    pub chat: Option<String>,
    /// When it happened, ms.
    pub timestamp: i64,
    /// Version of the shape of `data`.
    pub schema: i64,
    /// The payload, JSON.
    pub data: String,
}

/// An event in its place.
#[derive(Debug, Clone)]
pub struct EventRow {
    /// Position among the events of all sessions, in the order of the commits; with gaps.
    pub position: i64,
    /// Position in the session's log, from 1.
    pub sequence: i64,
    /// Position in the chat, from 1.
    pub chat_sequence: Option<i64>,
    /// The event.
    pub event: NewEvent,
}

/// The `events` table.
#[async_trait]
pub trait Events: Send + Sync {
    /// Appends, in order, in one transaction.
    async fn append_events(&self, events: Vec<NewEvent>) -> Result<(), StorageError>;
    /// Up to `limit` events of a session with a sequence above `after`, in order.
    async fn events_after(
        &self,
        session_id: &str,
        after: i64,
        limit: i64,
    ) -> Result<Vec<EventRow>, StorageError>;
    /// The newest sequence of the session, 0 when there is none.
    async fn last_sequence(&self, session_id: &str) -> Result<i64, StorageError>;
    /// The same for every session: row id, slug, sequence.
    async fn last_sequences(&self) -> Result<Vec<(String, String, i64)>, StorageError>;
    /// Up to `limit` events of all sessions with a position above `after`, in order. What it does not show now and is
    /// committed later has a higher position than all it shows.
    async fn events_from(&self, after: i64, limit: i64) -> Result<Vec<EventRow>, StorageError>;
    /// Positions of the oldest event that is left and of the newest there ever was; equal positions without an event.
    async fn event_positions(&self) -> Result<(i64, i64), StorageError>;
    /// The oldest sequence that is still there; when the log is empty, the next one to be given.
    async fn first_sequence(&self, session_id: &str) -> Result<i64, StorageError>;
}
