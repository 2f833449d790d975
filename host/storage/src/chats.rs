//! Chats: what a chat list shows, and what the account's owner set on their phone.

use async_trait::async_trait;

use crate::StorageError;
use crate::events::NewEvent;
use crate::messages::MessageRow;

/// Muted until it is taken back.
pub const FOREVER: i64 = -1;

/// One line of a chat list.
#[derive(Debug, Clone)]
pub struct ChatRow {
    /// The chat, canonical.
    pub jid: String,
    /// The other address of the same person.
    pub lid: Option<String>,
    /// The contact's push name.
    pub push_name: Option<String>,
    /// The best name: as saved, certified or given by the person; a group's subject.
    pub name: Option<String>,
    /// The newest message.
    pub last: Option<MessageRow>,
    /// Received since the account last read or wrote there.
    pub unread: i64,
    /// Settings and marks.
    pub state: ChatState,
    /// Where the picture was last found.
    pub picture_url: Option<String>,
    /// First seen.
    pub created_at: i64,
}

/// Settings and marks of a chat.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChatState {
    /// In the archive.
    pub archived: bool,
    /// Since when it is pinned, ms.
    pub pinned_at: Option<i64>,
    /// Until when it is muted, ms; [`FOREVER`].
    pub muted_until: Option<i64>,
    /// Marked as unread by the owner.
    pub marked_unread: bool,
    /// Disappearing messages, seconds; 0: they stay.
    pub ephemeral_seconds: i64,
    /// Received since the account last read or wrote there.
    pub unread: i64,
}

/// What happens to a chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChatChange {
    /// Into the archive, or out.
    Archived(bool),
    /// Pinned at this time, or no more.
    Pinned(Option<i64>),
    /// Muted until then, or no more.
    Muted(Option<i64>),
    /// Read to the end, or marked as unread.
    Read(bool),
    /// Read up to the newest of these messages.
    ReadUpTo(Vec<String>),
    /// Disappearing messages.
    Ephemeral(i64),
    /// Its messages are removed; starred ones stay when `keep_starred`. `keep_messages`: only the owner's phone forgets.
    Cleared {
        /// Starred messages stay.
        keep_starred: bool,
        /// All of them stay here.
        keep_messages: bool,
    },
    /// As cleared, and it leaves the list until the next message.
    Deleted {
        /// Its messages stay here.
        keep_messages: bool,
    },
}

/// Makes the event of a change, from the chat as it is now.
pub type TellChat = Box<dyn FnOnce(&ChatState) -> Option<NewEvent> + Send>;

/// Which chats to list.
#[derive(Debug, Clone, Default)]
pub struct ChatQuery {
    /// Only those in the archive, or only those not.
    pub archived: Option<bool>,
    /// How many to pass over.
    pub offset: i64,
    /// How many at most.
    pub limit: i64,
}

/// The `chats` table.
#[async_trait]
pub trait Chats: Send + Sync {
    /// The chat list, newest first.
    async fn chats(&self, session_id: &str, limit: i64) -> Result<Vec<ChatRow>, StorageError>;
    /// A page of the chat list, newest first.
    async fn chats_page(&self, session_id: &str, query: &ChatQuery) -> Result<Vec<ChatRow>, StorageError>;
    /// How many chats the list has.
    async fn count_chats(&self, session_id: &str, archived: Option<bool>) -> Result<i64, StorageError>;
    /// One chat, canonical.
    async fn chat(&self, session_id: &str, jid: &str) -> Result<Option<ChatRow>, StorageError>;
    /// Applies a change, and appends its event when something is different now. `false` when nothing is.
    async fn change_chat(
        &self,
        session_id: &str,
        jid: &str,
        change: ChatChange,
        at: i64,
        tell: TellChat,
    ) -> Result<bool, StorageError>;
}
