//! What arrives, applied in order: each thing changes its row, and is told only if it did.

use super::insert::insert_told;
use crate::StorageError;
use crate::contacts::TellContact;
use crate::db::{self, SqliteConnection};
use crate::groups::Participant;
use crate::messages::{DELETED_TEXT, Inbound, NewEdit, NewRevoke};
use crate::sqlite::{events, polls, reactions};

pub(super) async fn apply(
    c: &mut SqliteConnection,
    one: Inbound,
    tell: &TellContact,
) -> Result<(), StorageError> {
    match one {
        Inbound::Message(message) => insert_told(c, *message, tell).await.map(drop),
        Inbound::Edit(edit) => apply_edit(c, *edit).await,
        Inbound::Revoke(revoke) => apply_revoke(c, *revoke).await,
        Inbound::Reaction(reaction) => reactions::apply(c, *reaction).await,
        Inbound::Vote(vote) => polls::apply(c, *vote).await,
        Inbound::Told(event) => events::append(c, *event).await,
    }
}

/// The rows a change may concern: one, unless two people happened to choose one id.
async fn senders_of(
    c: &mut SqliteConnection,
    session_id: &str,
    chat: &str,
    wa_id: &str,
) -> Result<Vec<(i64, String)>, StorageError> {
    let rows = db::query(
        // +n: sorted afterwards, or the whole chat is read in that order.
        "SELECT n, sender FROM messages WHERE session_id = ? AND chat = ? AND wa_id = ? ORDER BY +n",
    )
    .bind(session_id)
    .bind(chat)
    .bind(wa_id)
    .fetch_all(c)
    .await?;
    rows.iter()
        .map(|row| Ok((row.try_get("n")?, row.try_get("sender")?)))
        .collect()
}

async fn apply_edit(c: &mut SqliteConnection, edit: NewEdit) -> Result<(), StorageError> {
    let rows = senders_of(c, &edit.session_id, &edit.chat, &edit.wa_id).await?;
    let own = rows.iter().find(|(_, sender)| edit.editor.contains(sender));
    match own {
        Some((n, _)) => {
            let changed = db::query(
                "UPDATE messages SET content = ?2, wire = ?3, edited_at = ?4 \
                 WHERE n = ?1 AND deleted_at IS NULL AND coalesce(edited_at, 0) <= ?4",
            )
            .bind(*n)
            .bind(edit.content)
            .bind(edit.wire)
            .bind(edit.at)
            .execute(&mut *c)
            .await?
            .rows_affected();
            if changed == 0 {
                return Ok(());
            }
        }
        // From before this session was linked: told all the same.
        None if rows.is_empty() => {}
        // Somebody else's message.
        None => return Ok(()),
    }
    events::append(c, edit.event).await
}

async fn apply_revoke(c: &mut SqliteConnection, revoke: NewRevoke) -> Result<(), StorageError> {
    let rows = senders_of(c, &revoke.session_id, &revoke.chat, &revoke.wa_id).await?;
    let own = rows.iter().find(|(_, sender)| revoke.by.contains(sender));
    let target = match own {
        Some(own) => Some(own),
        None if may_revoke_others(c, &revoke).await? => rows.first(),
        None if rows.is_empty() => None,
        None => return Ok(()),
    };
    if let Some((n, _)) = target {
        let statement = if revoke.keep_content {
            "UPDATE messages SET deleted_at = ?2, deleted_by = ?3 WHERE n = ?1 AND deleted_at IS NULL"
        } else {
            "UPDATE messages SET deleted_at = ?2, deleted_by = ?3, content = ?4, wire = x'', quote_id = NULL, \
             mime_type = NULL, file_name = NULL, file_size = NULL WHERE n = ?1 AND deleted_at IS NULL"
        };
        let changed = db::query(statement)
            .bind(*n)
            .bind(revoke.at)
            .bind(revoke.by.first())
            .bind(DELETED_TEXT)
            .execute(&mut *c)
            .await?
            .rows_affected();
        if changed == 0 {
            return Ok(());
        }
    }
    events::append(c, revoke.event).await
}

/// Admins of a group take messages of others back. Of a group we know nothing about, WhatsApp's word is taken.
async fn may_revoke_others(c: &mut SqliteConnection, revoke: &NewRevoke) -> Result<bool, StorageError> {
    if !revoke.chat.ends_with("@g.us") {
        return Ok(false);
    }
    let participants: Option<String> = db::query_scalar(
        "SELECT participants FROM groups WHERE session_id = ? AND jid = ? AND participants <> '[]'",
    )
    .bind(&revoke.session_id)
    .bind(&revoke.chat)
    .fetch_optional(c)
    .await?;
    let Some(participants) = participants else {
        return Ok(true);
    };
    let participants: Vec<Participant> = serde_json::from_str(&participants).unwrap_or_default();
    Ok(participants
        .iter()
        .any(|member| member.admin.is_some() && member.is_one_of(&revoke.by)))
}
