//! `history_chunks` over SQLite.

use async_trait::async_trait;

use super::SqliteStorage;
use super::messages::{insert_old, session_number};
use crate::StorageError;
use crate::contacts::TellContact;
use crate::db::{self, SqliteConnection};
use crate::events::NewEvent;
use crate::history::{HistoryBatch, HistoryChat, HistoryChunk, HistoryChunks};

#[async_trait]
impl HistoryChunks for SqliteStorage {
    async fn put_history_chunk(&self, chunk: HistoryChunk) -> Result<bool, StorageError> {
        self.write(move |c| {
            Box::pin(async move {
                Ok(db::query(
                    "INSERT INTO history_chunks (session_id, id, sync_type, chunk_order, progress, bytes, unpacked, blob, \
                       created_at) \
                     SELECT ?1, ?2, ?3, ?4, ?5, length(?7), ?6, ?7, ?8 WHERE EXISTS (SELECT 1 FROM sessions WHERE id = ?1) \
                     ON CONFLICT (session_id, id) DO NOTHING",
                )
                .bind(chunk.session_id)
                .bind(chunk.id)
                .bind(chunk.sync_type)
                .bind(chunk.chunk_order)
                .bind(chunk.progress)
                .bind(chunk.unpacked)
                .bind(chunk.blob)
                .bind(chunk.created_at)
                .execute(c)
                .await?
                .rows_affected()
                    == 1)
            })
        })
        .await
    }

    async fn begin_history_chunk(&self, session_id: &str) -> Result<Option<HistoryChunk>, StorageError> {
        let session_id = session_id.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                let row = db::query(
                    "UPDATE history_chunks SET attempts = attempts + 1 WHERE session_id = ?1 AND id = \
                       (SELECT id FROM history_chunks WHERE session_id = ?1 AND blob IS NOT NULL ORDER BY created_at, id LIMIT 1) \
                     RETURNING *",
                )
                .bind(session_id)
                .fetch_optional(c)
                .await?;
                row.map(|row| {
                    Ok(HistoryChunk {
                        session_id: row.try_get("session_id")?,
                        id: row.try_get("id")?,
                        sync_type: row.try_get("sync_type")?,
                        chunk_order: row.try_get("chunk_order")?,
                        progress: row.try_get("progress")?,
                        unpacked: row.try_get("unpacked")?,
                        blob: row.try_get("blob")?,
                        conversations: row.try_get("conversations")?,
                        messages: row.try_get("messages")?,
                        stored: row.try_get("stored")?,
                        attempts: row.try_get("attempts")?,
                        created_at: row.try_get("created_at")?,
                    })
                })
                .transpose()
            })
        })
        .await
    }

    async fn commit_history(&self, batch: HistoryBatch) -> Result<u64, StorageError> {
        self.write(move |c| Box::pin(async move { commit(c, batch).await }))
            .await
    }

    async fn end_history_chunk(
        &self,
        session_id: &str,
        id: &str,
        error: Option<&str>,
        at: i64,
        event: NewEvent,
    ) -> Result<(), StorageError> {
        let (session_id, id, error) = (session_id.to_owned(), id.to_owned(), error.map(str::to_owned));
        self.write(move |c| {
            Box::pin(async move {
                db::query(
                    "UPDATE history_chunks SET blob = NULL, error = ?, finished_at = ? WHERE session_id = ? AND id = ?",
                )
                .bind(error)
                .bind(at)
                .bind(session_id)
                .bind(id)
                .execute(&mut *c)
                .await?;
                super::events::append(c, event).await
            })
        })
        .await
    }

    async fn history_bytes(&self, session_id: &str) -> Result<i64, StorageError> {
        Ok(
            db::query_scalar("SELECT coalesce(sum(bytes), 0) FROM history_chunks WHERE session_id = ?")
                .bind(session_id)
                .fetch_one(self.readers())
                .await?,
        )
    }

    async fn waiting_history_chunks(&self, session_id: &str) -> Result<i64, StorageError> {
        Ok(
            db::query_scalar("SELECT count(*) FROM history_chunks WHERE session_id = ? AND blob IS NOT NULL")
                .bind(session_id)
                .fetch_one(self.readers())
                .await?,
        )
    }
}

