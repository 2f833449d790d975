//! Message secrets over SQLite.

use async_trait::async_trait;

use super::prune;
use crate::StorageError;
use crate::db;
use crate::signal::{MessageSecretRow, MessageSecrets};
use crate::sqlite::SqliteStorage;

#[async_trait]
impl MessageSecrets for SqliteStorage {
    async fn put_message_secrets(
        &self,
        session: &str,
        rows: Vec<MessageSecretRow>,
    ) -> Result<u64, StorageError> {
        if rows.is_empty() {
            return Ok(0);
        }
        let session = session.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                let mut written = 0;
                for row in rows {
                    // Merged in the statement: a redelivery never shortens a life, and never forgets a time.
                    let done = db::query(
                        "INSERT INTO wa_msg_secrets \
                         (session_id, chat, sender, msg_id, secret, expires_at, message_ts) \
                         VALUES (?, ?, ?, ?, ?, ?, ?) \
                         ON CONFLICT (session_id, chat, sender, msg_id) DO UPDATE SET \
                         secret = excluded.secret, \
                         expires_at = CASE WHEN wa_msg_secrets.expires_at = 0 OR excluded.expires_at = 0 THEN 0 \
                         ELSE MAX(wa_msg_secrets.expires_at, excluded.expires_at) END, \
                         message_ts = MAX(wa_msg_secrets.message_ts, excluded.message_ts)",
                    )
                    .bind(session.as_str())
                    .bind(row.chat)
                    .bind(row.sender)
                    .bind(row.msg_id)
                    .bind(row.secret)
                    .bind(row.expires_at)
                    .bind(row.message_ts)
                    .execute(&mut *c)
                    .await?;
                    written += done.rows_affected();
                }
                Ok(written)
            })
        })
        .await
    }

    async fn message_secret(
        &self,
        session: &str,
        chat: &str,
        sender: &str,
        msg_id: &str,
    ) -> Result<Option<(Vec<u8>, i64)>, StorageError> {
        let found: Option<(Vec<u8>, i64)> = db::query_as(
            "SELECT secret, message_ts FROM wa_msg_secrets \
             WHERE session_id = ? AND chat = ? AND sender = ? AND msg_id = ?",
        )
        .bind(session)
        .bind(chat)
        .bind(sender)
        .bind(msg_id)
        .fetch_optional(self.near())
        .await?;
        Ok(found)
    }

    async fn prune_message_secrets(&self, session: &str, cutoff: i64) -> Result<u64, StorageError> {
        prune(
            self,
            "DELETE FROM wa_msg_secrets WHERE session_id = ? AND expires_at <> 0 AND expires_at <= ?",
            session,
            cutoff,
        )
        .await
    }
}
