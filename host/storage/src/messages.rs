//! Messages, and the chats and contacts they speak of. A message and its event are committed together.

use async_trait::async_trait;

use crate::StorageError;
use crate::events::NewEvent;

/// How far a message has come. The order is the order of progress: a status never goes backwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MessageStatus {
    /// Written down, not yet accepted by the server.
    Pending = 0,
    /// Accepted by the server.
    Sent = 1,
    /// On the recipient's device.
    Delivered = 2,
    /// Read.
    Read = 3,
    /// Refused by the server. Final, but a later receipt proves it wrong and wins.
    Failed = 4,
}

impl MessageStatus {
    /// The contract's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Sent => "SENT",
            Self::Delivered => "DELIVERED",
            Self::Read => "READ",
            Self::Failed => "FAILED",
        }
    }
}

/// A message. `(session, chat, sender, wa_id)` is unique: WhatsApp's id alone is not.
#[derive(Debug, Clone)]
pub struct MessageRow {
    /// Row id.
    pub id: String,
    /// The session's row id.
    pub session_id: String,
    /// The chat, canonical: the phone JID when known, else the LID; groups by their JID.
    pub chat: String,
    /// Who wrote it, canonical as `chat`.
    pub sender: String,
    /// Written by this account.
    pub from_me: bool,
    /// WhatsApp's message id.
    pub wa_id: String,
    /// The sender's push name at that time.
    pub push_name: Option<String>,
    /// The contract's message type: `TEXT`, `IMAGE` ...
    pub kind: String,
    /// Text or caption.
    pub content: Option<String>,
    /// How far it has come.
    pub status: MessageStatus,
    /// When it was written, by WhatsApp's clock, ms.
    pub timestamp: i64,
    /// WhatsApp's id of the quoted message.
    pub quote_id: Option<String>,
    /// The protobuf as it came over the wire: the truth the other columns are read from.
    pub wire: Vec<u8>,
}

/// A person or a group, as a message teaches it.
#[derive(Debug, Clone, Default)]
pub struct ContactSighting {
    /// Phone JID, when known.
    pub pn: Option<String>,
    /// LID, when known.
    pub lid: Option<String>,
    /// Push name, when known.
    pub push_name: Option<String>,
}

/// A message with what has to be committed beside it.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// The message.
    pub row: MessageRow,
    /// The event that tells it; written only if the message is new.
    pub event: Option<NewEvent>,
    /// What it teaches about its sender.
    pub contact: ContactSighting,
}

/// One line of a chat list.
#[derive(Debug, Clone)]
pub struct ChatRow {
    /// The chat, canonical.
    pub jid: String,
    /// The other address of the same person.
    pub lid: Option<String>,
    /// The contact's push name.
    pub push_name: Option<String>,
    /// The newest message.
    pub last: Option<MessageRow>,
    /// Received since the account last read or wrote there.
    pub unread: i64,
    /// First seen.
    pub created_at: i64,
}

/// A status change of a sent message.
#[derive(Debug, Clone)]
pub struct StatusChange {
    /// The session's row id.
    pub session_id: String,
    /// WhatsApp's message id.
    pub wa_id: String,
    /// The new status.
    pub status: MessageStatus,
}

/// Makes the events of a status change, from the message as it is now and the status it had before.
pub type TellStatus = Box<dyn FnOnce(&MessageRow, MessageStatus) -> Vec<NewEvent> + Send>;

/// What a session holds, as lists show it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Stored messages.
    pub messages: i64,
    /// Known people.
    pub contacts: i64,
}

/// The `messages`, `chats` and `contacts` tables.
#[async_trait]
pub trait Messages: Send + Sync {
    /// Commits messages and their events in one transaction. Says for each whether it was new.
    /// A message already there is left as it is, and its event is not written again.
    async fn commit_messages(&self, batch: Vec<NewMessage>) -> Result<Vec<bool>, StorageError>;
    /// Raises the status of an own message and, in the same transaction, appends the events that tell it. `false` when
    /// the message is unknown, received, or already as far: then nothing is written.
    async fn advance_status(&self, change: StatusChange, tell: TellStatus) -> Result<bool, StorageError>;
    /// The newest `limit` messages of a chat, oldest first; `before` is a row id to page backwards from.
    async fn chat_messages(
        &self,
        session_id: &str,
        chat: &str,
        before: Option<&str>,
        limit: i64,
    ) -> Result<Vec<MessageRow>, StorageError>;
    /// By WhatsApp's id, in any chat of the session; the own one first.
    async fn message_by_wa_id(
        &self,
        session_id: &str,
        wa_id: &str,
    ) -> Result<Option<MessageRow>, StorageError>;
    /// The chat list, newest first.
    async fn chats(&self, session_id: &str, limit: i64) -> Result<Vec<ChatRow>, StorageError>;
    /// How much the session holds.
    async fn counts(&self, session_id: &str) -> Result<Counts, StorageError>;
    /// The canonical address of a person known under `jid`: the phone JID where the mapping is known.
    async fn canonical_jid(&self, session_id: &str, jid: &str) -> Result<Option<String>, StorageError>;
}
