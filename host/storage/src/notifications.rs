//! Notifications: what a user gets to read in the dashboard.

use async_trait::async_trait;

use crate::StorageError;

/// Notifications kept a user; older ones give way to new ones.
pub const MAX_NOTIFICATIONS: i64 = 500;

/// A notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotificationRow {
    /// Row id; sorts by time.
    pub id: String,
    /// Whose.
    pub user_id: String,
    /// One line.
    pub title: String,
    /// The text.
    pub message: String,
    /// `INFO`, `SUCCESS`, `WARNING`, `ERROR`, `SYSTEM`, or a word of the sender's.
    pub kind: String,
    /// Whether it was read.
    pub read: bool,
    /// Where it leads.
    pub href: Option<String>,
    /// When.
    pub created_at: i64,
}

/// The `notifications` table.
#[async_trait]
pub trait Notifications: Send + Sync {
    /// Adds them; those for users who are gone are left out, those that are there already stay as they are. How many there
    /// are now in somebody's list.
    async fn insert_notifications(&self, rows: Vec<NotificationRow>) -> Result<u32, StorageError>;
    /// A user's notifications, newest first.
    async fn notifications_of(&self, user_id: &str, limit: i64)
    -> Result<Vec<NotificationRow>, StorageError>;
    /// Marks some of a user's (none: all of them) as read; how many changed.
    async fn mark_notifications_read(
        &self,
        user_id: &str,
        ids: Option<Vec<String>>,
    ) -> Result<u32, StorageError>;
    /// Removes one of a user's. `false` when there is none with this id.
    async fn delete_notification(&self, user_id: &str, id: &str) -> Result<bool, StorageError>;
}
