//! `messages`, `chats` and `contacts` over SQLite.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::SqliteStorage;
use crate::StorageError;
use crate::messages::{
    ChatRow, ContactSighting, Counts, MessageRow, MessageStatus, Messages, NewMessage, StatusChange,
    TellStatus,
};

fn message_from(row: &SqliteRow) -> Result<MessageRow, StorageError> {
    let status: i64 = row.try_get("status")?;
    Ok(MessageRow {
        id: row.try_get("id")?,
        session_id: row.try_get("session_id")?,
        chat: row.try_get("chat")?,
        sender: row.try_get("sender")?,
        from_me: row.try_get("from_me")?,
        wa_id: row.try_get("wa_id")?,
        push_name: row.try_get("push_name")?,
        kind: row.try_get("kind")?,
        content: row.try_get("content")?,
        status: match status {
            0 => MessageStatus::Pending,
            1 => MessageStatus::Sent,
            2 => MessageStatus::Delivered,
            3 => MessageStatus::Read,
            4 => MessageStatus::Failed,
            _ => {
                return Err(StorageError::Inconsistent {
                    table: "messages",
                    column: "status",
                });
            }
        },
        timestamp: row.try_get("timestamp")?,
        quote_id: row.try_get("quote_id")?,
        wire: row.try_get("wire")?,
    })
}

/// `false` when the message is already there, or its session is not.
async fn insert(c: &mut SqliteConnection, row: MessageRow) -> Result<bool, StorageError> {
    let inserted = sqlx::query(
        "INSERT INTO messages (id, session_id, chat, sender, from_me, wa_id, push_name, kind, content, status, \
         timestamp, quote_id, wire) \
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13 WHERE EXISTS (SELECT 1 FROM sessions WHERE id = ?2) \
         ON CONFLICT (session_id, chat, sender, wa_id) DO NOTHING",
    )
    .bind(&row.id)
    .bind(&row.session_id)
    .bind(&row.chat)
    .bind(row.sender)
    .bind(row.from_me)
    .bind(row.wa_id)
    .bind(row.push_name)
    .bind(row.kind)
    .bind(row.content)
    .bind(row.status as i64)
    .bind(row.timestamp)
    .bind(row.quote_id)
    .bind(row.wire)
    .execute(&mut *c)
    .await?
    .rows_affected()
        == 1;
    if inserted {
        // Writing in a chat means having read it.
        sqlx::query(
            "INSERT INTO chats (session_id, jid, last_message, last_at, unread, created_at) \
             VALUES (?1, ?2, ?3, ?4, iif(?5, 0, 1), ?4) \
             ON CONFLICT (session_id, jid) DO UPDATE SET \
               last_message = iif(excluded.last_at >= last_at, excluded.last_message, last_message), \
               last_at = max(last_at, excluded.last_at), unread = iif(?5, 0, unread + 1)",
        )
        .bind(row.session_id)
        .bind(row.chat)
        .bind(row.id)
        .bind(row.timestamp)
        .bind(row.from_me)
        .execute(c)
        .await?;
    }
    Ok(inserted)
}

/// Learns who a person is; two rows that turn out to be one person become one.
async fn sight(
    c: &mut SqliteConnection,
    session_id: &str,
    seen: ContactSighting,
) -> Result<(), StorageError> {
    if seen.pn.is_none() && seen.lid.is_none() {
        return Ok(());
    }
    let rows = sqlx::query(
        "SELECT id, pn, lid FROM contacts WHERE session_id = ?1 AND (pn = ?2 OR lid = ?3) ORDER BY id",
    )
    .bind(session_id)
    .bind(&seen.pn)
    .bind(&seen.lid)
    .fetch_all(&mut *c)
    .await?;
    let Some(first) = rows.first() else {
        sqlx::query("INSERT INTO contacts (session_id, pn, lid, push_name) VALUES (?, ?, ?, ?)")
            .bind(session_id)
            .bind(seen.pn)
            .bind(seen.lid)
            .bind(seen.push_name)
            .execute(c)
            .await?;
        return Ok(());
    };
    let keep: i64 = first.try_get("id")?;
    for row in rows.iter().skip(1) {
        let other: i64 = row.try_get("id")?;
        sqlx::query("DELETE FROM contacts WHERE id = ?")
            .bind(other)
            .execute(&mut *c)
            .await?;
    }
    sqlx::query(
        "UPDATE contacts SET pn = coalesce(?2, pn), lid = coalesce(?3, lid), push_name = coalesce(?4, push_name) \
         WHERE id = ?1",
    )
    .bind(keep)
    .bind(seen.pn)
    .bind(seen.lid)
    .bind(seen.push_name)
    .execute(c)
    .await?;
    Ok(())
}

