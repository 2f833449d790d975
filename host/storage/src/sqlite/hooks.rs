//! `hook_cursors` over SQLite.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::SqliteStorage;
use crate::StorageError;
use crate::db;
use crate::hooks::{HookCursor, HookCursors};

#[async_trait]
impl HookCursors for SqliteStorage {
    async fn hook_cursors(&self) -> Result<Vec<HookCursor>, StorageError> {
        let rows = db::query("SELECT plugin, session_id, sequence FROM hook_cursors")
            .fetch_all(self.readers())
            .await?;
        rows.iter()
            .map(|row| {
                Ok(HookCursor {
                    plugin: row.try_get("plugin")?,
                    session_id: row.try_get("session_id")?,
                    sequence: row.try_get("sequence")?,
                })
            })
            .collect()
    }

    async fn hook_cursor(&self, plugin: &str, session_id: &str) -> Result<Option<i64>, StorageError> {
        Ok(
            db::query_scalar("SELECT sequence FROM hook_cursors WHERE plugin = ? AND session_id = ?")
                .bind(plugin)
                .bind(session_id)
                .fetch_optional(self.near())
                .await?,
        )
    }

    async fn set_hook_cursors(&self, cursors: Vec<HookCursor>) -> Result<(), StorageError> {
        let list: Value = cursors
            .into_iter()
            .map(|cursor| json!([cursor.plugin, cursor.session_id, cursor.sequence]))
            .collect();
        self.write(move |c| {
            Box::pin(async move {
                // A session may have been deleted while its last event was handled: then there is nothing to note.
                db::query(
                    "INSERT INTO hook_cursors (plugin, session_id, sequence) \
                     SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1) \
                     WHERE EXISTS (SELECT 1 FROM sessions WHERE id = value ->> 1) \
                     ON CONFLICT (plugin, session_id) DO UPDATE SET sequence = max(sequence, excluded.sequence)",
                )
                .bind(list.to_string())
                .execute(c)
                .await?;
                Ok(())
            })
        })
        .await
    }
}
