//! Copies of messages over SQLite.

use async_trait::async_trait;

use super::prune;
use crate::StorageError;
use crate::db;
use crate::signal::{PendingInbound, PendingKey, PendingMessage, SentMessages, Written};
use crate::sqlite::SqliteStorage;

#[async_trait]
impl PendingInbound for SqliteStorage {
    async fn put_pending_inbound(
        &self,
        session: &str,
        messages: Vec<PendingMessage>,
        now: i64,
        done: Written,
    ) -> Result<(), StorageError> {
        let session = session.to_owned();
        // It is there to be found beside a Signal state that is past the message, and that state is written after it.
        self.write_later(Some(done), move |c| {
            Box::pin(async move {
                for PendingMessage { key, message } in messages {
                    db::query(
                        "INSERT INTO wa_pending_inbound (session_id, chat, sender, id, message, stored_at) \
                         VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (session_id, chat, sender, id) \
                         DO UPDATE SET message = excluded.message, stored_at = excluded.stored_at",
                    )
                    .bind(session.as_str())
                    .bind(key.chat)
                    .bind(key.sender)
                    .bind(key.id)
                    .bind(message)
                    .bind(now)
                    .execute(&mut *c)
                    .await?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn write_pending_now(&self) -> Result<(), StorageError> {
        self.write_now().await
    }

    async fn pending_inbound(&self, session: &str, key: PendingKey) -> Result<Option<Vec<u8>>, StorageError> {
        let session = session.to_owned();
        // By the writer: what is to be written later counts.
        self.write(move |c| {
            Box::pin(async move {
                Ok(db::query_scalar(
                    "SELECT message FROM wa_pending_inbound WHERE session_id = ? AND chat = ? AND sender = ? AND id = ?",
                )
                .bind(session)
                .bind(key.chat)
                .bind(key.sender)
                .bind(key.id)
                .fetch_optional(c)
                .await?)
            })
        })
        .await
    }

    async fn delete_pending_inbound(&self, session: &str, keys: Vec<PendingKey>) -> Result<(), StorageError> {
        if keys.is_empty() {
            return Ok(());
        }
        let session = session.to_owned();
        // A copy that a crash leaves there is a message that is stored already.
        self.write_later(None, move |c| {
            Box::pin(async move {
                for key in keys {
                    db::query(
                        "DELETE FROM wa_pending_inbound \
                         WHERE session_id = ? AND chat = ? AND sender = ? AND id = ?",
                    )
                    .bind(session.as_str())
                    .bind(key.chat)
                    .bind(key.sender)
                    .bind(key.id)
                    .execute(&mut *c)
                    .await?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn prune_pending_inbound(&self, session: &str, cutoff: i64) -> Result<u64, StorageError> {
        prune(
            self,
            "DELETE FROM wa_pending_inbound WHERE session_id = ? AND stored_at < ?",
            session,
            cutoff,
        )
        .await
    }
}

#[async_trait]
impl SentMessages for SqliteStorage {
    async fn put_sent_message(
        &self,
        session: &str,
        chat: &str,
        message_id: &str,
        payload: Vec<u8>,
        now: i64,
    ) -> Result<(), StorageError> {
        let (session, chat, message_id) = (session.to_owned(), chat.to_owned(), message_id.to_owned());
        self.write(move |c| {
            Box::pin(async move {
                db::query(
                    "INSERT INTO wa_sent_messages (session_id, chat, message_id, payload, stored_at) \
                     VALUES (?, ?, ?, ?, ?) ON CONFLICT (session_id, chat, message_id) \
                     DO UPDATE SET payload = excluded.payload, stored_at = excluded.stored_at",
                )
                .bind(session)
                .bind(chat)
                .bind(message_id)
                .bind(payload)
                .bind(now)
                .execute(c)
                .await?;
                Ok(())
            })
        })
        .await
    }

    async fn take_sent_message(
        &self,
        session: &str,
        chat: &str,
        message_id: &str,
    ) -> Result<Option<Vec<u8>>, StorageError> {
        let (session, chat, message_id) = (session.to_owned(), chat.to_owned(), message_id.to_owned());
        self.write(move |c| {
            Box::pin(async move {
                // All rows (there is at most one), so that the statement has ended before its savepoint does.
                let taken: Vec<Vec<u8>> = db::query_scalar(
                    "DELETE FROM wa_sent_messages WHERE session_id = ? AND chat = ? AND message_id = ? \
                     RETURNING payload",
                )
                .bind(session)
                .bind(chat)
                .bind(message_id)
                .fetch_all(c)
                .await?;
                Ok(taken.into_iter().next())
            })
        })
        .await
    }

    async fn prune_sent_messages(&self, session: &str, cutoff: i64) -> Result<u64, StorageError> {
        prune(
            self,
            "DELETE FROM wa_sent_messages WHERE session_id = ? AND stored_at < ?",
            session,
            cutoff,
        )
        .await
    }
}
