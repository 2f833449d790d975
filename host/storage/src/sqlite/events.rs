//! `events` over SQLite.

use async_trait::async_trait;

use super::SqliteStorage;
use crate::StorageError;
use crate::db::{self, SqliteConnection, SqliteRow};
use crate::events::{EventRow, Events, NewEvent};

/// The next numbers of a session and of a chat.
const NUMBERS: &str = "\
    SELECT s.next_sequence AS sequence, c.next_sequence AS chat_sequence FROM sessions AS s \
    LEFT JOIN chats AS c ON c.session_id = s.id AND c.jid = ?2 WHERE s.id = ?1";

const INSERT: &str = "\
    INSERT INTO events (session_id, sequence, id, kind, chat, chat_sequence, timestamp, schema, data, position) \
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (session_id, id) DO NOTHING";

/// They are taken.
const TAKE: &str = "UPDATE sessions SET next_sequence = ?2 + 1, event_bytes = event_bytes + ?3 WHERE id = ?1";
const TAKE_OF_CHAT: &str = "UPDATE chats SET next_sequence = ?4 + 1 WHERE session_id = ?1 AND jid = ?2";
const FIRST_OF_CHAT: &str = "\
    INSERT INTO chats (session_id, jid, last_at, next_sequence, created_at, hidden) VALUES (?1, ?2, ?3, ?4 + 1, ?3, 1)";

/// Of the transaction under way.
async fn next_position(c: &mut SqliteConnection) -> Result<i64, StorageError> {
    match c.next_position {
        Some(position) => Ok(position),
        None => Ok(db::query_scalar("SELECT next FROM event_positions")
            .fetch_one(c)
            .await?),
    }
}

/// Writes down which positions the transaction has taken. Before it is committed; whoever takes some of it back sets
/// `next_position` back as well.
pub(super) async fn keep_position(c: &mut SqliteConnection) -> Result<(), db::Error> {
    if let Some(position) = c.next_position.take() {
        db::query("UPDATE event_positions SET next = ?")
            .bind(position)
            .execute(c)
            .await?;
    }
    Ok(())
}

/// Appends one event; nothing happens when its id is already in the log or its session is gone.
pub(super) async fn append(c: &mut SqliteConnection, event: NewEvent) -> Result<(), StorageError> {
    let numbers = db::query(NUMBERS)
        .bind(&event.session_id)
        .bind(&event.chat)
        .fetch_optional(&mut *c)
        .await?;
    let Some(numbers) = numbers else { return Ok(()) };
    let sequence: i64 = numbers.try_get("sequence")?;
    let position = next_position(c).await?;
    // The first of a chat that nobody knew.
    let of_chat: Option<i64> = numbers.try_get("chat_sequence")?;
    let chat_sequence = event.chat.is_some().then(|| of_chat.unwrap_or(1));
    let inserted = db::query(INSERT)
        .bind(&event.session_id)
        .bind(sequence)
        .bind(&event.id)
        .bind(&event.kind)
        .bind(&event.chat)
        .bind(chat_sequence)
        .bind(event.timestamp)
        .bind(event.schema)
        .bind(&event.data)
        .bind(position)
        .execute(&mut *c)
        .await?;
    if inserted.rows_affected() == 0 {
        return Ok(());
    }
    let bytes = i64::try_from(event.data.len()).unwrap_or(i64::MAX);
    db::query(TAKE)
        .bind(&event.session_id)
        .bind(sequence)
        .bind(bytes)
        .execute(&mut *c)
        .await?;
    c.next_position = Some(position + 1);
    if let (Some(chat), Some(number)) = (&event.chat, chat_sequence) {
        let take = if of_chat.is_some() {
            TAKE_OF_CHAT
        } else {
            FIRST_OF_CHAT
        };
        db::query(take)
            .bind(&event.session_id)
            .bind(chat)
            .bind(event.timestamp)
            .bind(number)
            .execute(&mut *c)
            .await?;
    }
    c.appended.push(EventRow {
        position,
        sequence,
        chat_sequence,
        event,
    });
    Ok(())
}

fn event_from(row: &SqliteRow) -> Result<EventRow, StorageError> {
    Ok(EventRow {
        position: row.try_get("position")?,
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
        let rows =
            db::query("SELECT * FROM events WHERE session_id = ? AND sequence > ? ORDER BY sequence LIMIT ?")
                .bind(session_id)
                .bind(after)
                .bind(limit)
                .fetch_all(self.near())
                .await?;
        rows.iter().map(event_from).collect()
    }

    async fn last_sequence(&self, session_id: &str) -> Result<i64, StorageError> {
        let next: Option<i64> = db::query_scalar("SELECT next_sequence - 1 FROM sessions WHERE id = ?")
            .bind(session_id)
            .fetch_optional(self.near())
            .await?;
        Ok(next.unwrap_or(0))
    }

    async fn last_sequences(&self) -> Result<Vec<(String, String, i64)>, StorageError> {
        let rows = db::query("SELECT id, slug, next_sequence - 1 AS last FROM sessions")
            .fetch_all(self.near())
            .await?;
        rows.iter()
            .map(|row| Ok((row.try_get("id")?, row.try_get("slug")?, row.try_get("last")?)))
            .collect()
    }

    async fn events_from(&self, after: i64, limit: i64) -> Result<Vec<EventRow>, StorageError> {
        let rows = db::query("SELECT * FROM events WHERE position > ? ORDER BY position LIMIT ?")
            .bind(after)
            .bind(limit)
            .fetch_all(self.near())
            .await?;
        rows.iter().map(event_from).collect()
    }

    async fn event_positions(&self) -> Result<(i64, i64), StorageError> {
        let row = db::query(
            "SELECT next - 1 AS newest, coalesce((SELECT min(position) FROM events), next - 1) AS oldest \
             FROM event_positions",
        )
        .fetch_one(self.near())
        .await?;
        Ok((row.try_get("oldest")?, row.try_get("newest")?))
    }

    async fn first_sequence(&self, session_id: &str) -> Result<i64, StorageError> {
        let first: Option<i64> = db::query_scalar(
            "SELECT coalesce((SELECT min(sequence) FROM events WHERE session_id = ?1), \
               (SELECT next_sequence FROM sessions WHERE id = ?1))",
        )
        .bind(session_id)
        .fetch_one(self.near())
        .await?;
        Ok(first.unwrap_or(1))
    }
}
