//! History the phone has sent, stored as it came until all of its messages are written down: a job that goes on where it
//! was when the process ended.

use async_trait::async_trait;

use crate::StorageError;
use crate::contacts::ContactPatch;
use crate::events::NewEvent;
use crate::messages::NewMessage;
use crate::polls::VoteRow;
use crate::reactions::NewReaction;

/// A chunk of history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryChunk {
    /// The session's row id.
    pub session_id: String,
    /// SHA-256 of the blob, hexadecimal.
    pub id: String,
    /// WhatsApp's number for what it holds (initial, full, recent, on demand ...).
    pub sync_type: i64,
    /// Its place among the chunks of its type.
    pub chunk_order: Option<i64>,
    /// How much of the whole history has come with it, percent, as the phone says.
    pub progress: Option<i64>,
    /// Size unpacked, bytes.
    pub unpacked: i64,
    /// The compressed protobuf.
    pub blob: Vec<u8>,
    /// Conversations that are done.
    pub conversations: i64,
    /// Messages of the next conversation that are done.
    pub messages: i64,
    /// Messages stored so far.
    pub stored: i64,
    /// How often it was begun.
    pub attempts: i64,
    /// When it came, ms.
    pub created_at: i64,
}

/// What history says about a chat.
#[derive(Debug, Clone, Default)]
pub struct HistoryChat {
    /// Canonical.
    pub jid: String,
    /// Its name.
    pub name: Option<String>,
    /// Unread messages.
    pub unread: Option<i64>,
    /// In the archive.
    pub archived: Option<bool>,
    /// Since when it is pinned, ms.
    pub pinned_at: Option<i64>,
    /// Until when it is muted, ms.
    pub muted_until: Option<i64>,
    /// Marked as unread by the owner.
    pub marked_unread: bool,
    /// Disappearing messages, seconds.
    pub ephemeral_seconds: Option<i64>,
    /// When something last happened there, ms.
    pub last_at: Option<i64>,
}

/// Some messages of a chunk, and where to go on after them.
#[derive(Debug, Clone, Default)]
pub struct HistoryBatch {
    /// The session's row id.
    pub session_id: String,
    /// The chunk's id.
    pub chunk: String,
    /// Conversations that are done with this batch.
    pub conversations: i64,
    /// Messages of the next conversation that are done with this batch.
    pub messages: i64,
    /// The messages; what is stored already stays as it is.
    pub rows: Vec<NewMessage>,
    /// Emojis on them.
    pub reactions: Vec<NewReaction>,
    /// Votes in them: chat, WhatsApp's id of the poll, vote.
    pub votes: Vec<(String, String, VoteRow)>,
    /// Chats whose conversation ends with this batch.
    pub chats: Vec<HistoryChat>,
    /// People.
    pub contacts: Vec<ContactPatch>,
    /// When, ms.
    pub at: i64,
}

/// The `history_chunks` table.
#[async_trait]
pub trait HistoryChunks: Send + Sync {
    /// Keeps a chunk; one that was there before, done or not, is left as it is. Says whether it is new.
    async fn put_history_chunk(&self, chunk: HistoryChunk) -> Result<bool, StorageError>;
    /// The oldest chunk that is not done, begun once more; none when there is none.
    async fn begin_history_chunk(&self, session_id: &str) -> Result<Option<HistoryChunk>, StorageError>;
    /// Writes a batch down and moves on, in one transaction. Returns how many messages were new.
    async fn commit_history(&self, batch: HistoryBatch) -> Result<u64, StorageError>;
    /// Ends a chunk, with the reason when it could not be read to its end, and tells it.
    async fn end_history_chunk(
        &self,
        session_id: &str,
        id: &str,
        error: Option<&str>,
        at: i64,
        event: NewEvent,
    ) -> Result<(), StorageError>;
    /// Compressed bytes of all chunks the session was sent, done or not.
    async fn history_bytes(&self, session_id: &str) -> Result<i64, StorageError>;
    /// Chunks of the session that are not done.
    async fn waiting_history_chunks(&self, session_id: &str) -> Result<i64, StorageError>;
}
