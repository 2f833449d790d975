//! `hook_cursors` over SQLite.

use async_trait::async_trait;

use super::SqliteStorage;
use crate::StorageError;
use crate::db as sqlx;
use crate::hooks::HookCursors;

#[async_trait]
impl HookCursors for SqliteStorage {
    async fn hook_cursor(&self, plugin: &str, session_id: &str) -> Result<Option<i64>, StorageError> {
        Ok(
            sqlx::query_scalar("SELECT sequence FROM hook_cursors WHERE plugin = ? AND session_id = ?")
                .bind(plugin)
                .bind(session_id)
                .fetch_optional(self.near())
                .await?,
        )
    }

    async fn set_hook_cursor(
        &self,
        plugin: &str,
        session_id: &str,
        sequence: i64,
    ) -> Result<(), StorageError> {
        let (plugin, session_id) = (plugin.to_owned(), session_id.to_owned());
        self.write(move |c| {
            Box::pin(async move {
                // The session may have been deleted while its last event was handled: then there is nothing to note.
                sqlx::query(
                    "INSERT INTO hook_cursors (plugin, session_id, sequence) \
                     SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM sessions WHERE id = ?2) \
                     ON CONFLICT (plugin, session_id) DO UPDATE SET sequence = max(sequence, excluded.sequence)",
                )
                .bind(plugin)
                .bind(session_id)
                .bind(sequence)
                .execute(c)
                .await?;
                Ok(())
            })
        })
        .await
    }
}
