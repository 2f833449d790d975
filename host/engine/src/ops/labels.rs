//! Labels of WhatsApp Business accounts. What there is comes from the account's shared settings and is stored; here is
//! what changes it.

use buffa::MessageField;
use waproto::whatsapp as wa;
use whatsapp_rust::schemas::{Collection, IndexPart, Schema, Scope};

use crate::account::Account;
use crate::content::check_id;
use crate::{EngineError, address, compose, refusal};

/// WhatsApp's palette goes so far.
pub const MAX_COLOR: u32 = 19;
/// Longest name, in characters.
const MAX_LABEL_NAME: usize = 100;
/// Longest id, in bytes.
const MAX_LABEL_ID: usize = 32;

/// A label on a message. The library has no schema of its own for it.
const LABEL_MESSAGE: Schema = Schema {
    key: "LabelMessage",
    name: "label_message",
    module: "WAWebLabelMessageSync",
    collection: Collection::Regular,
    version: 3,
    scope: Scope::Message,
    value_field: Some("labelAssociationAction"),
    value_proto_type: Some("SyncActionValue.LabelAssociationAction"),
    value_enum_fields: &[],
    chat_jid_index: Some(2),
    index_parts: &[
        IndexPart::Literal {
            value: "label_message",
        },
        IndexPart::StringPart { name: "labelId" },
        IndexPart::Jid { name: "chatJid" },
        IndexPart::StringPart { name: "messageId" },
        IndexPart::BoolString { name: "fromMe" },
        IndexPart::JidOrZero { name: "participant" },
    ],
};

/// A label.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Label {
    /// A number, as text. Empty: a new one.
    pub id: String,
    /// What it says.
    pub name: String,
    /// 0 to [`MAX_COLOR`].
    pub color: u32,
}

impl Account {
    /// Makes a label, or changes the one with this id; its id.
    pub async fn put_label(&self, label: Label) -> Result<String, EngineError> {
        let name = label.name.trim().to_owned();
        compose::length(&name, 1, MAX_LABEL_NAME, "name")?;
        if label.color > MAX_COLOR {
            return Err(EngineError::invalid(
                "color",
                format!("must be between 0 and {MAX_COLOR}"),
            ));
        }
        if !label.id.is_empty() {
            check_label(&label.id)?;
        }
        self.request("a label", |account| async move {
            let id = if label.id.is_empty() {
                account.next_label_id().await?
            } else {
                label.id
            };
            let color = i32::try_from(label.color).unwrap_or_default();
            let made = account.client.labels().create_label(&id, &name, color).await;
            made.map_err(|error| refusal::app_state(&error, "a label"))?;
            account.note_label(&id, Some(&name), label.color).await?;
            Ok(id)
        })
        .await
    }

    /// Removes a label.
    pub async fn delete_label(&self, id: &str) -> Result<(), EngineError> {
        check_label(id)?;
        let id = id.to_owned();
        self.request("a label", |account| async move {
            account.known_label(&id).await?;
            let gone = account.client.labels().delete_label(&id).await;
            gone.map_err(|error| refusal::app_state(&error, "a label"))?;
            account.note_label(&id, None, 0).await
        })
        .await
    }

    /// Puts a label on a chat, or takes it off.
    pub async fn label_chat(&self, id: &str, chat: &str, on: bool) -> Result<(), EngineError> {
        check_label(id)?;
        let (id, chat) = (id.to_owned(), address::parse(chat, "chat")?);
        self.request("a label", |account| async move {
            account.known_label(&id).await?;
            let key = account.shared_key(&chat).await?;
            let labels = account.client.labels();
            let done = if on {
                labels.add_chat_label(&id, &key).await
            } else {
                labels.remove_chat_label(&id, &key).await
            };
            done.map_err(|error| refusal::app_state(&error, "a label"))?;
            account.note_labelled(&id, &chat, None, on).await
        })
        .await
    }

    /// Puts a label on a message, or takes it off.
    pub async fn label_message(
        &self,
        id: &str,
        chat: &str,
        message_id: &str,
        on: bool,
    ) -> Result<(), EngineError> {
        check_label(id)?;
        check_id(message_id, "messageId")?;
        let (id, chat, message_id) = (
            id.to_owned(),
            address::parse(chat, "chat")?,
            message_id.to_owned(),
        );
        self.request("a label", |account| async move {
            account.known_label(&id).await?;
            let key = account.shared_key(&chat).await?.to_string();
            let value = wa::SyncActionValue {
                label_association_action: MessageField::some(wa::sync_action_value::LabelAssociationAction {
                    labeled: Some(on),
                    ..wa::sync_action_value::LabelAssociationAction::default()
                }),
                timestamp: Some(account.context.shared.clock.now_ms()),
                ..wa::SyncActionValue::default()
            };
            // WhatsApp writes zeros for sender and author here, whoever wrote the message.
            let index = [id.as_str(), key.as_str(), message_id.as_str(), "0", "0"];
            let done = account
                .client
                .send_app_state_action(&LABEL_MESSAGE, &index, &value)
                .await;
            done.map_err(|error| refusal::app_state(&error, "a label"))?;
            account.note_labelled(&id, &chat, Some(&message_id), on).await
        })
        .await
    }
}

fn check_label(id: &str) -> Result<(), EngineError> {
    if !id.is_empty() && id.len() <= MAX_LABEL_ID && id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    Err(EngineError::invalid("id", "must be a label's id: a number"))
}
