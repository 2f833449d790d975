//! Messages: rows, and what happens to them later. What arrives is committed together with the events that tell it.

use std::sync::Arc;

use async_trait::async_trait;

use crate::StorageError;
pub use crate::chats::ChatRow;
pub use crate::contacts::ContactSighting;
use crate::contacts::TellContact;
use crate::events::NewEvent;
use crate::media::NewMedia;
use crate::polls::NewVote;
use crate::reactions::NewReaction;

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

/// What stands in place of the text of a message its sender took back.
pub const DELETED_TEXT: &str = "[This message was deleted]";

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
    /// A recipient has played it.
    pub played: bool,
    /// When it was written, by WhatsApp's clock, ms.
    pub timestamp: i64,
    /// WhatsApp's id of the quoted message.
    pub quote_id: Option<String>,
    /// When its text was last changed, ms.
    pub edited_at: Option<i64>,
    /// When it was taken back, ms.
    pub deleted_at: Option<i64>,
    /// Who took it back, canonical.
    pub deleted_by: Option<String>,
    /// Starred by the account's owner.
    pub starred: bool,
    /// Of its media, as the sender names it.
    pub mime_type: Option<String>,
    /// Of its document, as the sender names it.
    pub file_name: Option<String>,
    /// Of its media, bytes, as the sender says.
    pub file_size: Option<i64>,
    /// The protobuf as it came over the wire: the truth the other columns are read from. Empty once taken back.
    pub wire: Vec<u8>,
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
    /// The file it carries.
    pub media: Option<NewMedia>,
}

/// A message's text is replaced by its author.
#[derive(Debug, Clone)]
pub struct NewEdit {
    /// The session's row id.
    pub session_id: String,
    /// The chat, canonical.
    pub chat: String,
    /// WhatsApp's id of the message.
    pub wa_id: String,
    /// The addresses of who edits: has to be who wrote it.
    pub editor: Vec<String>,
    /// The text, caption or file name it has now.
    pub content: Option<String>,
    /// The message as it is now.
    pub wire: Vec<u8>,
    /// When, ms.
    pub at: i64,
    /// The event that tells it.
    pub event: NewEvent,
}

/// A message is taken back for everyone.
#[derive(Debug, Clone)]
pub struct NewRevoke {
    /// The session's row id.
    pub session_id: String,
    /// The chat, canonical.
    pub chat: String,
    /// WhatsApp's id of the message.
    pub wa_id: String,
    /// The addresses of who takes it back: who wrote it, or an admin of the group.
    pub by: Vec<String>,
    /// Text and media stay; only [`MessageRow::deleted_at`] says so.
    pub keep_content: bool,
    /// When, ms.
    pub at: i64,
    /// The event that tells it.
    pub event: NewEvent,
}

/// One thing that arrived.
#[derive(Debug, Clone)]
pub enum Inbound {
    /// A message.
    Message(Box<NewMessage>),
    /// A change of one.
    Edit(Box<NewEdit>),
    /// The end of one.
    Revoke(Box<NewRevoke>),
    /// An emoji on one.
    Reaction(Box<NewReaction>),
    /// A vote in a poll.
    Vote(Box<NewVote>),
    /// Something that is only told.
    Told(Box<NewEvent>),
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

/// Makes the events of a status change, from the message as it is now, the status it had before, and where its send came
/// from.
pub type TellStatus = Box<dyn FnOnce(&MessageRow, MessageStatus, Option<&str>) -> Vec<NewEvent> + Send>;

/// A message as a list shows it.
#[derive(Debug, Clone)]
pub struct MessageView {
    /// The message.
    pub row: MessageRow,
    /// The sender's best name: as saved, else the certified one, else the one they gave themselves.
    pub sender_name: Option<String>,
    /// Text of the quoted message, when that is stored.
    pub quoted_content: Option<String>,
    /// Emojis on it, the oldest first.
    pub reactions: Vec<crate::reactions::ReactionRow>,
}

/// What a session holds, as lists show it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Stored messages.
    pub messages: i64,
    /// Known people.
    pub contacts: i64,
    /// Conversations.
    pub chats: i64,
}

/// The `messages` table.
#[async_trait]
pub trait Messages: Send + Sync {
    /// Commits messages and their events in one transaction. Says for each whether it was new.
    /// A message already there is left as it is, and its event is not written again.
    async fn commit_messages(&self, batch: Vec<NewMessage>) -> Result<Vec<bool>, StorageError>;
    /// Commits what arrived, in order, in one transaction: all or none. What is there already, or is not the sender's to
    /// change, is left as it is and not told. `tell` makes the event of a person who became better known on the way.
    async fn commit_inbound(&self, batch: Arc<[Inbound]>, tell: TellContact) -> Result<(), StorageError>;
    /// Raises the status of an own message and, in the same transaction, appends the events that tell it. `false` when
    /// the message is unknown, received, or already as far: then nothing is written.
    async fn advance_status(&self, change: StatusChange, tell: TellStatus) -> Result<bool, StorageError>;
    /// Stars a message or takes the star away. `false` when it is not stored or was so already.
    async fn star_message(
        &self,
        session_id: &str,
        chat: &str,
        wa_id: &str,
        starred: bool,
    ) -> Result<bool, StorageError>;
    /// Removes a message from this store alone. `false` when it was not there.
    async fn forget_message(&self, session_id: &str, chat: &str, wa_id: &str) -> Result<bool, StorageError>;
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
    /// By row id.
    async fn message_by_row(&self, session_id: &str, id: &str) -> Result<Option<MessageRow>, StorageError>;
    /// Adds names, quotes and reactions to messages of one session, in their order.
    async fn view_messages(
        &self,
        session_id: &str,
        rows: Vec<MessageRow>,
    ) -> Result<Vec<MessageView>, StorageError>;
    /// The newest messages of others that were not read, the newest first.
    async fn unread_messages(
        &self,
        session_id: &str,
        chat: &str,
        limit: i64,
    ) -> Result<Vec<MessageRow>, StorageError>;
    /// How much the session holds.
    async fn counts(&self, session_id: &str) -> Result<Counts, StorageError>;
}
