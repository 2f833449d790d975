//! WhatsApp Business labels, as the account's app state has them. Not the tags of the API.

use async_trait::async_trait;

use crate::StorageError;
use crate::events::NewEvent;

/// A label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelRow {
    /// WhatsApp's id, unique in the account.
    pub id: String,
    /// Its name.
    pub name: String,
    /// WhatsApp's colour number.
    pub color: i64,
    /// Which of WhatsApp's own labels it is.
    pub predefined_id: Option<i64>,
    /// Last changed, ms.
    pub updated_at: i64,
}

/// A label on something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelTarget {
    /// The label's id.
    pub label_id: String,
    /// The chat, canonical.
    pub chat: String,
    /// WhatsApp's id of the message; none: the chat itself.
    pub wa_id: Option<String>,
}

/// The `labels` and `label_targets` tables. Events are appended only when something is different.
#[async_trait]
pub trait Labels: Send + Sync {
    /// Makes or changes a label. `false` when it was so already.
    async fn put_label(
        &self,
        session_id: &str,
        label: LabelRow,
        event: Option<NewEvent>,
    ) -> Result<bool, StorageError>;
    /// Removes a label from everything. `false` when it was not there.
    async fn remove_label(
        &self,
        session_id: &str,
        label_id: &str,
        event: Option<NewEvent>,
    ) -> Result<bool, StorageError>;
    /// Puts a label on something or takes it off. `false` when it was so already.
    async fn set_label(
        &self,
        session_id: &str,
        target: LabelTarget,
        on: bool,
        at: i64,
        event: Option<NewEvent>,
    ) -> Result<bool, StorageError>;
    /// All labels, by name.
    async fn labels(&self, session_id: &str) -> Result<Vec<LabelRow>, StorageError>;
    /// The labels on a chat or a message of it, by name.
    async fn labels_on(
        &self,
        session_id: &str,
        chat: &str,
        wa_id: Option<&str>,
    ) -> Result<Vec<LabelRow>, StorageError>;
    /// What a label is on.
    async fn labelled(&self, session_id: &str, label_id: &str) -> Result<Vec<LabelTarget>, StorageError>;
}