#[async_trait]
impl Messages for SqliteStorage {
    async fn commit_messages(&self, batch: Vec<NewMessage>) -> Result<Vec<bool>, StorageError> {
        self.write(move |c| {
            Box::pin(async move {
                let mut fresh = Vec::with_capacity(batch.len());
                for message in batch {
                    let session_id = message.row.session_id.clone();
                    let is_new = insert(c, message.row).await?;
                    if is_new {
                        sight(c, &session_id, message.contact).await?;
                        if let Some(event) = message.event {
                            super::events::append(c, event).await?;
                        }
                    }
                    fresh.push(is_new);
                }
                Ok(fresh)
            })
        })
        .await
    }

    async fn advance_status(&self, change: StatusChange, tell: TellStatus) -> Result<bool, StorageError> {
        self.write(move |c| {
            Box::pin(async move {
                let found =
                    sqlx::query("SELECT * FROM messages WHERE session_id = ? AND wa_id = ? AND from_me")
                        .bind(&change.session_id)
                        .bind(change.wa_id)
                        .fetch_optional(&mut *c)
                        .await?;
                let Some(found) = found else { return Ok(false) };
                let mut row = message_from(&found)?;
                let before = row.status;
                let rises = match change.status {
                    // A refusal is only believed while nothing better is known; a receipt beats a refusal.
                    MessageStatus::Failed => before < MessageStatus::Delivered,
                    status => before < status || before == MessageStatus::Failed,
                };
                if !rises {
                    return Ok(false);
                }
                row.status = change.status;
                sqlx::query("UPDATE messages SET status = ? WHERE id = ?")
                    .bind(row.status as i64)
                    .bind(&row.id)
                    .execute(&mut *c)
                    .await?;
                for event in tell(&row, before) {
                    super::events::append(c, event).await?;
                }
                Ok(true)
            })
        })
        .await
    }

    async fn chat_messages(
        &self,
        session_id: &str,
        chat: &str,
        before: Option<&str>,
        limit: i64,
    ) -> Result<Vec<MessageRow>, StorageError> {
        let rows = sqlx::query(
            "SELECT * FROM messages WHERE session_id = ?1 AND chat = ?2 AND (?3 IS NULL OR (timestamp, id) < \
             (SELECT timestamp, id FROM messages WHERE session_id = ?1 AND id = ?3)) \
             ORDER BY timestamp DESC, id DESC LIMIT ?4",
        )
        .bind(session_id)
        .bind(chat)
        .bind(before)
        .bind(limit)
        .fetch_all(self.readers())
        .await?;
        rows.iter().rev().map(message_from).collect()
    }

    async fn message_by_wa_id(
        &self,
        session_id: &str,
        wa_id: &str,
    ) -> Result<Option<MessageRow>, StorageError> {
        let row = sqlx::query(
            "SELECT * FROM messages WHERE session_id = ? AND wa_id = ? ORDER BY from_me DESC, id LIMIT 1",
        )
        .bind(session_id)
        .bind(wa_id)
        .fetch_optional(self.readers())
        .await?;
        row.as_ref().map(message_from).transpose()
    }

    async fn chats(&self, session_id: &str, limit: i64) -> Result<Vec<ChatRow>, StorageError> {
        let rows = sqlx::query(
            "SELECT c.jid, c.unread, c.created_at AS chat_created_at, p.lid, p.push_name AS contact_name, m.* \
             FROM chats c LEFT JOIN messages m ON m.id = c.last_message \
             LEFT JOIN contacts p ON p.session_id = c.session_id AND (p.pn = c.jid OR p.lid = c.jid) \
             WHERE c.session_id = ? ORDER BY c.last_at DESC LIMIT ?",
        )
        .bind(session_id)
        .bind(limit)
        .fetch_all(self.readers())
        .await?;
        rows.iter()
            .map(|row| {
                let message: Option<String> = row.try_get("id")?;
                Ok(ChatRow {
                    jid: row.try_get("jid")?,
                    lid: row.try_get("lid")?,
                    push_name: row.try_get("contact_name")?,
                    last: message.map(|_| message_from(row)).transpose()?,
                    unread: row.try_get("unread")?,
                    created_at: row.try_get("chat_created_at")?,
                })
            })
            .collect()
    }

    async fn counts(&self, session_id: &str) -> Result<Counts, StorageError> {
        let row = sqlx::query(
            "SELECT (SELECT count(*) FROM messages WHERE session_id = ?1) AS messages, \
                    (SELECT count(*) FROM contacts WHERE session_id = ?1) AS contacts",
        )
        .bind(session_id)
        .fetch_one(self.readers())
        .await?;
        Ok(Counts {
            messages: row.try_get("messages")?,
            contacts: row.try_get("contacts")?,
        })
    }

    async fn canonical_jid(&self, session_id: &str, jid: &str) -> Result<Option<String>, StorageError> {
        let found: Option<Option<String>> = sqlx::query_scalar(
            "SELECT coalesce(pn, lid) FROM contacts WHERE session_id = ?1 AND (pn = ?2 OR lid = ?2) LIMIT 1",
        )
        .bind(session_id)
        .bind(jid)
        .fetch_optional(self.readers())
        .await?;
        Ok(found.flatten())
    }
}
