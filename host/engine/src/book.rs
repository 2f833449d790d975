//! What the storage knows of an account, as operations ask for it, and what they leave there: WhatsApp does not tell a
//! device what it did itself.

use serde_json::{Map, Value, json};
use wacore::types::message::{MessageInfo, MessageSource};
use wacore_binary::JidExt as _;
use wagate_protocol::event::kind;
use wagate_storage::chats::ChatChange;
use wagate_storage::contacts::{ContactPatch, ContactQuery};
use wagate_storage::groups::GroupRow;
use wagate_storage::labels::{LabelRow, LabelTarget};
use wagate_storage::messages::{MessageRow, MessageStatus};
use waproto::whatsapp as wa;
use whatsapp_rust::{GroupMetadata, Jid};

use crate::account::Account;
use crate::normalise::{self, Own};
use crate::{EngineError, chats, groups};

/// People that are looked through for the saved ones, at a time.
const PAGE: i64 = 1_000;
/// Groups written by one commit.
const GROUPS: usize = 50;

/// A stored message as REST clients know it: Baileys' `WAMessage`.
pub fn message_json(row: &MessageRow) -> Value {
    let has_many = row.chat.ends_with("@g.us") || row.chat.ends_with("@broadcast");
    let mut key = Map::new();
    key.insert("remoteJid".to_owned(), json!(row.chat));
    key.insert("fromMe".to_owned(), json!(row.from_me));
    key.insert("id".to_owned(), json!(row.wa_id));
    if has_many {
        key.insert("participant".to_owned(), json!(row.sender));
    }
    let mut message = Map::new();
    message.insert("key".to_owned(), Value::Object(key));
    message.insert("messageTimestamp".to_owned(), json!(row.timestamp / 1000));
    if let Some(name) = &row.push_name {
        message.insert("pushName".to_owned(), json!(name));
    }
    // Taken back: nothing is left of it.
    if let Some(content) = Some(&row.wire)
        .filter(|wire| !wire.is_empty())
        .and_then(|wire| wagate_codec::to_json(wire).ok())
    {
        message.insert("message".to_owned(), content);
    }
    let status = match row.status {
        MessageStatus::Pending if row.from_me => Some("PENDING"),
        MessageStatus::Pending => None,
        MessageStatus::Sent => Some("SERVER_ACK"),
        MessageStatus::Delivered => Some("DELIVERY_ACK"),
        MessageStatus::Read if row.played => Some("PLAYED"),
        MessageStatus::Read => Some("READ"),
        MessageStatus::Failed => Some("ERROR"),
    };
    if let Some(status) = status {
        message.insert("status".to_owned(), json!(status));
    }
    Value::Object(message)
}

impl Account {
    /// After how many seconds messages of a chat disappear.
    pub(crate) async fn timer_of(&self, chat: &Jid) -> Result<Option<u32>, EngineError> {
        let context = &self.context;
        let storage = &context.shared.storage;
        let name = self.canonical(chat).await?;
        let seconds = if chat.is_group() {
            let group = storage.group(&context.id, &name).await?;
            group.map(|group| group.ephemeral_seconds)
        } else {
            let chat = storage.chat(&context.id, &name).await?;
            chat.map(|chat| chat.state.ephemeral_seconds)
        };
        Ok(seconds.and_then(|seconds| u32::try_from(seconds).ok()))
    }

    /// The newest messages of a chat that others wrote and nobody has read.
    pub(crate) async fn unread(&self, chat: &str, most: usize) -> Result<Vec<MessageRow>, EngineError> {
        let context = &self.context;
        let limit = i64::try_from(most).unwrap_or(i64::MAX);
        let rows = context.shared.storage.unread_messages(&context.id, chat, limit);
        Ok(rows.await?)
    }

    /// What the account has done to a chat.
    pub(crate) async fn note_chat(&self, chat: &Jid, change: ChatChange) -> Result<(), EngineError> {
        let name = self.canonical(chat).await?;
        Ok(chats::change(&self.context, &name, change, true).await?)
    }

