//! Copies of messages that are kept until they are no longer needed: received ones until they are stored for good,
//! sent ones as long as a recipient may ask for them again.

use async_trait::async_trait;

use crate::StorageError;

/// Names a received message: its id alone is not unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingKey {
    /// The chat.
    pub chat: String,
    /// Who wrote it.
    pub sender: String,
    /// The stanza's id.
    pub id: String,
}

/// A decrypted message that is not stored for good yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingMessage {
    /// Which one.
    pub key: PendingKey,
    /// The plaintext, as the library wrote it.
    pub message: Vec<u8>,
}

/// Hears how a write ended that nobody waits for. On the writer's thread: it must not wait.
pub type Written = Box<dyn FnOnce(Result<(), StorageError>) + Send>;

/// The `wa_pending_inbound` table: without its row, a message that was decrypted before a crash is lost.
#[async_trait]
pub trait PendingInbound: Send + Sync {
    /// Inserts or replaces messages, stored at `now` (seconds). They are on the disk before everything that is written
    /// after this call, and not necessarily when it returns: `done` hears when they are, before anything after them is written.
    async fn put_pending_inbound(
        &self,
        session: &str,
        messages: Vec<PendingMessage>,
        now: i64,
        done: Written,
    ) -> Result<(), StorageError>;
    /// What was put before is on the disk, or has failed.
    async fn write_pending_now(&self) -> Result<(), StorageError>;
    /// A message; it stays.
    async fn pending_inbound(&self, session: &str, key: PendingKey) -> Result<Option<Vec<u8>>, StorageError>;
    /// Deletes messages.
    async fn delete_pending_inbound(&self, session: &str, keys: Vec<PendingKey>) -> Result<(), StorageError>;
    /// Deletes messages stored before `cutoff` (seconds). Returns how many.
    async fn prune_pending_inbound(&self, session: &str, cutoff: i64) -> Result<u64, StorageError>;
}

/// The `wa_sent_messages` table.
#[async_trait]
pub trait SentMessages: Send + Sync {
    /// Inserts or replaces a message, stored at `now` (seconds).
    async fn put_sent_message(
        &self,
        session: &str,
        chat: &str,
        message_id: &str,
        payload: Vec<u8>,
        now: i64,
    ) -> Result<(), StorageError>;
    /// Removes a message and returns it, in one statement: of two who ask, one gets it.
    async fn take_sent_message(
        &self,
        session: &str,
        chat: &str,
        message_id: &str,
    ) -> Result<Option<Vec<u8>>, StorageError>;
    /// Deletes messages stored before `cutoff` (seconds). Returns how many.
    async fn prune_sent_messages(&self, session: &str, cutoff: i64) -> Result<u64, StorageError>;
}
