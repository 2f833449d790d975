//! The send journal: a row before anything leaves, so that a crash can be told from a send.

use async_trait::async_trait;

use crate::StorageError;

/// Where a send stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendState {
    /// Written down; may or may not be on the wire.
    Sending,
    /// The server accepted it.
    Accepted,
    /// The server refused it.
    Failed,
}

/// One send.
#[derive(Debug, Clone)]
pub struct SendRow {
    /// The session's row id.
    pub session_id: String,
    /// WhatsApp's id, chosen before the send and kept on every retry.
    pub wa_id: String,
    /// The chat, as it was sent to.
    pub chat: String,
    /// What caused it: `<event id>/<plugin>/<n>` for a send made in a hook, else none.
    pub cause: Option<String>,
    /// Where it comes from, as `message.sent` tells it.
    pub origin: Option<String>,
    /// Where it stands.
    pub state: SendState,
    /// The server's refusal.
    pub error: Option<String>,
    /// Written down, ms.
    pub created_at: i64,
}

/// The `send_journal` table.
#[async_trait]
pub trait SendJournal: Send + Sync {
    /// Writes the row down before the send, or returns the row that is already there under the same id.
    async fn begin_send(&self, row: SendRow) -> Result<Option<SendRow>, StorageError>;
    /// The send under this id.
    async fn find_send(&self, session_id: &str, wa_id: &str) -> Result<Option<SendRow>, StorageError>;
    /// Notes how it ended.
    async fn finish_send(
        &self,
        session_id: &str,
        wa_id: &str,
        state: SendState,
        error: Option<&str>,
    ) -> Result<(), StorageError>;
    /// Forgets at most `batch` finished sends older than `before` (ms). Returns how many.
    async fn prune_sends(&self, before: i64, batch: i64) -> Result<u64, StorageError>;
}