    /// The people the account's owner has saved.
    pub(crate) async fn saved_contacts(&self, most: usize) -> Result<Vec<String>, EngineError> {
        let context = &self.context;
        let mut saved = Vec::new();
        let mut query = ContactQuery {
            limit: PAGE,
            ..ContactQuery::default()
        };
        loop {
            let page = context.shared.storage.contacts(&context.id, &query).await?;
            let is_last = i64::try_from(page.len()).unwrap_or(PAGE) < PAGE;
            let named = page.iter().filter(|person| person.name.is_some());
            saved.extend(named.map(|person| person.jid().to_owned()));
            if is_last || saved.len() >= most {
                saved.truncate(most);
                return Ok(saved);
            }
            query.offset += PAGE;
        }
    }

    /// An own reaction, edit, revocation or timer that the server has accepted: as if another device had made it.
    pub(crate) async fn note_addition(
        &self,
        to: &Jid,
        row: &MessageRow,
        message: &wa::Message,
    ) -> Result<(), EngineError> {
        let context = &self.context;
        let Some(own) = Own::of(&self.client) else {
            return Ok(());
        };
        let info = MessageInfo {
            source: MessageSource {
                chat: to.clone(),
                sender: self.own()?,
                is_from_me: true,
                is_group: to.is_group(),
                ..MessageSource::default()
            },
            id: row.wa_id.clone(),
            timestamp: chrono::DateTime::from_timestamp_millis(row.timestamp).unwrap_or_default(),
            ..MessageInfo::default()
        };
        let things = normalise::arrived(context, &own, message, &info, &[]).await;
        if !things.is_empty() {
            let tell = normalise::tell_contacts(context);
            context.shared.storage.commit_inbound(things.into(), tell).await?;
            context.shared.announce();
        }
        if let Some(seconds) = normalise::ephemeral_setting(normalise::unwrap(message).base) {
            self.note_chat(to, ChatChange::Ephemeral(i64::from(seconds)))
                .await?;
        }
        Ok(())
    }

    /// A message was starred, or is not any more.
    pub(crate) async fn note_star(&self, chat: &Jid, id: &str, on: bool) -> Result<(), EngineError> {
        let name = self.canonical(chat).await?;
        let context = &self.context;
        context
            .shared
            .storage
            .star_message(&context.id, &name, id, on)
            .await?;
        Ok(())
    }

    /// A message was removed for this account.
    pub(crate) async fn note_removal(&self, chat: &Jid, id: &str, from_me: bool) -> Result<(), EngineError> {
        let name = self.canonical(chat).await?;
        Ok(crate::notice::forget(&self.context, &name, id, from_me).await?)
    }

    /// A group as the server has just told it: its row.
    pub(crate) async fn note_group(&self, metadata: GroupMetadata) -> Result<GroupRow, EngineError> {
        let context = &self.context;
        let shared = &context.shared;
        let row = groups::row_of(context, metadata).await;
        let now = shared.clock.now_ms();
        shared
            .storage
            .put_groups(&context.id, vec![row.clone()], now)
            .await?;
        let stored = shared.storage.group(&context.id, &row.jid).await?;
        Ok(stored.unwrap_or(row))
    }

    /// All groups the account is in, as the server has just told them: their rows.
    pub(crate) async fn note_all_groups(
        &self,
        found: Vec<GroupMetadata>,
    ) -> Result<Vec<GroupRow>, EngineError> {
        let context = &self.context;
        let shared = &context.shared;
        let mut rows = Vec::with_capacity(found.len());
        for metadata in found {
            rows.push(groups::row_of(context, metadata).await);
        }
        let now = shared.clock.now_ms();
        let all = rows.iter().map(|row| row.jid.clone()).collect();
        for batch in rows.chunks(GROUPS) {
            shared
                .storage
                .put_groups(&context.id, batch.to_vec(), now)
                .await?;
        }
        shared.storage.leave_other_groups(&context.id, all, now).await?;
        Ok(shared.storage.groups(&context.id).await?)
    }

