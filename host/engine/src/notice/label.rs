//! WhatsApp Business labels.

use serde_json::json;
use wacore::types::events::{LabelAssociationUpdate, LabelEditUpdate};
use wagate_protocol::event::kind;
use wagate_storage::StorageError;
use wagate_storage::labels::{LabelRow, LabelTarget};

use super::Writer;
use crate::normalise::{Person, known};

pub(super) async fn edited(writer: &mut Writer, update: &LabelEditUpdate) -> Result<(), StorageError> {
    let context = &writer.context;
    let is_gone = update.action.deleted.unwrap_or(false);
    let name = update.action.name.clone().unwrap_or_default();
    let color = i64::from(update.action.color.unwrap_or(0));
    let event = (!update.from_full_sync).then(|| {
        context.event(
            format!("evt_{}", wagate_storage::new_row_id()),
            kind::LABEL_UPDATED,
            None,
            &json!({ "id": update.label_id, "name": name, "color": color, "deleted": is_gone }),
        )
    });
    let storage = &context.shared.storage;
    let changed = if is_gone {
        storage.remove_label(&context.id, &update.label_id, event).await?
    } else {
        let label = LabelRow {
            id: update.label_id.clone(),
            name,
            color,
            predefined_id: update.action.predefined_id.map(i64::from),
            updated_at: update.timestamp.timestamp_millis(),
        };
        storage.put_label(&context.id, label, event).await?
    };
    if changed {
        context.shared.announce();
    }
    Ok(())
}

pub(super) async fn associated(
    writer: &mut Writer,
    update: &LabelAssociationUpdate,
) -> Result<(), StorageError> {
    let context = &writer.context;
    let is_on = update.action.labeled.unwrap_or(false);
    let chat = known(context, Person::from_pair(&update.chat_jid, None))
        .await
        .canonical;
    let event = (!update.from_full_sync).then(|| {
        context.event(
            format!("evt_{}", wagate_storage::new_row_id()),
            kind::LABEL_ASSIGNED,
            Some(chat.clone()),
            &json!({ "id": update.label_id, "chat": chat, "keyId": null, "assigned": is_on }),
        )
    });
    let target = LabelTarget {
        label_id: update.label_id.clone(),
        chat,
        wa_id: None,
    };
    let at = update.timestamp.timestamp_millis();
    let changed = context
        .shared
        .storage
        .set_label(&context.id, target, is_on, at, event)
        .await?;
    if changed {
        context.shared.announce();
    }
    Ok(())
}
