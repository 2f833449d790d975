//! Chats: read, archived, muted, pinned; presence.

use std::collections::BTreeMap;

use wacore_binary::JidExt as _;
use wagate_storage::chats::{ChatChange, FOREVER};
use wagate_storage::messages::MessageRow;
use waproto::whatsapp as wa;
use whatsapp_rust::{ChatStateType, Jid, SyncActionMessageRange, message_key, message_range};

use crate::account::Account;
use crate::reading::{self, Reading};
use crate::{EngineError, address, refusal};

/// Most messages one call marks as read.
pub(crate) const MAX_READ: usize = 1_000;

/// What others see of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChatPresence {
    /// Online, whatever the chat.
    Available,
    /// Not online, whatever the chat.
    Unavailable,
    /// Writes in the chat.
    Composing,
    /// Records a voice note in the chat.
    Recording,
    /// Does not write any more.
    Paused,
}

impl Account {
    /// Tells the senders that these messages were read; all unread ones of the chat when the list is empty.
    pub async fn mark_read(&self, chat: &str, ids: &[String]) -> Result<(), EngineError> {
        if ids.len() > MAX_READ {
            return Err(EngineError::invalid(
                "messageIds",
                format!("at most {MAX_READ} messages"),
            ));
        }
        let (chat, ids) = (address::parse_chat(chat)?, ids.to_vec());
        self.request("read receipts", |account| async move {
            let canonical = account.canonical(&chat).await?;
            let by_sender = if ids.is_empty() {
                unread(&account, &canonical).await?
            } else {
                named(&account, &chat, &canonical, ids).await?
            };
            let to = account.shared_key(&chat).await?;
            for (sender, ids) in by_sender {
                let sender = match sender {
                    Some(sender) => Some(
                        account
                            .in_chat(&chat, &address::parse(&sender, "sender")?)
                            .await?,
                    ),
                    None => None,
                };
                let reading = Reading {
                    chat: to.clone(),
                    sender,
                    name: canonical.clone(),
                    ids,
                };
                reading::mark(&account.context, &account.client, &reading).await?;
            }
            Ok(())
        })
        .await
    }

    /// Archives a chat, or takes it out.
    pub async fn archive(&self, chat: &str, on: bool) -> Result<(), EngineError> {
        let chat = Self::chat(chat)?;
        self.request("the chat's settings", |account| async move {
            let key = account.shared_key(&chat).await?;
            let range = account.newest_range(&chat, &key).await?;
            let actions = account.client.chat_actions();
            let done = if on {
                actions.archive_chat(&key, range).await
            } else {
                actions.unarchive_chat(&key, range).await
            };
            done.map_err(|error| refusal::app_state(&error, "the chat's settings"))?;
            account.note_chat(&chat, ChatChange::Archived(on)).await
        })
        .await
    }

    /// Mutes a chat until a moment (ms), for ever with 0, and not any more without one.
    pub async fn mute(&self, chat: &str, until_ms: Option<i64>) -> Result<(), EngineError> {
        let chat = Self::chat(chat)?;
        let now = self.context.shared.clock.now_ms();
        if let Some(until) = until_ms
            && until != 0
            && until <= now
        {
            return Err(EngineError::invalid(
                "until",
                "must be a moment to come (milliseconds), 0 for ever",
            ));
        }
        self.request("the chat's settings", |account| async move {
            let key = account.shared_key(&chat).await?;
            let actions = account.client.chat_actions();
            let done = match until_ms {
                None => actions.unmute_chat(&key).await,
                Some(0) => actions.mute_chat(&key).await,
                Some(until) => actions.mute_chat_until(&key, until).await,
            };
            done.map_err(|error| refusal::app_state(&error, "the chat's settings"))?;
            let until = until_ms.map(|until| if until == 0 { FOREVER } else { until });
            account.note_chat(&chat, ChatChange::Muted(until)).await
        })
        .await
    }

    /// Pins a chat above the others, or takes the pin off.
    pub async fn pin(&self, chat: &str, on: bool) -> Result<(), EngineError> {
        let chat = Self::chat(chat)?;
        self.request("the chat's settings", |account| async move {
            let key = account.shared_key(&chat).await?;
            let actions = account.client.chat_actions();
            let done = if on {
                actions.pin_chat(&key).await
            } else {
                actions.unpin_chat(&key).await
            };
            done.map_err(|error| refusal::app_state(&error, "the chat's settings"))?;
            let since = on.then(|| account.context.shared.clock.now_ms());
            account.note_chat(&chat, ChatChange::Pinned(since)).await
        })
        .await
    }

