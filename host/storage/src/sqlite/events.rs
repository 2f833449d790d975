//! `events` over SQLite.

use async_trait::async_trait;
use sqlx::{Row, SqliteConnection};

use super::SqliteStorage;
use crate::StorageError;
use crate::events::{EventRow, Events, NewEvent};

/// Appends one event; nothing happens when its id is already in the log or its session is gone.
pub(super) async fn append(c: &mut SqliteConnection, event: NewEvent) -> Result<(), StorageError> {
    let known: Option<i64> = sqlx::query_scalar("SELECT 1 FROM events WHERE session_id = ? AND id = ?")
        .bind(&event.session_id)
        .bind(&event.id)
        .fetch_optional(&mut *c)
        .await?;
    if known.is_some() {
        return Ok(());
    }
    let sequence: Option<i64> = sqlx::query_scalar(
        "UPDATE sessions SET next_sequence = next_sequence + 1 WHERE id = ? RETURNING next_sequence - 1",
    )
    .bind(&event.session_id)
    .fetch_optional(&mut *c)
    .await?;
    let Some(sequence) = sequence else { return Ok(()) };
    let chat_sequence: Option<i64> = match &event.chat {
        None => None,
        Some(chat) => {
            sqlx::query_scalar(
                "INSERT INTO chats (session_id, jid, last_at, next_sequence, created_at) VALUES (?1, ?2, ?3, 2, ?3) \
                 ON CONFLICT (session_id, jid) DO UPDATE SET next_sequence = next_sequence + 1 \
                 RETURNING next_sequence - 1",
            )
            .bind(&event.session_id)
            .bind(chat)
            .bind(event.timestamp)
            .fetch_optional(&mut *c)
            .await?
        }
    };
    sqlx::query(
        "INSERT INTO events (session_id, sequence, id, kind, chat, chat_sequence, timestamp, schema, data) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(event.session_id)
    .bind(sequence)
    .bind(event.id)
    .bind(event.kind)
    .bind(event.chat)
    .bind(chat_sequence)
    .bind(event.timestamp)
    .bind(event.schema)
    .bind(event.data)
    .execute(c)
    .await?;
    Ok(())
}

#[async_trait]
impl Events for SqliteStorage {
    async fn append_events(&self, events: Vec<NewEvent>) -> Result<(), StorageError> {
        self.write(move |c| {
            Box::pin(async move {
                for event in events {
                    append(c, event).await?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn events_after(
        &self,
        session_id: &str,
        after: i64,
        limit: i64,
    ) -> Result<Vec<EventRow>, StorageError> {
        let rows = sqlx::query(
            "SELECT * FROM events WHERE session_id = ? AND sequence > ? ORDER BY sequence LIMIT ?",
        )
        .bind(session_id)
        .bind(after)
        .bind(limit)
        .fetch_all(self.readers())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(EventRow {
                    sequence: row.try_get("sequence")?,
                    chat_sequence: row.try_get("chat_sequence")?,
                    event: NewEvent {
                        id: row.try_get("id")?,
                        session_id: row.try_get("session_id")?,
                        kind: row.try_get("kind")?,
                        chat: row.try_get("chat")?,
                        timestamp: row.try_get("timestamp")?,
                        schema: row.try_get("schema")?,
                        data: row.try_get("data")?,
                    },
                })
            })
            .collect()
    }

    async fn last_sequence(&self, session_id: &str) -> Result<i64, StorageError> {
        let next: Option<i64> = sqlx::query_scalar("SELECT next_sequence - 1 FROM sessions WHERE id = ?")
            .bind(session_id)
            .fetch_optional(self.readers())
            .await?;
        Ok(next.unwrap_or(0))
    }
}
