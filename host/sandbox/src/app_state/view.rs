//! What the phone's screen shows of its app state.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use waproto::whatsapp::SyncActionValue;

use super::AppState;
use crate::accounts::{Account, Accounts};
use crate::phone::content::raw;

/// Everything, in a form a test can ask questions of.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct View {
    pub(crate) push_name: Option<String>,
    /// By number for people, by jid for groups.
    pub(crate) chats: BTreeMap<String, Chat>,
    /// By number.
    pub(crate) contacts: BTreeMap<String, Contact>,
    /// By id; deleted ones are left out.
    pub(crate) labels: BTreeMap<String, Label>,
    pub(crate) starred: Vec<Message>,
    pub(crate) deleted_for_me: Vec<Message>,
    /// By collection.
    pub(crate) versions: BTreeMap<&'static str, u64>,
    /// What linked devices wrote and the phone could not read.
    pub(crate) unreadable: Vec<String>,
    /// All of it, as it was written.
    pub(crate) entries: Vec<Entry>,
}

/// A chat's place on the screen.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the screen shows each by itself")]
pub(crate) struct Chat {
    pub(crate) archived: bool,
    pub(crate) pinned: bool,
    pub(crate) muted: bool,
    /// Unix milliseconds; -1 for good.
    pub(crate) muted_until: Option<i64>,
    /// Whether it was marked as read or unread last, if ever.
    pub(crate) read: Option<bool>,
    pub(crate) cleared: bool,
    pub(crate) deleted: bool,
    /// Ids.
    pub(crate) labels: Vec<String>,
}

/// An entry of the address book.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Contact {
    pub(crate) name: Option<String>,
    pub(crate) first_name: Option<String>,
}

/// A label.
#[derive(Debug, Serialize)]
pub(crate) struct Label {
    pub(crate) name: Option<String>,
    pub(crate) color: Option<i32>,
}

/// A message by its name.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Message {
    pub(crate) chat: String,
    pub(crate) id: String,
    pub(crate) from_me: bool,
}

/// An entry as it was written.
#[derive(Debug, Serialize)]
pub(crate) struct Entry {
    pub(crate) collection: &'static str,
    pub(crate) index: Vec<String>,
    pub(crate) value: Value,
}

/// The view of one account.
pub(crate) fn of(accounts: &Accounts, account: &Account) -> View {
    let state: &AppState = &account.app_state;
    let mut view = View {
        versions: super::COLLECTIONS
            .into_iter()
            .map(|name| (name, state.version(name)))
            .collect(),
        unreadable: state.unreadable.clone(),
        ..View::default()
    };
    for (collection, index, value) in state.entries() {
        view.entries.push(Entry {
            collection,
            index: index.to_vec(),
            value: raw::json(value),
        });
        let name = |jid: &str| match jid.parse().ok().and_then(|jid| accounts.find(&jid)) {
            Some(found) => accounts
                .get(found)
                .map_or_else(|| jid.to_owned(), |account| account.number.clone()),
            None => jid.strip_suffix("@s.whatsapp.net").unwrap_or(jid).to_owned(),
        };
        match index {
            [kind] if kind == "setting_pushName" => {
                view.push_name.clone_from(&value.push_name_setting.name);
            }
            [kind, first] => one(&mut view, kind, first, &name, value),
            [kind, label, chat]
                if kind == "label_jid" && value.label_association_action.labeled == Some(true) =>
            {
                view.chat(name(chat)).labels.push(label.clone());
            }
            [kind, chat, ..] if kind == "clearChat" => view.chat(name(chat)).cleared = true,
            [kind, chat, ..] if kind == "deleteChat" => view.chat(name(chat)).deleted = true,
            [kind, chat, id, from_me, _] => {
                let message = Message {
                    chat: name(chat),
                    id: id.clone(),
                    from_me: from_me == "1",
                };
                if kind == "star" && value.star_action.starred == Some(true) {
                    view.starred.push(message);
                } else if kind == "deleteMessageForMe" {
                    view.deleted_for_me.push(message);
                }
            }
            _ => {}
        }
    }
    view
}

fn one(view: &mut View, kind: &str, first: &str, name: &impl Fn(&str) -> String, value: &SyncActionValue) {
    match kind {
        "archive" => {
            view.chat(name(first)).archived = value.archive_chat_action.archived == Some(true);
        }
        "pin_v1" => view.chat(name(first)).pinned = value.pin_action.pinned == Some(true),
        "mute" => {
            let muted = value.mute_action.muted == Some(true);
            let chat = view.chat(name(first));
            chat.muted = muted;
            chat.muted_until = value.mute_action.mute_end_timestamp.filter(|_| muted);
        }
        "markChatAsRead" => view.chat(name(first)).read = value.mark_chat_as_read_action.read,
        "contact" => {
            let contact = &value.contact_action;
            view.contacts.insert(
                name(first),
                Contact {
                    name: contact.full_name.clone(),
                    first_name: contact.first_name.clone(),
                },
            );
        }
        "label_edit" => {
            let label = &value.label_edit_action;
            if label.deleted != Some(true) {
                view.labels.insert(
                    first.to_owned(),
                    Label {
                        name: label.name.clone(),
                        color: label.color,
                    },
                );
            }
        }
        _ => {}
    }
}

impl View {
    fn chat(&mut self, name: String) -> &mut Chat {
        self.chats.entry(name).or_default()
    }
}
