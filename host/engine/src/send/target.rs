//! The message that another one speaks of.

use wacore_binary::JidExt as _;
use wagate_storage::messages::MessageRow;
use waproto::whatsapp as wa;
use whatsapp_rust::Jid;

use crate::account::Account;
use crate::content::MessageRef;
use crate::{EngineError, address};

/// A message, found.
pub(crate) struct Target {
    /// The chat it is in.
    pub(crate) chat: Jid,
    /// WhatsApp's id.
    pub(crate) id: String,
    /// Who wrote it.
    pub(crate) sender: Jid,
    pub(crate) from_me: bool,
    /// Where it is stored.
    pub(crate) row: Option<MessageRow>,
}

impl Target {
    /// Looks for a message of a chat. One that is not stored has to be named in full.
    pub(crate) async fn find(account: &Account, chat: &Jid, named: &MessageRef) -> Result<Self, EngineError> {
        crate::content::check_id(&named.id, "messageId")?;
        let mut chat = chat.clone();
        let mut canonical = account.canonical(&chat).await?;
        if let Some(other) = &named.chat {
            let other = address::parse_chat(other)?;
            let other_canonical = account.canonical(&other).await?;
            // The chat's other address is the same chat.
            if other_canonical != canonical {
                (chat, canonical) = (other, other_canonical);
            }
        }
        let storage = &account.context.shared.storage;
        let row = storage.message_by_wa_id(&account.context.id, &named.id).await?;
        if let Some(row) = row.filter(|row| row.chat == canonical) {
            let sender = address::parse(&row.sender, "sender")?;
            return Ok(Self {
                id: row.wa_id.clone(),
                from_me: row.from_me,
                row: Some(row),
                sender,
                chat,
            });
        }
        let unknown = || EngineError::NotFound(format!("message {} is not stored in this chat", named.id));
        let from_me = named.from_me.ok_or_else(unknown)?;
        let sender = match (&named.participant, from_me) {
            (_, true) => account.own()?,
            (Some(participant), false) => address::parse_person(participant, "participant")?,
            (None, false) if chat.is_group() || chat.is_status_broadcast() => return Err(unknown()),
            (None, false) => chat.clone(),
        };
        Ok(Self {
            chat,
            id: named.id.clone(),
            sender,
            from_me,
            row: None,
        })
    }

    /// How others find it. In a group that is addressed by LIDs, people are named by theirs.
    pub(crate) async fn key(&self, account: &Account) -> Result<wa::MessageKey, EngineError> {
        let names_sender = !self.from_me && (self.chat.is_group() || self.chat.is_status_broadcast());
        let participant = if names_sender {
            Some(account.in_chat(&self.chat, &self.sender).await?.to_string())
        } else {
            None
        };
        Ok(wa::MessageKey {
            remote_jid: Some(self.chat.to_string()),
            from_me: Some(self.from_me),
            id: Some(self.id.clone()),
            participant,
        })
    }

    /// Its wire bytes, decoded.
    pub(crate) fn message(&self) -> Result<wa::Message, EngineError> {
        use buffa::Message as _;
        let row = self.row.as_ref().ok_or_else(|| {
            EngineError::NotFound(format!("message {} is not stored in this chat", self.id))
        })?;
        wa::Message::decode_from_slice(&row.wire)
            .map_err(|error| EngineError::Internal(format!("a stored message is unreadable: {error}")))
    }
}

impl Account {
    /// A person as a chat addresses people: by LID in groups that are addressed by LIDs, and in status posts.
    pub(crate) async fn in_chat(&self, chat: &Jid, person: &Jid) -> Result<Jid, EngineError> {
        let wants_lid = if chat.is_group() {
            self.is_lid_group(chat).await?
        } else {
            chat.is_status_broadcast()
        };
        let other = if wants_lid {
            self.lid_of(person).await?
        } else {
            self.phone_of(person).await?
        };
        Ok(other.unwrap_or_else(|| person.to_non_ad()))
    }

    /// Whether a group names its members by LID.
    pub(crate) async fn is_lid_group(&self, group: &Jid) -> Result<bool, EngineError> {
        let info = self.client.groups().query_info(group).await;
        let info = info.map_err(|error| crate::refusal::group_read(&error, "the group"))?;
        Ok(info.addressing_mode == wacore::types::message::AddressingMode::Lid)
    }
}
