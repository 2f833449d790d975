//! What the account's owner does to chats and messages on their phone.

use serde_json::json;
use wacore::types::events::Event;
use wacore::types::presence::ReceiptType;
use wagate_protocol::event::kind;
use wagate_storage::StorageError;
use wagate_storage::chats::{ChatChange, FOREVER};
use whatsapp_rust::Jid;

use super::Writer;
use crate::chats::change;
use crate::context::SessionContext;
use crate::normalise::{Person, known};

pub(super) async fn record(writer: &mut Writer, event: &Event) -> Result<(), StorageError> {
    match event {
        Event::StarUpdate(update) => {
            let chat = chat_of(&writer.context, &update.chat_jid).await;
            let starred = update.action.starred.unwrap_or(false);
            writer
                .context
                .shared
                .storage
                .star_message(&writer.context.id, &chat, &update.message_id, starred)
                .await?;
            Ok(())
        }
        Event::DeleteMessageForMeUpdate(update) => {
            let chat = chat_of(&writer.context, &update.chat_jid).await;
            forget(&writer.context, &chat, &update.message_id, update.from_me).await
        }
        // Read on another device of the account.
        Event::Receipt(receipt) if receipt.r#type == ReceiptType::ReadSelf => {
            let chat = chat_of(&writer.context, &receipt.source.chat).await;
            let ids = receipt.message_ids.iter().map(ToString::to_string).collect();
            change(&writer.context, &chat, ChatChange::ReadUpTo(ids), true).await
        }
        other => {
            let Some((jid, what, is_live)) = change_of(writer.context.config().anti_delete, other) else {
                return Ok(());
            };
            let chat = chat_of(&writer.context, jid).await;
            change(&writer.context, &chat, what, is_live).await
        }
    }
}

/// The chat, what happens to it, and whether it happened just now (not in a first sync).
fn change_of(keeps_deleted: bool, event: &Event) -> Option<(&Jid, ChatChange, bool)> {
    Some(match event {
        Event::ArchiveUpdate(update) => (
            &update.jid,
            ChatChange::Archived(update.action.archived.unwrap_or(false)),
            !update.from_full_sync,
        ),
        Event::PinUpdate(update) => {
            let since = update.timestamp.timestamp_millis();
            let is_pinned = update.action.pinned.unwrap_or(false);
            (
                &update.jid,
                ChatChange::Pinned(is_pinned.then_some(since)),
                !update.from_full_sync,
            )
        }
        Event::MuteUpdate(update) => {
            let until = update
                .action
                .mute_end_timestamp
                .filter(|until| *until > 0)
                .unwrap_or(FOREVER);
            let is_muted = update.action.muted.unwrap_or(false);
            (
                &update.jid,
                ChatChange::Muted(is_muted.then_some(until)),
                !update.from_full_sync,
            )
        }
        Event::MarkChatAsReadUpdate(update) => (
            &update.jid,
            ChatChange::Read(update.action.read.unwrap_or(true)),
            !update.from_full_sync,
        ),
        Event::DeleteChatUpdate(update) => (
            &update.jid,
            ChatChange::Deleted {
                keep_messages: keeps_deleted,
            },
            !update.from_full_sync,
        ),
        Event::ClearChatUpdate(update) => (
            &update.jid,
            ChatChange::Cleared {
                keep_starred: !update.delete_starred,
                keep_messages: keeps_deleted,
            },
            !update.from_full_sync,
        ),
        _ => return None,
    })
}

async fn chat_of(context: &SessionContext, jid: &Jid) -> String {
    known(context, Person::from_pair(jid, None)).await.canonical
}

/// The owner removed a message from their own devices.
pub(crate) async fn forget(
    context: &SessionContext,
    chat: &str,
    message_id: &str,
    from_me: bool,
) -> Result<(), StorageError> {
    if context.config().anti_delete {
        return Ok(());
    }
    let shared = &context.shared;
    if !shared
        .storage
        .forget_message(&context.id, chat, message_id)
        .await?
    {
        return Ok(());
    }
    let event = context.event(
        format!("evt_{}", wagate_storage::new_row_id()),
        kind::MESSAGE_DELETED,
        Some(chat.to_owned()),
        &json!({
            "keyId": message_id, "remoteJid": chat, "fromMe": from_me, "chat": chat, "forMe": true,
            "deletedAt": shared.clock.now_ms(),
        }),
    );
    shared.storage.append_events(vec![event]).await?;
    shared.announce();
    Ok(())
}
