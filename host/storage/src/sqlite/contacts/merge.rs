//! Rows that were kept under a person's LID move to the phone JID, once that is known.

use crate::StorageError;
use crate::db::{self, SqliteConnection};

/// Moved where the phone JID has none of the same; what is left is the same twice, and goes.
const MOVES: &[(&str, &str)] = &[
    (
        "UPDATE OR IGNORE messages SET chat = ?3 WHERE session_id = ?1 AND chat = ?2",
        "DELETE FROM messages WHERE session_id = ?1 AND chat = ?2",
    ),
    (
        "UPDATE OR IGNORE messages SET sender = ?3 WHERE session_id = ?1 AND sender = ?2",
        "DELETE FROM messages WHERE session_id = ?1 AND sender = ?2",
    ),
    (
        "UPDATE OR IGNORE reactions SET chat = ?3 WHERE session_id = ?1 AND chat = ?2",
        "DELETE FROM reactions WHERE session_id = ?1 AND chat = ?2",
    ),
    (
        "UPDATE OR IGNORE reactions SET sender = ?3 WHERE session_id = ?1 AND sender = ?2",
        "DELETE FROM reactions WHERE session_id = ?1 AND sender = ?2",
    ),
    (
        "UPDATE OR IGNORE poll_votes SET chat = ?3 WHERE session_id = ?1 AND chat = ?2",
        "DELETE FROM poll_votes WHERE session_id = ?1 AND chat = ?2",
    ),
    (
        "UPDATE OR IGNORE poll_votes SET voter = ?3 WHERE session_id = ?1 AND voter = ?2",
        "DELETE FROM poll_votes WHERE session_id = ?1 AND voter = ?2",
    ),
    (
        "UPDATE OR IGNORE message_receipts SET participant = ?3 WHERE session_id = ?1 AND participant = ?2",
        "DELETE FROM message_receipts WHERE session_id = ?1 AND participant = ?2",
    ),
    (
        "UPDATE OR IGNORE label_targets SET chat = ?3 WHERE session_id = ?1 AND chat = ?2",
        "DELETE FROM label_targets WHERE session_id = ?1 AND chat = ?2",
    ),
];

pub(super) async fn addresses(
    c: &mut SqliteConnection,
    session_id: &str,
    lid: &str,
    pn: &str,
) -> Result<(), StorageError> {
    for &(keep, drop) in MOVES {
        db::query(keep)
            .bind(session_id)
            .bind(lid)
            .bind(pn)
            .execute(&mut *c)
            .await?;
        db::query(drop)
            .bind(session_id)
            .bind(lid)
            .execute(&mut *c)
            .await?;
    }
    chat(c, session_id, lid, pn).await
}

/// Two chats become one: what the owner set for either holds, and the numbers of its events go on above both.
async fn chat(c: &mut SqliteConnection, session_id: &str, lid: &str, pn: &str) -> Result<(), StorageError> {
    let moved = db::query(
        "INSERT INTO chats (session_id, jid, last_message, last_at, unread, next_sequence, created_at, hidden, name, archived, \
           pinned_at, muted_until, marked_unread, read_n, ephemeral_seconds) \
         SELECT session_id, ?3, last_message, last_at, unread, next_sequence, created_at, hidden, name, archived, pinned_at, \
           muted_until, marked_unread, read_n, ephemeral_seconds FROM chats WHERE session_id = ?1 AND jid = ?2 \
         ON CONFLICT (session_id, jid) DO UPDATE SET \
           last_at = max(last_at, excluded.last_at), next_sequence = max(next_sequence, excluded.next_sequence), \
           created_at = min(created_at, excluded.created_at), hidden = min(hidden, excluded.hidden), \
           name = coalesce(name, excluded.name), archived = min(archived, excluded.archived), \
           pinned_at = coalesce(pinned_at, excluded.pinned_at), muted_until = coalesce(muted_until, excluded.muted_until), \
           marked_unread = max(marked_unread, excluded.marked_unread), read_n = max(read_n, excluded.read_n), \
           ephemeral_seconds = max(ephemeral_seconds, excluded.ephemeral_seconds)",
    )
    .bind(session_id)
    .bind(lid)
    .bind(pn)
    .execute(&mut *c)
    .await?
    .rows_affected();
    if moved == 0 {
        return Ok(());
    }
    db::query("DELETE FROM chats WHERE session_id = ? AND jid = ?")
        .bind(session_id)
        .bind(lid)
        .execute(&mut *c)
        .await?;
    crate::sqlite::chats::refresh(c, session_id, pn).await
}
