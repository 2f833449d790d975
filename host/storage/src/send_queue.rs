//! Messages that wait for their session's connection, in the order in which they were written.

use async_trait::async_trait;

use crate::StorageError;

/// A message that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedSend {
    /// The session's row id.
    pub session_id: String,
    /// WhatsApp's id, under which it will leave.
    pub wa_id: String,
    /// Where it goes to.
    pub recipient: String,
    /// The protobuf as it will leave.
    pub wire: Vec<u8>,
    /// How it leaves, JSON: the engine's affair.
    pub options: String,
    /// Queued, ms.
    pub created_at: i64,
    /// Not sent from this moment on, ms.
    pub expires_at: i64,
}

/// The `send_queue` table.
#[async_trait]
pub trait SendQueue: Send + Sync {
    /// Queues a message, if fewer than `limit` of its session wait. `false` when there is no place left. One that
    /// waits already under its id is left as it is.
    async fn queue_send(&self, send: QueuedSend, limit: i64) -> Result<bool, StorageError>;
    /// The oldest ones of a session.
    async fn queued_sends(&self, session_id: &str, limit: i64) -> Result<Vec<QueuedSend>, StorageError>;
    /// The one that waits under this id.
    async fn queued_send(&self, session_id: &str, wa_id: &str) -> Result<Option<QueuedSend>, StorageError>;
    /// How many of a session wait.
    async fn count_queued_sends(&self, session_id: &str) -> Result<i64, StorageError>;
    /// Takes one out: it has left, or never will.
    async fn unqueue_send(&self, session_id: &str, wa_id: &str) -> Result<bool, StorageError>;
    /// Those whose time is over, of all sessions.
    async fn expired_sends(&self, now: i64, limit: i64) -> Result<Vec<QueuedSend>, StorageError>;
}
