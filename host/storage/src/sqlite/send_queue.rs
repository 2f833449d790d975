//! `send_queue` over SQLite.

use async_trait::async_trait;

use super::SqliteStorage;
use crate::StorageError;
use crate::db::{self, SqliteRow};
use crate::send_queue::{QueuedSend, SendQueue};

fn queued_from(row: &SqliteRow) -> Result<QueuedSend, StorageError> {
    Ok(QueuedSend {
        session_id: row.try_get("session_id")?,
        wa_id: row.try_get("wa_id")?,
        recipient: row.try_get("recipient")?,
        wire: row.try_get("wire")?,
        options: row.try_get("options")?,
        created_at: row.try_get("created_at")?,
        expires_at: row.try_get("expires_at")?,
    })
}

#[async_trait]
impl SendQueue for SqliteStorage {
    async fn queue_send(&self, send: QueuedSend, limit: i64) -> Result<bool, StorageError> {
        self.write(move |c| {
            Box::pin(async move {
                let known: Option<i64> =
                    db::query_scalar("SELECT 1 FROM send_queue WHERE session_id = ? AND wa_id = ?")
                        .bind(&send.session_id)
                        .bind(&send.wa_id)
                        .fetch_optional(&mut *c)
                        .await?;
                if known.is_some() {
                    return Ok(true);
                }
                let waiting: i64 = db::query_scalar("SELECT count(*) FROM send_queue WHERE session_id = ?")
                    .bind(&send.session_id)
                    .fetch_one(&mut *c)
                    .await?;
                if waiting >= limit {
                    return Ok(false);
                }
                db::query(
                    "INSERT INTO send_queue (session_id, wa_id, recipient, wire, options, created_at, expires_at) \
                     VALUES (?, ?, ?, ?, ?, ?, ?)",
                )
                .bind(send.session_id)
                .bind(send.wa_id)
                .bind(send.recipient)
                .bind(send.wire)
                .bind(send.options)
                .bind(send.created_at)
                .bind(send.expires_at)
                .execute(c)
                .await?;
                Ok(true)
            })
        })
        .await
    }

    async fn queued_sends(&self, session_id: &str, limit: i64) -> Result<Vec<QueuedSend>, StorageError> {
        let rows = db::query("SELECT * FROM send_queue WHERE session_id = ? ORDER BY seq LIMIT ?")
            .bind(session_id)
            .bind(limit)
            .fetch_all(self.near())
            .await?;
        rows.iter().map(queued_from).collect()
    }

    async fn queued_send(&self, session_id: &str, wa_id: &str) -> Result<Option<QueuedSend>, StorageError> {
        let row = db::query("SELECT * FROM send_queue WHERE session_id = ? AND wa_id = ?")
            .bind(session_id)
            .bind(wa_id)
            .fetch_optional(self.near())
            .await?;
        row.as_ref().map(queued_from).transpose()
    }

    async fn count_queued_sends(&self, session_id: &str) -> Result<i64, StorageError> {
        Ok(
            db::query_scalar("SELECT count(*) FROM send_queue WHERE session_id = ?")
                .bind(session_id)
                .fetch_one(self.readers())
                .await?,
        )
    }

    async fn unqueue_send(&self, session_id: &str, wa_id: &str) -> Result<bool, StorageError> {
        let (session_id, wa_id) = (session_id.to_owned(), wa_id.to_owned());
        self.write(move |c| {
            Box::pin(async move {
                Ok(
                    db::query("DELETE FROM send_queue WHERE session_id = ? AND wa_id = ?")
                        .bind(session_id)
                        .bind(wa_id)
                        .execute(c)
                        .await?
                        .rows_affected()
                        == 1,
                )
            })
        })
        .await
    }

    async fn expired_sends(&self, now: i64, limit: i64) -> Result<Vec<QueuedSend>, StorageError> {
        let rows = db::query("SELECT * FROM send_queue WHERE expires_at <= ? ORDER BY expires_at LIMIT ?")
            .bind(now)
            .bind(limit)
            .fetch_all(self.readers())
            .await?;
        rows.iter().map(queued_from).collect()
    }
}
