//! `whatsapp-labels`: labels of business accounts. What there is stands in the storage, changes go to WhatsApp.

use wagate_engine::ops;
use wagate_protocol::manifest::Right;

use super::on_account;
use crate::bindings::whatsapp_labels::{self, Label};
use crate::bindings::{error_to_wit, types};
use crate::services::storage_error;

on_account! {whatsapp_labels needs WhatsappLabels {
    put(account, label: Label) -> () {
        if label.deleted {
            return account.delete_label(&label.id).await;
        }
        let label = ops::Label {
            id: label.id,
            name: label.name,
            color: label.color,
        };
        account.put_label(label).await.map(drop)
    }
    delete(account, id: String) -> () { account.delete_label(&id).await }
    label_chat(account, id: String, chat: String, on: bool) -> () { account.label_chat(&id, &chat, on).await }
    label_message(account, id: String, chat: String, wa_id: String, on: bool) -> () {
        account.label_message(&id, &chat, &wa_id, on).await
    }
}
also {
    async fn labels(&mut self, session: String) -> Result<Vec<Label>, types::Error> {
        let services = self
            .with_session(Right::WhatsappLabels, &session)
            .await
            .map_err(error_to_wit)?;
        let found = services.storage.labels(&session).await;
        let found = found.map_err(|error| error_to_wit(storage_error(&error)))?;
        let label = |row: wagate_storage::labels::LabelRow| Label {
            ext: vec![("updatedAt".to_owned(), row.updated_at.to_string())],
            id: row.id,
            name: row.name,
            color: u32::try_from(row.color).unwrap_or(0),
            deleted: false,
        };
        Ok(found.into_iter().map(label).collect())
    }

    async fn chats_of(&mut self, session: String, id: String) -> Result<Vec<String>, types::Error> {
        let services = self
            .with_session(Right::WhatsappLabels, &session)
            .await
            .map_err(error_to_wit)?;
        let found = services.storage.labelled(&session, &id).await;
        let found = found.map_err(|error| error_to_wit(storage_error(&error)))?;
        // What is on a message is not on its chat.
        let chats = found.into_iter().filter(|target| target.wa_id.is_none());
        Ok(chats.map(|target| target.chat).collect())
    }

    async fn labels_of(&mut self, session: String, chat: String) -> Result<Vec<String>, types::Error> {
        let services = self
            .with_session(Right::WhatsappLabels, &session)
            .await
            .map_err(error_to_wit)?;
        let chat = services
            .canonical_chat(&session, &chat)
            .await
            .map_err(error_to_wit)?;
        let found = services.storage.labels_on(&session, &chat, None).await;
        let found = found.map_err(|error| error_to_wit(storage_error(&error)))?;
        Ok(found.into_iter().map(|label| label.id).collect())
    }
} }
