//! Hook cursors: how far each plugin has read each session's event log.

use async_trait::async_trait;

use crate::StorageError;

/// How far one plugin has read one session's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookCursor {
    /// The plugin.
    pub plugin: String,
    /// The session's row id.
    pub session_id: String,
    /// Everything up to here is done.
    pub sequence: i64,
}

/// The `hook_cursors` table.
#[async_trait]
pub trait HookCursors: Send + Sync {
    /// All of them. A plugin without one for a session begins at the session's first event.
    async fn hook_cursors(&self) -> Result<Vec<HookCursor>, StorageError>;
    /// The last sequence this plugin has finished; `None` when none was ever noted.
    async fn hook_cursor(&self, plugin: &str, session_id: &str) -> Result<Option<i64>, StorageError>;
    /// Notes these, together. None goes back; those of sessions that are gone are left out.
    async fn set_hook_cursors(&self, cursors: Vec<HookCursor>) -> Result<(), StorageError>;
}
