//! `hook_parked` over SQLite.

use async_trait::async_trait;

use super::SqliteStorage;
use crate::StorageError;
use crate::db::{self, SqliteRow};
use crate::events::{EventRow, NewEvent};
use crate::parked::{ParkedEvent, ParkedEvents};

fn parked_from(row: &SqliteRow) -> Result<ParkedEvent, StorageError> {
    Ok(ParkedEvent {
        plugin: row.try_get("plugin")?,
        event: EventRow {
            // A position in the log it may no longer be in.
            position: 0,
            sequence: row.try_get("sequence")?,
            chat_sequence: row.try_get("chat_sequence")?,
            event: NewEvent {
                id: row.try_get("event_id")?,
                session_id: row.try_get("session_id")?,
                kind: row.try_get("kind")?,
                chat: row.try_get("chat")?,
                timestamp: row.try_get("timestamp")?,
                schema: row.try_get("schema")?,
                data: row.try_get("data")?,
            },
        },
        error: row.try_get("error")?,
        attempts: row.try_get("attempts")?,
        parked_at: row.try_get("parked_at")?,
    })
}

#[async_trait]
impl ParkedEvents for SqliteStorage {
    async fn park_event(&self, parked: ParkedEvent, keep: i64) -> Result<u64, StorageError> {
        self.write(move |c| {
            Box::pin(async move {
                let EventRow {
                    sequence,
                    chat_sequence,
                    event,
                    ..
                } = parked.event;
                // The session may have been deleted meanwhile: then there is nothing to keep.
                db::query(
                    "INSERT INTO hook_parked (plugin, session_id, event_id, sequence, chat_sequence, kind, chat, \
                     timestamp, schema, data, error, attempts, parked_at) \
                     SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13 \
                     WHERE EXISTS (SELECT 1 FROM sessions WHERE id = ?2) \
                     ON CONFLICT (plugin, session_id, event_id) DO UPDATE SET error = excluded.error, \
                     attempts = attempts + excluded.attempts",
                )
                .bind(&parked.plugin)
                .bind(&event.session_id)
                .bind(event.id)
                .bind(sequence)
                .bind(chat_sequence)
                .bind(event.kind)
                .bind(event.chat)
                .bind(event.timestamp)
                .bind(event.schema)
                .bind(event.data)
                .bind(parked.error)
                .bind(parked.attempts)
                .bind(parked.parked_at)
                .execute(&mut *c)
                .await?;
                Ok(db::query(
                    "DELETE FROM hook_parked WHERE plugin = ?1 AND session_id = ?2 AND sequence <= (SELECT sequence \
                     FROM hook_parked WHERE plugin = ?1 AND session_id = ?2 ORDER BY sequence DESC LIMIT 1 OFFSET ?3)",
                )
                .bind(parked.plugin)
                .bind(event.session_id)
                .bind(keep)
                .execute(c)
                .await?
                .rows_affected())
            })
        })
        .await
    }

    async fn parked_events(
        &self,
        plugin: &str,
        session_id: Option<&str>,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<ParkedEvent>, StorageError> {
        let rows = db::query(
            "SELECT * FROM hook_parked WHERE plugin = ?1 AND (?2 IS NULL OR session_id = ?2) AND (?3 IS NULL OR \
             (session_id, sequence) > (SELECT session_id, sequence FROM hook_parked WHERE plugin = ?1 AND event_id = ?3)) \
             ORDER BY session_id, sequence LIMIT ?4",
        )
        .bind(plugin)
        .bind(session_id)
        .bind(after)
        .bind(limit)
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(parked_from).collect()
    }

    async fn parked_event(&self, plugin: &str, event_id: &str) -> Result<Option<ParkedEvent>, StorageError> {
        let row = db::query("SELECT * FROM hook_parked WHERE plugin = ? AND event_id = ? LIMIT 1")
            .bind(plugin)
            .bind(event_id)
            .fetch_optional(self.readers())
            .await?;
        row.as_ref().map(parked_from).transpose()
    }

    async fn parked_counts(&self, plugin: &str) -> Result<Vec<(String, i64)>, StorageError> {
        let rows = db::query(
            "SELECT session_id, count(*) AS parked FROM hook_parked WHERE plugin = ? GROUP BY session_id",
        )
        .bind(plugin)
        .fetch_all(self.readers())
        .await?;
        rows.iter()
            .map(|row| Ok((row.try_get("session_id")?, row.try_get("parked")?)))
            .collect()
    }

    async fn unpark_event(
        &self,
        plugin: &str,
        session_id: &str,
        event_id: &str,
    ) -> Result<bool, StorageError> {
        let (plugin, session_id, event_id) = (plugin.to_owned(), session_id.to_owned(), event_id.to_owned());
        self.write(move |c| {
            Box::pin(async move {
                Ok(
                    db::query("DELETE FROM hook_parked WHERE plugin = ? AND session_id = ? AND event_id = ?")
                        .bind(plugin)
                        .bind(session_id)
                        .bind(event_id)
                        .execute(c)
                        .await?
                        .rows_affected()
                        == 1,
                )
            })
        })
        .await
    }
}
