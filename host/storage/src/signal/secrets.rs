//! Message secrets: without a message's secret, later reactions, votes and edits to it cannot be read.

use std::sync::Arc;

use async_trait::async_trait;

use crate::StorageError;

/// A message's secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageSecretRow {
    /// The chat.
    pub chat: Arc<str>,
    /// Who wrote the message.
    pub sender: Arc<str>,
    /// WhatsApp's message id.
    pub msg_id: Arc<str>,
    /// The secret.
    pub secret: Vec<u8>,
    /// Not needed from this second on; 0: needed for ever.
    pub expires_at: i64,
    /// When the message was written, seconds; 0: unknown.
    pub message_ts: i64,
}

/// The `wa_msg_secrets` table.
#[async_trait]
pub trait MessageSecrets: Send + Sync {
    /// Inserts secrets or replaces them. A row that is there keeps the longer of the two lives and the later of the
    /// two times. Returns how many rows were written.
    async fn put_message_secrets(
        &self,
        session: &str,
        rows: Vec<MessageSecretRow>,
    ) -> Result<u64, StorageError>;
    /// The secret of a message and when the message was written.
    async fn message_secret(
        &self,
        session: &str,
        chat: &str,
        sender: &str,
        msg_id: &str,
    ) -> Result<Option<(Vec<u8>, i64)>, StorageError>;
    /// Deletes secrets whose life ended at or before `cutoff` (seconds). Returns how many.
    async fn prune_message_secrets(&self, session: &str, cutoff: i64) -> Result<u64, StorageError>;
}
