//! `chats` over SQLite.

mod change;

use async_trait::async_trait;

use super::SqliteStorage;
use super::messages::message_from;
use crate::StorageError;
use crate::chats::{ChatChange, ChatQuery, ChatRow, ChatState, Chats, TellChat};
use crate::db::{self, SqliteConnection, SqliteRow};

pub(super) fn state_from(row: &SqliteRow) -> Result<ChatState, StorageError> {
    Ok(ChatState {
        archived: row.try_get("archived")?,
        pinned_at: row.try_get("pinned_at")?,
        muted_until: row.try_get("muted_until")?,
        marked_unread: row.try_get("marked_unread")?,
        ephemeral_seconds: row.try_get("ephemeral_seconds")?,
        unread: row.try_get("unread")?,
    })
}

fn chat_from(row: &SqliteRow) -> Result<ChatRow, StorageError> {
    let message: Option<String> = row.try_get("id")?;
    Ok(ChatRow {
        jid: row.try_get("jid")?,
        lid: row.try_get("contact_lid")?,
        push_name: row.try_get("contact_push_name")?,
        name: row.try_get("best_name")?,
        last: message.map(|_| message_from(row)).transpose()?,
        unread: row.try_get("unread")?,
        state: state_from(row)?,
        picture_url: row.try_get("best_picture")?,
        created_at: row.try_get("chat_created_at")?,
    })
}

/// Newest message and unread count, counted again.
pub(super) async fn refresh(
    c: &mut SqliteConnection,
    session_id: &str,
    jid: &str,
) -> Result<(), StorageError> {
    db::query(
        "UPDATE chats SET \
           last_message = (SELECT id FROM messages WHERE session_id = ?1 AND chat = ?2 ORDER BY n DESC LIMIT 1), \
           last_at = coalesce((SELECT timestamp FROM messages WHERE session_id = ?1 AND chat = ?2 ORDER BY n DESC LIMIT 1), \
             last_at), \
           unread = (SELECT count(*) FROM messages WHERE session_id = ?1 AND chat = ?2 AND n > chats.read_n AND NOT from_me) \
         WHERE session_id = ?1 AND jid = ?2",
    )
    .bind(session_id)
    .bind(jid)
    .execute(c)
    .await?;
    Ok(())
}

/// The columns of a chat and what is joined to it, for the chats that `$which` says.
macro_rules! chats {
    ($which:literal) => {
        concat!(
            "SELECT c.jid, c.unread, c.created_at AS chat_created_at, c.archived, c.pinned_at, c.muted_until, \
               c.marked_unread, c.ephemeral_seconds, coalesce(p.lid, l.lid) AS contact_lid, \
               coalesce(p.push_name, l.push_name) AS contact_push_name, \
               coalesce(g.subject, p.name, l.name, p.verified_name, l.verified_name, p.push_name, l.push_name, c.name) \
                 AS best_name, \
               coalesce(g.picture_url, p.picture_url, l.picture_url) AS best_picture, m.* \
             FROM chats c LEFT JOIN messages m ON m.id = c.last_message \
               LEFT JOIN contacts p ON p.session_id = c.session_id AND p.pn = c.jid \
               LEFT JOIN contacts l ON l.session_id = c.session_id AND l.lid = c.jid \
               LEFT JOIN groups g ON g.session_id = c.session_id AND g.jid = c.jid \
             WHERE c.session_id = ?1 AND ",
            $which
        )
    };
}

#[async_trait]
impl Chats for SqliteStorage {
    async fn chats(&self, session_id: &str, limit: i64) -> Result<Vec<ChatRow>, StorageError> {
        let query = ChatQuery {
            limit,
            ..ChatQuery::default()
        };
        self.chats_page(session_id, &query).await
    }

    async fn chats_page(&self, session_id: &str, query: &ChatQuery) -> Result<Vec<ChatRow>, StorageError> {
        let rows = db::query(chats!(
            "NOT c.hidden AND (?2 IS NULL OR c.archived = ?2) ORDER BY c.last_at DESC, c.jid DESC LIMIT ?3 OFFSET ?4"
        ))
        .bind(session_id)
        .bind(query.archived)
        .bind(query.limit)
        .bind(query.offset)
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(chat_from).collect()
    }

    async fn count_chats(&self, session_id: &str, archived: Option<bool>) -> Result<i64, StorageError> {
        Ok(db::query_scalar(
            "SELECT count(*) FROM chats WHERE session_id = ?1 AND NOT hidden AND (?2 IS NULL OR archived = ?2)",
        )
        .bind(session_id)
        .bind(archived)
        .fetch_one(self.readers())
        .await?)
    }

    async fn chat(&self, session_id: &str, jid: &str) -> Result<Option<ChatRow>, StorageError> {
        let row = db::query(chats!("c.jid = ?2"))
            .bind(session_id)
            .bind(jid)
            .fetch_optional(self.near())
            .await?;
        row.as_ref().map(chat_from).transpose()
    }

    async fn change_chat(
        &self,
        session_id: &str,
        jid: &str,
        change: ChatChange,
        at: i64,
        tell: TellChat,
    ) -> Result<bool, StorageError> {
        let (session_id, jid) = (session_id.to_owned(), jid.to_owned());
        self.write(move |c| {
            Box::pin(async move { change::apply(c, &session_id, &jid, change, at, tell).await })
        })
        .await
    }
}
