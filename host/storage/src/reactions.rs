//! Emojis on messages: the newest of each person.

use async_trait::async_trait;

use crate::StorageError;
use crate::events::NewEvent;

/// A reaction as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReactionRow {
    /// WhatsApp's id of the message.
    pub wa_id: String,
    /// Who reacted, canonical.
    pub sender: String,
    /// This account did.
    pub from_me: bool,
    /// The emoji.
    pub emoji: String,
    /// When, ms.
    pub timestamp: i64,
}

/// A reaction that arrived.
#[derive(Debug, Clone)]
pub struct NewReaction {
    /// The session's row id.
    pub session_id: String,
    /// The chat, canonical.
    pub chat: String,
    /// WhatsApp's id of the message.
    pub wa_id: String,
    /// Who reacted, canonical.
    pub sender: String,
    /// This account did.
    pub from_me: bool,
    /// None: taken back.
    pub emoji: Option<String>,
    /// When, ms. An older one than the stored does nothing.
    pub timestamp: i64,
    /// The event that tells it.
    pub event: Option<NewEvent>,
}

/// The `reactions` table. Reactions that arrive go through [`crate::messages::Messages::commit_inbound`].
#[async_trait]
pub trait Reactions: Send + Sync {
    /// The emojis on one message, the oldest first.
    async fn reactions(
        &self,
        session_id: &str,
        chat: &str,
        wa_id: &str,
    ) -> Result<Vec<ReactionRow>, StorageError>;
}