    /// Changes a group that is stored.
    pub(crate) async fn edit_group(
        &self,
        group: &Jid,
        edit: impl FnOnce(&mut GroupRow) -> bool + Send + 'static,
    ) -> Result<(), EngineError> {
        let context = &self.context;
        let shared = &context.shared;
        let (jid, now) = (group.to_string(), shared.clock.now_ms());
        let edit = Box::new(edit);
        let storage = &shared.storage;
        storage
            .change_group(&context.id, &jid, edit, Vec::new(), now)
            .await?;
        Ok(())
    }

    /// Something was found out about a person.
    pub(crate) async fn note_person(&self, jid: &Jid, patch: ContactPatch) -> Result<(), EngineError> {
        if !jid.is_pn() && !jid.is_lid() {
            return Ok(());
        }
        let name = Some(jid.to_non_ad_string());
        let (pn, lid) = if jid.is_lid() { (None, name) } else { (name, None) };
        let patch = ContactPatch {
            pn,
            lid,
            only_known: true,
            ..patch
        };
        let context = &self.context;
        let shared = &context.shared;
        let (now, tell) = (shared.clock.now_ms(), normalise::tell_contacts(context));
        let changed = shared
            .storage
            .learn_contacts(&context.id, vec![patch], now, tell)
            .await?;
        if changed > 0 {
            shared.announce();
        }
        Ok(())
    }

    /// An id that no label has.
    pub(crate) async fn next_label_id(&self) -> Result<String, EngineError> {
        let labels = self.context.shared.storage.labels(&self.context.id).await?;
        let highest = labels
            .iter()
            .filter_map(|label| label.id.parse::<u64>().ok())
            .max();
        Ok((highest.unwrap_or(0) + 1).to_string())
    }

    /// Fails when there is no such label.
    pub(crate) async fn known_label(&self, id: &str) -> Result<(), EngineError> {
        let labels = self.context.shared.storage.labels(&self.context.id).await?;
        if labels.iter().any(|label| label.id == id) {
            return Ok(());
        }
        Err(EngineError::NotFound("Label not found".to_owned()))
    }

    /// A label was made or changed; removed when there is no name.
    pub(crate) async fn note_label(
        &self,
        id: &str,
        name: Option<&str>,
        color: u32,
    ) -> Result<(), EngineError> {
        let context = &self.context;
        let shared = &context.shared;
        let told =
            json!({ "id": id, "name": name.unwrap_or_default(), "color": color, "deleted": name.is_none() });
        let event = context.event(
            format!("evt_{}", wagate_storage::new_row_id()),
            kind::LABEL_UPDATED,
            None,
            &told,
        );
        let changed = match name {
            None => shared.storage.remove_label(&context.id, id, Some(event)).await?,
            Some(name) => {
                let label = LabelRow {
                    id: id.to_owned(),
                    name: name.to_owned(),
                    color: i64::from(color),
                    predefined_id: None,
                    updated_at: shared.clock.now_ms(),
                };
                shared.storage.put_label(&context.id, label, Some(event)).await?
            }
        };
        if changed {
            shared.announce();
        }
        Ok(())
    }

    /// A label was put on something, or taken off.
    pub(crate) async fn note_labelled(
        &self,
        id: &str,
        chat: &Jid,
        message_id: Option<&str>,
        on: bool,
    ) -> Result<(), EngineError> {
        let context = &self.context;
        let shared = &context.shared;
        let chat = self.canonical(chat).await?;
        let told = json!({ "id": id, "chat": chat, "keyId": message_id, "assigned": on });
        let event = context.event(
            format!("evt_{}", wagate_storage::new_row_id()),
            kind::LABEL_ASSIGNED,
            Some(chat.clone()),
            &told,
        );
        let target = LabelTarget {
            label_id: id.to_owned(),
            chat,
            wa_id: message_id.map(str::to_owned),
        };
        let now = shared.clock.now_ms();
        let changed = shared
            .storage
            .set_label(&context.id, target, on, now, Some(event))
            .await?;
        if changed {
            shared.announce();
        }
        Ok(())
    }
}
