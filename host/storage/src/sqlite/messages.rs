//! `messages` over SQLite.

mod inbound;
mod insert;

use std::sync::Arc;

use async_trait::async_trait;

use super::SqliteStorage;
use super::journal::origin_of;
use crate::StorageError;
use crate::contacts::TellContact;
use crate::db::{self, SqliteRow};
use crate::messages::{
    Counts, Inbound, MessageRow, MessageStatus, MessageView, Messages, NewMessage, StatusChange, TellStatus,
};
pub(super) use insert::{Slot, insert_old, session_number};

pub(super) fn message_from(row: &SqliteRow) -> Result<MessageRow, StorageError> {
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
        played: row.try_get("played")?,
        timestamp: row.try_get("timestamp")?,
        quote_id: row.try_get("quote_id")?,
        edited_at: row.try_get("edited_at")?,
        deleted_at: row.try_get("deleted_at")?,
        deleted_by: row.try_get("deleted_by")?,
        starred: row.try_get("starred")?,
        mime_type: row.try_get("mime_type")?,
        file_name: row.try_get("file_name")?,
        file_size: row.try_get("file_size")?,
        wire: row.try_get("wire")?,
    })
}

#[async_trait]
impl Messages for SqliteStorage {
    async fn commit_messages(&self, batch: Vec<NewMessage>) -> Result<Vec<bool>, StorageError> {
        self.write(move |c| {
            Box::pin(async move {
                let mut fresh = Vec::with_capacity(batch.len());
                for message in batch {
                    fresh.push(insert::insert_told(c, message, &TellContact::nothing()).await?);
                }
                Ok(fresh)
            })
        })
        .await
    }

    async fn commit_inbound(&self, batch: Arc<[Inbound]>, tell: TellContact) -> Result<(), StorageError> {
        self.write(move |c| {
            Box::pin(async move {
                for one in batch.iter() {
                    inbound::apply(c, one.clone(), &tell).await?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn advance_status(&self, change: StatusChange, tell: TellStatus) -> Result<bool, StorageError> {
        self.write(move |c| {
            Box::pin(async move {
                let found =
                    db::query("SELECT * FROM messages WHERE session_id = ? AND wa_id = ? AND from_me")
                        .bind(&change.session_id)
                        .bind(change.wa_id)
                        .fetch_optional(&mut *c)
                        .await?;
                let Some(found) = found else { return Ok(false) };
                let mut row = message_from(&found)?;
                let before = row.status;
                if !rises(before, change.status) {
                    return Ok(false);
                }
                row.status = change.status;
                db::query("UPDATE messages SET status = ? WHERE id = ?")
                    .bind(row.status as i64)
                    .bind(&row.id)
                    .execute(&mut *c)
                    .await?;
                let origin = origin_of(c, &row.session_id, &row.wa_id).await?;
                for event in tell(&row, before, origin.as_deref()) {
                    super::events::append(c, event).await?;
                }
                Ok(true)
            })
        })
        .await
    }

    async fn star_message(
        &self,
        session_id: &str,
        chat: &str,
        wa_id: &str,
        starred: bool,
    ) -> Result<bool, StorageError> {
        let (session_id, chat, wa_id) = (session_id.to_owned(), chat.to_owned(), wa_id.to_owned());
        self.write(move |c| {
            Box::pin(async move {
                Ok(db::query(
                    "UPDATE messages SET starred = ?4 \
                     WHERE session_id = ?1 AND chat = ?2 AND wa_id = ?3 AND starred <> ?4",
                )
                .bind(session_id)
                .bind(chat)
                .bind(wa_id)
                .bind(starred)
                .execute(c)
                .await?
                .rows_affected()
                    > 0)
            })
        })
        .await
    }

    async fn forget_message(&self, session_id: &str, chat: &str, wa_id: &str) -> Result<bool, StorageError> {
        let (session_id, chat, wa_id) = (session_id.to_owned(), chat.to_owned(), wa_id.to_owned());
        self.write(move |c| {
            Box::pin(async move {
                let gone = db::query("DELETE FROM messages WHERE session_id = ? AND chat = ? AND wa_id = ?")
                    .bind(&session_id)
                    .bind(&chat)
                    .bind(wa_id)
                    .execute(&mut *c)
                    .await?
                    .rows_affected()
                    > 0;
                if gone {
                    super::chats::refresh(c, &session_id, &chat).await?;
                }
                Ok(gone)
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
        // n is in the order of time, and the rowid at the end of the index by chat.
        let rows = db::query(
            "SELECT * FROM messages WHERE session_id = ?1 AND chat = ?2 AND n < coalesce(iif(?3 IS NULL, ?5, \
             (SELECT n FROM messages WHERE session_id = ?1 AND id = ?3)), -1) ORDER BY n DESC LIMIT ?4",
        )
        .bind(session_id)
        .bind(chat)
        .bind(before)
        .bind(limit)
        .bind(i64::MAX)
        .fetch_all(self.readers())
        .await?;
        rows.iter().rev().map(message_from).collect()
    }

    async fn message_by_wa_id(
        &self,
        session_id: &str,
        wa_id: &str,
    ) -> Result<Option<MessageRow>, StorageError> {
        let row = db::query(
            "SELECT * FROM messages WHERE session_id = ? AND wa_id = ? ORDER BY from_me DESC, n LIMIT 1",
        )
        .bind(session_id)
        .bind(wa_id)
        .fetch_optional(self.near())
        .await?;
        row.as_ref().map(message_from).transpose()
    }

    async fn message_by_row(&self, session_id: &str, id: &str) -> Result<Option<MessageRow>, StorageError> {
        let row = db::query("SELECT * FROM messages WHERE id = ? AND session_id = ?")
            .bind(id)
            .bind(session_id)
            .fetch_optional(self.near())
            .await?;
        row.as_ref().map(message_from).transpose()
    }

    async fn view_messages(
        &self,
        session_id: &str,
        rows: Vec<MessageRow>,
    ) -> Result<Vec<MessageView>, StorageError> {
        super::views::of(self.readers(), session_id, rows).await
    }

    async fn unread_messages(
        &self,
        session_id: &str,
        chat: &str,
        limit: i64,
    ) -> Result<Vec<MessageRow>, StorageError> {
        let rows = db::query(
            "SELECT * FROM messages WHERE session_id = ?1 AND chat = ?2 AND NOT from_me AND n > \
             coalesce((SELECT read_n FROM chats WHERE session_id = ?1 AND jid = ?2), 0) ORDER BY n DESC LIMIT ?3",
        )
        .bind(session_id)
        .bind(chat)
        .bind(limit)
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(message_from).collect()
    }

    async fn counts(&self, session_id: &str) -> Result<Counts, StorageError> {
        let row = db::query(
            "SELECT (SELECT count(*) FROM messages INDEXED BY messages_by_chat WHERE session_id = ?1) AS messages, \
                    (SELECT count(*) FROM contacts WHERE session_id = ?1) AS contacts, \
                    (SELECT count(*) FROM chats WHERE session_id = ?1) AS chats",
        )
        .bind(session_id)
        .fetch_one(self.readers())
        .await?;
        Ok(Counts {
            messages: row.try_get("messages")?,
            contacts: row.try_get("contacts")?,
            chats: row.try_get("chats")?,
        })
    }
}

/// A refusal is only believed while nothing better is known; a receipt beats a refusal.
pub(super) fn rises(before: MessageStatus, now: MessageStatus) -> bool {
    match now {
        MessageStatus::Failed => before < MessageStatus::Delivered,
        status => before < status || before == MessageStatus::Failed,
    }
}
