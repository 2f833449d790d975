//! How far each recipient has come with each message of this account.

use async_trait::async_trait;

use crate::StorageError;
use crate::events::NewEvent;
use crate::messages::{MessageRow, MessageStatus};

/// What a recipient did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReceiptKind {
    /// It is on a device of theirs.
    Delivered,
    /// They saw it.
    Read,
    /// They played it.
    Played,
}

/// A receipt that arrived.
#[derive(Debug, Clone)]
pub struct NewReceipt {
    /// The session's row id.
    pub session_id: String,
    /// WhatsApp's id of the message.
    pub wa_id: String,
    /// Who says so, canonical.
    pub participant: String,
    /// What they did.
    pub kind: ReceiptKind,
    /// When, ms.
    pub at: i64,
}

/// One recipient of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptRow {
    /// Who, canonical.
    pub participant: String,
    /// When it reached them, ms.
    pub delivered_at: Option<i64>,
    /// When they saw it, ms.
    pub read_at: Option<i64>,
    /// When they played it, ms.
    pub played_at: Option<i64>,
}

/// How far the recipients of a message have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiptCounts {
    /// How many there are; 1 in a direct chat, none where the group is not known.
    pub recipients: Option<i64>,
    /// How many have it.
    pub delivered: i64,
    /// How many saw it.
    pub read: i64,
    /// How many played it.
    pub played: i64,
}

/// What a receipt changed about its message as a whole.
#[derive(Debug, Clone)]
pub struct Risen {
    /// The message as it is now.
    pub row: MessageRow,
    /// The status it had before.
    pub before: MessageStatus,
    /// Where its send came from, if it leaves only now.
    pub origin: Option<String>,
    /// How far each has come.
    pub counts: ReceiptCounts,
}

/// Makes the events of a receipt that changed its message.
pub type TellReceipt = Box<dyn Fn(&Risen) -> Vec<NewEvent> + Send>;

/// The `message_receipts` table.
#[async_trait]
pub trait Receipts: Send + Sync {
    /// Notes receipts and raises the statuses of their messages: in a direct chat at once, in a group when all others
    /// have come as far. Appends the events `tell` makes for what has risen. `true` when something was told.
    async fn record_receipts(
        &self,
        receipts: Vec<NewReceipt>,
        tell: TellReceipt,
    ) -> Result<bool, StorageError>;
    /// The recipients of one message, as far as they are known.
    async fn receipts(&self, session_id: &str, wa_id: &str) -> Result<Vec<ReceiptRow>, StorageError>;
}
