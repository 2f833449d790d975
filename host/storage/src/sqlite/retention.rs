//! Forgetting over SQLite.

use async_trait::async_trait;

use super::SqliteStorage;
use crate::StorageError;
use crate::db;
use crate::retention::{EventLimits, Retention};

#[async_trait]
impl Retention for SqliteStorage {
    async fn prune_events(
        &self,
        session_id: &str,
        limits: EventLimits,
        batch: i64,
    ) -> Result<u64, StorageError> {
        let session_id = session_id.to_owned();
        // Looked at beside the writer: mostly there is nothing to do.
        let oldest = db::query(
            "SELECT e.timestamp, s.event_bytes FROM sessions s JOIN events e ON e.session_id = s.id \
             WHERE s.id = ? ORDER BY e.sequence LIMIT 1",
        )
        .bind(&session_id)
        .fetch_optional(self.near())
        .await?;
        let Some(oldest) = oldest else { return Ok(0) };
        let (timestamp, bytes): (i64, i64) = (oldest.try_get("timestamp")?, oldest.try_get("event_bytes")?);
        let is_old = limits.before.is_some_and(|before| timestamp < before);
        let surplus = limits.max_bytes.map_or(0, |max| (bytes - max).max(0));
        if !is_old && surplus == 0 {
            return Ok(0);
        }
        self.write(move |c| {
            Box::pin(async move {
                let rows = db::query(
                    "SELECT sequence, timestamp, length(CAST(data AS BLOB)) AS bytes FROM events \
                     WHERE session_id = ? ORDER BY sequence LIMIT ?",
                )
                .bind(&session_id)
                .bind(batch)
                .fetch_all(&mut *c)
                .await?;
                let (mut last, mut freed, mut count) = (None, 0_i64, 0_u64);
                for row in &rows {
                    let timestamp: i64 = row.try_get("timestamp")?;
                    if freed >= surplus && limits.before.is_none_or(|before| timestamp >= before) {
                        break;
                    }
                    last = Some(row.try_get::<i64, _>("sequence")?);
                    freed += row.try_get::<i64, _>("bytes")?;
                    count += 1;
                }
                let Some(last) = last else { return Ok(0) };
                db::query("DELETE FROM events WHERE session_id = ? AND sequence <= ?")
                    .bind(&session_id)
                    .bind(last)
                    .execute(&mut *c)
                    .await?;
                db::query("UPDATE sessions SET event_bytes = max(event_bytes - ?, 0) WHERE id = ?")
                    .bind(freed)
                    .bind(session_id)
                    .execute(c)
                    .await?;
                Ok(count)
            })
        })
        .await
    }

    async fn prune_messages(&self, session_id: &str, before: i64, batch: i64) -> Result<u64, StorageError> {
        let session_id = session_id.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                let Some(number) = super::messages::session_number(c, &session_id).await? else {
                    return Ok(0);
                };
                let slot = super::messages::Slot::of(number);
                let rows = db::query(
                    "SELECT n, chat, wa_id FROM messages WHERE n >= ? AND n < ? AND NOT starred ORDER BY n LIMIT ?",
                )
                .bind(slot.all().0)
                .bind(slot.at(before))
                .bind(batch)
                .fetch_all(&mut *c)
                .await?;
                for row in &rows {
                    let (n, chat, wa_id): (i64, &str, &str) =
                        (row.try_get("n")?, row.try_get("chat")?, row.try_get("wa_id")?);
                    for statement in [
                        "DELETE FROM reactions WHERE session_id = ?1 AND chat = ?2 AND wa_id = ?3",
                        "DELETE FROM poll_votes WHERE session_id = ?1 AND chat = ?2 AND wa_id = ?3",
                        "DELETE FROM message_receipts WHERE session_id = ?1 AND wa_id = ?3",
                        "DELETE FROM messages WHERE n = ?4",
                    ] {
                        db::query(statement)
                            .bind(&session_id)
                            .bind(chat)
                            .bind(wa_id)
                            .bind(n)
                            .execute(&mut *c)
                            .await?;
                    }
                }
                Ok(u64::try_from(rows.len()).unwrap_or(u64::MAX))
            })
        })
        .await
    }

    async fn prune_history_chunks(&self, before: i64, batch: i64) -> Result<u64, StorageError> {
        self.write(move |c| {
            Box::pin(async move {
                Ok(db::query(
                    "DELETE FROM history_chunks WHERE rowid IN \
                       (SELECT rowid FROM history_chunks WHERE finished_at < ? LIMIT ?)",
                )
                .bind(before)
                .bind(batch)
                .execute(c)
                .await?
                .rows_affected())
            })
        })
        .await
    }
}