async fn commit(c: &mut SqliteConnection, batch: HistoryBatch) -> Result<u64, StorageError> {
    if session_number(c, &batch.session_id).await?.is_none() {
        return Ok(0);
    }
    let mut stored = 0_u64;
    for contact in batch.contacts {
        super::contacts::learn_told(c, &batch.session_id, contact, batch.at, &TellContact::nothing()).await?;
    }
    for message in batch.rows {
        let contact = crate::contacts::ContactPatch {
            is_hearsay: true,
            ..message.contact.clone().into()
        };
        if insert_old(c, message).await? {
            stored += 1;
            super::contacts::learn_told(c, &batch.session_id, contact, batch.at, &TellContact::nothing())
                .await?;
        }
    }
    for reaction in batch.reactions {
        super::reactions::apply(c, reaction).await?;
    }
    for (chat, wa_id, vote) in batch.votes {
        super::polls::note(c, &batch.session_id, &chat, &wa_id, vote).await?;
    }
    for chat in batch.chats {
        describe(c, &batch.session_id, chat, batch.at).await?;
    }
    db::query(
        "UPDATE history_chunks SET conversations = ?, messages = ?, stored = stored + ? WHERE session_id = ? AND id = ?",
    )
    .bind(batch.conversations)
    .bind(batch.messages)
    .bind(i64::try_from(stored).unwrap_or(i64::MAX))
    .bind(batch.session_id)
    .bind(batch.chunk)
    .execute(c)
    .await?;
    Ok(stored)
}

/// What history says of a chat holds where nothing newer is known.
async fn describe(
    c: &mut SqliteConnection,
    session_id: &str,
    chat: HistoryChat,
    at: i64,
) -> Result<(), StorageError> {
    db::query(
        "INSERT INTO chats (session_id, jid, last_at, created_at, name, archived, pinned_at, muted_until, marked_unread, \
           ephemeral_seconds, hidden) \
         VALUES (?1, ?2, coalesce(?3, 0), ?4, ?5, coalesce(?6, 0), ?7, ?8, ?9, coalesce(?10, 0), 0) \
         ON CONFLICT (session_id, jid) DO UPDATE SET name = coalesce(name, excluded.name), \
           archived = coalesce(?6, archived), pinned_at = coalesce(pinned_at, excluded.pinned_at), \
           muted_until = coalesce(muted_until, excluded.muted_until), \
           marked_unread = max(marked_unread, excluded.marked_unread), \
           ephemeral_seconds = coalesce(?10, ephemeral_seconds), hidden = min(hidden, iif(?3 IS NULL, hidden, 0))",
    )
    .bind(session_id)
    .bind(&chat.jid)
    .bind(chat.last_at)
    .bind(at)
    .bind(chat.name)
    .bind(chat.archived)
    .bind(chat.pinned_at)
    .bind(chat.muted_until)
    .bind(chat.marked_unread)
    .bind(chat.ephemeral_seconds)
    .execute(&mut *c)
    .await?;
    // Read up to the messages that are said to be unread; never back behind what was read here.
    let unread = chat.unread.unwrap_or(0).max(0);
    db::query(
        "UPDATE chats SET read_n = max(read_n, coalesce((SELECT n FROM messages WHERE session_id = ?1 AND chat = ?2 \
           AND NOT from_me AND timestamp <= ?4 ORDER BY n DESC LIMIT 1 OFFSET ?3), 0)) WHERE session_id = ?1 AND jid = ?2",
    )
    .bind(session_id)
    .bind(&chat.jid)
    .bind(unread)
    .bind(chat.last_at.unwrap_or(i64::MAX))
    .execute(&mut *c)
    .await?;
    db::query(
        "UPDATE chats SET unread = (SELECT count(*) FROM messages \
           WHERE session_id = ?1 AND chat = ?2 AND n > chats.read_n AND NOT from_me) WHERE session_id = ?1 AND jid = ?2",
    )
    .bind(session_id)
    .bind(&chat.jid)
    .execute(c)
    .await?;
    Ok(())
}
