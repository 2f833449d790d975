//! What the account's owner does to a chat.

use super::{refresh, state_from};
use crate::StorageError;
use crate::chats::{ChatChange, ChatState, TellChat};
use crate::db::{self, SqliteConnection};

async fn state(
    c: &mut SqliteConnection,
    session_id: &str,
    jid: &str,
) -> Result<Option<(ChatState, bool)>, StorageError> {
    let row = db::query("SELECT * FROM chats WHERE session_id = ? AND jid = ?")
        .bind(session_id)
        .bind(jid)
        .fetch_optional(c)
        .await?;
    row.map(|row| Ok((state_from(&row)?, row.try_get("hidden")?)))
        .transpose()
}

pub(super) async fn apply(
    c: &mut SqliteConnection,
    session_id: &str,
    jid: &str,
    change: ChatChange,
    at: i64,
    tell: TellChat,
) -> Result<bool, StorageError> {
    // App state speaks of chats before their first message comes.
    db::query(
        "INSERT INTO chats (session_id, jid, last_at, created_at, hidden) \
         SELECT ?1, ?2, ?3, ?3, 1 WHERE EXISTS (SELECT 1 FROM sessions WHERE id = ?1) \
         ON CONFLICT (session_id, jid) DO NOTHING",
    )
    .bind(session_id)
    .bind(jid)
    .bind(at)
    .execute(&mut *c)
    .await?;
    let Some((before, was_hidden)) = state(c, session_id, jid).await? else {
        return Ok(false);
    };
    let removed = match change {
        ChatChange::Read(true) => {
            read_up_to(c, session_id, jid, None).await?;
            false
        }
        ChatChange::ReadUpTo(ids) => {
            read_up_to(c, session_id, jid, Some(ids)).await?;
            false
        }
        ChatChange::Cleared {
            keep_starred,
            keep_messages,
        } => !keep_messages && clear(c, session_id, jid, keep_starred).await?,
        ChatChange::Deleted { keep_messages } => {
            db::query("UPDATE chats SET hidden = 1 WHERE session_id = ? AND jid = ?")
                .bind(session_id)
                .bind(jid)
                .execute(&mut *c)
                .await?;
            (!keep_messages && clear(c, session_id, jid, false).await?) || !was_hidden
        }
        setting => {
            set(c, session_id, jid, &setting).await?;
            false
        }
    };
    let Some((after, _)) = state(c, session_id, jid).await? else {
        return Ok(false);
    };
    if after == before && !removed {
        return Ok(false);
    }
    if let Some(event) = tell(&after) {
        crate::sqlite::events::append(c, event).await?;
    }
    Ok(true)
}

async fn set(
    c: &mut SqliteConnection,
    session_id: &str,
    jid: &str,
    setting: &ChatChange,
) -> Result<(), StorageError> {
    let (statement, value) = match setting {
        ChatChange::Archived(on) => (
            "UPDATE chats SET archived = ?3 WHERE session_id = ?1 AND jid = ?2",
            Some(i64::from(*on)),
        ),
        ChatChange::Pinned(at) => (
            "UPDATE chats SET pinned_at = ?3 WHERE session_id = ?1 AND jid = ?2",
            *at,
        ),
        ChatChange::Muted(until) => (
            "UPDATE chats SET muted_until = ?3 WHERE session_id = ?1 AND jid = ?2",
            *until,
        ),
        ChatChange::Ephemeral(seconds) => (
            "UPDATE chats SET ephemeral_seconds = ?3 WHERE session_id = ?1 AND jid = ?2",
            Some(*seconds),
        ),
        ChatChange::Read(is_read) => (
            "UPDATE chats SET marked_unread = ?3 WHERE session_id = ?1 AND jid = ?2",
            Some(i64::from(!is_read)),
        ),
        ChatChange::ReadUpTo(_) | ChatChange::Cleared { .. } | ChatChange::Deleted { .. } => return Ok(()),
    };
    db::query(statement)
        .bind(session_id)
        .bind(jid)
        .bind(value)
        .execute(c)
        .await?;
    Ok(())
}

/// Up to the newest of these messages, or to the end.
async fn read_up_to(
    c: &mut SqliteConnection,
    session_id: &str,
    jid: &str,
    ids: Option<Vec<String>>,
) -> Result<(), StorageError> {
    let n: Option<i64> = match ids {
        None => {
            db::query_scalar("SELECT max(n) FROM messages WHERE session_id = ? AND chat = ?")
                .bind(session_id)
                .bind(jid)
                .fetch_one(&mut *c)
                .await?
        }
        Some(ids) => {
            db::query_scalar(
                "SELECT max(n) FROM messages WHERE session_id = ?1 AND chat = ?2 \
                 AND wa_id IN (SELECT value FROM json_each(?3))",
            )
            .bind(session_id)
            .bind(jid)
            .bind(serde_json::Value::from(ids).to_string())
            .fetch_one(&mut *c)
            .await?
        }
    };
    db::query(
        "UPDATE chats SET read_n = max(read_n, coalesce(?3, 0)), marked_unread = 0 WHERE session_id = ?1 AND jid = ?2",
    )
    .bind(session_id)
    .bind(jid)
    .bind(n)
    .execute(&mut *c)
    .await?;
    db::query(
        "UPDATE chats SET unread = (SELECT count(*) FROM messages \
           WHERE session_id = ?1 AND chat = ?2 AND n > chats.read_n AND NOT from_me) WHERE session_id = ?1 AND jid = ?2",
    )
    .bind(session_id)
    .bind(jid)
    .execute(c)
    .await?;
    Ok(())
}

/// Says whether there was anything to remove.
async fn clear(
    c: &mut SqliteConnection,
    session_id: &str,
    jid: &str,
    keep_starred: bool,
) -> Result<bool, StorageError> {
    let removed = db::query("DELETE FROM messages WHERE session_id = ? AND chat = ? AND NOT (starred AND ?)")
        .bind(session_id)
        .bind(jid)
        .bind(keep_starred)
        .execute(&mut *c)
        .await?
        .rows_affected();
    refresh(c, session_id, jid).await?;
    Ok(removed > 0)
}