    /// Shows presence; in a chat, what the account is doing there.
    pub async fn show_presence(&self, chat: &str, presence: ChatPresence) -> Result<(), EngineError> {
        let chat = Self::chat(chat)?;
        if self.context.config().ghost_mode && presence != ChatPresence::Unavailable {
            return Err(EngineError::Conflict(
                "the session shows no presence (ghostMode is on in its settings)".to_owned(),
            ));
        }
        self.request("presence", |account| async move {
            let state = match presence {
                ChatPresence::Available => return account.show_online(true).await,
                ChatPresence::Unavailable => return account.show_online(false).await,
                ChatPresence::Composing => ChatStateType::Composing,
                ChatPresence::Recording => ChatStateType::Recording,
                ChatPresence::Paused => ChatStateType::Paused,
            };
            let to = account.shared_key(&chat).await?;
            let sent = account.client.chatstate().send(&to, state).await;
            sent.map_err(|error| refusal::request(&error, "presence"))
        })
        .await
    }

    async fn show_online(&self, on: bool) -> Result<(), EngineError> {
        let presence = self.client.presence();
        let shown = if on {
            presence.set_available().await
        } else {
            presence.set_unavailable().await
        };
        shown.map_err(|error| refusal::presence(&error, "presence"))
    }

    /// The newest message of a chat, by which its devices agree on what a change covers.
    async fn newest_range(
        &self,
        chat: &Jid,
        key: &Jid,
    ) -> Result<Option<SyncActionMessageRange>, EngineError> {
        let Some(row) = self.newest(chat).await? else {
            return Ok(None);
        };
        let participant = if chat.is_group() && !row.from_me {
            Some(
                self.in_chat(chat, &address::parse(&row.sender, "sender")?)
                    .await?,
            )
        } else {
            None
        };
        let seconds = row.timestamp / 1000;
        let named: wa::MessageKey = message_key(row.wa_id, key, row.from_me, participant.as_ref());
        Ok(Some(message_range(seconds, None, vec![(named, seconds)])))
    }

    pub(crate) async fn newest(&self, chat: &Jid) -> Result<Option<MessageRow>, EngineError> {
        let canonical = self.canonical(chat).await?;
        let storage = &self.context.shared.storage;
        let newest = storage
            .chat_messages(&self.context.id, &canonical, None, 1)
            .await?;
        Ok(newest.into_iter().next())
    }
}

/// Ids by who wrote the messages; nobody in a direct chat.
type BySender = BTreeMap<Option<String>, Vec<String>>;

async fn unread(account: &Account, chat: &str) -> Result<BySender, EngineError> {
    let rows = account.unread(chat, MAX_READ).await?;
    let mut by_sender = BySender::new();
    for row in rows {
        by_sender.entry(names_sender(&row)).or_default().push(row.wa_id);
    }
    Ok(by_sender)
}

/// Own messages are left out: nobody waits for a receipt of those.
async fn named(
    account: &Account,
    chat: &Jid,
    canonical: &str,
    ids: Vec<String>,
) -> Result<BySender, EngineError> {
    let storage = &account.context.shared.storage;
    let mut by_sender = BySender::new();
    for id in ids {
        crate::content::check_id(&id, "messageIds")?;
        let row = storage.message_by_wa_id(&account.context.id, &id).await?;
        let sender = match row.filter(|row| row.chat == canonical) {
            Some(row) if row.from_me => continue,
            Some(row) => names_sender(&row),
            None if chat.is_group() || chat.is_status_broadcast() => {
                return Err(EngineError::NotFound(format!(
                    "message {id} is not stored in this chat"
                )));
            }
            None => None,
        };
        by_sender.entry(sender).or_default().push(id);
    }
    Ok(by_sender)
}

fn names_sender(row: &MessageRow) -> Option<String> {
    let has_many = row.chat.ends_with("@g.us") || row.chat.ends_with("@broadcast");
    has_many.then(|| row.sender.clone())
}
