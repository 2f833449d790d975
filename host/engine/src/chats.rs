//! A chat is changed, and told.

use serde_json::json;
use wagate_protocol::event::kind;
use wagate_storage::StorageError;
use wagate_storage::chats::{ChatChange, ChatState, TellChat};

use crate::context::SessionContext;

/// Writes a change down, and tells it when it is live.
pub(crate) async fn change(
    context: &SessionContext,
    chat: &str,
    what: ChatChange,
    is_live: bool,
) -> Result<(), StorageError> {
    let is_deleted = matches!(what, ChatChange::Deleted { .. });
    let is_cleared = matches!(what, ChatChange::Cleared { .. });
    // Made beforehand: the storage only fills in the state.
    let template = context.event(
        format!("evt_{}", wagate_storage::new_row_id()),
        kind::CHAT_UPDATED,
        Some(chat.to_owned()),
        &serde_json::Value::Null,
    );
    let jid = chat.to_owned();
    let tell: TellChat = Box::new(move |state: &ChatState| {
        is_live.then(|| wagate_storage::events::NewEvent {
            data: data(&jid, state, is_deleted, is_cleared).to_string(),
            ..template
        })
    });
    let shared = &context.shared;
    let changed = shared
        .storage
        .change_chat(&context.id, chat, what, shared.clock.now_ms(), tell)
        .await?;
    if changed && is_live {
        shared.announce();
    }
    Ok(())
}

fn data(jid: &str, state: &ChatState, is_deleted: bool, is_cleared: bool) -> serde_json::Value {
    json!({
        "jid": jid,
        "unreadCount": state.unread,
        "markedUnread": state.marked_unread,
        "archived": state.archived,
        "pinned": state.pinned_at.is_some(),
        "pinnedAt": state.pinned_at,
        "muted": state.muted_until.is_some(),
        "mutedUntil": state.muted_until,
        "ephemeralSeconds": state.ephemeral_seconds,
        "deleted": is_deleted,
        "cleared": is_cleared,
    })
}
