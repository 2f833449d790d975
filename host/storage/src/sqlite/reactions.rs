//! `reactions` over SQLite.

use async_trait::async_trait;

use super::SqliteStorage;
use crate::StorageError;
use crate::db::{self, SqliteConnection, SqliteRow};
use crate::reactions::{NewReaction, ReactionRow, Reactions};

/// A reaction that is older than the one that stands, or the same, changes nothing and is not told.
pub(super) async fn apply(c: &mut SqliteConnection, reaction: NewReaction) -> Result<(), StorageError> {
    let changed = db::query(
        "INSERT INTO reactions (session_id, chat, wa_id, sender, from_me, emoji, timestamp) \
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE EXISTS (SELECT 1 FROM sessions WHERE id = ?1) \
         ON CONFLICT (session_id, chat, wa_id, sender) DO UPDATE SET emoji = excluded.emoji, timestamp = excluded.timestamp \
         WHERE excluded.timestamp >= timestamp AND (excluded.emoji IS NOT emoji OR excluded.timestamp > timestamp)",
    )
    .bind(reaction.session_id)
    .bind(reaction.chat)
    .bind(reaction.wa_id)
    .bind(reaction.sender)
    .bind(reaction.from_me)
    .bind(reaction.emoji)
    .bind(reaction.timestamp)
    .execute(&mut *c)
    .await?
    .rows_affected();
    match reaction.event {
        Some(event) if changed > 0 => super::events::append(c, event).await,
        _ => Ok(()),
    }
}

pub(super) fn reaction_from(row: &SqliteRow) -> Result<ReactionRow, StorageError> {
    Ok(ReactionRow {
        wa_id: row.try_get("wa_id")?,
        sender: row.try_get("sender")?,
        from_me: row.try_get("from_me")?,
        emoji: row.try_get("emoji")?,
        timestamp: row.try_get("timestamp")?,
    })
}

#[async_trait]
impl Reactions for SqliteStorage {
    async fn reactions(
        &self,
        session_id: &str,
        chat: &str,
        wa_id: &str,
    ) -> Result<Vec<ReactionRow>, StorageError> {
        let rows = db::query(
            "SELECT * FROM reactions WHERE session_id = ? AND chat = ? AND wa_id = ? AND emoji IS NOT NULL \
             ORDER BY timestamp, sender",
        )
        .bind(session_id)
        .bind(chat)
        .bind(wa_id)
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(reaction_from).collect()
    }
}
