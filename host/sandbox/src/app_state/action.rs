//! What a phone can write into its account's app state.

use buffa::MessageField;
use wacore::appstate::schemas::{self, Schema};
use waproto::whatsapp::SyncActionValue;
use waproto::whatsapp::sync_action_value as action;

/// One change, ready to be written.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) collection: &'static str,
    pub(crate) index: Vec<String>,
    pub(crate) version: i32,
    pub(crate) value: SyncActionValue,
    pub(crate) removes: bool,
}

/// A message, as app state names it.
#[derive(Debug, Clone)]
pub(crate) struct MessageName {
    pub(crate) chat: String,
    pub(crate) id: String,
    pub(crate) from_me: bool,
    /// Only in chats with several people, and only when it is not the account's own.
    pub(crate) participant: Option<String>,
}

fn flag(yes: bool) -> String {
    if yes { "1" } else { "0" }.to_owned()
}

impl Change {
    fn new(schema: &Schema, rest: Vec<String>, value: SyncActionValue) -> Self {
        let mut index = vec![schema.name.to_owned()];
        index.extend(rest);
        Self {
            collection: schema.collection.as_str(),
            index,
            version: i32::try_from(schema.version).unwrap_or(i32::MAX),
            value,
            removes: false,
        }
    }

    pub(crate) fn push_name(name: &str) -> Self {
        let value = SyncActionValue {
            push_name_setting: MessageField::some(action::PushNameSetting {
                name: Some(name.to_owned()),
            }),
            ..Default::default()
        };
        Self::new(&schemas::SETTING_PUSH_NAME, Vec::new(), value)
    }

    pub(crate) fn archive(chat: String, archived: bool) -> Self {
        let value = SyncActionValue {
            archive_chat_action: MessageField::some(action::ArchiveChatAction {
                archived: Some(archived),
                ..Default::default()
            }),
            ..Default::default()
        };
        Self::new(&schemas::ARCHIVE, vec![chat], value)
    }

    /// Until a time in Unix milliseconds, -1 for good, `None` to unmute.
    pub(crate) fn mute(chat: String, until: Option<i64>) -> Self {
        let value = SyncActionValue {
            mute_action: MessageField::some(action::MuteAction {
                muted: Some(until.is_some()),
                mute_end_timestamp: Some(until.unwrap_or(0)),
                ..Default::default()
            }),
            ..Default::default()
        };
        Self::new(&schemas::MUTE, vec![chat], value)
    }

    pub(crate) fn pin(chat: String, pinned: bool) -> Self {
        let value = SyncActionValue {
            pin_action: MessageField::some(action::PinAction { pinned: Some(pinned) }),
            ..Default::default()
        };
        Self::new(&schemas::PIN, vec![chat], value)
    }

    pub(crate) fn read(chat: String, read: bool) -> Self {
        let value = SyncActionValue {
            mark_chat_as_read_action: MessageField::some(action::MarkChatAsReadAction {
                read: Some(read),
                ..Default::default()
            }),
            ..Default::default()
        };
        Self::new(&schemas::MARK_CHAT_AS_READ, vec![chat], value)
    }

    pub(crate) fn clear(chat: String) -> Self {
        let value = SyncActionValue {
            clear_chat_action: MessageField::some(action::ClearChatAction::default()),
            ..Default::default()
        };
        Self::new(&schemas::CLEAR_CHAT, vec![chat, flag(false), flag(true)], value)
    }

    pub(crate) fn delete(chat: String) -> Self {
        let value = SyncActionValue {
            delete_chat_action: MessageField::some(action::DeleteChatAction::default()),
            ..Default::default()
        };
        Self::new(&schemas::DELETE_CHAT, vec![chat, flag(true)], value)
    }

    pub(crate) fn star(message: MessageName, starred: bool) -> Self {
        let value = SyncActionValue {
            star_action: MessageField::some(action::StarAction {
                starred: Some(starred),
            }),
            ..Default::default()
        };
        Self::new(&schemas::STAR, message.index(), value)
    }

    pub(crate) fn delete_for_me(message: MessageName) -> Self {
        let value = SyncActionValue {
            delete_message_for_me_action: MessageField::some(action::DeleteMessageForMeAction {
                delete_media: Some(true),
                ..Default::default()
            }),
            ..Default::default()
        };
        Self::new(&schemas::DELETE_MESSAGE_FOR_ME, message.index(), value)
    }

    /// `person` is a number's jid.
    pub(crate) fn contact(
        person: String,
        lid: Option<String>,
        name: String,
        first_name: Option<String>,
    ) -> Self {
        let value = SyncActionValue {
            contact_action: MessageField::some(action::ContactAction {
                full_name: Some(name),
                first_name,
                lid_jid: lid,
                save_on_primary_addressbook: Some(true),
                ..Default::default()
            }),
            ..Default::default()
        };
        Self::new(&schemas::CONTACT, vec![person], value)
    }

    pub(crate) fn remove_contact(person: String) -> Self {
        let change = Self::new(&schemas::CONTACT, vec![person], SyncActionValue::default());
        Self {
            removes: true,
            ..change
        }
    }

    pub(crate) fn label(id: String, name: String, color: i32, deleted: bool) -> Self {
        let value = SyncActionValue {
            label_edit_action: MessageField::some(action::LabelEditAction {
                name: Some(name),
                color: Some(color),
                deleted: Some(deleted),
                ..Default::default()
            }),
            ..Default::default()
        };
        Self::new(&schemas::LABEL_EDIT, vec![id], value)
    }

    pub(crate) fn label_chat(label: String, chat: String, labeled: bool) -> Self {
        let value = SyncActionValue {
            label_association_action: MessageField::some(action::LabelAssociationAction {
                labeled: Some(labeled),
                ..Default::default()
            }),
            ..Default::default()
        };
        Self::new(&schemas::LABEL_JID, vec![label, chat], value)
    }
}

impl MessageName {
    fn index(self) -> Vec<String> {
        let participant = self.participant.unwrap_or_else(|| flag(false));
        vec![self.chat, self.id, flag(self.from_me), participant]
    }
}
