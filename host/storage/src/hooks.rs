//! Hook cursors: how far each plugin has read each session's event log.

use async_trait::async_trait;

use crate::StorageError;

/// The `hook_cursors` table.
#[async_trait]
pub trait HookCursors: Send + Sync {
    /// The last sequence this plugin has finished. `None` before its first: a new plugin starts at the end of the
    /// log (the caller sets the cursor), it does not answer old messages.
    async fn hook_cursor(&self, plugin: &str, session_id: &str) -> Result<Option<i64>, StorageError>;
    /// Notes that everything up to `sequence` is done.
    async fn set_hook_cursor(
        &self,
        plugin: &str,
        session_id: &str,
        sequence: i64,
    ) -> Result<(), StorageError>;
}
