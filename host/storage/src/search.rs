//! Search in the text of messages: a substring, whatever the case.

use async_trait::async_trait;

use crate::StorageError;
use crate::messages::MessageRow;

/// The longest text that is looked for, in characters; a longer one finds nothing.
pub const MAX_SEARCH_CHARS: usize = 1_024;

/// What to look for.
#[derive(Debug, Clone, Default)]
pub struct SearchQuery {
    /// Found anywhere in a text or caption; empty: every message. No character has a meaning of its own.
    pub text: String,
    /// Only this chat, canonical.
    pub chat: Option<String>,
    /// Only this type.
    pub kind: Option<String>,
    /// Only own ones, or only those of others.
    pub from_me: Option<bool>,
    /// Only those written at this time or later, ms.
    pub since: Option<i64>,
    /// Only those written before this time, ms.
    pub until: Option<i64>,
    /// How many to pass over.
    pub offset: i64,
    /// How many at most.
    pub limit: i64,
}

/// The text index over the `messages` table.
#[async_trait]
pub trait Search: Send + Sync {
    /// The messages found, the newest first.
    async fn search(&self, session_id: &str, query: &SearchQuery) -> Result<Vec<MessageRow>, StorageError>;
    /// How many there are, `offset` and `limit` left aside.
    async fn count_found(&self, session_id: &str, query: &SearchQuery) -> Result<i64, StorageError>;
    /// Brings the index in step, at most `limit` messages. `true` when there is more to do. A search does some of this
    /// itself, so that what was committed before it is found.
    async fn index_text(&self, limit: i64) -> Result<bool, StorageError>;
}
